//! Every target of the fuzzer over mutated seeds: thousands of inputs in each run of the tests, with overflow checks and debug
//! assertions on.

#![allow(clippy::disallowed_methods, reason = "tests make and read files of their own")]

use std::fs;
use std::path::Path;

use pintle_fuzz::TARGETS;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

/// Inputs for each target. `PINTLE_FUZZ_ROUNDS` asks for others.
const ROUNDS: u32 = 2000;

fn files(folder: &str, name: &str) -> Vec<Vec<u8>> {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz").join(folder);
    let mut paths: Vec<_> = fs::read_dir(&dir).unwrap().map(|e| e.unwrap().path()).collect();
    paths.sort();
    let named = |p: &&std::path::PathBuf| p.file_stem().and_then(|s| s.to_str()).is_some_and(|s| s == name);
    paths.iter().filter(named).map(|p| fs::read(p).unwrap()).collect()
}

/// The words of a dictionary. A line that libFuzzer would refuse ends the test, as it would end the fuzzer.
fn words(name: &str) -> Vec<Vec<u8>> {
    let texts = files("dictionaries", name);
    let lines = texts.iter().flat_map(|text| std::str::from_utf8(text).unwrap().lines());
    let lines = lines.filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines.map(|line| word(line.as_bytes()).unwrap_or_else(|| panic!("{name}.dict: {line}"))).collect()
}

/// `ParseOneDictionaryEntry` of libFuzzer: printable ASCII in quotes, with the escapes `\\`, `\"` and `\xAB`.
fn word(line: &[u8]) -> Option<Vec<u8>> {
    let mut rest = line.strip_prefix(b"\"")?.strip_suffix(b"\"")?;
    let mut out = Vec::new();
    while let [first, tail @ ..] = rest {
        rest = tail;
        match (first, tail) {
            (b'\\', [escaped @ (b'\\' | b'"'), tail @ ..]) => {
                out.push(*escaped);
                rest = tail;
            }
            (b'\\', [b'x', a, b, tail @ ..]) => {
                out.push(u8::from_str_radix(std::str::from_utf8(&[*a, *b]).ok()?, 16).ok()?);
                rest = tail;
            }
            (b'"' | b'\\', _) => return None,
            (b' '..=b'~', _) => out.push(*first),
            _ => return None,
        }
    }
    (!out.is_empty()).then_some(out)
}

/// One change of an input.
#[derive(Clone, Debug)]
enum Change {
    Insert(usize, Vec<u8>),
    Remove(usize, usize),
    Repeat(usize, usize, usize),
}

fn changed(mut text: Vec<u8>, changes: &[Change]) -> Vec<u8> {
    for change in changes {
        let at = |n: usize| n % (text.len() + 1);
        match change {
            Change::Insert(n, word) => {
                let at = at(*n);
                text.splice(at..at, word.iter().copied());
            }
            Change::Remove(n, len) => {
                let at = at(*n);
                let end = (at + len).min(text.len());
                text.drain(at..end);
            }
            Change::Repeat(n, len, times) => {
                let at = at(*n);
                let part = text[at..(at + len).min(text.len())].repeat(*times);
                text.splice(at..at, part);
            }
        }
    }
    text
}

fn change(words: Vec<Vec<u8>>) -> impl Strategy<Value = Change> {
    let word = prop_oneof![4 => prop::sample::select(words), 1 => prop::collection::vec(any::<u8>(), 1..4)];
    prop_oneof![
        4 => (any::<usize>(), word).prop_map(|(at, word)| Change::Insert(at, word)),
        2 => (any::<usize>(), 1..8usize).prop_map(|(at, len)| Change::Remove(at, len)),
        1 => (any::<usize>(), 1..16usize, 2..40usize).prop_map(|(at, len, times)| Change::Repeat(at, len, times)),
    ]
}

#[test]
fn no_input_panics() {
    let rounds = std::env::var("PINTLE_FUZZ_ROUNDS").ok().and_then(|n| n.parse().ok()).unwrap_or(ROUNDS);
    for (name, target) in TARGETS {
        let (seeds, words) = (files("seeds", name), words(name));
        assert!(!seeds.is_empty() && !words.is_empty(), "{name} has seeds and a dictionary");
        seeds.iter().for_each(|seed| target(seed));
        let input = (prop::sample::select(seeds), prop::collection::vec(change(words), 0..12));
        let config = Config { cases: rounds, failure_persistence: None, max_shrink_iters: 2000, ..Config::default() };
        let result = TestRunner::new(config).run(&input, |(seed, changes)| {
            target(&changed(seed, &changes));
            Ok(())
        });
        if let Err(e) = result {
            panic!("{name}: {e}");
        }
    }
}
