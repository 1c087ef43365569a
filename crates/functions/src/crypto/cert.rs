//! X.509 certificates as Go's `x509.CreateCertificate` writes them for Sprig's templates.

use std::net::IpAddr;

use pintle_go::time::{Duration, Time, Zone};
use sha2::{Digest, Sha256};

use super::der::{self, Reader, tag};
use super::keys::Key;
use super::pem;
use crate::encoding::base64_decode;
use crate::world::World;

/// A certificate and its key, both PEM: what templates see as `.Cert` and `.Key`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Certificate {
    /// The certificate
    pub cert: Vec<u8>,
    /// The private key
    pub key: Vec<u8>,
}

/// What to certify.
#[derive(Clone, Debug, Default)]
pub struct Request {
    /// The subject's common name.
    pub common_name: Vec<u8>,
    /// Addresses among the alternative names.
    pub ips: Vec<Vec<u8>>,
    /// DNS names among the alternative names.
    pub dns_names: Vec<Vec<u8>>,
    /// Days from now until it expires.
    pub days: i64,
}

const OID_COMMON_NAME: &[u32] = &[2, 5, 4, 3];
const OID_SUBJECT_KEY_ID: &[u32] = &[2, 5, 29, 14];
const OID_KEY_USAGE: &[u32] = &[2, 5, 29, 15];
const OID_ALTERNATIVE_NAMES: &[u32] = &[2, 5, 29, 17];
const OID_BASIC_CONSTRAINTS: &[u32] = &[2, 5, 29, 19];
const OID_AUTHORITY_KEY_ID: &[u32] = &[2, 5, 29, 35];
const OID_EXTENDED_USAGE: &[u32] = &[2, 5, 29, 37];
const OID_SERVER_AUTH: &[u32] = &[1, 3, 6, 1, 5, 5, 7, 3, 1];
const OID_CLIENT_AUTH: &[u32] = &[1, 3, 6, 1, 5, 5, 7, 3, 2];

/// Who signs: the name, the key identifier and the public key of its certificate.
struct Issuer {
    subject: Vec<u8>,
    key_id: Vec<u8>,
    public_info: Vec<u8>,
}

/// `genCA`, or with a key `genCAWithKey`.
pub fn generate_ca(world: &dyn World, request: &Request, key: Option<&[u8]>) -> Result<Certificate, String> {
    let key = own_key(world, key)?;
    create(world, request, &key, true, None, &key)
}

/// `genSelfSignedCert`, or with a key `genSelfSignedCertWithKey`.
pub fn generate_self_signed(world: &dyn World, request: &Request, key: Option<&[u8]>) -> Result<Certificate, String> {
    let key = own_key(world, key)?;
    create(world, request, &key, false, None, &key)
}

/// `genSignedCert`, or with a key `genSignedCertWithKey`.
pub fn generate_signed(
    world: &dyn World,
    request: &Request,
    ca: &Certificate,
    key: Option<&[u8]>,
) -> Result<Certificate, String> {
    let key = own_key(world, key)?;
    let (_, der) = pem::decode(&ca.cert).ok_or("unable to decode certificate")?;
    let issuer = parse(&der).ok_or("error parsing certificate: decodedSignerCert.Bytes: x509: malformed certificate")?;
    let signer = Key::from_pem(&ca.key).map_err(|e| format!("error parsing private key: {e}"))?;
    create(world, request, &key, false, Some(issuer), &signer)
}

/// `buildCustomCert`: a certificate and a key given in base64, checked.
pub fn build_custom(cert: &[u8], key: &[u8]) -> Result<Certificate, String> {
    let cert = base64_decode(cert).map_err(|_| "unable to decode base64 certificate")?;
    let key = base64_decode(key).map_err(|_| "unable to decode base64 private key")?;
    let (_, der) = pem::decode(&cert).ok_or("unable to decode certificate")?;
    parse(&der).ok_or("error parsing certificate: decodedCert.Bytes: x509: malformed certificate")?;
    Key::from_pem(&key).map_err(|e| format!("error parsing private key: {e}"))?;
    Ok(Certificate { cert, key })
}

