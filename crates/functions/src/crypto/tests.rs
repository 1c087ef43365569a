use super::*;
use crate::world::{Instant, Seeded};

fn world() -> Seeded {
    Seeded::new(42, Instant { seconds: 1_700_000_000, nanos: 0 })
}

#[test]
fn aes_there_and_back() {
    let sealed = encrypt_aes(&world(), b"secret", b"hello world, hello world");
    assert_eq!(decrypt_aes(b"secret", &sealed).unwrap(), b"hello world, hello world");
    // From Sprig's own tests.
    let sealed = b"30tEfhuJSVRhpG97XCuWgz2okj7L8vQ1s6V9zVUPeDQ=";
    assert_eq!(decrypt_aes(b"secretkey", sealed).unwrap(), b"plaintext");
    assert_eq!(decrypt_aes(b"x", b"YQ==").unwrap_err(), "runtime error: slice bounds out of range [:16] with capacity 3");
}

#[test]
fn master_passwords() {
    // From Sprig's own tests.
    let derive = |kind: &str| derive_password(1, kind.as_bytes(), b"password", b"user", b"example.com");
    for (kind, want) in [
        ("long", "ZedaFaxcZaso9*"),
        ("maximum", "pf4zS1LjCg&LjhsZ7T2~"),
        ("medium", "ZedJuz8$"),
        ("basic", "pIS54PLs"),
        ("short", "Zed5"),
        ("pin", "6685"),
    ] {
        assert_eq!(derive(kind), want.as_bytes(), "{kind}");
    }
    assert_eq!(derive("none"), b"cannot find password template none");
}

#[test]
fn passwords_verify() {
    let line = htpasswd(&world(), b"user", b"password");
    let hash = std::str::from_utf8(line.strip_prefix(b"user:").unwrap()).unwrap();
    assert!(hash.starts_with("$2a$10$") && ::bcrypt::verify("password", hash).unwrap());
    assert_eq!(htpasswd(&world(), b"a:b", b""), b"invalid username: a:b");
}

#[test]
fn keys_read_back() {
    for kind in ["ecdsa", "ed25519"] {
        let pem = generate_private_key(&world(), kind.as_bytes());
        assert_eq!(Key::from_pem(&pem).unwrap().to_pem(), pem, "{kind}");
    }
    assert_eq!(generate_private_key(&world(), b"x"), b"Unknown type x");
    assert_eq!(Key::from_pem(b"x").err().unwrap(), "no PEM data in input");
}

/// Threads search for the primes, yet the world alone decides which are found; and what one key signs its public half confirms.
#[test]
fn rsa_keys_depend_on_the_world_only() {
    use rsa::traits::PublicKeyParts;
    let make = || Key::rsa(&world(), 2048).unwrap();
    assert_eq!(make().to_pem(), make().to_pem());
    let Key::Rsa(key) = Key::from_pem(&make().to_pem()).unwrap() else { panic!("no RSA key") };
    assert_eq!((key.n().bits(), key.e()), (2048, &65_537u32.into()));
    key.validate().unwrap();
    let signature = make().sign(b"message").unwrap();
    let digest = <sha2::Sha256 as sha2::Digest>::digest(b"message");
    assert!(key.to_public_key().verify(keys::sha256_scheme(), &digest, &signature).is_ok());
}

#[test]
fn certificates_build() {
    let key = generate_private_key(&world(), b"ecdsa");
    let request = Request { common_name: b"ca".to_vec(), days: 365, ..Request::default() };
    let ca = generate_ca(&world(), &request, Some(&key)).unwrap();
    let leaf = Request {
        common_name: b"leaf".to_vec(),
        ips: vec![b"10.0.0.1".to_vec(), b"::1".to_vec()],
        dns_names: vec![b"a.example".to_vec()],
        days: 30,
    };
    let leaf_key = generate_private_key(&world(), b"ed25519");
    let signed = generate_signed(&world(), &leaf, &ca, Some(&leaf_key)).unwrap();
    assert!(signed.cert.starts_with(b"-----BEGIN CERTIFICATE-----\n"));
    let b64 = crate::encoding::base64_encode;
    assert_eq!(build_custom(&b64(&signed.cert), &b64(&signed.key)).unwrap(), signed);
    let mismatched = Certificate { key: leaf_key, ..ca };
    let error = generate_signed(&world(), &leaf, &mismatched, Some(&key)).unwrap_err();
    assert_eq!(error, "error creating certificate: x509: provided PrivateKey doesn't match parent's PublicKey");
    let bad = Request { ips: vec![b"x".to_vec()], ..Request::default() };
    assert_eq!(generate_self_signed(&world(), &bad, Some(&key)).unwrap_err(), "error parsing ip: x");
}

/// Go 1.26 writes the same bytes: x509.CreateCertificate with Sprig's template, this key, serial number and time.
#[test]
fn certificates_are_gos_to_the_byte() {
    let key = generate_private_key(&world(), b"ed25519");
    let mut request = Request {
        common_name: "h\u{e9}".into(),
        ips: vec![b"10.0.0.1".to_vec(), b"::1".to_vec()],
        dns_names: vec![b"*.example".to_vec()],
        days: 9_999,
    };
    let ca = generate_ca(&world(), &request, Some(&key)).unwrap();
    request.common_name.clear();
    let signed = generate_signed(&world(), &request, &ca, Some(&key)).unwrap();
    assert_eq!(crate::encoding::sha256sum(&ca.cert), "3d87d832d92379a756bcbf7e221bb2668a9a80d641b440df7928ad0058840ae9");
    assert_eq!(crate::encoding::sha256sum(&signed.cert), "802711b9fb52a121309fc6cfe54a88da049113d2d4aed66410555d718a7ea696");
}
