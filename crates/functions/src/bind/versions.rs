//! Semantic versions.

use pintle_template::{Error, Exactly, Functions};
use pintle_value::{Str, Value};

use super::objects::VersionObject;
use crate::semver::{Constraints, Version};

pub(super) fn add(f: &mut Functions) {
    f.add("semver", |text: Str| -> Result<Exactly, Error> { Ok(Exactly(Value::from(VersionObject::new(parse(&text)?)))) });
    f.add("semverCompare", |constraint: Str, version: Str| -> Result<bool, Error> {
        let constraints = Constraints::parse(&lossless(&constraint)).map_err(|e| Error::new(e.to_string()))?;
        Ok(constraints.check(&parse(&version)?))
    });
}

/// Versions and constraints are ASCII: any other byte is wrong however it's read.
fn lossless(text: &Str) -> String {
    text.to_str_lossy().into_owned()
}

fn parse(text: &Str) -> Result<Version, Error> {
    Version::parse(&lossless(text)).map_err(|e| Error::new(e.to_string()))
}
