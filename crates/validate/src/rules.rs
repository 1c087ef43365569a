//! What the API server refuses, by code, and its own word for each.

use pintle_diagnostic::{Rule, rules};

rules! {
    API_DUPLICATE "api/FieldValueDuplicate" Error "The API server refuses a value that is there already.";
    API_FORBIDDEN "api/FieldValueForbidden" Error "The API server forbids a field in this place.";
    API_INVALID "api/FieldValueInvalid" Error "The API server refuses a value.";
    API_NOT_FOUND "api/FieldValueNotFound" Error "The API server doesn't find what a value names in the same object.";
    API_NOT_SUPPORTED "api/FieldValueNotSupported" Error "The API server doesn't know a value.";
    API_REQUIRED "api/FieldValueRequired" Error "The API server requires a field.";
    API_TOO_LONG "api/FieldValueTooLong" Error "A value is longer than the API server takes.";
    API_TOO_MANY "api/FieldValueTooMany" Error "A list has more items than the API server takes.";
    ALTERNATIVES "schema/alternatives" Error "A value fits none of a schema's alternatives, or too many.";
    BASE64 "schema/base64" Error "A value isn't base64.";
    CUSTOM_TYPE "schema/custom-type" Error "A value of a custom resource has the wrong type.";
    DUPLICATE_KEY "schema/duplicate-key" Error "A key stands in a mapping more than once.";
    FORMAT "schema/format" Error "A text of a custom resource doesn't have the format that its schema asks for.";
    KIND "schema/kind" Error "A document has no apiVersion or no kind.";
    MISSING "schema/missing" Error "There is no schema for a kind.";
    NO_SUCH_KIND "schema/no-such-kind" Error "This version of Kubernetes doesn't have the kind.";
    QUANTITY "schema/quantity" Error "A value isn't a quantity.";
    REJECTED "schema/rejected" Error "The kind was named with --reject.";
    REQUIRED "schema/required" Error "A schema requires a field.";
    RULE "schema/rule" Error "A value breaks a rule of a CustomResourceDefinition.";
    RULE_DUPLICATE "schema/rule-duplicate" Error "A value breaks a rule of a CustomResourceDefinition whose reason is FieldValueDuplicate.";
    RULE_FORBIDDEN "schema/rule-forbidden" Error "A value breaks a rule of a CustomResourceDefinition whose reason is FieldValueForbidden.";
    RULE_REQUIRED "schema/rule-required" Error "A value breaks a rule of a CustomResourceDefinition whose reason is FieldValueRequired.";
    TIME "schema/time" Error "A value isn't a time.";
    TYPE "schema/type" Error "A value has a type that the API server can't decode.";
    UNKNOWN_FIELD "schema/unknown-field" Error "The kind doesn't have the field.";
    YAML "schema/yaml" Error "A document isn't YAML, or isn't an object.";
}

/// The API server's reason for refusing what a rule finds: `FieldValueInvalid` and its like, `BadRequest` if the manifest can't be
/// decoded; empty where the server has none.
pub fn reason(rule: &Rule) -> &'static str {
    let known = [
        (&ALTERNATIVES, "FieldValueInvalid"),
        (&CUSTOM_TYPE, "FieldValueTypeInvalid"),
        (&FORMAT, "FieldValueTypeInvalid"),
        (&MISSING, ""),
        (&NO_SUCH_KIND, "NotFound"),
        (&REJECTED, "Forbidden"),
        (&REQUIRED, "FieldValueRequired"),
        (&RULE, "FieldValueInvalid"),
        (&RULE_DUPLICATE, "FieldValueDuplicate"),
        (&RULE_FORBIDDEN, "FieldValueForbidden"),
        (&RULE_REQUIRED, "FieldValueRequired"),
    ];
    let code = known.iter().find(|(of, _)| *of == rule).map(|(_, reason)| *reason);
    let of_code = || match rule.code.split_once('/') {
        Some(("api", reason)) => reason,
        Some(("schema", _)) => "BadRequest",
        _ => "",
    };
    code.unwrap_or_else(|| RULES.iter().find(|known| **known == rule).map_or("", |_| of_code()))
}
