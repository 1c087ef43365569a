//! Schemas, compiled once from their JSON and shared by all documents.

use pintle_value::Data;

use crate::cel::Rule;
use crate::node::Node;
use crate::schema::pattern::Pattern;

/// The nesting of schemas that is compiled; below it anything goes.
const MAX_DEPTH: usize = 128;

/// What a value has to be.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Type {
    /// Anything.
    #[default]
    Any,
    /// A mapping
    Object,
    /// A list
    Array,
    /// Text
    String,
    /// A whole number
    Integer,
    /// A number
    Number,
    /// `true` or `false`
    Boolean,
    /// `null`, in JSON Schemas
    Null,
}

impl Type {
    fn of(name: &str) -> Type {
        match name {
            "object" => Type::Object,
            "array" => Type::Array,
            "string" => Type::String,
            "integer" => Type::Integer,
            "number" => Type::Number,
            "boolean" => Type::Boolean,
            "null" => Type::Null,
            _ => Type::Any,
        }
    }

    /// Its name in schemas.
    pub fn name(self) -> &'static str {
        match self {
            Type::Any => "any",
            Type::Object => "object",
            Type::Array => "array",
            Type::String => "string",
            Type::Integer => "integer",
            Type::Number => "number",
            Type::Boolean => "boolean",
            Type::Null => "null",
        }
    }
}

/// What members beside the named ones a mapping may have.
#[derive(Debug, Default)]
pub enum Additional {
    /// The schema doesn't say.
    #[default]
    Unset,
    /// Any, or none.
    Allowed(bool),
    /// Those that follow this schema.
    Schema(Box<Schema>),
}

/// How the items of a list are told apart (`x-kubernetes-list-type`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ListType {
    /// They aren't.
    #[default]
    Atomic,
    /// No two are equal.
    Set,
    /// No two have equal keys.
    Map,
}

/// A schema of the OpenAPI that Kubernetes has, or of the JSON Schema that is made of it.
#[derive(Debug, Default)]
pub struct Schema {
    /// The only type that is allowed.
    pub kind: Type,
    /// All types that are allowed, where there are several.
    pub kinds: Vec<Type>,
    /// `format`
    pub format: String,
    /// Named members, sorted.
    pub properties: Vec<(String, Schema)>,
    /// Other members.
    pub additional: Additional,
    /// Items of a list.
    pub items: Option<Box<Schema>>,
    /// Members that must be there.
    pub required: Vec<String>,
    /// The values that are allowed, if only some are.
    pub values: Vec<Node>,
    /// `pattern`
    pub pattern: Option<Pattern>,
    /// `minimum`, and whether it is itself excluded
    pub minimum: Option<(f64, bool)>,
    /// `maximum`, and whether it is itself excluded
    pub maximum: Option<(f64, bool)>,
    /// `multipleOf`
    pub multiple_of: Option<f64>,
    /// `minLength`
    pub min_length: Option<usize>,
    /// `maxLength`
    pub max_length: Option<usize>,
    /// `minItems`
    pub min_items: Option<usize>,
    /// `maxItems`
    pub max_items: Option<usize>,
    /// `minProperties`
    pub min_properties: Option<usize>,
    /// `maxProperties`
    pub max_properties: Option<usize>,
    /// `uniqueItems`
    pub unique: bool,
    /// `allOf`
    pub all_of: Vec<Schema>,
    /// `anyOf`
    pub any_of: Vec<Schema>,
    /// `oneOf`
    pub one_of: Vec<Schema>,
    /// `not`
    pub not: Option<Box<Schema>>,
    /// `nullable`
    pub nullable: bool,
    /// `x-kubernetes-int-or-string`
    pub int_or_string: bool,
    /// `x-kubernetes-preserve-unknown-fields`
    pub preserve: bool,
    /// `x-kubernetes-embedded-resource`
    pub embedded: bool,
    /// `x-kubernetes-list-type`
    pub list_type: ListType,
    /// `x-kubernetes-list-map-keys`
    pub map_keys: Vec<String>,
    /// `x-kubernetes-validations`
    pub rules: Vec<Rule>,
    /// `default`
    pub default: Option<Node>,
    /// The definition that stands here, by its `$ref`.
    pub reference: Option<String>,
}

impl Schema {
    /// Compiles a schema. What isn't understood allows everything.
    pub fn compile(data: &Data) -> Schema {
        compile(data, 0)
    }

    /// The schema of the member `name`.
    pub fn property(&self, name: &str) -> Option<&Schema> {
        self.properties.binary_search_by(|p| p.0.as_str().cmp(name)).ok().map(|i| &self.properties[i].1)
    }

