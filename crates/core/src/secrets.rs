//! What messages, findings and differences must not show: the texts of secrets, and what common transformations make of them.
//!
//! Takes values, objects and variables whose names, kinds or shapes say that they are secret; gives texts in which all of that is
//! replaced. It errs on the side of hiding: a finding in which too much is hidden can still be acted upon.

use std::borrow::Cow;
use std::collections::{BTreeSet, HashMap};
use std::fmt;
use std::ops::Range;
use std::sync::{Arc, LazyLock, OnceLock};

use aho_corasick::{AhoCorasick, AhoCorasickKind, MatchKind};
use pintle_go::base64;
use pintle_go::strconv::quote;
use pintle_linter::secrets::{is_credential, password_of_url};
use pintle_value::{Data, DataMap, json};

use crate::diagnostic::{Diagnostic, Error};

/// Shorter texts are parts of words.
const SHORTEST: usize = 4;
/// A part of a secret of so many bytes tells it.
const PREFIX: usize = 8;
/// As many bytes of a secret are searched for; the rest is compared where they are found. To search for whole keys would take a table of
/// megabytes.
const HEAD: usize = 64;
/// The longest message that is shown; what is longer is cut.
const LONGEST: usize = 16 << 10;
/// What stands in place of a secret.
pub const MASK: &str = "***";

/// Words that values under a secret's name often are, and that tell nothing.
const PLAIN: &[&str] = &["true", "false", "null", "none", "default", "enabled", "disabled"];

/// Texts that are replaced in everything shown.
#[derive(Default)]
pub struct Secrets {
    /// Others that are hidden too: those of a chart, which all its renders share.
    shared: Option<Arc<Secrets>>,
    texts: BTreeSet<Vec<u8>>,
    /// What the keys that were met say.
    keys: HashMap<String, Key>,
    /// The search for the heads of all of them, and the heads, made when it is first asked for.
    search: OnceLock<Option<(AhoCorasick, Vec<Vec<u8>>)>>,
}

/// Secrets are never printed.
impl fmt::Debug for Secrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secrets")
    }
}

impl Secrets {
    /// Those that others know too, for more to be added.
    pub(crate) fn over(shared: Arc<Secrets>) -> Secrets {
        Secrets { shared: Some(shared), ..Secrets::default() }
    }

    /// Those among values: what goes by a secret's name, and what has a credential's shape.
    pub fn of_values(&mut self, values: &DataMap) {
        self.members(values, Held::Openly);
    }

    /// Those in the text of a file of values that may not have been parsed yet: what stands behind a secret's name on a line.
    pub fn of_lines(&mut self, text: &str) {
        for line in text.lines() {
            if let Some((key, value)) = line.split_once(':') {
                self.of_named(key.trim_matches([' ', '-', '"', '\'', '{']), unquoted(value));
            }
        }
    }

    /// Those in a flag that sets values: `a.password=x,b=y`.
    pub fn of_flag(&mut self, flag: &str) {
        for part in flag.split(',').chain([flag]) {
            if let Some((key, value)) = part.split_once('=') {
                self.of_named(key, unquoted(value));
            }
        }
    }

