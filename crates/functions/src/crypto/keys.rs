//! Private keys: making, writing, reading, signing.

use num_bigint_dig::{BigUint, RandBigInt};
use p256::ecdsa::signature::Signer;
use pintle_go::limits;
use rsa::pkcs1::{DecodeRsaPrivateKey, EncodeRsaPrivateKey, EncodeRsaPublicKey};
use rsa::pkcs8::PrivateKeyInfo;
use rsa::traits::PublicKeyParts;
use rsa::{Pkcs1v15Sign, RsaPrivateKey};
use sha2::{Digest, Sha256};
use x509_cert::der::asn1::{Any, BitString, ObjectIdentifier, OctetString, OctetStringRef, UintRef};
use x509_cert::der::oid::db::rfc5912::{
    ECDSA_WITH_SHA_256, ID_EC_PUBLIC_KEY, RSA_ENCRYPTION, SECP_256_R_1, SHA_256_WITH_RSA_ENCRYPTION,
};
use x509_cert::der::oid::db::rfc8410::ID_ED_25519;
use x509_cert::der::{self, Decode, Encode, Tag, TagNumber, Tagged};
use x509_cert::spki::{AlgorithmIdentifierOwned, AlgorithmIdentifierRef, SubjectPublicKeyInfoOwned};

use super::prime::{self, Bases, Search};
use super::{Random, pem};
use crate::world::World;

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

/// An algorithm with these parameters, or with none.
fn algorithm(oid: ObjectIdentifier, parameters: Option<Any>) -> AlgorithmIdentifierOwned {
    AlgorithmIdentifierOwned { oid, parameters }
}

impl Key {
    /// A new RSA key of `bits` bits, which is an even number from 128 on, with the exponent 65537.
    #[expect(
        clippy::disallowed_methods,
        reason = "both primes are sought at once; the key is the same however many threads there are"
    )]
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
        let kind = match self {
            Key::Rsa(_) => "RSA PRIVATE KEY",
            Key::P256(_) => "EC PRIVATE KEY",
            Key::Ed25519(_) => "PRIVATE KEY",
            Key::Dsa(_) => "DSA PRIVATE KEY",
        };
        pem::encode(kind, &self.to_der().unwrap_or_default())
    }

    fn to_der(&self) -> der::Result<Vec<u8>> {
        match self {
            Key::Rsa(key) => key.to_pkcs1_der().map(|d| d.as_bytes().to_vec()).map_err(|_| der::ErrorKind::Failed.into()),
            Key::P256(key) => {
                let field = |number, content| Any::new(Tag::ContextSpecific { constructed: true, number }, content);
                let secret = Any::new(Tag::OctetString, key.to_bytes().as_slice())?;
                let curve = field(TagNumber::N0, SECP_256_R_1.to_der()?)?;
                let public = field(TagNumber::N1, BitString::from_bytes(&point(key))?.to_der()?)?;
                vec![Any::encode_from(&1u8)?, secret, curve, public].to_der()
            }
            Key::Ed25519(key) => {
                let seed = OctetString::new(key.as_bytes().as_slice())?.to_der()?;
                let kind = AlgorithmIdentifierRef { oid: ID_ED_25519, parameters: None };
                PrivateKeyInfo::new(kind, &seed).to_der()
            }
            Key::Dsa(numbers) => {
                let version = [0].as_slice();
                let numbers = std::iter::once(version).chain(numbers.iter().map(Vec::as_slice));
                numbers.map(UintRef::new).collect::<der::Result<Vec<_>>>()?.to_der()
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
    pub(super) fn public_info(&self) -> Option<SubjectPublicKeyInfoOwned> {
        let algorithm = match self {
            Key::Rsa(_) => algorithm(RSA_ENCRYPTION, Some(Any::null())),
            Key::P256(_) => algorithm(ID_EC_PUBLIC_KEY, Some(Any::from(&SECP_256_R_1))),
            Key::Ed25519(_) => algorithm(ID_ED_25519, None),
            Key::Dsa(_) => return None,
        };
        let subject_public_key = BitString::from_bytes(&self.public_bytes()).ok()?;
        Some(SubjectPublicKeyInfoOwned { algorithm, subject_public_key })
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
    pub(super) fn signature_algorithm(&self) -> AlgorithmIdentifierOwned {
        match self {
            Key::Rsa(_) => algorithm(SHA_256_WITH_RSA_ENCRYPTION, Some(Any::null())),
            Key::P256(_) => algorithm(ECDSA_WITH_SHA_256, None),
            Key::Ed25519(_) | Key::Dsa(_) => algorithm(ID_ED_25519, None),
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
                let numbers = [UintRef::new(&r), UintRef::new(&s)].into_iter().collect::<der::Result<Vec<_>>>();
                numbers.and_then(|n| n.to_der()).map_err(|e| e.to_string())
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
    let parts = Vec::<Any>::from_der(der).ok()?;
    let curve = parts.iter().find(|p| p.tag() == Tag::ContextSpecific { constructed: true, number: TagNumber::N0 });
    if curve.is_some_and(|c| ObjectIdentifier::from_der(c.value()) != Ok(SECP_256_R_1)) {
        return None;
    }
    let secret = parts.get(1).filter(|p| p.tag() == Tag::OctetString)?.value();
    // Short keys lack their leading zeros.
    let mut bytes = [0; 32];
    let at = bytes.len().checked_sub(secret.len())?;
    bytes[at..].copy_from_slice(secret);
    p256::SecretKey::from_slice(&bytes).ok().map(Key::P256)
}

/// A version and five numbers.
fn numbers(der: &[u8]) -> Option<Key> {
    let parts = Vec::<Any>::from_der(der).ok()?;
    let numbers = parts.get(1..6)?.iter().map(|p| (p.tag() == Tag::Integer).then(|| p.value().to_vec()));
    numbers.collect::<Option<_>>().map(Key::Dsa)
}

fn pkcs8(der: &[u8]) -> Option<Key> {
    let info = PrivateKeyInfo::from_der(der).ok()?;
    match info.algorithm.oid {
        RSA_ENCRYPTION => rsa(info.private_key),
        ID_EC_PUBLIC_KEY => sec1(info.private_key),
        ID_ED_25519 => {
            let seed = OctetStringRef::from_der(info.private_key).ok()?;
            let seed: [u8; 32] = seed.as_bytes().try_into().ok()?;
            Some(Key::Ed25519(Box::new(ed25519_dalek::SigningKey::from_bytes(&seed))))
        }
        _ => None,
    }
}