    /// The schema of members that aren't named.
    pub fn additional_schema(&self) -> Option<&Schema> {
        match &self.additional {
            Additional::Schema(schema) => Some(schema),
            _ => None,
        }
    }

    /// Whether members that aren't named may be there without a schema.
    pub fn allows_unknown(&self) -> bool {
        self.preserve || matches!(self.additional, Additional::Allowed(true))
    }
}

fn compile(data: &Data, depth: usize) -> Schema {
    let Some(map) = data.as_map().filter(|_| depth < MAX_DEPTH) else {
        return Schema { preserve: true, additional: Additional::Allowed(data.as_bool().unwrap_or(true)), ..Schema::default() };
    };
    let mut s = Schema::default();
    let below = |data: &Data| compile(data, depth + 1);
    let many = |data: &Data| data.as_list().unwrap_or_default().iter().map(below).collect::<Vec<_>>();
    let size = |data: &Data| number(data).map(|n| n.max(0.0) as usize);
    let yes = |data: &Data| data.as_bool() == Some(true);
    for (key, value) in map {
        match key.as_str() {
            "type" => match value {
                Data::List(types) => {
                    s.kinds = types.iter().filter_map(|t| t.as_str()).map(Type::of).collect();
                    if let [only] = s.kinds[..] {
                        s.kind = only;
                        s.kinds.clear();
                    }
                }
                other => s.kind = Type::of(other.as_str().unwrap_or_default()),
            },
            "format" => s.format = value.as_str().unwrap_or_default().to_owned(),
            "properties" => {
                let members = value.as_map().into_iter().flatten();
                s.properties = members.map(|(name, data)| (name.clone(), below(data))).collect();
            }
            "additionalProperties" => {
                s.additional = match value {
                    Data::Bool(b) => Additional::Allowed(*b),
                    other => Additional::Schema(Box::new(below(other))),
                };
            }
            "items" => s.items = Some(Box::new(below(value))),
            "required" => s.required = strings(value),
            "enum" => s.values = value.as_list().unwrap_or_default().iter().map(|d| Node::from_data(d, 0)).collect(),
            "pattern" => s.pattern = value.as_str().map(Pattern::unread),
            "minimum" => s.minimum = number(value).map(|n| (n, map.get("exclusiveMinimum").is_some_and(yes))),
            "maximum" => s.maximum = number(value).map(|n| (n, map.get("exclusiveMaximum").is_some_and(yes))),
            "exclusiveMinimum" if number(value).is_some() => s.minimum = number(value).map(|n| (n, true)),
            "exclusiveMaximum" if number(value).is_some() => s.maximum = number(value).map(|n| (n, true)),
            "multipleOf" => s.multiple_of = number(value),
            "minLength" => s.min_length = size(value),
            "maxLength" => s.max_length = size(value),
            "minItems" => s.min_items = size(value),
            "maxItems" => s.max_items = size(value),
            "minProperties" => s.min_properties = size(value),
            "maxProperties" => s.max_properties = size(value),
            "uniqueItems" => s.unique = yes(value),
            "allOf" => s.all_of = many(value),
            "anyOf" => s.any_of = many(value),
            "oneOf" => s.one_of = many(value),
            "not" => s.not = Some(Box::new(below(value))),
            "nullable" => s.nullable = yes(value),
            "x-kubernetes-int-or-string" => s.int_or_string = yes(value),
            "x-kubernetes-preserve-unknown-fields" => s.preserve = yes(value),
            "x-kubernetes-embedded-resource" => s.embedded = yes(value),
            "x-kubernetes-list-type" => {
                s.list_type = match value.as_str() {
                    Some("set") => ListType::Set,
                    Some("map") => ListType::Map,
                    _ => ListType::Atomic,
                };
            }
            "x-kubernetes-list-map-keys" => s.map_keys = strings(value),
            "x-kubernetes-validations" => s.rules = value.as_list().unwrap_or_default().iter().map(Rule::compile).collect(),
            "default" => s.default = Some(Node::from_data(value, 0)),
            "$ref" => s.reference = value.as_str().map(str::to_owned),
            _ => {}
        }
    }
    s
}

fn number(data: &Data) -> Option<f64> {
    match data {
        Data::Int(i) => Some(*i as f64),
        Data::Float(f) => Some(*f),
        _ => None,
    }
}

fn strings(data: &Data) -> Vec<String> {
    data.as_list().unwrap_or_default().iter().filter_map(|d| d.as_str().map(str::to_owned)).collect()
}
