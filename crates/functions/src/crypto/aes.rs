//! AES-256 in CBC mode with PKCS #7 padding, as Sprig's `encryptAES` and `decryptAES` do it: the password is the key, cut
//! or filled with zeros; the initialisation vector comes first; base64 around it all.

use aes::Aes256;
use aes::cipher::{BlockDecrypt, BlockEncrypt, KeyInit};

use crate::encoding::{base64_decode, base64_encode};
use crate::world::World;

const BLOCK: usize = 16;

fn cipher(password: &[u8]) -> Aes256 {
    let mut key = [0; 32];
    let n = password.len().min(key.len());
    key[..n].copy_from_slice(&password[..n]);
    Aes256::new(&key.into())
}

/// `encryptAES`; nothing for nothing.
pub fn encrypt_aes(world: &dyn World, password: &[u8], text: &[u8]) -> Vec<u8> {
    if text.is_empty() {
        return Vec::new();
    }
    let cipher = cipher(password);
    let padding = BLOCK - text.len() % BLOCK;
    let mut previous = [0; BLOCK];
    world.fill(&mut previous);
    let mut out = previous.to_vec();
    let padded = [text, &vec![padding as u8; padding]].concat();
    for chunk in padded.chunks_exact(BLOCK) {
        for (p, b) in previous.iter_mut().zip(chunk) {
            *p ^= b;
        }
        let mut block = previous.into();
        cipher.encrypt_block(&mut block);
        previous = block.into();
        out.extend_from_slice(&previous);
    }
    base64_encode(&out)
}

/// `decryptAES`; where Go panics over what isn't encrypted text, the error is its panic's text.
pub fn decrypt_aes(password: &[u8], text: &[u8]) -> Result<Vec<u8>, String> {
    if text.is_empty() {
        return Ok(Vec::new());
    }
    let data = base64_decode(text)?;
    // Go slices within the capacity that it decodes into.
    let capacity = text.len() / 4 * 3;
    if capacity < BLOCK {
        return Err(format!("runtime error: slice bounds out of range [:{BLOCK}] with capacity {capacity}"));
    }
    let Some((vector, body)) = data.split_at_checked(BLOCK) else {
        return Err(format!("runtime error: slice bounds out of range [{BLOCK}:{}]", data.len()));
    };
    if body.len() % BLOCK != 0 {
        return Err("crypto/cipher: input not full blocks".to_owned());
    }
    let cipher = cipher(password);
    let mut previous = vector;
    let mut out = Vec::with_capacity(body.len());
    for chunk in body.chunks_exact(BLOCK) {
        let mut block = *aes::Block::from_slice(chunk);
        cipher.decrypt_block(&mut block);
        out.extend(block.iter().zip(previous).map(|(b, p)| b ^ p));
        previous = chunk;
    }
    let Some(&padding) = out.last() else {
        return Err("runtime error: index out of range [-1]".to_owned());
    };
    let len = out.len() as i64 - i64::from(padding);
    let Ok(len) = usize::try_from(len) else {
        return Err(format!("runtime error: slice bounds out of range [:{len}]"));
    };
    out.truncate(len);
    Ok(out)
}
