//! Values of sealed secrets (github.com/bitnami-labs/sealed-secrets, pkg/crypto and pkg/kubeseal, v0.27).
//!
//! A sealed value is base64 of: two bytes that give the length of the next part, a random AES key under RSA-OAEP with SHA-256, and
//! the value under AES-256-GCM with that key. The OAEP label says where the value may be opened ([`Scope`]).
//!
//! ```
//! use pintle_seal::{Scope, check_shape};
//! assert_eq!(Scope::Strict.label("prod", "db"), "prod/db");
//! assert!(check_shape("aHVudGVyMg==").unwrap_err().to_string().contains("too short"));
//! ```

#[cfg(feature = "crypto")]
mod crypto;

use std::fmt;

use base64ct::{Base64, Encoding};

#[cfg(feature = "crypto")]
pub use crypto::{OpeningKey, SealingKey};

/// Bytes of GCM's tag: the least that follows the RSA part.
const TAG: usize = 16;

/// Where a sealed value may be opened.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Scope {
    /// In the secret of one name in one namespace.
    #[default]
    Strict,
    /// In any secret of one namespace.
    NamespaceWide,
    /// Anywhere.
    ClusterWide,
}

impl Scope {
    /// The scope of a name that `kubeseal --scope` takes.
    pub fn from_name(name: &str) -> Option<Scope> {
        match name {
            "strict" => Some(Scope::Strict),
            "namespace-wide" => Some(Scope::NamespaceWide),
            "cluster-wide" => Some(Scope::ClusterWide),
            _ => None,
        }
    }

    /// The name that `kubeseal --scope` takes.
    pub fn name(self) -> &'static str {
        match self {
            Scope::Strict => "strict",
            Scope::NamespaceWide => "namespace-wide",
            Scope::ClusterWide => "cluster-wide",
        }
    }

    /// The scope that an object's annotations say (`SecretScope`); `get` finds one by its name.
    pub fn of_annotations<'a>(get: impl Fn(&str) -> Option<&'a str>) -> Scope {
        let is_set = |scope: &Scope| get(&format!("sealedsecrets.bitnami.com/{}", scope.name())) == Some("true");
        [Scope::ClusterWide, Scope::NamespaceWide].into_iter().find(is_set).unwrap_or_default()
    }

    /// The OAEP label (`EncryptionLabel`).
    pub fn label(self, namespace: &str, name: &str) -> String {
        match self {
            Scope::Strict => format!("{namespace}/{name}"),
            Scope::NamespaceWide => namespace.to_owned(),
            Scope::ClusterWide => String::new(),
        }
    }
}

/// Why something can't be sealed or opened. No message holds a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Error {
    /// The file holds no certificate or public key that can be read.
    Certificate,
    /// The certificate's time is over.
    Expired,
    /// The file holds no private RSA key that can be read.
    Key,
    /// The value is no base64.
    NotBase64,
    /// The value is shorter than any sealed value: a plaintext, most likely.
    TooShort(usize),
    /// The first two bytes don't give the length of an RSA part of 2,048 or 4,096 bits.
    NoRsaLength(usize),
    /// The key or the label isn't that of the value, or the value was changed.
    CannotOpen,
    /// The key is too small to seal with.
    CannotSeal,
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::Certificate => f.write_str("no certificate or public key in PEM that can be read"),
            Error::Expired => f.write_str("failed to encrypt using an expired certificate"),
            Error::Key => f.write_str("no private RSA key in PEM that can be read"),
            Error::NotBase64 => f.write_str("no base64: kubeseal's output is"),
            Error::TooShort(n) => write!(f, "too short for a sealed value ({n} bytes): is it a plaintext?"),
            Error::NoRsaLength(n) => {
                write!(f, "no sealed value: its first bytes give {n} as the length of the RSA part, and 256 or 512 are possible")
            }
            Error::CannotOpen => {
                f.write_str("it doesn't open: another key, another name, namespace or scope, or a changed value")
            }
            Error::CannotSeal => f.write_str("the certificate's key can't seal"),
        }
    }
}

impl std::error::Error for Error {}

/// Whether a text has the shape of a sealed value: what can be told without the key.
pub fn check_shape(sealed: &str) -> Result<(), Error> {
    parts(sealed).map(drop)
}

/// The wrapped key and the body.
fn parts(sealed: &str) -> Result<(Vec<u8>, Vec<u8>), Error> {
    let compact: String = sealed.chars().filter(|c| !c.is_ascii_whitespace()).collect();
    let bytes = Base64::decode_vec(&compact).map_err(|_| Error::NotBase64)?;
    let [high, low, rest @ ..] = &bytes[..] else { return Err(Error::TooShort(bytes.len())) };
    let length = usize::from(u16::from_be_bytes([*high, *low]));
    if bytes.len() < 2 + 256 + TAG {
        return Err(Error::TooShort(bytes.len()));
    }
    if length != 256 && length != 512 {
        return Err(Error::NoRsaLength(length));
    }
    match rest.split_at_checked(length) {
        Some((wrapped, body)) if body.len() >= TAG => Ok((wrapped.to_vec(), body.to_vec())),
        _ => Err(Error::TooShort(bytes.len())),
    }
}
