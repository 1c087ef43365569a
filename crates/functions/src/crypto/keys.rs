//! Private keys: making, writing, reading, signing.

use num_bigint_dig::{BigUint, RandBigInt};
use p256::ecdsa::signature::Signer;
use pintle_go::limits;
use rsa::pkcs1::{DecodeRsaPrivateKey, EncodeRsaPrivateKey, EncodeRsaPublicKey};
use rsa::traits::PublicKeyParts;
use rsa::{Pkcs1v15Sign, RsaPrivateKey};
use sha2::{Digest, Sha256};

use super::der::{self, Reader, tag};
use super::prime::{self, Bases, Search};
use super::{Random, pem};
use crate::world::World;

const OID_RSA: &[u32] = &[1, 2, 840, 113_549, 1, 1, 1];
const OID_RSA_SHA256: &[u32] = &[1, 2, 840, 113_549, 1, 1, 11];
const OID_EC: &[u32] = &[1, 2, 840, 10045, 2, 1];
const OID_P256: &[u32] = &[1, 2, 840, 10045, 3, 1, 7];
const OID_ECDSA_SHA256: &[u32] = &[1, 2, 840, 10045, 4, 3, 2];
const OID_ED25519: &[u32] = &[1, 3, 101, 112];

/// The public exponent of new RSA keys: a prime, and Go's.
const RSA_EXPONENT: u64 = 65_537;

/// `DigestInfo` of SHA-256 up to the hash (RFC 8017, 9.2).
const SHA256_PREFIX: [u8; 19] =
    [0x30, 0x31, 0x30, 0x0D, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x05, 0x00, 0x04, 0x20];

/// A private key.
pub enum Key {
    /// RSA
    Rsa(Box<RsaPrivateKey>),
    /// ECDSA on P-256
    P256(p256::SecretKey),
    /// Ed25519
    Ed25519(Box<ed25519_dalek::SigningKey>),
    /// DSA, which can be made and read, but signs no certificates
    Dsa(Vec<Vec<u8>>),
}

/// `genPrivateKey`: a PEM block, or Sprig's words for an unknown type.
pub fn generate(world: &dyn World, kind: &[u8]) -> Vec<u8> {
    let key = match kind {
        b"" | b"rsa" => Key::rsa(world, 4096),
        b"ecdsa" => Ok(Key::P256(p256::SecretKey::random(&mut Random(world)))),
        b"ed25519" => {
            let mut seed = [0; 32];
            world.fill(&mut seed);
            Ok(Key::Ed25519(Box::new(ed25519_dalek::SigningKey::from_bytes(&seed))))
        }
        b"dsa" => Ok(dsa(world)),
        _ => return [b"Unknown type ", kind].concat(),
    };
    match key {
        Ok(key) => key.to_pem(),
        Err(why) => format!("failed to generate private key: {why}").into_bytes(),
    }
}

/// Parameters of 2048 and 256 bits and a key (FIPS 186-3, as Go's `crypto/dsa`).
fn dsa(world: &dyn World) -> Key {
    let mut random = Random(world);
    let one = BigUint::from(1u8);
    let bases = Bases::draw(&mut random);
    loop {
        let q = random.gen_biguint(256) | &one | (&one << 255usize);
        if !prime::is_prime(&q, bases) {
            continue;
        }
        // As many tries as Go makes before it takes another q.
        for _ in 0..4 * 2048 {
            let mut p = random.gen_biguint(2048) | &one | (&one << 2047usize);
            let rest = (&p % &q) - &one;
            p -= rest;
            if p.bits() < 2048 || !prime::is_prime(&p, bases) {
                continue;
            }
            let e = (&p - &one) / &q;
            let mut h = BigUint::from(2u8);
            let g = loop {
                let g = h.modpow(&e, &p);
                if g != one {
                    break g;
                }
                h += 1u8;
            };
            let x = random.gen_biguint_range(&one, &q);
            let y = g.modpow(&x, &p);
            return Key::Dsa([&p, &q, &g, &y, &x].map(BigUint::to_bytes_be).to_vec());
        }
    }
}

/// An OID with the absence of parameters.
fn algorithm(oid: &[u32]) -> Vec<u8> {
    der::sequence(&[&der::oid(oid)])
}