    /// Those among objects: what a Secret holds, encoded and plain, and what elsewhere goes by a secret's name or has the shape.
    pub fn of_objects<'o>(&mut self, objects: impl IntoIterator<Item = &'o Data>) {
        for object in objects {
            self.object(object, "");
        }
    }

    /// An object; `kind` is the one that the list around it gives, for items that name none.
    fn object(&mut self, object: &Data, kind: &str) {
        let Some(map) = object.as_map() else { return };
        let kind = map.get("kind").and_then(Data::as_str).unwrap_or(kind);
        if let (Some(kind), Some(items)) = (kind.strip_suffix("List"), map.get("items").and_then(Data::as_list)) {
            items.iter().for_each(|item| self.object(item, kind));
        }
        if kind == "Secret" {
            for text in map.get("data").and_then(Data::as_map).into_iter().flat_map(DataMap::values).filter_map(Data::as_str) {
                self.add(text.as_bytes());
                if let Ok(text) = base64::decode(text.as_bytes()) {
                    self.add(&text);
                }
            }
            let plain = map.get("stringData").and_then(Data::as_map).into_iter().flat_map(DataMap::values);
            plain.for_each(|value| self.value(value, Held::Secretly));
        }
        self.of_values(map);
    }

    /// A text under a name: a variable, a parameter.
    pub fn of_named(&mut self, name: &str, text: &str) {
        if is_secret(name) {
            self.add(text.as_bytes());
        }
        self.shaped(text);
    }

    fn value(&mut self, value: &Data, held: Held) {
        match value {
            Data::String(text) => {
                if held == Held::Secretly || held == Held::AmongSecrets && is_random(text) {
                    self.add(text.as_bytes());
                }
                self.shaped(text);
            }
            Data::Int(n) if held == Held::Secretly => self.add(n.to_string().as_bytes()),
            Data::Float(n) if held == Held::Secretly => self.add(n.to_string().as_bytes()),
            Data::List(list) => {
                // `{name: DB_PASSWORD, value: …}`, as containers' variables are written.
                list.iter().for_each(|item| {
                    let name = item.get("name").and_then(Data::as_str).unwrap_or_default();
                    if let Some(text) = item.get("value").and_then(Data::as_str).filter(|_| is_secret(name)) {
                        self.add(text.as_bytes());
                    }
                    self.value(item, held);
                });
            }
            Data::Map(map) => self.members(map, held),
            _ => {}
        }
    }

    fn members(&mut self, map: &DataMap, held: Held) {
        for (key, value) in map {
            let key = self.key(key);
            self.value(value, Held::by(key, value, held));
        }
    }

    /// What a key says. Manifests have few keys, again and again.
    fn key(&mut self, key: &str) -> Key {
        match self.keys.get(key) {
            Some(known) => *known,
            None => *self.keys.entry(key.to_owned()).or_insert(Key::of(key)),
        }
    }

    /// Texts that say by themselves that they are secret.
    fn shaped(&mut self, text: &str) {
        if is_credential(text) {
            self.add(text.as_bytes());
        }
        if let Some(password) = password_of_url(text) {
            self.add(password.as_bytes());
        }
    }

    /// Takes a text and what common functions make of it.
    pub fn add(&mut self, text: &[u8]) {
        let text = text.trim_ascii();
        if text.len() < SHORTEST || PLAIN.iter().any(|p| p.as_bytes().eq_ignore_ascii_case(text)) {
            return;
        }
        self.search = OnceLock::new();
        let mut forms: Vec<Vec<u8>> = vec![text.to_vec()];
        let lossy = String::from_utf8_lossy(text);
        // quote, toJson, toRawJson, squote, urlquery.
        forms.push(inside(quote(text).into_bytes()));
        forms.push(inside(json_text(text, true)));
        forms.push(inside(json_text(text, false)));
        forms.push(lossy.replace('\'', "''").into_bytes());
        forms.push(percent(text));
        forms.extend(encoded(text));
        // A key's lines are indented, quoted or cut one by one.
        forms.extend(text.split(|b| *b == b'\n').map(|line| line.trim_ascii().to_vec()).filter(|line| line.len() >= PREFIX));
        for form in forms {
            if form.len() >= SHORTEST {
                // The beginning of a text such as `https://…` tells nothing.
                self.texts.extend(form.get(..PREFIX).filter(|prefix| is_mixed(prefix)).map(<[u8]>::to_vec));
                self.texts.insert(form);
            }
        }
    }

    /// A text with every secret replaced. Where a secret is cut, what is left of it is replaced too.
    pub fn mask<'t>(&self, text: &'t str) -> Cow<'t, str> {
        let mut found = Vec::new();
        self.find(text, &mut found);
        if found.is_empty() {
            return Cow::Borrowed(text);
        }
        found.sort_unstable_by_key(|range| range.start);
        let mut out = String::new();
        let mut done = 0;
        for range in found {
            if range.start >= done {
                out.push_str(&text[done..range.start]);
                out.push_str(MASK);
            }
            done = done.max(range.end);
        }
        out.push_str(&text[done..]);
        Cow::Owned(out)
    }

    /// Where secrets stand in a text.
    fn find(&self, text: &str, found: &mut Vec<Range<usize>>) {
        if let Some(shared) = &self.shared {
            shared.find(text, found);
        }
        if self.texts.is_empty() {
            return;
        }
        let search = self.search.get_or_init(|| {
            let heads: BTreeSet<&[u8]> = self.texts.iter().map(|text| &text[..text.len().min(HEAD)]).collect();
            // A table that is made for every render and searched few times: a fast one would take longer to make than to use.
            let kind = Some(AhoCorasickKind::NoncontiguousNFA);
            let search = AhoCorasick::builder().match_kind(MatchKind::LeftmostLongest).kind(kind).build(&heads);
            Some((search.ok()?, heads.into_iter().map(<[u8]>::to_vec).collect()))
        });
        // A set that can't be searched for can't be hidden: then nothing is shown.
        let Some((search, heads)) = search else { return found.push(0..text.len()) };
        let mut done = 0;
        for head in search.find_iter(text) {
            if head.start() < done || !text.is_char_boundary(head.start()) {
                continue;
            }
            let pattern = &heads[head.pattern().as_usize()];
            done = head.end() + self.more(pattern, &text.as_bytes()[head.end()..]);
            while !text.is_char_boundary(done) {
                done += 1;
            }
            found.push(head.start()..done);
        }
    }

    /// How much further a text goes on as one of the secrets that begin with what was found.
    fn more(&self, found: &[u8], rest: &[u8]) -> usize {
        let longer = self.texts.range(found.to_vec()..).take_while(|t| t.starts_with(found));
        longer.map(|t| t[found.len()..].iter().zip(rest).take_while(|(a, b)| a == b).count()).max().unwrap_or(0)
    }

    /// Hides secrets in the findings of an error. Its message keeps Helm's words.
    #[must_use]
    pub fn mask_error(&self, mut e: Error) -> Error {
        e.diagnostics_mut().iter_mut().for_each(|d| self.mask_diagnostic(d));
        e
    }

    /// Hides secrets in all that a diagnostic says, and cuts what nobody would read.
    pub fn mask_diagnostic(&self, d: &mut Diagnostic) {
        let texts = std::iter::once(&mut d.message).chain(&mut d.hints);
        for text in texts {
            shorten(text);
            if let Cow::Owned(masked) = self.mask(text) {
                *text = masked;
            }
        }
        // A line that holds a secret isn't shown at all.
        for span in d.span.iter_mut().chain(d.trace.iter_mut().map(|trace| &mut trace.span)) {
            let holds = |line: &[u8]| line.len() > LONGEST || matches!(self.mask(&String::from_utf8_lossy(line)), Cow::Owned(_));
            if span.quoted().is_some_and(|(line, _)| holds(line)) {
                span.source = span.source.clone().private();
            }
        }
    }
}

