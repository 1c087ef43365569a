//! Random texts and numbers.

use pintle_go::limits;
use pintle_template::{Call, Error, Functions};
use pintle_value::Str;

use super::host;
use crate::encoding::{base64_encode, uuidv4};
use crate::world::World;
use crate::{number, text};

/// What a random number costs.
const STEPS_A_DRAW: u64 = 4;

pub(super) fn add(f: &mut Functions) {
    type Draw = fn(&dyn World, i64) -> Result<Vec<u8>, String>;
    for (name, draw) in [
        ("randAlphaNum", text::rand_alpha_numeric as Draw),
        ("randAlpha", text::rand_alpha),
        ("randAscii", text::rand_ascii),
        ("randNumeric", text::rand_numeric),
    ] {
        f.add(name, move |call: &mut dyn Call, n: isize| -> Result<Vec<u8>, Error> {
            call.charge(limits::text(Some(usize::try_from(n).unwrap_or(0)))? as u64 * STEPS_A_DRAW)?;
            Ok(draw(&*host(call)?.world, n as i64)?)
        });
    }
    f.add("randInt", |call: &mut dyn Call, min: isize, max: isize| -> Result<isize, Error> {
        Ok(number::rand_int(&*host(call)?.world, min as i64, max as i64)? as isize)
    });
    f.add("randBytes", |call: &mut dyn Call, n: isize| -> Result<Vec<u8>, Error> {
        let n = usize::try_from(n).map_err(|_| Error::new("runtime error: makeslice: len out of range"))?;
        call.charge(limits::text(Some(n))? as u64 / 4)?;
        let mut bytes = vec![0; n];
        host(call)?.world.fill(&mut bytes);
        Ok(base64_encode(&bytes))
    });
    f.add("shuffle", |call: &mut dyn Call, s: Str| -> Result<Vec<u8>, Error> {
        call.charge(s.len() as u64 * STEPS_A_DRAW)?;
        Ok(text::shuffle(&*host(call)?.world, &s))
    });
    f.add("uuidv4", |call: &mut dyn Call| -> Result<String, Error> { Ok(uuidv4(&*host(call)?.world)) });
}