fn own_key(world: &dyn World, pem: Option<&[u8]>) -> Result<Key, String> {
    match pem {
        None => Key::rsa(world, 2048).map_err(|e| format!("error generating rsa key: {e}")),
        Some(pem) => Key::from_pem(pem).map_err(|e| format!("parsing private key: {e}")),
    }
}

/// Subject, key identifier and public key of a certificate; `None` for what isn't one.
fn parse(der: &[u8]) -> Option<Issuer> {
    let mut outer = Reader(der);
    let mut cert = outer.enter(tag::SEQUENCE)?;
    let mut body = cert.enter(tag::SEQUENCE)?;
    cert.expect(tag::SEQUENCE)?;
    cert.expect(tag::BIT_STRING)?;
    if !outer.0.is_empty() || !cert.0.is_empty() {
        return None;
    }
    if body.peek() == Some(tag::context(0)) {
        body.next()?;
    }
    body.expect(tag::INTEGER)?;
    body.expect(tag::SEQUENCE)?;
    body.expect(tag::SEQUENCE)?;
    body.expect(tag::SEQUENCE)?;
    let (_, _, subject) = body.next().filter(|e| e.0 == tag::SEQUENCE)?;
    let (_, _, public_info) = body.next().filter(|e| e.0 == tag::SEQUENCE)?;
    let mut key_id = Vec::new();
    while let Some((kind, content, _)) = body.next() {
        if kind != tag::context(3) {
            continue;
        }
        let mut extensions = Reader(content).enter(tag::SEQUENCE)?;
        while let Some(mut extension) = extensions.enter(tag::SEQUENCE) {
            let (_, _, oid) = extension.next()?;
            if extension.peek() == Some(tag::BOOLEAN) {
                extension.next()?;
            }
            let value = extension.expect(tag::OCTET_STRING)?;
            if oid == der::oid(OID_SUBJECT_KEY_ID) {
                key_id = Reader(value).expect(tag::OCTET_STRING)?.to_vec();
            }
        }
    }
    Some(Issuer { subject: subject.to_vec(), key_id, public_info: public_info.to_vec() })
}

/// The common name alone; Go writes what is printable as such, and UTF-8 else.
fn name(common_name: &[u8]) -> Result<Vec<u8>, String> {
    if common_name.is_empty() {
        return Ok(der::sequence(&[]));
    }
    let printable = |b: &u8| b.is_ascii_alphanumeric() || b" '()+,-./:=?".contains(b);
    let kind = if common_name.iter().all(printable) { tag::PRINTABLE } else { tag::UTF8 };
    if std::str::from_utf8(common_name).is_err() {
        return Err("asn1: string not valid UTF-8".to_owned());
    }
    let attribute = der::sequence(&[&der::oid(OID_COMMON_NAME), &der::element(kind, common_name)]);
    Ok(der::sequence(&[&der::element(tag::SET, &attribute)]))
}

/// UTC until 2049, then with four digits of the year (RFC 5280, 4.1.2.5).
fn time(t: &Time) -> Result<Vec<u8>, String> {
    let year = t.civil().year;
    let (tag, layout): (u8, &[u8]) = match year {
        1950..2050 => (tag::UTC_TIME, b"060102150405Z"),
        0..10_000 => (tag::GENERALIZED_TIME, b"20060102150405Z"),
        _ => return Err("asn1: structure error: cannot represent time as GeneralizedTime".to_owned()),
    };
    Ok(der::element(tag, &t.format(layout)?))
}

fn extension(oid: &[u32], critical: bool, value: &[u8]) -> Vec<u8> {
    let critical: &[u8] = if critical { &[tag::BOOLEAN, 1, 0xFF] } else { &[] };
    der::sequence(&[&der::oid(oid), critical, &der::element(tag::OCTET_STRING, value)])
}