/// A value as it stands on a line of YAML, without its quotes.
fn unquoted(value: &str) -> &str {
    value.trim_matches([' ', '"', '\'', '\r'])
}

/// Cuts a text at the longest that is shown, with a word about the rest.
fn shorten(text: &mut String) {
    if text.len() > LONGEST {
        let end = (0..=LONGEST).rev().find(|i| text.is_char_boundary(*i)).unwrap_or(0);
        let rest = text.len() - end;
        text.truncate(end);
        text.push_str(&format!("… ({rest} bytes more)"));
    }
}

fn json_text(text: &[u8], escape_html: bool) -> Vec<u8> {
    let mut out = String::new();
    json::write_string(&mut out, text, escape_html);
    out.into_bytes()
}

/// What stands between the quotes.
fn inside(quoted: Vec<u8>) -> Vec<u8> {
    quoted.get(1..quoted.len().saturating_sub(1)).unwrap_or_default().to_vec()
}

/// `url.QueryEscape`
fn percent(text: &[u8]) -> Vec<u8> {
    let byte = |b: &u8| match b {
        b if b.is_ascii_alphanumeric() || b"-_.~".contains(b) => vec![*b],
        b' ' => vec![b'+'],
        b => format!("%{b:02X}").into_bytes(),
    };
    text.iter().flat_map(byte).collect()
}

/// Base64 of a text, alone and as a part of a longer one: whatever stands before it, one of three encodings of it stays the same but
/// for the characters at its ends.
fn encoded(text: &[u8]) -> Vec<Vec<u8>> {
    (0..3usize)
        .map(|before| {
            let padded: Vec<u8> = std::iter::repeat_n(0, before).chain(text.iter().copied()).collect();
            let encoded = base64::encode(&padded);
            let from = [0, 2, 3][before];
            let to = padded.len() * 8 / 6;
            encoded.as_bytes().get(from..to).unwrap_or_default().to_vec()
        })
        .filter(|part| part.len() >= PREFIX - 2)
        .collect()
}

