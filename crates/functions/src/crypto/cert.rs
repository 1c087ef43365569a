//! X.509 certificates as Go's `x509.CreateCertificate` (Go 1.26) writes them for Sprig's templates.
//!
//! Takes what to certify and a world for serial number and time, gives PEM; `x509-cert` writes and reads the structures.

use std::net::IpAddr;

use pintle_go::strconv::quote;
use pintle_go::time::{Duration, Time, Zone};
use sha2::{Digest, Sha256};
use x509_cert::attr::AttributeTypeAndValue;
use x509_cert::certificate::{Certificate as X509, TbsCertificate, Version};
use x509_cert::der::asn1::{Any, BitString, GeneralizedTime, Ia5String, OctetString, SetOfVec, UtcTime};
use x509_cert::der::oid::AssociatedOid;
use x509_cert::der::oid::db::rfc4519::COMMON_NAME;
use x509_cert::der::oid::db::rfc5280::{ID_KP_CLIENT_AUTH, ID_KP_SERVER_AUTH};
use x509_cert::der::{DateTime, Decode, Encode, Tag};
use x509_cert::ext::Extension;
use x509_cert::ext::pkix::name::GeneralName;
use x509_cert::ext::pkix::{
    AuthorityKeyIdentifier, BasicConstraints, ExtendedKeyUsage, KeyUsage, KeyUsages, SubjectAltName, SubjectKeyIdentifier,
};
use x509_cert::name::{Name, RdnSequence, RelativeDistinguishedName};
use x509_cert::serial_number::SerialNumber;
use x509_cert::spki::SubjectPublicKeyInfoOwned;
use x509_cert::time::{Time as X509Time, Validity};

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

/// Who signs: the name, the key identifier and the public key of its certificate.
struct Issuer {
    subject: Name,
    key_id: Vec<u8>,
    public_info: SubjectPublicKeyInfoOwned,
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
    let cert = X509::from_der(der).ok()?.tbs_certificate;
    let key_id = cert.get::<SubjectKeyIdentifier>().ok()?.map_or_else(Vec::new, |(_, id)| id.0.into_bytes());
    Some(Issuer { subject: cert.subject, key_id, public_info: cert.subject_public_key_info })
}

/// The common name alone; Go writes what is printable as such, and UTF-8 else.
fn name(common_name: &[u8]) -> Result<Name, String> {
    if common_name.is_empty() {
        return Ok(Name::default());
    }
    let printable = |b: &u8| b.is_ascii_alphanumeric() || b" '()+,-./:=?".contains(b);
    let kind = if common_name.iter().all(printable) { Tag::PrintableString } else { Tag::Utf8String };
    if std::str::from_utf8(common_name).is_err() {
        return Err("asn1: string not valid UTF-8".to_owned());
    }
    let value = Any::new(kind, common_name).map_err(|e| e.to_string())?;
    let attribute = SetOfVec::try_from([AttributeTypeAndValue { oid: COMMON_NAME, value }]).map_err(|e| e.to_string())?;
    Ok(RdnSequence(vec![RelativeDistinguishedName(attribute)]))
}

/// UTC until 2049, then with four digits of the year (RFC 5280, 4.1.2.5).
///
/// Errors: a year after 9999, as in Go; one before 1970, which `der` doesn't represent.
fn time(t: &Time) -> Result<X509Time, String> {
    let c = t.civil();
    let fields = [c.month, c.day, c.hour, c.minute, c.second].map(|n| n as u8);
    let date =
        u16::try_from(c.year).ok().and_then(|y| DateTime::new(y, fields[0], fields[1], fields[2], fields[3], fields[4]).ok());
    let date = date.ok_or("asn1: structure error: cannot represent time as GeneralizedTime")?;
    Ok(match UtcTime::from_date_time(date) {
        Ok(utc) => X509Time::UtcTime(utc),
        Err(_) => X509Time::GeneralTime(GeneralizedTime::from_date_time(date)),
    })
}

fn extension<E: AssociatedOid + Encode>(critical: bool, value: &E) -> Result<Extension, x509_cert::der::Error> {
    Ok(Extension { extn_id: E::OID, critical, extn_value: OctetString::new(value.to_der()?)? })
}

fn alternative_names(request: &Request) -> Result<Vec<GeneralName>, String> {
    let mut names = Vec::new();
    for dns in &request.dns_names {
        let name = Ia5String::new(dns)
            .map_err(|_| format!("error creating certificate: x509: {} cannot be encoded as an IA5String", quote(dns)))?;
        names.push(GeneralName::DnsName(name));
    }
    for ip in &request.ips {
        let text = String::from_utf8_lossy(ip);
        let address = match text.parse::<IpAddr>().map_err(|_| format!("error parsing ip: {text}"))?.to_canonical() {
            IpAddr::V4(v4) => v4.octets().to_vec(),
            IpAddr::V6(v6) => v6.octets().to_vec(),
        };
        names.push(GeneralName::IpAddress(OctetString::new(address).map_err(|e| e.to_string())?));
    }
    Ok(names)
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
    let now = Time::from(world.now()).in_zone(Zone::Utc);
    let until = now.add(Duration(request.days.wrapping_mul(24 * 3_600_000_000_000)));
    let validity = Validity { not_before: time(&now).map_err(|e| failed(&e))?, not_after: time(&until).map_err(|e| failed(&e))? };
    let body = || -> Result<TbsCertificate, x509_cert::der::Error> {
        let usage = KeyUsages::DigitalSignature | KeyUsages::KeyEncipherment;
        let usage = if ca { usage | KeyUsages::KeyCertSign } else { usage };
        let mut extensions = vec![
            extension(true, &KeyUsage(usage))?,
            extension(false, &ExtendedKeyUsage(vec![ID_KP_SERVER_AUTH, ID_KP_CLIENT_AUTH]))?,
            extension(true, &BasicConstraints { ca, path_len_constraint: None })?,
        ];
        if !own_id.is_empty() {
            extensions.push(extension(false, &SubjectKeyIdentifier(OctetString::new(own_id)?))?);
        }
        if issuer.subject != subject && !issuer.key_id.is_empty() {
            let key_identifier = Some(OctetString::new(issuer.key_id)?);
            extensions.push(extension(false, &AuthorityKeyIdentifier { key_identifier, ..Default::default() })?);
        }
        if !names.is_empty() {
            extensions.push(extension(request.common_name.is_empty(), &SubjectAltName(names))?);
        }
        Ok(TbsCertificate {
            version: Version::V3,
            serial_number: SerialNumber::new(&serial)?,
            signature: signer.signature_algorithm(),
            issuer: issuer.subject,
            validity,
            subject,
            subject_public_key_info: public_info,
            issuer_unique_id: None,
            subject_unique_id: None,
            extensions: Some(extensions),
        })
    };
    let tbs_certificate = body().map_err(|e| failed(&e.to_string()))?;
    let signature = signer.sign(&tbs_certificate.to_der().map_err(|e| failed(&e.to_string()))?).map_err(|e| failed(&e))?;
    let signature = BitString::from_bytes(&signature).map_err(|e| failed(&e.to_string()))?;
    let cert = X509 { tbs_certificate, signature_algorithm: signer.signature_algorithm(), signature };
    let der = cert.to_der().map_err(|e| failed(&e.to_string()))?;
    Ok(Certificate { cert: pem::encode("CERTIFICATE", &der), key: key.to_pem() })
}
