//! Credentials in files of values: they stand there in plain text, whatever the chart makes of them.

use pintle_references::rules;
use pintle_references::secrets::is_plain_value;
use pintle_value::Data;
use pintle_yaml::{Step, Tree};

use super::{Checks, Part};
use crate::diagnostic::{Diagnostic, Span};
use crate::merge::options::ValuesFile;

/// What looks like a credential in files of values, at its place. No message holds a value.
pub fn plaintext(files: &[ValuesFile], checks: &Checks) -> Vec<Diagnostic> {
    let Some(severity) = checks.severity(&rules::SECRET_PLAIN).filter(|_| checks.wants(Part::Secrets)) else {
        return Vec::new();
    };
    let code = rules::SECRET_PLAIN.code;
    let mut found = Vec::new();
    for file in files {
        for tree in Tree::parse_all(&file.text).0 {
            // What is no YAML has failed the render.
            let Ok(data) = tree.to_data() else { continue };
            credentials(&data, &mut Vec::new(), &mut |path| {
                let at = tree.locate(path).map(|p| p.key.unwrap_or(p.value).start);
                let mut d = Diagnostic::error(code, format!("{} looks like a credential in plain text [{code}]", shown(path)));
                d.severity = severity;
                d.span = Some(Span::new(&*file.name, at.map_or(0, |p| p.line), at.map_or(0, |p| p.column), 0));
                d.hints.push("seal it, or take it from a secret manager".to_owned());
                found.push(d);
            });
        }
    }
    found
}

/// Calls `each` with the path of every credential in a tree.
fn credentials<'d>(data: &'d Data, path: &mut Vec<Step<'d>>, each: &mut dyn FnMut(&[Step<'d>])) {
    match data {
        Data::String(text) => {
            let key = path.iter().rev().find_map(|step| if let Step::Key(key) = step { Some(*key) } else { None });
            if is_plain_value(key.unwrap_or_default(), text) {
                each(path);
            }
        }
        Data::Map(map) => {
            for (key, value) in map {
                path.push(Step::Key(key));
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

fn shown(path: &[Step<'_>]) -> String {
    let step = |step: &Step<'_>| match step {
        Step::Key(key) => format!(".{key}"),
        Step::Index(i) => format!("[{i}]"),
    };
    format!(".Values{}", path.iter().map(step).collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::Level;

    fn found(text: &str, checks: &Checks) -> Vec<String> {
        let file = ValuesFile { name: "prod.yaml".into(), text: text.into() };
        let place = |d: &Diagnostic| d.span.as_ref().map_or((0, 0), |s| (s.line, s.column));
        plaintext(&[file], checks).iter().map(|d| format!("{:?} {}", place(d), d.message)).collect()
    }

    #[test]
    fn credentials_are_told_with_their_place_and_without_their_text() {
        let text = "db:\n  adminPassword: hunter2\n  users:\n    - {name: a, apiKey: abcdef}\nurl: redis://:hunter2@cache:6379\n";
        let code = "[secret/plaintext]";
        assert_eq!(
            found(text, &Checks::default()),
            [
                format!("(2, 3) .Values.db.adminPassword looks like a credential in plain text {code}"),
                format!("(4, 17) .Values.db.users[0].apiKey looks like a credential in plain text {code}"),
                format!("(5, 1) .Values.url looks like a credential in plain text {code}"),
            ]
        );
        let mut checks = Checks::default();
        checks.levels.insert(code.trim_matches(['[', ']']).to_owned(), Level::Off);
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