fn rsa_algorithm(oid: &[u32]) -> Vec<u8> {
    der::sequence(&[&der::oid(oid), &der::element(tag::NULL, b"")])
}

impl Key {
    /// A new RSA key of `bits` bits, which is an even number from 128 on, with the exponent 65537.
    pub fn rsa(world: &dyn World, bits: usize) -> Result<Key, String> {
        let mut random = Random(world);
        loop {
            let (first, second) = (Search::draw(&mut random, bits / 2), Search::draw(&mut random, bits / 2));
            let (p, q) = std::thread::scope(|scope| {
                let p = std::thread::Builder::new().spawn_scoped(scope, || first.run(RSA_EXPONENT));
                let q = second.run(RSA_EXPONENT);
                // Where no thread is to be had, or it ended early, one after the other.
                let p = p.ok().and_then(|p| p.join().ok());
                (p.unwrap_or_else(|| first.run(RSA_EXPONENT)), q)
            });
            if p != q {
                let key = RsaPrivateKey::from_p_q(p, q, BigUint::from(RSA_EXPONENT)).map_err(|e| e.to_string())?;
                return Ok(Key::Rsa(Box::new(key)));
            }
        }
    }

    /// As Go writes it: PKCS #1, SEC 1, Sprig's DSA format, or PKCS #8.
    pub fn to_pem(&self) -> Vec<u8> {
        match self {
            Key::Rsa(key) => {
                let der = key.to_pkcs1_der().map(|d| d.as_bytes().to_vec()).unwrap_or_default();
                pem::encode("RSA PRIVATE KEY", &der)
            }
            Key::P256(key) => {
                let der = der::sequence(&[
                    &der::integer(&[1]),
                    &der::element(tag::OCTET_STRING, &key.to_bytes()),
                    &der::element(tag::context(0), &der::oid(OID_P256)),
                    &der::element(tag::context(1), &der::bits(&point(key))),
                ]);
                pem::encode("EC PRIVATE KEY", &der)
            }
            Key::Ed25519(key) => {
                let seed = der::element(tag::OCTET_STRING, key.as_bytes());
                let der = der::sequence(&[&der::integer(&[]), &algorithm(OID_ED25519), &der::element(tag::OCTET_STRING, &seed)]);
                pem::encode("PRIVATE KEY", &der)
            }
            Key::Dsa(numbers) => {
                let numbers: Vec<Vec<u8>> = numbers.iter().map(|n| der::integer(n)).collect();
                let der = der::element(tag::SEQUENCE, &[der::integer(&[]), numbers.concat()].concat());
                pem::encode("DSA PRIVATE KEY", &der)
            }
        }
    }

    /// `parsePrivateKeyPEM`
    pub fn from_pem(text: &[u8]) -> Result<Key, String> {
        let (kind, der) = pem::decode(text).ok_or("no PEM data in input")?;
        if der.len() > limits::MAX_LIST {
            return Err("key is too long".to_owned());
        }
        if kind == "PRIVATE KEY" {
            return pkcs8(&der).ok_or_else(|| "decoding PEM as PKCS#8: x509: failed to parse private key".to_owned());
        }
        let Some(name) = kind.strip_suffix(" PRIVATE KEY") else {
            return Err(format!("no private key data in PEM block of type {kind}"));
        };
        match name {
            "RSA" => rsa(&der).ok_or_else(|| "parsing RSA private key from PEM: x509: failed to parse private key".to_owned()),
            "EC" => sec1(&der).ok_or_else(|| "parsing EC private key from PEM: x509: failed to parse EC private key".to_owned()),
            "DSA" => numbers(&der).ok_or_else(|| "parsing DSA private key from PEM: asn1: structure error".to_owned()),
            _ => Err(format!("invalid private key type {kind}")),
        }
    }

    /// The public key as certificates hold it; `None` for DSA.
    pub(super) fn public_info(&self) -> Option<Vec<u8>> {
        let algorithm = match self {
            Key::Rsa(_) => rsa_algorithm(OID_RSA),
            Key::P256(_) => der::sequence(&[&der::oid(OID_EC), &der::oid(OID_P256)]),
            Key::Ed25519(_) => algorithm(OID_ED25519),
            Key::Dsa(_) => return None,
        };
        Some(der::sequence(&[&algorithm, &der::bits(&self.public_bytes())]))
    }

