//! Against the controller's own package: `sealed.txt` was sealed by it (`cd tests/independent && go run . seal ../key.pem 'correct
//! horse' prod/db prod '' > ../sealed.txt`), and where Go is installed it opens what is sealed here. The key is made for these tests.

#![allow(clippy::disallowed_methods, reason = "tests have a clock of their own")]

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use pintle_seal::{Error, OpeningKey, Scope, SealingKey, check_shape};

const KEY: &str = include_str!("key.pem");
const CERTIFICATE: &str = include_str!("cert.pem");
const SEALED: &str = include_str!("sealed.txt");

fn keys() -> (SealingKey, OpeningKey) {
    (SealingKey::from_pem(CERTIFICATE, SystemTime::now()).unwrap(), OpeningKey::from_pem(KEY).unwrap())
}

#[test]
fn what_kubeseal_sealed_opens_here() {
    let (_, key) = keys();
    for line in SEALED.lines() {
        let (label, sealed) = line.split_once(' ').unwrap();
        check_shape(sealed).unwrap();
        assert_eq!(key.open(sealed, label).unwrap(), b"correct horse", "{label}");
        assert_eq!(key.open(sealed, "other"), Err(Error::CannotOpen));
    }
    assert_eq!(SEALED.lines().count(), 3);
}

#[test]
fn what_is_sealed_here_opens_here_under_its_label_only() {
    let (public, key) = keys();
    for scope in [Scope::Strict, Scope::NamespaceWide, Scope::ClusterWide] {
        let label = scope.label("prod", "db");
        let sealed = public.seal(b"correct horse", &label).unwrap();
        assert_ne!(sealed, public.seal(b"correct horse", &label).unwrap());
        assert_eq!(key.open(&sealed, &label).unwrap(), b"correct horse");
        assert_eq!(key.open(&sealed, "prod/other"), Err(Error::CannotOpen));
        let mut changed = sealed.into_bytes();
        let last = changed.len() - 6;
        changed[last] = if changed[last] == b'A' { b'B' } else { b'A' };
        assert_eq!(key.open(std::str::from_utf8(&changed).unwrap(), &label), Err(Error::CannotOpen));
    }
    assert_eq!(key.open(&public.seal(b"", "x").unwrap(), "x").unwrap(), b"");
}

#[test]
fn what_is_sealed_here_opens_with_the_controllers_package() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/independent");
    let mut go = Command::new("go");
    go.args(["run", ".", "open", "../key.pem"]).current_dir(folder);
    let child = go.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
    let skipped = |why: &str| {
        let _ = writeln!(std::io::stderr(), "skipped, {why}: the controller's package opens what is sealed here");
    };
    let Ok(mut child) = child else { return skipped("there is no Go") };
    let (public, _) = keys();
    let labels = ["prod/db", "prod"];
    for label in labels {
        writeln!(child.stdin.as_mut().unwrap(), "{label} {}", public.seal(b"correct horse", label).unwrap()).unwrap();
    }
    let output = child.wait_with_output().unwrap();
    if !output.status.success() {
        return skipped("Go can't fetch it");
    }
    assert_eq!(String::from_utf8_lossy(&output.stdout), "prod/db correct horse\nprod correct horse\n");
}

#[test]
fn what_is_no_sealed_value_is_told() {
    let short = |n: usize| Err(Error::TooShort(n));
    assert_eq!(check_shape("hunter2!"), Err(Error::NotBase64));
    assert_eq!(check_shape(""), short(0));
    assert_eq!(check_shape("aHVudGVyMg=="), short(7));
    let plain = "A".repeat(400);
    assert_eq!(check_shape(&plain), Err(Error::NoRsaLength(0)));
    let (_, sealed) = SEALED.lines().next().unwrap().split_once(' ').unwrap();
    assert_eq!(check_shape(&format!("{}\n{}", &sealed[..80], &sealed[80..])), Ok(()));
    assert!(check_shape(&sealed[..360]).is_err());
}

#[test]
fn files_that_hold_no_key_and_certificates_that_are_over_are_told() {
    assert_eq!(SealingKey::from_pem("nothing", UNIX_EPOCH).unwrap_err(), Error::Certificate);
    assert_eq!(OpeningKey::from_pem(CERTIFICATE).err(), Some(Error::Key));
    let later = SystemTime::now() + Duration::from_secs(200 * 365 * 24 * 3600);
    assert_eq!(SealingKey::from_pem(CERTIFICATE, later).unwrap_err(), Error::Expired);
}
