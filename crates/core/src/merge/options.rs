//! The values that a caller gives: files and flags, in Helm's order of precedence (`helm.sh/helm/v4/pkg/cli/values`).

use pintle_value::{Data, DataMap, Str, json};
use serde::de::DeserializeOwned;

use super::literal;
use super::set::{MAX_ITEMS, Reading, items, parse_into};
use crate::Compat;
use crate::deserialize::from_map;
use crate::diagnostic::{Diagnostic, Error, Path, Result, Source, Span};
use crate::load::{Chart, values_file};
use crate::rules;
use crate::secrets::Secrets;

/// A file of values, already read.
#[derive(Clone, Debug)]
pub struct ValuesFile {
    /// Its name, for messages: a path, or `-` for standard input.
    pub name: String,
    /// Its text.
    pub text: Str,
    /// Where the values stand if they are a part of another file: that file, and the way to them.
    pub within: Option<(Source, Path)>,
}

impl ValuesFile {
    /// A file of its own.
    pub fn new(name: impl Into<String>, text: impl Into<Str>) -> ValuesFile {
        ValuesFile { name: name.into(), text: text.into(), within: None }
    }
}

/// Everything that can set a value from outside, each kind in the order given.
///
/// Values of a program come first, then files; then, each over what was before it, `--set-json`, `--set`, `--set-string`, `--set-file` and
/// `--set-literal`.
#[derive(Clone, Debug, Default)]
pub struct ValuesOptions {
    /// Values that a program made.
    pub data: DataMap,
    /// `-f`, `--values`
    pub files: Vec<ValuesFile>,
    /// `--set-json`
    pub json: Vec<String>,
    /// `--set`
    pub set: Vec<String>,
    /// `--set-string`
    pub strings: Vec<String>,
    /// `--set-file`: `key=path` pairs
    pub set_files: Vec<String>,
    /// `--set-literal`
    pub literals: Vec<String>,
}

/// The values of a caller, merged, and what they were merged from.
#[derive(Clone, Debug, Default)]
pub struct Values {
    pub(crate) data: DataMap,
    pub(crate) given: ValuesOptions,
}

impl Values {
    /// From anything that serde can serialize as a map; integers stay integers, as with `--set`.
    ///
    /// ```
    /// #[derive(serde::Serialize)]
    /// struct Image { tag: &'static str, replicas: u32 }
    /// let values = pintle_core::Values::from_serialize(&Image { tag: "v1", replicas: 2 })?;
    /// assert_eq!(values.data()["replicas"], pintle_core::Data::Int(2));
    /// # Ok::<(), pintle_core::Error>(())
    /// ```
    ///
    /// Errors: what isn't a map, keys that aren't text, numbers beyond 64 bits.
    pub fn from_serialize<T: serde::Serialize + ?Sized>(value: &T) -> Result<Values> {
        let failed = |what: String| Error::new(&rules::VALUES_TYPE, format!("values can't be made of this: {what}"));
        match value.serialize(super::serialize::Serializer).map_err(|e| failed(e.0))? {
            Data::Map(data) => Ok(Values::from(data)),
            Data::Null => Ok(Values::default()),
            _ => Err(failed("it is not a map".into())),
        }
    }

    /// The values as a type of the caller's.
    ///
    /// Errors: they don't fit the type, in serde's words.
    pub fn to<T: DeserializeOwned>(&self) -> Result<T> {
        from_map(&self.data).map_err(|e| Error::new(&rules::VALUES_TYPE, e))
    }

    /// The merged tree.
    pub fn data(&self) -> &DataMap {
        &self.data
    }

    /// The secrets among these values and a chart's own.
    pub(crate) fn secrets(&self, chart: &Chart) -> Secrets {
        let mut secrets = Secrets::over(chart.secrets());
        secrets.of_values(&self.data);
        self.given.add_secrets(&mut secrets);
        secrets
    }
}

impl From<DataMap> for Values {
    fn from(data: DataMap) -> Values {
        Values { data: data.clone(), given: ValuesOptions { data, ..ValuesOptions::default() } }
    }
}

impl ValuesOptions {
    /// Merges them all. `read_file` gives the text of a file that `--set-file` names; its errors go into the message.
    ///
    /// Errors: what can't be read, in Helm's words; findings hold no secrets.
    pub fn merge(&self, compat: Compat, read_file: &dyn Fn(&str) -> Result<Vec<u8>, String>) -> Result<Values> {
        self.merge_all(compat, read_file).map_err(|e| {
            let mut secrets = Secrets::default();
            self.add_secrets(&mut secrets);
            secrets.mask_error(e)
        })
    }

    fn add_secrets(&self, secrets: &mut Secrets) {
        secrets.of_values(&self.data);
        self.files.iter().for_each(|file| secrets.of_lines(&file.text.to_str_lossy()));
        let flags = [&self.json, &self.set, &self.strings, &self.literals];
        flags.into_iter().flatten().for_each(|flag| secrets.of_flag(flag));
    }

    fn merge_all(&self, compat: Compat, read_file: &dyn Fn(&str) -> Result<Vec<u8>, String>) -> Result<Values> {
        let failed = |flag: &str, e: String| Error::new(&rules::VALUES_SET, format!("failed parsing {flag} data: {e}"));
        let mut base = self.data.clone();
        for file in &self.files {
            let values = values_file::read(&file.text, compat).map_err(|e| {
                let d = Diagnostic::new(&rules::VALUES_YAML, format!("failed to parse {}: {e}", file.name));
                // A part of another file has lines of its own.
                let span = match &file.within {
                    None => values_file::place(&e, Source::new(&*file.name, file.text.clone())),
                    Some((source, _)) => Span::whole(source),
                };
                Error::from(d.at(span))
            })?;
            values_file::merge(&mut base, values);
        }
        let texts = [&self.json, &self.set, &self.strings, &self.set_files, &self.literals];
        if texts.into_iter().flatten().map(|text| items(text)).sum::<u64>() > MAX_ITEMS {
            let message = format!("the indexes of all flags that set values ask for more than {MAX_ITEMS} items of lists");
            return Err(Error::new(&rules::VALUES_SET, message));
        }
        for text in &self.json {
            if text.trim_start().starts_with('{') {
                let value = json::from_slice(text.trim().as_bytes());
                let Ok(Data::Map(values)) = value else {
                    return Err(Error::new(&rules::VALUES_SET, format!("failed parsing --set-json data JSON: {text}")));
                };
                values_file::merge(&mut base, values);
            } else {
                parse_into(text, &mut base, &Reading::Json, compat)
                    .map_err(|_| Error::new(&rules::VALUES_SET, format!("failed parsing --set-json data {text}")))?;
            }
        }
        for text in &self.set {
            parse_into(text, &mut base, &Reading::Typed, compat).map_err(|e| failed("--set", e))?;
        }
        for text in &self.strings {
            parse_into(text, &mut base, &Reading::Text, compat).map_err(|e| failed("--set-string", e))?;
        }
        let through =
            |path: &str| -> Result<Data, String> { Ok(Data::String(String::from_utf8_lossy(&read_file(path)?).into_owned())) };
        for text in &self.set_files {
            parse_into(text, &mut base, &Reading::Through(&through), compat).map_err(|e| failed("--set-file", e))?;
        }
        for text in &self.literals {
            literal::parse_into(text, &mut base, compat).map_err(|e| failed("--set-literal", e))?;
        }
        Ok(Values { data: base, given: self.clone() })
    }
}
