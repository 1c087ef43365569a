//! Keys, certificates, encryption and password hashes of Sprig's `crypto.go`, drawn from the render's [`World`].
//!
//! What is written is what Go writes: PKCS #1, SEC 1 and PKCS #8 keys, X.509 certificates with Go's extensions in Go's order.

mod aes;
mod cert;
mod keys;
mod password;
mod pem;
mod prime;

pub use aes::{decrypt_aes, encrypt_aes};
pub use cert::{Certificate, Request, build_custom, generate_ca, generate_self_signed, generate_signed};
pub use keys::{Key, generate as generate_private_key};
pub use password::{bcrypt, derive_password, htpasswd};

use rand_core::{CryptoRng, RngCore};

use crate::world::World;

/// The world's randomness, as the key generators want it.
struct Random<'w>(&'w dyn World);

impl RngCore for Random<'_> {
    fn next_u32(&mut self) -> u32 {
        let mut b = [0; 4];
        self.0.fill(&mut b);
        u32::from_le_bytes(b)
    }
    fn next_u64(&mut self) -> u64 {
        let mut b = [0; 8];
        self.0.fill(&mut b);
        u64::from_le_bytes(b)
    }
    fn fill_bytes(&mut self, bytes: &mut [u8]) {
        self.0.fill(bytes);
    }
    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), rand_core::Error> {
        self.0.fill(bytes);
        Ok(())
    }
}

// Whether it really is unpredictable is the world's affair: a seeded one is chosen by the caller.
impl CryptoRng for Random<'_> {}

#[cfg(test)]
mod tests;
