//! The key file, and who else's work is on this phone. Called before the database is open.

use std::path::{Path, PathBuf};

use super::{Anydoor, Config, KeptKey, Result, StorageRow};
use crate::store::disk::RealDisk;
use crate::store::keys::{KeyFile, work_key};
use crate::store::{Key, file_name, unsent_of_others};

fn path(config: &Config) -> PathBuf {
    Path::new(&config.folder).join(file_name(&config.server, &config.agency, &config.member))
}

/// A new work key, for the phone's key store to wrap.
///
/// # Errors
/// `Unexpected` where the system gives no randomness.
#[uniffi::export]
pub fn new_work_key() -> Result<Vec<u8>> {
    Ok(work_key()?.to_vec())
}

/// Writes the key file of this member's database: the work key as the phone's key store `wrapped` it, and sealed for the
/// agency's public `recovery_key`. Also called after a recovery, with the same work key wrapped anew. On return it is on
/// disk.
///
/// # Errors
/// `Invalid` where a key is no key; `NotAllowed` with `other-key` where the file is there and names another work key,
/// which would make the database unreadable; `StorageFull`.
#[uniffi::export]
pub fn keep_key(config: Config, work_key: Vec<u8>, wrapped: Vec<u8>, recovery_key: Vec<u8>) -> Result<()> {
    let (path, key) = (path(&config), Key::new(&work_key)?);
    if KeyFile::read(&RealDisk, &path)?.is_some_and(|file| !file.fits(&key)) {
        return Err(super::AnydoorError::NotAllowed { why: "other-key".into() });
    }
    Ok(KeyFile::new(&key, &wrapped, &recovery_key)?.write(&RealDisk, &path)?)
}

/// The key file of this member's database; nothing where there is none yet.
///
/// # Errors
/// `StorageLocked` where it cannot be read.
#[uniffi::export]
pub fn kept_key(config: Config) -> Result<Option<KeptKey>> {
    let file = KeyFile::read(&RealDisk, &path(&config))?;
    Ok(file.map(|file| KeptKey { wrapped: file.wrapped(), key_id: file.key_id, recovery: file.recovery, recovery_key: file.recovery_key }))
}

/// How many unsent things other members have left on this phone, at most: counted without their keys, not readable (P6).
///
/// # Errors
/// `Unexpected` where the folder cannot be read.
#[uniffi::export]
pub fn unsent_of_other_members(config: Config) -> Result<u32> {
    Ok(unsent_of_others(&RealDisk, &path(&config))?)
}

#[uniffi::export]
impl Anydoor {
    /// What the last opening of the database and of the escalations' file found and did, and whether all that is unsent has
    /// a second copy on this phone.
    ///
    /// # Errors
    /// `StorageLocked`.
    pub fn storage(&self) -> Result<StorageRow> {
        let calls = super::lock(&self.inner.escalations).as_ref().map(|file| file.opening().clone()).unwrap_or_default();
        self.inner.store(|store| {
            let opening = store.opening();
            Ok(StorageRow {
                rolled_forward: opening.rolled_forward,
                damaged_frames: opening.damaged_frames,
                moved_aside: opening.moved_aside.iter().chain(&calls.moved_aside).cloned().collect(),
                salvaged: opening.salvaged,
                calls_salvaged: calls.salvaged,
                second_copy: store.has_second_copy(),
            })
        })
    }
}