fn alternative_names(request: &Request) -> Result<Vec<u8>, String> {
    let mut names = Vec::new();
    for dns in &request.dns_names {
        if !dns.is_ascii() {
            let shown = pintle_go::strconv::quote(dns);
            return Err(format!("error creating certificate: x509: {shown} cannot be encoded as an IA5String"));
        }
        names.extend(der::element(0x82, dns));
    }
    for ip in &request.ips {
        let text = String::from_utf8_lossy(ip);
        let address = match text.parse::<IpAddr>().map_err(|_| format!("error parsing ip: {text}"))? {
            IpAddr::V4(v4) => v4.octets().to_vec(),
            IpAddr::V6(v6) => match v6.to_ipv4_mapped() {
                Some(v4) => v4.octets().to_vec(),
                None => v6.octets().to_vec(),
            },
        };
        names.extend(der::element(0x87, &address));
    }
    Ok(der::element(tag::SEQUENCE, &names))
}

fn create(
    world: &dyn World,
    request: &Request,
    key: &Key,
    ca: bool,
    issuer: Option<Issuer>,
    signer: &Key,
) -> Result<Certificate, String> {
    let failed = |why: &str| format!("error creating certificate: {why}");
    let names = alternative_names(request)?;
    let mut serial = [0; 16];
    world.fill(&mut serial);
    let subject = name(&request.common_name).map_err(|e| failed(&e))?;
    let public_info = key.public_info().ok_or_else(|| failed("x509: unsupported public key type: *dsa.PublicKey"))?;
    // The first 160 bits of SHA-256, since Go 1.25.
    let own_id = if ca { Sha256::digest(key.public_bytes())[..20].to_vec() } else { Vec::new() };
    let issuer =
        issuer.unwrap_or_else(|| Issuer { subject: subject.clone(), key_id: own_id.clone(), public_info: public_info.clone() });
    if signer.public_info().as_ref() != Some(&issuer.public_info) {
        return Err(failed("x509: provided PrivateKey doesn't match parent's PublicKey"));
    }
    let mut extensions = Vec::new();
    // Digital signature, key encipherment, and for an authority the signing of certificates.
    let usage: &[u8] = if ca { &[tag::BIT_STRING, 2, 2, 0xA4] } else { &[tag::BIT_STRING, 2, 5, 0xA0] };
    extensions.extend(extension(OID_KEY_USAGE, true, usage));
    let extended = der::sequence(&[&der::oid(OID_SERVER_AUTH), &der::oid(OID_CLIENT_AUTH)]);
    extensions.extend(extension(OID_EXTENDED_USAGE, false, &extended));
    let constraints = if ca { der::sequence(&[&[tag::BOOLEAN, 1, 0xFF]]) } else { der::sequence(&[]) };
    extensions.extend(extension(OID_BASIC_CONSTRAINTS, true, &constraints));
    if !own_id.is_empty() {
        extensions.extend(extension(OID_SUBJECT_KEY_ID, false, &der::element(tag::OCTET_STRING, &own_id)));
    }
    if issuer.subject != subject && !issuer.key_id.is_empty() {
        let id = der::sequence(&[&der::element(0x80, &issuer.key_id)]);
        extensions.extend(extension(OID_AUTHORITY_KEY_ID, false, &id));
    }
    if !request.ips.is_empty() || !request.dns_names.is_empty() {
        let unnamed = request.common_name.is_empty();
        extensions.extend(extension(OID_ALTERNATIVE_NAMES, unnamed, &names));
    }
    let now = Time::from(world.now()).in_zone(Zone::Utc);
    let until = now.add(Duration(request.days.wrapping_mul(24 * 3_600_000_000_000)));
    let validity = der::sequence(&[&time(&now).map_err(|e| failed(&e))?, &time(&until).map_err(|e| failed(&e))?]);
    let body = der::sequence(&[
        &der::element(tag::context(0), &der::integer(&[2])),
        &der::integer(&serial),
        &signer.signature_algorithm(),
        &issuer.subject,
        &validity,
        &subject,
        &public_info,
        &der::element(tag::context(3), &der::element(tag::SEQUENCE, &extensions)),
    ]);
    let signature = signer.sign(&body).map_err(|e| failed(&e))?;
    let der = der::sequence(&[&body, &signer.signature_algorithm(), &der::bits(&signature)]);
    Ok(Certificate { cert: pem::encode("CERTIFICATE", &der), key: key.to_pem() })
}
