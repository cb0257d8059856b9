//! The work key, and the keys that are derived from it.
//!
//! Rule: its bytes leave this type for SQLCipher, for HKDF and for the agency's recovery. They stand in one place on the heap and
//! never move; what is freed there is wiped ([`zeroizing_alloc`]), and the stack that a derivation has used is written over
//! ([`leaving_no_trace`]). Each encrypted file beside the database has a key of its own, by its salt and purpose. Neighbours:
//! `keys` is the key file.

use std::sync::Arc;

use ring::{aead, hkdf};
use zeroize::Zeroizing;

use super::error::StoreError;

/// A raw 32-byte key, as the phone's key store unwraps it. Wiped when the last that has it is dropped.
#[derive(Clone)]
pub struct Key(Arc<Zeroizing<[u8; 32]>>);

impl Key {
    /// Takes a key.
    ///
    /// # Errors
    /// [`StoreError::KeyOrFile`] where it is not 32 bytes.
    pub fn new(bytes: &[u8]) -> Result<Self, StoreError> {
        if bytes.len() != 32 {
            return Err(StoreError::KeyOrFile);
        }
        // Made empty and filled where it stays: a key that is moved leaves a copy where it was.
        let mut held = Arc::new(Zeroizing::new([0; 32]));
        if let Some(held) = Arc::get_mut(&mut held) {
            held.copy_from_slice(bytes);
        }
        Ok(Self(held))
    }
    /// The bytes, for the agency's recovery: what gives them out must know who asks.
    pub fn revealed(&self) -> &[u8] {
        self.0.as_slice()
    }
    /// The bytes, for deriving other keys.
    pub(super) fn bytes(&self) -> &[u8] {
        self.0.as_slice()
    }
    /// SQLCipher's raw form, which skips the 390 ms of passphrase stretching.
    pub(super) fn in_hex(&self) -> Zeroizing<String> {
        const DIGITS: &[u8; 16] = b"0123456789abcdef";
        let digit = |nibble: u8| DIGITS.get(usize::from(nibble)).copied().map_or('0', char::from);
        // With room for all of it: one that grows leaves copies.
        let mut text = Zeroizing::new(String::with_capacity(72));
        text.push_str("x'");
        for byte in self.0.iter() {
            text.push(digit(byte >> 4));
            text.push(digit(byte & 15));
        }
        text.push('\'');
        text
    }
    /// A word in hex that only this key gives, for this purpose. It tells nothing of the key.
    pub(super) fn word(&self, purpose: &[u8]) -> Result<String, StoreError> {
        let mut word = [0; 32];
        leaving_no_trace(|| {
            let derived = hkdf::Salt::new(hkdf::HKDF_SHA256, b"anydoor").extract(self.bytes());
            derived.expand(&[purpose], hkdf::HKDF_SHA256).and_then(|okm| okm.fill(&mut word)).map_err(|_| StoreError::Cipher)
        })?;
        Ok(word.iter().map(|byte| format!("{byte:02x}")).collect())
    }
}

impl std::fmt::Debug for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Key(…)")
    }
}

/// The name of the database of this server, agency and user: another user of the same phone has another file.
pub fn file_name(server: &str, agency: &str, user: &str) -> String {
    format!("work-{}.db", crate::base::ids::derived("database", &format!("{server}\n{agency}\n{user}")))
}

/// A key of a file's own, from the work key, the file's salt, and what it is for. On the heap, where it is wiped when freed.
pub(super) fn secret(key: &Key, salt: &[u8], purpose: &[u8]) -> Result<Box<aead::LessSafeKey>, StoreError> {
    leaving_no_trace(|| {
        let derived = hkdf::Salt::new(hkdf::HKDF_SHA256, salt).extract(key.bytes());
        let info = [purpose];
        let expanded = derived.expand(&info, &aead::CHACHA20_POLY1305).map_err(|_| StoreError::Cipher)?;
        Ok(Box::new(aead::LessSafeKey::new(expanded.into())))
    })
}

/// How much of the stack is written over behind a derivation, in bytes: more than one uses.
const USED: usize = 16 * 1024;

/// Does what handles a key's bytes on the stack, and writes over what it leaves there.
pub(super) fn leaving_no_trace<T>(act: impl FnOnce() -> T) -> T {
    let done = deeper(act);
    write_over();
    done
}

/// In a frame of its own, so that all it uses lies where [`write_over`] writes.
#[inline(never)]
fn deeper<T>(act: impl FnOnce() -> T) -> T {
    act()
}

#[inline(never)]
fn write_over() {
    let mut used = std::hint::black_box([0_u8; USED]);
    zeroize::Zeroize::zeroize(used.as_mut_slice());
    std::hint::black_box(&used);
}
