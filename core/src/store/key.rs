//! The work key, and the keys that are derived from it.
//!
//! Rule: its bytes leave this type for SQLCipher, for HKDF and for the agency's recovery, and are wiped when dropped. Each
//! encrypted file beside the database has a key of its own, by its salt and purpose. Neighbours: `keys` is the key file.

use ring::{aead, hkdf};
use zeroize::Zeroizing;

use super::error::StoreError;

/// A raw 32-byte key, as the phone's key store unwraps it. Wiped when dropped.
#[derive(Clone)]
pub struct Key(Zeroizing<[u8; 32]>);

impl Key {
    /// Takes a key.
    ///
    /// # Errors
    /// [`StoreError::KeyOrFile`] where it is not 32 bytes.
    pub fn new(bytes: &[u8]) -> Result<Self, StoreError> {
        Ok(Self(Zeroizing::new(bytes.try_into().map_err(|_| StoreError::KeyOrFile)?)))
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
    pub(super) fn pragma(&self) -> Zeroizing<String> {
        let hex: String = self.0.iter().map(|byte| format!("{byte:02x}")).collect();
        Zeroizing::new(format!("PRAGMA key = \"x'{hex}'\";"))
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

/// A key of a file's own, from the work key, the file's salt, and what it is for.
pub(super) fn secret(key: &Key, salt: &[u8], purpose: &[u8]) -> Result<aead::LessSafeKey, StoreError> {
    let derived = hkdf::Salt::new(hkdf::HKDF_SHA256, salt).extract(key.bytes());
    let info = [purpose];
    let expanded = derived.expand(&info, &aead::CHACHA20_POLY1305).map_err(|_| StoreError::Cipher)?;
    Ok(aead::LessSafeKey::new(expanded.into()))
}