/// Whether a name says that what it names is secret. A Secret's name, file or reference is harmless: `existingSecret`, `secretName`.
///
/// ```
/// use pintle_core::secrets::is_secret;
/// assert!(is_secret("db.adminPassword") && is_secret("REDIS_PASS") && is_secret("smtpAuth") && is_secret("SENTRY_DSN"));
/// assert!(!is_secret("existingSecret") && !is_secret("secretName") && !is_secret("bypass") && !is_secret("author"));
/// ```
pub fn is_secret(name: &str) -> bool {
    static ANYWHERE: LazyLock<Option<AhoCorasick>> = LazyLock::new(|| AhoCorasick::new(SECRET_WORDS).ok());
    const SECRET_WORDS: &[&str] = &[
        "password",
        "passwd",
        "passphrase",
        "token",
        "secret",
        "apikey",
        "privatekey",
        "credential",
        "accesskey",
        "encryptionkey",
        "signingkey",
        "masterkey",
        "sshkey",
        "connectionstring",
        "connstr",
        "dockerconfigjson",
        "htpasswd",
    ];
    const WORDS: &[&str] = &["pwd", "pass", "auth", "dsn", "jwt", "otp", "pin", "salt", "cookie"];
    let last = name.rsplit('.').next().unwrap_or(name);
    let plain: String = last.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase();
    let harmless = ["name", "ref", "file", "path", "enabled", "ttl", "length", "expiry"];
    if harmless.iter().any(|end| plain.ends_with(end)) || plain.starts_with("existing") {
        return false;
    }
    let anywhere = ANYWHERE.as_ref().is_none_or(|search| search.is_match(&plain));
    anywhere || words(last).last().is_some_and(|w| WORDS.contains(&w.as_str()))
}

/// How a value is held by the keys around it.
#[derive(Clone, Copy, PartialEq)]
enum Held {
    Openly,
    /// In a group that settings of secrets stand in too: `secrets: {provider: vault, API_KEY: …}`.
    AmongSecrets,
    Secretly,
}

/// What a key says of its value.
#[derive(Clone, Copy)]
struct Key {
    is_secret: bool,
    /// Whether it is written as a variable of an environment.
    is_variable: bool,
    /// Whether it names settings of whatever deals with secrets.
    is_open: bool,
    /// Whether it names a secret itself, not a group of settings.
    is_itself: bool,
    /// Whether it says something about a secret, not the secret.
    is_setting: bool,
}

impl Key {
    fn of(key: &str) -> Key {
        let last = words(key).pop().unwrap_or_default();
        let last = last.as_str();
        Key {
            is_secret: is_secret(key),
            is_variable: key.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_'),
            is_open: matches!(last, "auth" | "cookie" | "annotations" | "labels" | "metadata"),
            is_itself: matches!(last, "secret" | "password" | "token" | "credentials"),
            is_setting: SETTINGS.contains(&last),
        }
    }
}

impl Held {
    /// How a key holds its value, within what is held like `around`.
    fn by(key: Key, value: &Data, around: Held) -> Held {
        let is_group = value.as_map().is_some();
        match around {
            _ if is_group && key.is_open => Held::Openly,
            _ if key.is_secret && is_group && !key.is_itself => Held::AmongSecrets,
            _ if key.is_secret => Held::Secretly,
            Held::AmongSecrets if key.is_variable => Held::Secretly,
            Held::Secretly | Held::AmongSecrets if key.is_setting => Held::Openly,
            around => around,
        }
    }
}

/// The last words of keys that say something about a secret, not the secret.
const SETTINGS: &[&str] = &[
    "name",
    "namespace",
    "kind",
    "type",
    "provider",
    "key",
    "store",
    "version",
    "path",
    "environment",
    "create",
    "enabled",
    "ref",
];

/// Whether a text looks like one that a generator made: letters and digits without an order, and no address, path or version.
fn is_random(text: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || "+/=_-!@#$%^&*.".contains(c);
    let kinds = [char::is_ascii_lowercase as fn(&char) -> bool, char::is_ascii_uppercase, char::is_ascii_digit];
    let kinds = kinds.iter().filter(|kind| text.chars().any(|c| kind(&c))).count();
    let is_odd = kinds == 3 && text.len() >= PREFIX
        || kinds == 2 && text.len() >= 2 * PREFIX && text.contains(|c: char| c.is_ascii_digit());
    is_odd && text.chars().all(plain) && !text.contains("://") && text.matches('.').count() < 2
}

/// Whether letters stand beside digits, or small ones beside capitals.
fn is_mixed(text: &[u8]) -> bool {
    let has = |kind: fn(&u8) -> bool| text.iter().any(kind);
    let letters = [has(u8::is_ascii_lowercase), has(u8::is_ascii_uppercase), has(u8::is_ascii_digit)];
    letters.iter().filter(|h| **h).count() > 1
}

