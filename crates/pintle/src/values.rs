//! Values: from files, flags and Rust types.

use pintle_core::merge::options::{ValuesFile, ValuesOptions};
use pintle_core::{Compat, DataMap, Result};
use serde::de::DeserializeOwned;

/// The values of one render, over those of the chart.
///
/// They count in Helm's order, whatever the order of the calls: values of a Rust type first, then files, then `--set-json`, `--set`,
/// `--set-string` and `--set-literal`. Within a kind the later one counts.
///
/// ```
/// use pintle::Values;
///
/// #[derive(serde::Serialize)]
/// struct Settings { replicas: u32 }
///
/// let values = Values::from_serialize(&Settings { replicas: 2 })?
///     .file("values-prod.yaml", "image: {tag: v1}")
///     .set("image.tag=v2");
/// # #[derive(serde::Deserialize)] struct Image { tag: String }
/// # #[derive(serde::Deserialize)] struct All { replicas: u32, image: Image }
/// # let all: All = values.to()?;
/// # assert_eq!((all.replicas, all.image.tag.as_str()), (2, "v2"));
/// # Ok::<(), pintle::Error>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct Values(pub(crate) ValuesOptions);

impl Values {
    /// No values besides those of the chart.
    pub fn new() -> Values {
        Values::default()
    }

    /// From a type that serde can serialize as a map, a `serde_json::Value` included. Integers stay integers, as with `--set`.
    ///
    /// Errors: the type isn't a map, a key isn't text, a number has more than 64 bits.
    pub fn from_serialize<T: serde::Serialize + ?Sized>(value: &T) -> Result<Values> {
        Ok(Values::from(pintle_core::Values::from_serialize(value)?.data().clone()))
    }

    /// Adds the text of a values file (`--values`). Messages call it by `name`.
    #[must_use]
    pub fn file(mut self, name: impl Into<String>, text: impl Into<Vec<u8>>) -> Values {
        self.0.files.push(ValuesFile::new(name, text.into()));
        self
    }

    /// Adds a flag `--set`: `image.tag=v2,replicas=3`.
    #[must_use]
    pub fn set(mut self, flag: impl Into<String>) -> Values {
        self.0.set.push(flag.into());
        self
    }

    /// Adds a flag `--set-string`: every value is text.
    #[must_use]
    pub fn set_string(mut self, flag: impl Into<String>) -> Values {
        self.0.strings.push(flag.into());
        self
    }

    /// Adds a flag `--set-json`: `ports=[80,443]`, or a whole object.
    #[must_use]
    pub fn set_json(mut self, flag: impl Into<String>) -> Values {
        self.0.json.push(flag.into());
        self
    }

    /// Adds a flag `--set-literal`: everything after the first `=` is the value.
    #[must_use]
    pub fn set_literal(mut self, flag: impl Into<String>) -> Values {
        self.0.literals.push(flag.into());
        self
    }

    /// The merged values as a type. Those of the chart aren't among them.
    ///
    /// Errors: a file or a flag is invalid, with Helm's text; the values don't fit the type.
    pub fn to<T: DeserializeOwned>(&self) -> Result<T> {
        self.0.merge(Compat::default(), &|path| Err(format!("{path} is not read here")))?.to()
    }
}

impl From<DataMap> for Values {
    fn from(data: DataMap) -> Values {
        Values(ValuesOptions { data, ..ValuesOptions::default() })
    }
}
