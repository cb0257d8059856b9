//! The key file, and who else's work is on this phone: called before the database is open.

use std::path::{Path, PathBuf};

use super::{Config, Result};
use crate::store::disk::RealDisk;
use crate::store::keys::{KeyFile, work_key};
use crate::store::{Key, file_name, finish_begun, unsent_of_others};

/// What stands in the key file.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct KeptKey {
    /// Names the work key.
    pub key_id: String,
    /// The work key as the phone's key store wrapped it.
    pub wrapped: Vec<u8>,
    /// The work key sealed for the agency, base64: what a phone that lost its device key shows to the agency.
    pub recovery: String,
    /// Names the agency's recovery key that it was sealed for.
    pub recovery_key: String,
}

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
    finish_begun(&RealDisk, &path)?;
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
    let path = path(&config);
    // The key of a database that is being wiped is nobody's any more.
    finish_begun(&RealDisk, &path)?;
    let file = KeyFile::read(&RealDisk, &path)?;
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