/// The words of a name, in small letters: `redisPass`, `REDIS_PASS` and `redis-pass` have the same.
fn words(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut before_small = false;
    for c in name.chars() {
        if !c.is_ascii_alphanumeric() || c.is_ascii_uppercase() && before_small {
            words.push(String::new());
        }
        if c.is_ascii_alphanumeric() {
            words.last_mut().into_iter().for_each(|w| w.push(c.to_ascii_lowercase()));
        }
        before_small = c.is_ascii_lowercase() || c.is_ascii_digit();
    }
    words.retain(|w| !w.is_empty());
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Secrets {
        let mut secrets = Secrets::default();
        secrets.add(text.as_bytes());
        secrets
    }

    #[test]
    fn a_longer_secret_beside_a_shared_one_is_hidden_as_a_whole() {
        let mut secrets = Secrets::over(Arc::new(of("abcd1234")));
        secrets.add(b"abcd1234efgh");
        secrets.add(b"zz-abcd12");
        assert_eq!(secrets.mask("a abcd1234efgh b"), "a *** b");
        assert_eq!(secrets.mask("a zz-abcd1234 b"), "a *** b");
        assert_eq!(secrets.mask("abcd1234 and abcd1234"), "*** and ***");
    }

    #[test]
    fn transformations_are_found() {
        let secret = "hunt\"er2<&>' x";
        let secrets = of(secret);
        for form in [
            secret.to_owned(),
            quote(secret.as_bytes()),
            String::from_utf8(json_text(secret.as_bytes(), true)).unwrap(),
            format!("'{}'", secret.replace('\'', "''")),
            base64::encode(secret.as_bytes()),
            "hunt\"er2".to_owned(),
            "hunt%22er2%3C%26%3E%27+x".to_owned(),
        ] {
            let shown = secrets.mask(&form).into_owned();
            assert!(shown.contains(MASK) && !shown.contains("er2"), "{form}: {shown}");
        }
        for user in ["a:", "ab:", "abc:"] {
            let header = base64::encode(format!("{user}hunter2-and-more").as_bytes());
            let shown = of("hunter2-and-more").mask(&header).into_owned();
            assert!(shown.contains(MASK) && shown.len() < header.len() / 2 + MASK.len(), "{header}: {shown}");
        }
    }

    #[test]
    fn lines_of_a_key_and_parts_are_hidden_and_other_text_stays() {
        let secrets = of("-----BEGIN KEY-----\nMIIEvQIBADANBg\nkqhkiG9w0BAQEF\n-----END KEY-----\n");
        assert_eq!(secrets.mask("line 3:     kqhkiG9w0BAQEF found"), "line 3:     *** found");
        assert_eq!(secrets.mask("cut: kqhkiG9w0B…"), "cut: ***…");
        assert_eq!(secrets.mask("nothing of it"), "nothing of it");
        assert_eq!(of("äöüß-äöüß").mask("a äöüß-äöüß b"), "a *** b");
        assert_eq!(Secrets::default().mask("x"), "x");
        assert_eq!(of("true").mask("it is true"), "it is true");
    }

    #[test]
    fn objects_and_values_tell_what_is_secret() {
        let mut secrets = Secrets::default();
        let list = "kind: SecretList\nitems: [{data: {a: aHVudGVyMg==}, stringData: {b: swordfish}}]";
        let other = "kind: Pod\nspec: {containers: [{env: [{name: DB_PWD, value: opensesame}]}]}";
        let data = [list, other].map(|text| pintle_yaml::from_slice(text.as_bytes()).unwrap());
        secrets.of_objects(&data);
        let Data::Map(values) = pintle_yaml::from_slice(
            b"auth: {enabled: true, username: someone, password: letmein1}\npin: 123456\nurl: postgres://u:pa55word@db/x",
        )
        .unwrap() else {
            panic!("a map")
        };
        secrets.of_values(&values);
        for hidden in ["hunter2", "aHVudGVyMg==", "swordfish", "opensesame", "letmein1", "123456", "pa55word"] {
            assert_eq!(secrets.mask(&format!("<{hidden}>")), "<***>", "{hidden}");
        }
        assert_eq!(secrets.mask("someone"), "someone");
    }

    #[test]
    fn settings_of_secrets_are_no_secrets() {
        let mut secrets = Secrets::default();
        let text = b"sealedSecrets: {name: controller, chart: {repository: https://bitnami-labs.github.io/sealed-secrets, version: 2.17.3}}
secrets: {provider: vaultPlugin, kind: external, project: warehouse-prod, API_KEY: hunter-two, db: s3cr3tW0rd}
secret: {name: web-db, type: Opaque, value: opensesame}";
        let Data::Map(values) = pintle_yaml::from_slice(text).unwrap() else { panic!("a map") };
        secrets.of_values(&values);
        for open in ["controller", "https://bitnami-labs", "vaultPlugin", "external", "warehouse-prod", "web-db", "Opaque"] {
            assert_eq!(secrets.mask(open), open);
        }
        for hidden in ["hunter-two", "s3cr3tW0rd", "opensesame"] {
            assert_eq!(secrets.mask(hidden), MASK);
        }
    }
}
