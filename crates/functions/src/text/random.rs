//! Random texts, drawn from the render's [`World`].

use pintle_go::limits;
use pintle_go::utf8::{push, runes};

use crate::world::{World, below};

const LETTERS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const DIGITS: &[u8] = b"0123456789";

/// `count` characters of `alphabet`, each equally likely; nothing for a negative count (goutils fails, Sprig ignores it).
fn pick(world: &dyn World, count: i64, alphabet: &[u8]) -> Result<Vec<u8>, String> {
    let count = limits::text(Some(usize::try_from(count).unwrap_or(0)))?;
    Ok((0..count).map(|_| alphabet[below(world, alphabet.len() as u64) as usize]).collect())
}

/// `randAlpha`
pub fn rand_alpha(world: &dyn World, count: i64) -> Result<Vec<u8>, String> {
    pick(world, count, LETTERS)
}

/// `randAlphaNum`
pub fn rand_alpha_numeric(world: &dyn World, count: i64) -> Result<Vec<u8>, String> {
    pick(world, count, &[LETTERS, DIGITS].concat())
}

/// `randNumeric`
pub fn rand_numeric(world: &dyn World, count: i64) -> Result<Vec<u8>, String> {
    pick(world, count, DIGITS)
}

/// `randAscii`: the printable characters and the blank.
pub fn rand_ascii(world: &dyn World, count: i64) -> Result<Vec<u8>, String> {
    pick(world, count, &(b' '..=b'~').collect::<Vec<_>>())
}

/// `shuffle`: the characters of the text in any order.
pub fn shuffle(world: &dyn World, text: &[u8]) -> Vec<u8> {
    let mut chars: Vec<char> = runes(text).map(|(c, _)| c).collect();
    for i in (1..chars.len()).rev() {
        chars.swap(i, below(world, i as u64 + 1) as usize);
    }
    let mut out = Vec::with_capacity(text.len());
    for c in chars {
        push(&mut out, c);
    }
    out
}
