//! Built-in kinds, decoded as the API server decodes them: encoding/json into Go's types, strictly.
//!
//! Takes a document and the OpenAPI definition of its kind, gives what the decoder complains of. What it doesn't know, such as
//! which fields must be there, is for the rules in [`api`](crate::api).

use pintle_go::base64;
use pintle_go::time::Time;

use crate::rules;
use pintle_diagnostic::Rule;

use super::model::{Additional, Schema, Type};
use super::quantity::Quantity;
use super::store::Kubernetes;
use crate::finding::Findings;
use crate::node::{Node, Value};
use crate::path::Path;

/// Decodes documents of one Kubernetes version.
pub struct Decoder<'s, 'f, 'd> {
    kubernetes: &'s Kubernetes,
    found: &'f mut Findings<'d>,
    /// The fields on the way, as encoding/json lists them: without indices and keys of maps.
    fields: Vec<String>,
    /// The struct that holds the field.
    owner: String,
    /// Whether unknown fields are errors.
    strict: bool,
    /// Whether fields that the definition requires are missed here, as JSON Schema does.
    required: bool,
    /// Whether something can't be decoded at all.
    pub failed: bool,
}

/// The last part of a definition's name: the Go type.
fn go_name(definition: &str) -> &str {
    definition.rsplit('.').next().unwrap_or(definition)
}

/// `v1.ServicePort`
fn go_type(definition: &str) -> String {
    let mut parts = definition.rsplitn(3, '.');
    let (name, version) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    format!("{version}.{name}")
}

impl<'s, 'f, 'd> Decoder<'s, 'f, 'd> {
    /// A decoder that adds to `found`.
    pub fn new(kubernetes: &'s Kubernetes, found: &'f mut Findings<'d>, strict: bool, required: bool) -> Self {
        Decoder { kubernetes, found, fields: Vec::new(), owner: String::new(), strict, required, failed: false }
    }

    /// Decodes `node` into the type of `definition`.
    pub fn definition(&mut self, node: &Node, definition: &str, path: &Path<'_>) {
        let name = definition.rsplit('/').next().unwrap_or(definition);
        match go_name(name) {
            "IntOrString" => return self.int_or_string(node, path),
            "Quantity" => return self.quantity(node, path),
            "Time" if name.contains("meta.v1") => return self.time(node, path, "2006-01-02T15:04:05Z07:00"),
            "MicroTime" => return self.time(node, path, "2006-01-02T15:04:05.000000Z07:00"),
            "RawExtension"
            | "JSON"
            | "FieldsV1"
            | "JSONSchemaPropsOrBool"
            | "JSONSchemaPropsOrArray"
            | "JSONSchemaPropsOrStringArray" => return,
            _ => {}
        }
        let Some(schema) = self.kubernetes.definition(name) else { return };
        if schema.kind != Type::Object || schema.properties.is_empty() {
            return self.value(node, &schema, path);
        }
        let members = match &node.value {
            Value::Null => return,
            Value::Map(members) => members,
            _ => return self.mismatch(node, path, &go_type(name)),
        };
        let outer = std::mem::replace(&mut self.owner, go_name(name).to_owned());
        for member in members {
            let path = path.child(&member.key);
            let Some(property) = schema.property(&member.key) else {
                if self.strict {
                    self.found.push(&rules::UNKNOWN_FIELD, &path, format!("unknown field \"{path}\""));
                }
                continue;
            };
            let depth = self.fields.len();
            for part in embedded(go_name(name), &member.key) {
                self.fields.push((*part).to_owned());
            }
            self.fields.push(member.key.clone());
            self.value(&member.node, property, &path);
            self.fields.truncate(depth);
        }
        if self.required {
            for field in &schema.required {
                if !node.has(field) {
                    self.found.push(&rules::REQUIRED, &path.child(field), "Required value".to_owned());
                }
            }
        }
        self.owner = outer;
    }

    fn value(&mut self, node: &Node, schema: &Schema, path: &Path<'_>) {
        if let Some(definition) = &schema.reference {
            return self.definition(node, definition, path);
        }
        match (schema.kind, &node.value) {
            (_, Value::Null) => {}
            (Type::Object, Value::Map(members)) => {
                if let Additional::Schema(of) = &schema.additional {
                    for member in members {
                        self.value(&member.node, of, &path.key(&member.key));
                    }
                }
            }
            (Type::Array, Value::List(items)) => {
                if let Some(of) = &schema.items {
                    for (i, item) in items.iter().enumerate() {
                        self.value(item, of, &path.index(i));
                    }
                }
            }
            (Type::String, Value::String(text)) if schema.format == "byte" => self.base64(text, path),
            (Type::String, Value::String(_)) | (Type::Boolean, Value::Bool(_)) | (Type::Any | Type::Null, _) => {}
            (Type::Number, Value::Int(_) | Value::Float(_)) => {}
            (Type::Integer, Value::Int(_) | Value::Float(_)) => self.integer(node, &schema.format, path),
            _ => self.mismatch(node, path, &self.type_name(schema)),
        }
    }

