//! Keys, certificates, encryption, password hashes.

use std::any::Any;
use std::net::IpAddr;
use std::rc::Rc;

use pintle_template::{Call, Error, Exactly, Functions, GoObject, Typed};
use pintle_value::types::Kind;
use pintle_value::{List, NamedType, Object, Str, Value, Yaml};

use super::convert::{U32, display};
use super::host;
use crate::crypto::{self, Certificate, Request};
use crate::world::World;

/// What costly operations draw from the budget, in steps of some thirty nanoseconds; some dozen certificates must pass.
mod cost {
    /// A key of 2,048 bits.
    pub const RSA: u64 = 2_000_000;
    /// A key of 4,096 bits.
    pub const LONG_KEY: u64 = 12_000_000;
    /// A password through bcrypt or scrypt.
    pub const HASH: u64 = 2_000_000;
    /// A key of an elliptic curve, a signature.
    pub const SIGNATURE: u64 = 200_000;
}

/// Sprig's `certificate`: a struct with `Cert` and `Key`.
#[derive(Clone)]
struct CertificateObject(Certificate);

static CERTIFICATE: NamedType = NamedType { name: "sprig.certificate", kind: Kind::Struct, underlying: None, methods: &[] };

impl Object for CertificateObject {
    fn named_type(&self) -> &'static NamedType {
        &CERTIFICATE
    }
    fn fields(&self) -> Vec<(&'static str, Value)> {
        vec![("Cert", Value::string(self.0.cert.clone())), ("Key", Value::string(self.0.key.clone()))]
    }
    fn yaml(&self) -> Yaml {
        Yaml::of_struct(self)
    }
    fn equals(&self, other: &dyn Object) -> bool {
        other.as_any().downcast_ref::<CertificateObject>().is_some_and(|o| o.0 == self.0)
    }
    fn as_any(&self) -> &dyn Any {
        self
    }
}

impl GoObject for CertificateObject {
    const NAMED: &'static NamedType = &CERTIFICATE;
}

type Made = Result<Exactly, Error>;

fn made(certificate: Result<Certificate, String>) -> Made {
    Ok(Exactly(Value::Object(Rc::new(CertificateObject(certificate?)))))
}

fn texts(list: &List, complaint: &str) -> Result<Vec<Vec<u8>>, Error> {
    let text = |v: &Value| {
        v.as_str()
            .map(|s| s.to_vec())
            .ok_or_else(|| Error::new(format!("{complaint}: {} is not a string", String::from_utf8_lossy(&display(v)))))
    };
    list.iter().map(text).collect()
}

fn request(name: &Str, ips: &List, names: &List, days: isize) -> Result<Request, Error> {
    let ips = texts(ips, "error parsing ip")?;
    for ip in &ips {
        let text = String::from_utf8_lossy(ip);
        if text.parse::<IpAddr>().is_err() {
            return Err(Error::new(format!("error parsing ip: {text}")));
        }
    }
    let dns_names = texts(names, "error processing alternate dns name")?;
    Ok(Request { common_name: name.to_vec(), ips, dns_names, days: days as i64 })
}

fn certificate(ca: Typed<CertificateObject>) -> Certificate {
    ca.0.map(|c| c.0.clone()).unwrap_or_default()
}

fn world(call: &mut dyn Call, steps: u64) -> Result<&dyn World, Error> {
    call.charge(steps)?;
    Ok(&*host(call)?.world)
}

pub(super) fn add(f: &mut Functions) {
    f.add("genPrivateKey", |call: &mut dyn Call, kind: Str| -> Result<Vec<u8>, Error> {
        let steps = if matches!(&*kind, b"" | b"rsa" | b"dsa") { cost::LONG_KEY } else { cost::SIGNATURE };
        Ok(crypto::generate_private_key(world(call, steps)?, &kind))
    });
    f.add("genCA", |call: &mut dyn Call, name: Str, days: isize| {
        let request = request(&name, &List::new(Vec::new()), &List::new(Vec::new()), days)?;
        made(crypto::generate_ca(world(call, cost::RSA)?, &request, None))
    });
    f.add("genCAWithKey", |call: &mut dyn Call, name: Str, days: isize, key: Str| {
        let request = request(&name, &List::new(Vec::new()), &List::new(Vec::new()), days)?;
        made(crypto::generate_ca(world(call, cost::SIGNATURE)?, &request, Some(&key)))
    });
    f.add("genSelfSignedCert", |call: &mut dyn Call, name: Str, ips: List, names: List, days: isize| {
        let request = request(&name, &ips, &names, days)?;
        made(crypto::generate_self_signed(world(call, cost::RSA)?, &request, None))
    });
    f.add("genSelfSignedCertWithKey", |call: &mut dyn Call, name: Str, ips: List, names: List, days: isize, key: Str| {
        let request = request(&name, &ips, &names, days)?;
        made(crypto::generate_self_signed(world(call, cost::SIGNATURE)?, &request, Some(&key)))
    });
    f.add(
        "genSignedCert",
        |call: &mut dyn Call, name: Str, ips: List, names: List, days: isize, ca: Typed<CertificateObject>| {
            let request = request(&name, &ips, &names, days)?;
            made(crypto::generate_signed(world(call, cost::RSA)?, &request, &certificate(ca), None))
        },
    );
    f.add(
        "genSignedCertWithKey",
        |call: &mut dyn Call, name: Str, ips: List, names: List, days: isize, ca: Typed<CertificateObject>, key: Str| {
            let request = request(&name, &ips, &names, days)?;
            made(crypto::generate_signed(world(call, cost::SIGNATURE)?, &request, &certificate(ca), Some(&key)))
        },
    );
    f.add("buildCustomCert", |cert: Str, key: Str| made(crypto::build_custom(&cert, &key)));
    f.add("bcrypt", |call: &mut dyn Call, password: Str| -> Result<String, Error> {
        Ok(crypto::bcrypt(world(call, cost::HASH)?, &password))
    });
    f.add("htpasswd", |call: &mut dyn Call, user: Str, password: Str| -> Result<Vec<u8>, Error> {
        Ok(crypto::htpasswd(world(call, cost::HASH)?, &user, &password))
    });
    f.add(
        "derivePassword",
        |call: &mut dyn Call, counter: U32, kind: Str, password: Str, user: Str, site: Str| -> Result<Vec<u8>, Error> {
            call.charge(cost::HASH)?;
            Ok(crypto::derive_password(counter.0, &kind, &password, &user, &site))
        },
    );
    f.add("encryptAES", |call: &mut dyn Call, password: Str, text: Str| -> Result<Vec<u8>, Error> {
        Ok(crypto::encrypt_aes(world(call, 0)?, &password, &text))
    });
    f.add("decryptAES", |password: Str, text: Str| crypto::decrypt_aes(&password, &text));
}
