//! Sealing and opening.

use std::time::{SystemTime, UNIX_EPOCH};

use aes_gcm::aead::Aead;
use aes_gcm::{Aes256Gcm, KeyInit, Nonce};
use base64ct::{Base64, Encoding};
use rand_core::{CryptoRngCore, OsRng};
use rsa::pkcs1::DecodeRsaPrivateKey;
use rsa::pkcs8::{DecodePrivateKey, DecodePublicKey};
use rsa::traits::PublicKeyParts;
use rsa::{Oaep, RsaPrivateKey, RsaPublicKey};
use sha2::Sha256;
use x509_cert::Certificate;
use x509_cert::der::{DecodePem, Encode};

use crate::{Error, parts};

/// Bytes of the AES key.
const SESSION_KEY: usize = 32;
/// Every key is used once, so its nonce may be zero.
const NONCE: [u8; 12] = [0; 12];

/// The controller's public key.
#[derive(Clone, Debug)]
pub struct SealingKey(RsaPublicKey);

impl SealingKey {
    /// Reads a certificate in PEM (`kubeseal --fetch-cert`), or a bare public key.
    ///
    /// Errors: text that is neither, keys that aren't RSA's, a certificate whose time is over at `now`.
    pub fn from_pem(text: &str, now: SystemTime) -> Result<SealingKey, Error> {
        if let Ok(key) = RsaPublicKey::from_public_key_pem(text) {
            return Ok(SealingKey(key));
        }
        let certificate = Certificate::from_pem(text).map_err(|_| Error::Certificate)?.tbs_certificate;
        let end = certificate.validity.not_after.to_unix_duration();
        if now.duration_since(UNIX_EPOCH).unwrap_or_default() > end {
            return Err(Error::Expired);
        }
        let key = certificate.subject_public_key_info.to_der().map_err(|_| Error::Certificate)?;
        RsaPublicKey::from_public_key_der(&key).map(SealingKey).map_err(|_| Error::Certificate)
    }

    /// Seals a value with the system's randomness (`HybridEncrypt`, `kubeseal --raw`); the base64 that stands in `encryptedData`.
    pub fn seal(&self, value: &[u8], label: &str) -> Result<String, Error> {
        self.seal_with(value, label, &mut OsRng)
    }

    /// As [`SealingKey::seal`], with a source of randomness: whoever knows it can open the value.
    pub fn seal_with(&self, value: &[u8], label: &str, random: &mut impl CryptoRngCore) -> Result<String, Error> {
        let mut session_key = [0; SESSION_KEY];
        random.fill_bytes(&mut session_key);
        // OAEP takes its label as text; labels of namespaces and names always are.
        let padding = Oaep::new_with_label::<Sha256, _>(label);
        let wrapped = self.0.encrypt(random, padding, &session_key).map_err(|_| Error::CannotSeal)?;
        let cipher = Aes256Gcm::new(&session_key.into());
        let body = cipher.encrypt(Nonce::from_slice(&NONCE), value).map_err(|_| Error::CannotSeal)?;
        let length = u16::try_from(wrapped.len()).map_err(|_| Error::CannotSeal)?;
        Ok(Base64::encode_string(&[&length.to_be_bytes()[..], &wrapped, &body].concat()))
    }

    /// Bytes of the RSA part of what this key seals.
    pub fn size(&self) -> usize {
        self.0.size()
    }
}

/// The controller's private key.
#[derive(Clone)]
pub struct OpeningKey(RsaPrivateKey);

impl OpeningKey {
    /// Reads a private key in PEM, PKCS #1 or PKCS #8.
    pub fn from_pem(text: &str) -> Result<OpeningKey, Error> {
        let key = RsaPrivateKey::from_pkcs8_pem(text).or_else(|_| RsaPrivateKey::from_pkcs1_pem(text).map_err(|_| ()));
        key.map(OpeningKey).map_err(|()| Error::Key)
    }

    /// Opens a sealed value (`HybridDecrypt`).
    pub fn open(&self, sealed: &str, label: &str) -> Result<Vec<u8>, Error> {
        let (wrapped, body) = parts(sealed)?;
        let padding = Oaep::new_with_label::<Sha256, _>(label);
        let session_key = self.0.decrypt(padding, &wrapped).map_err(|_| Error::CannotOpen)?;
        let cipher = Aes256Gcm::new_from_slice(&session_key).map_err(|_| Error::CannotOpen)?;
        cipher.decrypt(Nonce::from_slice(&NONCE), &*body).map_err(|_| Error::CannotOpen)
    }
}