    /// The bits of the public key.
    pub(super) fn public_bytes(&self) -> Vec<u8> {
        match self {
            Key::Rsa(key) => key.to_public_key().to_pkcs1_der().map(|d| d.as_bytes().to_vec()).unwrap_or_default(),
            Key::P256(key) => point(key),
            Key::Ed25519(key) => key.verifying_key().as_bytes().to_vec(),
            Key::Dsa(_) => Vec::new(),
        }
    }

    /// The algorithm that [`Key::sign`] signs with.
    pub(super) fn signature_algorithm(&self) -> Vec<u8> {
        match self {
            Key::Rsa(_) => rsa_algorithm(OID_RSA_SHA256),
            Key::P256(_) => algorithm(OID_ECDSA_SHA256),
            Key::Ed25519(_) | Key::Dsa(_) => algorithm(OID_ED25519),
        }
    }

    pub(super) fn sign(&self, message: &[u8]) -> Result<Vec<u8>, String> {
        match self {
            Key::Rsa(key) => {
                if key.size() < 62 {
                    return Err("crypto/rsa: message too long for RSA key size".to_owned());
                }
                key.sign(sha256_scheme(), &Sha256::digest(message)).map_err(|e| e.to_string())
            }
            Key::P256(key) => {
                let signature: p256::ecdsa::Signature = p256::ecdsa::SigningKey::from(key).sign(message);
                let (r, s) = signature.split_bytes();
                Ok(der::sequence(&[&der::integer(&r), &der::integer(&s)]))
            }
            Key::Ed25519(key) => Ok(key.sign(message).to_bytes().to_vec()),
            Key::Dsa(_) => Err("x509: only RSA, ECDSA and Ed25519 keys supported".to_owned()),
        }
    }
}

/// RSASSA-PKCS1-v1_5 with SHA-256.
pub(super) fn sha256_scheme() -> Pkcs1v15Sign {
    Pkcs1v15Sign { hash_len: Some(32), prefix: Box::from(SHA256_PREFIX.as_slice()) }
}

/// The public point, uncompressed.
fn point(key: &p256::SecretKey) -> Vec<u8> {
    p256::ecdsa::VerifyingKey::from(&p256::ecdsa::SigningKey::from(key)).to_encoded_point(false).as_bytes().to_vec()
}

fn rsa(der: &[u8]) -> Option<Key> {
    RsaPrivateKey::from_pkcs1_der(der).ok().map(|k| Key::Rsa(Box::new(k)))
}

fn sec1(der: &[u8]) -> Option<Key> {
    let mut r = Reader(der).enter(tag::SEQUENCE)?;
    r.expect(tag::INTEGER)?;
    let secret = r.expect(tag::OCTET_STRING)?;
    if r.peek() == Some(tag::context(0)) && r.expect(tag::context(0))? != der::oid(OID_P256) {
        return None;
    }
    // Short keys lack their leading zeros.
    let mut bytes = [0; 32];
    let at = bytes.len().checked_sub(secret.len())?;
    bytes[at..].copy_from_slice(secret);
    p256::SecretKey::from_slice(&bytes).ok().map(Key::P256)
}

fn numbers(der: &[u8]) -> Option<Key> {
    let mut r = Reader(der).enter(tag::SEQUENCE)?;
    r.expect(tag::INTEGER)?;
    let numbers: Option<Vec<Vec<u8>>> = (0..5).map(|_| r.expect(tag::INTEGER).map(<[u8]>::to_vec)).collect();
    numbers.map(Key::Dsa)
}

fn pkcs8(der: &[u8]) -> Option<Key> {
    let mut r = Reader(der).enter(tag::SEQUENCE)?;
    r.expect(tag::INTEGER)?;
    let (_, _, algorithm) = r.next()?;
    let key = r.expect(tag::OCTET_STRING)?;
    let (_, _, oid) = Reader(algorithm).enter(tag::SEQUENCE)?.next()?;
    if oid == der::oid(OID_RSA) {
        return rsa(key);
    }
    if oid == der::oid(OID_EC) {
        return sec1(key);
    }
    if oid == der::oid(OID_ED25519) {
        let seed: [u8; 32] = Reader(key).expect(tag::OCTET_STRING)?.try_into().ok()?;
        return Some(Key::Ed25519(Box::new(ed25519_dalek::SigningKey::from_bytes(&seed))));
    }
    None
}
