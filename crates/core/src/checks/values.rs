//! Credentials in files of values: they stand there in plain text, whatever the chart makes of them.

use pintle_linter::rules;
use pintle_linter::secrets::is_plain_value;
use pintle_value::Data;
use pintle_yaml::Tree;

use super::{Checks, Part};
use crate::diagnostic::{Diagnostic, Path, Source, Span, Step};
use crate::merge::options::ValuesFile;

/// What looks like a credential in files of values, at its place. No message holds a value.
pub fn plaintext(files: &[ValuesFile], checks: &Checks) -> Vec<Diagnostic> {
    let finding = Diagnostic::new(&rules::SECRET_PLAIN, "looks like a credential in plain text");
    let Some(severity) = checks.severity(&finding).filter(|_| checks.wants(Part::Secrets)) else {
        return Vec::new();
    };
    let finding = Diagnostic { severity, ..finding }.hint("seal it, or take it from a secret manager");
    let mut found = Vec::new();
    for file in files {
        // Values within another file are found there.
        let (source, above) = match &file.within {
            Some((source, path)) => (source.clone(), path.0.clone()),
            None => (Source::new(&*file.name, file.text.clone()).private(), Vec::new()),
        };
        let whole = file.within.as_ref().and_then(|(source, _)| Tree::parse(source.text()).ok()?);
        for tree in Tree::parse_all(&file.text).0 {
            // Invalid YAML has failed the render.
            let Ok(data) = tree.to_data() else { continue };
            credentials(&data, &mut Vec::new(), &mut |path| {
                let way: Vec<Step<'_>> = above.iter().chain(path).cloned().collect();
                let at = whole.as_ref().unwrap_or(&tree).locate(&way).map(|p| p.key.unwrap_or(p.value));
                let span = at.map_or_else(|| Span::whole(&source), |at| Span::range(&source, at.start.offset..at.end.offset));
                let path = Path::of(&[&[Step::field(".Values")], path].concat());
                found.push(Diagnostic { path, ..finding.clone() }.at(span));
            });
        }
    }
    found
}

/// Calls `each` with the path of every credential in a tree.
fn credentials<'d>(data: &'d Data, path: &mut Vec<Step<'d>>, each: &mut dyn FnMut(&[Step<'d>])) {
    match data {
        Data::String(text) => {
            let key = path.iter().rev().find_map(|step| step.name());
            if is_plain_value(key.unwrap_or_default(), text) {
                each(path);
            }
        }
        Data::Map(map) => {
            for (key, value) in map {
                path.push(Step::field(key.as_str()));
                credentials(value, path, each);
                path.pop();
            }
        }
        Data::List(items) => {
            for (i, value) in items.iter().enumerate() {
                path.push(Step::Index(i));
                credentials(value, path, each);
                path.pop();
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str, checks: &Checks) -> Vec<String> {
        let file = ValuesFile::new("prod.yaml", text);
        let show = |d: &Diagnostic| format!("{} {}", d.span.as_ref().unwrap(), d.sentence());
        plaintext(&[file], checks).iter().map(show).collect()
    }

    #[test]
    fn credentials_are_told_with_their_place_and_without_their_text() {
        let text = "db:\n  adminPassword: hunter2\n  users:\n    - {name: a, apiKey: abcdef}\nurl: redis://:hunter2@cache:6379\n";
        assert_eq!(
            found(text, &Checks::default()),
            [
                "prod.yaml:2:3 .Values.db.adminPassword: looks like a credential in plain text",
                "prod.yaml:4:17 .Values.db.users[0].apiKey: looks like a credential in plain text",
                "prod.yaml:5:1 .Values.url: looks like a credential in plain text",
            ]
        );
        let mut checks = Checks::default();
        checks.set_level("secret/plaintext", "off").unwrap();
        assert_eq!(found(text, &checks), [""; 0]);
        assert_eq!(found(text, &Checks { only: vec![Part::Refs], ..Checks::default() }), [""; 0]);
    }

    #[test]
    fn names_of_secrets_and_what_is_encrypted_or_filled_in_later_are_none() {
        let sealed = format!("AgA{}", "A".repeat(705));
        for text in [
            "existingSecretPassword: web-db",
            "tlsSecret: web-tls",
            "passwordKey: postgres-password",
            "tokenTTL: 24h",
            "password: \"\"",
            "password: ${DB_PASSWORD}",
            "password: <path:secret/data/web#password>",
            "password: ENC[AES256_GCM,data:abc]",
            "automountServiceAccountToken: true",
            &format!("secrets: {{data: {{PASSWORD: {sealed}}}}}"),
        ] {
            assert_eq!(found(text, &Checks::default()), [""; 0], "{text}");
        }
    }
}