    fn type_name(&self, schema: &Schema) -> String {
        if let Some(definition) = &schema.reference {
            return match go_name(definition) {
                "IntOrString" => "intstr.IntOrString".to_owned(),
                "Quantity" => "resource.Quantity".to_owned(),
                _ => go_type(definition),
            };
        }
        match schema.kind {
            Type::String if schema.format == "byte" => "[]uint8".to_owned(),
            Type::String => "string".to_owned(),
            Type::Boolean => "bool".to_owned(),
            Type::Integer if schema.format == "int64" => "int64".to_owned(),
            Type::Integer => "int32".to_owned(),
            Type::Number => "float64".to_owned(),
            Type::Array => format!("[]{}", schema.items.as_ref().map_or("interface {}".to_owned(), |i| self.type_name(i))),
            Type::Object => match &schema.additional {
                Additional::Schema(of) if of.reference.as_deref().is_some_and(|r| r.ends_with("Quantity")) => {
                    "v1.ResourceList".to_owned()
                }
                Additional::Schema(of) => format!("map[string]{}", self.type_name(of)),
                _ => "map[string]interface {}".to_owned(),
            },
            Type::Any | Type::Null => "interface {}".to_owned(),
        }
    }

    /// encoding/json's complaint about a value of another kind. It names the field without indices.
    fn mismatch(&mut self, node: &Node, path: &Path<'_>, go_type: &str) {
        self.mismatch_of(node.kind(), path, go_type);
    }

    fn mismatch_of(&mut self, what: &str, path: &Path<'_>, go_type: &str) {
        let field = self.fields.join(".");
        let message = match field.is_empty() {
            true => format!("json: cannot unmarshal {what} into Go value of type {go_type}"),
            false => format!("json: cannot unmarshal {what} into Go struct field {}.{field} of type {go_type}", self.owner),
        };
        self.fail(&rules::TYPE, path, message);
        if let Some(last) = self.found.list.last_mut().filter(|_| !field.is_empty()) {
            last.path = pintle_diagnostic::Path::parse(&field);
        }
    }

    fn fail(&mut self, rule: &'static Rule, path: &Path<'_>, message: String) {
        self.failed = true;
        self.found.push(rule, path, message);
    }

    fn integer(&mut self, node: &Node, format: &str, path: &Path<'_>) {
        let go_type = if format == "int32" { "int32" } else { "int64" };
        let fits = match node.value {
            Value::Int(i) => go_type == "int64" || i32::try_from(i).is_ok(),
            _ => false,
        };
        if !fits {
            let number = match node.value {
                Value::Int(i) => i.to_string(),
                Value::Float(f) => f.to_string(),
                _ => String::new(),
            };
            self.mismatch_of(&format!("number {number}"), path, go_type);
        }
    }

    fn int_or_string(&mut self, node: &Node, path: &Path<'_>) {
        match &node.value {
            Value::Null | Value::String(_) => {}
            Value::Int(_) | Value::Float(_) => self.integer(node, "int32", path),
            _ => self.mismatch(node, path, "int32"),
        }
    }

    fn quantity(&mut self, node: &Node, path: &Path<'_>) {
        let parsed = match &node.value {
            Value::Null => return,
            Value::String(text) => Quantity::parse(text),
            Value::Int(i) => Quantity::parse(&i.to_string()),
            Value::Float(f) => Quantity::parse(&pintle_value::json::format_json_float(*f)),
            _ => Quantity::parse("{"),
        };
        if let Err(message) = parsed {
            self.fail(&rules::QUANTITY, path, message.to_owned());
        }
    }

    fn time(&mut self, node: &Node, path: &Path<'_>, layout: &str) {
        match &node.value {
            Value::Null => {}
            Value::String(text) => {
                if let Err(message) = Time::parse(layout.as_bytes(), text.as_bytes()) {
                    self.fail(&rules::TIME, path, message);
                }
            }
            _ => {
                let message = format!("json: cannot unmarshal {} into Go value of type string", node.kind());
                self.fail(&rules::TYPE, path, message);
            }
        }
    }

    fn base64(&mut self, text: &str, path: &Path<'_>) {
        if let Err(at) = base64::decode(text.as_bytes()) {
            self.fail(&rules::BASE64, path, format!("illegal base64 data at input byte {at}"));
        }
    }
}

/// The embedded structs through which encoding/json reaches a field, which its messages name (`json:",inline"` in k8s.io/api).
fn embedded(owner: &str, field: &str) -> &'static [&'static str] {
    match (owner, field) {
        ("IngressRule", "http") => &["IngressRuleValue"],
        ("NamedRuleWithOperations", "operations") => &["RuleWithOperations"],
        ("NamedRuleWithOperations", "apiGroups" | "apiVersions" | "resources" | "scope") => &["RuleWithOperations", "Rule"],
        ("RuleWithOperations", "apiGroups" | "apiVersions" | "resources" | "scope") => &["Rule"],
        ("Volume", name) if name != "name" => &["VolumeSource"],
        ("PersistentVolumeSpec", name) if is_volume_source(name) => &["PersistentVolumeSource"],
        ("Probe", "exec" | "httpGet" | "tcpSocket" | "grpc") => &["ProbeHandler"],
        ("ConfigMapKeySelector" | "SecretKeySelector" | "ConfigMapEnvSource" | "SecretEnvSource", "name") => {
            &["LocalObjectReference"]
        }
        ("ConfigMapVolumeSource" | "ConfigMapProjection" | "SecretProjection", "name") => &["LocalObjectReference"],
        ("DeviceClassConfiguration" | "DeviceClaimConfiguration" | "DeviceAllocationConfiguration", "opaque") => {
            &["DeviceConfiguration"]
        }
        ("EphemeralContainer", name) if name != "targetContainerName" => &["EphemeralContainerCommon"],
        _ => &[],
    }
}

fn is_volume_source(name: &str) -> bool {
    let other = ["capacity", "accessModes", "claimRef", "persistentVolumeReclaimPolicy", "storageClassName", "mountOptions"];
    !other.contains(&name) && !["volumeMode", "nodeAffinity", "volumeAttributesClassName"].contains(&name)
}
