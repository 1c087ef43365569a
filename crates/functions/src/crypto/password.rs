//! Password hashes and the Master Password algorithm.

use hmac::{Hmac, Mac};
use sha2::Sha256;

use crate::world::World;

/// `bcrypt`: version 2a, cost 10, as Go's `GenerateFromPassword`.
pub fn bcrypt(world: &dyn World, password: &[u8]) -> String {
    if password.len() > 72 {
        return "failed to encrypt string with bcrypt: bcrypt: password length exceeds 72 bytes".to_owned();
    }
    let mut salt = [0; 16];
    world.fill(&mut salt);
    match bcrypt::hash_with_salt(password, 10, salt) {
        Ok(hash) => hash.format_for_version(bcrypt::Version::TwoA),
        Err(e) => format!("failed to encrypt string with bcrypt: {e}"),
    }
}

/// `htpasswd`: a line of such a file.
pub fn htpasswd(world: &dyn World, user: &[u8], password: &[u8]) -> Vec<u8> {
    if user.contains(&b':') {
        return [b"invalid username: ", user].concat();
    }
    [user, b":", bcrypt(world, password).as_bytes()].concat()
}

/// Patterns of passwords, by their type; each letter stands for a class.
const TEMPLATES: [(&[u8], &[&[u8]]); 6] = [
    (b"maximum", &[b"anoxxxxxxxxxxxxxxxxx", b"axxxxxxxxxxxxxxxxxno"]),
    (
        b"long",
        &[
            b"CvcvnoCvcvCvcv",
            b"CvcvCvcvnoCvcv",
            b"CvcvCvcvCvcvno",
            b"CvccnoCvcvCvcv",
            b"CvccCvcvnoCvcv",
            b"CvccCvcvCvcvno",
            b"CvcvnoCvccCvcv",
            b"CvcvCvccnoCvcv",
            b"CvcvCvccCvcvno",
            b"CvcvnoCvcvCvcc",
            b"CvcvCvcvnoCvcc",
            b"CvcvCvcvCvccno",
            b"CvccnoCvccCvcv",
            b"CvccCvccnoCvcv",
            b"CvccCvccCvcvno",
            b"CvcvnoCvccCvcc",
            b"CvcvCvccnoCvcc",
            b"CvcvCvccCvccno",
            b"CvccnoCvcvCvcc",
            b"CvccCvcvnoCvcc",
            b"CvccCvcvCvccno",
        ],
    ),
    (b"medium", &[b"CvcnoCvc", b"CvcCvcno"]),
    (b"short", &[b"Cvcn"]),
    (b"basic", &[b"aaanaaan", b"aannaaan", b"aaannaaa"]),
    (b"pin", &[b"nnnn"]),
];

fn class(letter: u8) -> &'static [u8] {
    match letter {
        b'V' => b"AEIOU",
        b'C' => b"BCDFGHJKLMNPQRSTVWXYZ",
        b'v' => b"aeiou",
        b'c' => b"bcdfghjklmnpqrstvwxyz",
        b'a' => b"AEIOUaeiouBCDFGHJKLMNPQRSTVWXYZbcdfghjklmnpqrstvwxyz",
        b'n' => b"0123456789",
        b'o' => b"@&%?,=[]_:-+*$#!'^~;()/.",
        _ => b"AEIOUaeiouBCDFGHJKLMNPQRSTVWXYZbcdfghjklmnpqrstvwxyz0123456789!@#$%^&*()",
    }
}

/// `derivePassword`: the password that Master Password computes for a site.
pub fn derive_password(counter: u32, kind: &[u8], password: &[u8], user: &[u8], site: &[u8]) -> Vec<u8> {
    let Some((_, templates)) = TEMPLATES.iter().find(|t| t.0 == kind) else {
        return [b"cannot find password template ", kind].concat();
    };
    let seed = b"com.lyndir.masterpassword";
    let length = |s: &[u8]| (s.len() as u32).to_be_bytes();
    let salt = [seed.as_slice(), &length(user), user].concat();
    let mut key = [0; 64];
    let derived = scrypt::Params::new(15, 8, 2, 64).ok().and_then(|p| scrypt::scrypt(password, &salt, &p, &mut key).ok());
    let mac = <Hmac<Sha256> as Mac>::new_from_slice(&key);
    let (Some(()), Ok(mut mac)) = (derived, mac) else {
        return b"failed to derive password".to_vec();
    };
    mac.update(&[seed.as_slice(), &length(site), site, &counter.to_be_bytes()].concat());
    let bytes = mac.finalize().into_bytes();
    let template = templates[usize::from(bytes[0]) % templates.len()];
    let pick = |(letter, byte): (&u8, &u8)| class(*letter)[usize::from(*byte) % class(*letter).len()];
    template.iter().zip(&bytes[1..]).map(pick).collect()
}
