//! The functions under their names, with the Go signatures that the evaluator checks arguments against.
//!
//! A file a topic; each adds its functions to the set. Where Go leaves the order of a map's keys to chance (`keys`, `values`),
//! they come sorted. Where Go panics, the error is what `text/template` makes of the panic: its text.

mod convert;
#[cfg(feature = "crypto")]
mod crypto;
mod dates;
mod dicts;
mod encoding;
mod flow;
mod lists;
mod merge;
mod numbers;
mod objects;
mod random;
mod regexes;
mod strings;
mod types;
mod urls;
mod versions;

use std::cell::RefCell;
use std::collections::HashMap;

use pintle_template::{Call, Error, Functions};

use crate::world::{System, World};

pub use flow::{WARN_END, WARN_START};
pub use objects::{DurationObject, TimeObject, VersionObject};

/// What functions share with the render that they serve: hand it to the evaluator as its host.
pub struct Host {
    /// The outside.
    pub world: Box<dyn World>,
    /// `helm lint`: `required` and `fail` let things pass, and what they would have said is kept in `warnings`.
    pub lint: bool,
    /// What `required` and `fail` said in lint mode.
    pub warnings: RefCell<Vec<String>>,
    /// How often each template is being included right now.
    included: RefCell<HashMap<Vec<u8>, usize>>,
}

impl Host {
    /// A host over a world, outside lint mode.
    pub fn new(world: impl World + 'static) -> Host {
        Host { world: Box::new(world), lint: false, warnings: RefCell::default(), included: RefCell::default() }
    }
}

impl Default for Host {
    fn default() -> Host {
        Host::new(System)
    }
}

/// The functions that Helm 4 has and Helm 3 hasn't.
pub const NEW_IN_HELM_4: &[&str] = &[
    "mustToToml",
    "mustToYaml",
    "mustToDuration",
    "durationSeconds",
    "durationMilliseconds",
    "durationMicroseconds",
    "durationNanoseconds",
    "durationMinutes",
    "durationHours",
    "durationDays",
    "durationWeeks",
    "durationRoundTo",
    "durationTruncateTo",
];

/// Go's own functions, Sprig's without `env` and `expandenv`, and Helm 4's (`pkg/engine/funcs.go`).
///
/// The evaluator's host must be a [`Host`].
pub fn helm() -> Functions {
    let mut f = Functions::builtins();
    strings::add(&mut f);
    numbers::add(&mut f);
    lists::add(&mut f);
    dicts::add(&mut f);
    types::add(&mut f);
    encoding::add(&mut f);
    dates::add(&mut f);
    regexes::add(&mut f);
    versions::add(&mut f);
    urls::add(&mut f);
    random::add(&mut f);
    #[cfg(feature = "crypto")]
    crypto::add(&mut f);
    #[cfg(not(feature = "crypto"))]
    without_crypto(&mut f);
    flow::add(&mut f);
    f
}

/// The names exist, so that templates which don't come to call them can be parsed.
#[cfg(not(feature = "crypto"))]
fn without_crypto(f: &mut Functions) {
    use pintle_template::Rest;
    use pintle_value::Value;
    for name in [
        "genPrivateKey",
        "genCA",
        "genCAWithKey",
        "genSelfSignedCert",
        "genSelfSignedCertWithKey",
        "genSignedCert",
        "genSignedCertWithKey",
        "buildCustomCert",
        "bcrypt",
        "htpasswd",
        "derivePassword",
        "encryptAES",
        "decryptAES",
    ] {
        f.add(name, |_: Rest<Value>| -> Result<String, Error> { Err(Error::new("built without the feature crypto")) });
    }
}

fn host(call: &dyn Call) -> Result<&Host, Error> {
    call.host().downcast_ref::<Host>().ok_or_else(|| Error::new("functions run without their host"))
}
