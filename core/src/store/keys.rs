//! The key file beside a database: which key opens it, that key wrapped for this device, and sealed for the agency.
//!
//! Rule: the work key itself is never on disk. The phone's key store wraps it (that blob is opaque here); where the device
//! key is lost (a broken key store, a restored backup), the agency opens the other copy with its private recovery key
//! (HPKE, RFC 9180: X25519, HKDF-SHA256, ChaCha20-Poly1305) and gives the work key back to the phone.

use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hpke::aead::ChaCha20Poly1305;
use hpke::kdf::HkdfSha256;
use hpke::kem::X25519HkdfSha256;
use hpke::{Deserializable, Kem, OpModeR, OpModeS, Serializable};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::disk::{Disk, write_whole};
use super::error::StoreError;
use super::key::Key;
use crate::base::random;

const FORMAT: u32 = 1;
const INFO: &[u8] = b"anydoor work key 1";
/// The largest key file that is read, in bytes.
const MOST: u64 = 64 * 1024;

/// What stands in the file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyFile {
    format: u32,
    /// Names the work key without telling anything of it.
    pub key_id: String,
    /// The work key as the phone's key store wrapped it, base64.
    pub device: String,
    /// The work key sealed for the agency's recovery key, base64: the encapsulated key, then the ciphertext.
    pub recovery: String,
    /// Which recovery key that is: the first half of the SHA-256 of its public half.
    pub recovery_key: String,
}

impl KeyFile {
    /// Makes the file for `key`: `device` is the key as the phone wrapped it, `agency` the agency's public recovery key.
    ///
    /// # Errors
    /// [`StoreError::RecoveryKey`] where `agency` is no X25519 public key; [`StoreError::Chance`].
    pub fn new(key: &Key, device: &[u8], agency: &[u8]) -> Result<Self, StoreError> {
        let public = <X25519HkdfSha256 as Kem>::PublicKey::from_bytes(agency).map_err(|_| StoreError::RecoveryKey)?;
        let mut drawn = Drawn::new()?;
        let key_id = key_id(key)?;
        let (encapsulated, sealed) = hpke::single_shot_seal_with_rng::<ChaCha20Poly1305, HkdfSha256, X25519HkdfSha256>(
            &OpModeS::Base,
            &public,
            INFO,
            key.bytes(),
            key_id.as_bytes(),
            &mut drawn,
        )
        .map_err(|_| StoreError::RecoveryKey)?;
        let recovery = [encapsulated.to_bytes().as_slice(), &sealed].concat();
        Ok(Self {
            format: FORMAT,
            key_id,
            device: STANDARD.encode(device),
            recovery: STANDARD.encode(recovery),
            recovery_key: hex(Sha256::digest(agency).get(..16).unwrap_or_default()),
        })
    }

    /// Reads the key file of the database at `path`; `None` where there is none.
    ///
    /// # Errors
    /// [`StoreError::KeyFile`] where it cannot be read, or is of a newer release; it is untouched.
    pub fn read(disk: &dyn Disk, path: &Path) -> Result<Option<Self>, StoreError> {
        let path = beside(path);
        if disk.length(&path)?.is_none() {
            return Ok(None);
        }
        let file: Self = serde_json::from_slice(&disk.read(&path, MOST)?).map_err(|_| StoreError::KeyFile)?;
        if file.format == FORMAT { Ok(Some(file)) } else { Err(StoreError::KeyFile) }
    }

    /// Writes it beside the database at `path`, whole or not at all; on disk when it returns.
    ///
    /// # Errors
    /// [`StoreError::Full`] and others; then the earlier file stands.
    pub fn write(&self, disk: &dyn Disk, path: &Path) -> Result<(), StoreError> {
        let (path, fresh) = (beside(path), beside(path).with_extension("key-new"));
        let text = serde_json::to_vec_pretty(self).map_err(|_| StoreError::KeyFile)?;
        Ok(write_whole(disk, &fresh, &path, &text)?)
    }

    /// Whether this is the key that the file is about.
    pub fn fits(&self, key: &Key) -> bool {
        key_id(key).is_ok_and(|id| id == self.key_id)
    }

    /// The work key as the phone wrapped it.
    pub fn wrapped(&self) -> Vec<u8> {
        STANDARD.decode(&self.device).unwrap_or_default()
    }

    /// Opens the agency's copy with its private recovery key.
    ///
    /// # Errors
    /// [`StoreError::RecoveryKey`] where that is not the key it was sealed for, or the copy was changed.
    pub fn recover(&self, private: &[u8]) -> Result<Key, StoreError> {
        let wrong = |_| StoreError::RecoveryKey;
        let private = <X25519HkdfSha256 as Kem>::PrivateKey::from_bytes(private).map_err(wrong)?;
        let sealed = STANDARD.decode(&self.recovery).map_err(|_| StoreError::RecoveryKey)?;
        let (encapsulated, sealed) = sealed.split_at_checked(32).ok_or(StoreError::RecoveryKey)?;
        let encapsulated = <X25519HkdfSha256 as Kem>::EncappedKey::from_bytes(encapsulated).map_err(wrong)?;
        let bytes = hpke::single_shot_open::<ChaCha20Poly1305, HkdfSha256, X25519HkdfSha256>(
            &OpModeR::Base,
            &private,
            &encapsulated,
            INFO,
            sealed,
            self.key_id.as_bytes(),
        );
        let key = Key::new(&zeroize::Zeroizing::new(bytes.map_err(wrong)?))?;
        if self.fits(&key) { Ok(key) } else { Err(StoreError::RecoveryKey) }
    }
}

