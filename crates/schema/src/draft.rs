//! The drafts of JSON Schema: how they are named, where their schemas hold schemas, which vocabularies they have
//! (santhosh's draft.go).

/// A draft.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Draft {
    D4,
    D6,
    D7,
    D2019,
    D2020,
}

/// How a keyword's value holds schemas.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Holds {
    /// It is one.
    One,
    /// It is a list of them.
    List,
    /// It is a mapping of them.
    Map,
    /// It is one, or a list of them.
    OneOrList,
}

impl Draft {
    /// What a schema without `$schema` is.
    pub(crate) const LATEST: Draft = Draft::D2020;

    pub(crate) const ALL: [Draft; 5] = [Draft::D4, Draft::D6, Draft::D7, Draft::D2019, Draft::D2020];

    /// The URL of its metaschema.
    pub(crate) fn url(self) -> &'static str {
        match self {
            Draft::D4 => "http://json-schema.org/draft-04/schema",
            Draft::D6 => "http://json-schema.org/draft-06/schema",
            Draft::D7 => "http://json-schema.org/draft-07/schema",
            Draft::D2019 => "https://json-schema.org/draft/2019-09/schema",
            Draft::D2020 => "https://json-schema.org/draft/2020-12/schema",
        }
    }

    /// The draft that `$schema` names.
    pub(crate) fn from_url(url: &str) -> Option<Draft> {
        let (url, fragment) = crate::location::split(url);
        if !fragment.is_empty() {
            return None;
        }
        let name = url.strip_prefix("http://").or_else(|| url.strip_prefix("https://")).unwrap_or(url);
        if name == "json-schema.org/schema" {
            return Some(Draft::LATEST);
        }
        Draft::ALL.into_iter().find(|draft| draft.url().split_once("://").is_some_and(|(_, known)| known == name))
    }

    /// The keyword that names a schema.
    pub(crate) fn id(self) -> &'static str {
        if self == Draft::D4 { "id" } else { "$id" }
    }

    /// How the value of a keyword holds schemas, if it does.
    pub(crate) fn holds(self, keyword: &str) -> Option<Holds> {
        let (since, holds) = match keyword {
            "definitions" | "properties" | "patternProperties" | "dependencies" => (Draft::D4, Holds::Map),
            "not" | "additionalProperties" | "additionalItems" => (Draft::D4, Holds::One),
            "allOf" | "anyOf" | "oneOf" => (Draft::D4, Holds::List),
            "items" => (Draft::D4, Holds::OneOrList),
            "propertyNames" | "contains" => (Draft::D6, Holds::One),
            "if" | "then" | "else" => (Draft::D7, Holds::One),
            "$defs" | "dependentSchemas" => (Draft::D2019, Holds::Map),
            "unevaluatedProperties" | "unevaluatedItems" | "contentSchema" => (Draft::D2019, Holds::One),
            "prefixItems" => (Draft::D2020, Holds::List),
            _ => return None,
        };
        (self >= since).then_some(holds)
    }

    /// The name of one of its vocabularies.
    pub(crate) fn vocabulary(self, url: &str) -> Option<&'static str> {
        let (prefix, names): (_, &[&str]) = match self {
            Draft::D2019 => (
                "https://json-schema.org/draft/2019-09/vocab/",
                &["core", "applicator", "validation", "meta-data", "format", "content"],
            ),
            Draft::D2020 => (
                "https://json-schema.org/draft/2020-12/vocab/",
                &[
                    "core",
                    "applicator",
                    "unevaluated",
                    "validation",
                    "meta-data",
                    "format-annotation",
                    "format-assertion",
                    "content",
                ],
            ),
            _ => return None,
        };
        let name = url.strip_prefix(prefix)?;
        names.iter().find(|known| **known == name).copied()
    }
}

/// A draft, and the vocabularies that a metaschema of its asks for, if it names any.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Dialect {
    pub(crate) draft: Draft,
    pub(crate) vocabularies: Option<Vec<&'static str>>,
}

impl Dialect {
    pub(crate) fn of(draft: Draft) -> Dialect {
        Dialect { draft, vocabularies: None }
    }

    /// Whether the keywords of a vocabulary count.
    pub(crate) fn has(&self, vocabulary: &str) -> bool {
        if vocabulary == "core" || self.draft < Draft::D2019 {
            return true;
        }
        match &self.vocabularies {
            Some(names) => names.contains(&vocabulary),
            None => match vocabulary {
                "applicator" | "validation" => true,
                "unevaluated" => self.draft == Draft::D2020,
                _ => false,
            },
        }
    }
}