/// A new recovery key pair for an agency: private and public, 32 bytes each.
///
/// # Errors
/// [`StoreError::Chance`].
pub fn recovery_key_pair() -> Result<(zeroize::Zeroizing<Vec<u8>>, Vec<u8>), StoreError> {
    let (private, public) = X25519HkdfSha256::gen_keypair_with_rng(&mut Drawn::new()?);
    Ok((zeroize::Zeroizing::new(private.to_bytes().to_vec()), public.to_bytes().to_vec()))
}

/// A new work key.
///
/// # Errors
/// [`StoreError::Chance`].
pub fn work_key() -> Result<zeroize::Zeroizing<Vec<u8>>, StoreError> {
    let mut bytes = zeroize::Zeroizing::new(vec![0; 32]);
    random::fill(&mut bytes)?;
    Ok(bytes)
}

pub(super) fn key_id(key: &Key) -> Result<String, StoreError> {
    let word = key.word(b"key id")?;
    Ok(word.get(..32).unwrap_or_default().to_owned())
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The name of the key file of the database at `path`.
fn beside(path: &Path) -> PathBuf {
    path.with_extension("key")
}

/// Randomness that was drawn beforehand, so that a failure to draw is an error and not a panic: SHA-256 of a drawn seed
/// and a counter.
struct Drawn {
    seed: zeroize::Zeroizing<[u8; 32]>,
    count: u64,
}

impl Drawn {
    fn new() -> Result<Self, StoreError> {
        let mut seed = zeroize::Zeroizing::new([0; 32]);
        random::fill(seed.as_mut_slice())?;
        Ok(Self { seed, count: 0 })
    }
}

impl hpke::rand_core::TryRng for Drawn {
    type Error = std::convert::Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Self::Error> {
        let mut bytes = [0; 4];
        self.try_fill_bytes(&mut bytes).map(|()| u32::from_le_bytes(bytes))
    }
    fn try_next_u64(&mut self) -> Result<u64, Self::Error> {
        let mut bytes = [0; 8];
        self.try_fill_bytes(&mut bytes).map(|()| u64::from_le_bytes(bytes))
    }
    fn try_fill_bytes(&mut self, into: &mut [u8]) -> Result<(), Self::Error> {
        for part in into.chunks_mut(32) {
            let block = Sha256::new().chain_update(self.seed.as_slice()).chain_update(self.count.to_le_bytes()).finalize();
            part.iter_mut().zip(block).for_each(|(to, from)| *to = from);
            self.count += 1;
        }
        Ok(())
    }
}

impl hpke::rand_core::TryCryptoRng for Drawn {}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::disk::RealDisk;

    #[test]
    fn a_lost_device_key_has_a_way_back_through_the_agency() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("work.db");
        let (private, public) = recovery_key_pair().unwrap();
        let key = Key::new(&work_key().unwrap()).unwrap();
        KeyFile::new(&key, b"wrapped by the phone", &public).unwrap().write(&RealDisk, &path).unwrap();
        let file = KeyFile::read(&RealDisk, &path).unwrap().unwrap();
        assert_eq!(file.wrapped(), b"wrapped by the phone");
        assert!(file.fits(&key) && !file.fits(&Key::new(&[1; 32]).unwrap()));
        assert!(file.fits(&file.recover(&private).unwrap()));
        let (other, _) = recovery_key_pair().unwrap();
        assert!(matches!(file.recover(&other), Err(StoreError::RecoveryKey)));
    }

    #[test]
    fn a_changed_or_cut_key_file_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("work.db");
        let (private, public) = recovery_key_pair().unwrap();
        let key = Key::new(&[9; 32]).unwrap();
        let whole = KeyFile::new(&key, b"w", &public).unwrap();
        let mut changed = whole.clone();
        changed.recovery = STANDARD.encode([0; 80]);
        assert!(matches!(changed.recover(&private), Err(StoreError::RecoveryKey)));
        whole.write(&RealDisk, &path).unwrap();
        let text = std::fs::read(beside(&path)).unwrap();
        assert!(!text.windows(32).any(|window| window == [9; 32]), "the work key is in the file");
        std::fs::write(beside(&path), &text[..text.len() / 2]).unwrap();
        assert!(matches!(KeyFile::read(&RealDisk, &path), Err(StoreError::KeyFile)));
        assert!(matches!(KeyFile::new(&key, b"w", b"short"), Err(StoreError::RecoveryKey)));
    }
}
