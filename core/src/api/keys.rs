//! The key file, and who else's work is on this phone. Called before the database is open.

use std::path::{Path, PathBuf};

use super::{Anydoor, Config, KeptKey, Result, StorageRow};
use crate::base::Code;
use crate::delivery::WipeReason;
use crate::store::disk::{Disk, RealDisk};
use crate::store::keys::{KeyFile, work_key};
use crate::store::{Key, StoreError, file_name, finish_begun, unsent_of_others};

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

#[uniffi::export]
impl Anydoor {
    /// Signs the member out: tokens are forgotten, nothing leaves this phone or comes to it until the next sign-in, and what
    /// is unsent stays where it is (P6). Escalations that wait keep the shift's own token until they are delivered. Returns
    /// how many unsent things stay, drafts among them; the shell says so.
    ///
    /// # Errors
    /// `StorageLocked`: signed out all the same.
    pub fn sign_out(&self) -> Result<u32> {
        self.inner.signed_out.store(true, std::sync::atomic::Ordering::Release);
        if let Some(tokens) = super::lock(&self.inner.signed_in).as_ref() {
            tokens.forget();
        }
        self.inner.store(|store| Ok(store.unsent_and_drafts()?))
    }

    /// How many unsent things a wipe would destroy: outbox items and drafts.
    ///
    /// # Errors
    /// `StorageLocked`.
    pub fn unsent_and_drafts(&self) -> Result<u32> {
        self.inner.store(|store| Ok(store.unsent_and_drafts()?))
    }

    /// Wipes this member's work from this phone: the only call that removes unsent work, and it must say how much that is.
    /// `reason` is a code of the set `wipe-reason`. On return every file of the database is gone but a record without
    /// personal data, with which the next database here begins its audit chain; the shell then removes the work key from
    /// the phone's key store. A wipe that is cut short is finished by the next opening.
    ///
    /// # Errors
    /// `Changed` where `unsent` is not what would be destroyed, `NotAllowed` with `escalation` while a call for help has not
    /// reached its server or their file is not open to tell, `Invalid` with `reason`, `StorageLocked`: nothing is removed.
    pub fn wipe(&self, unsent: u32, reason: &str) -> Result<()> {
        let reason = WipeReason::from_code(reason).ok_or_else(|| super::AnydoorError::Invalid { what: "reason".into() })?;
        let mut calls = super::lock(&self.inner.escalations);
        let waiting = match calls.as_ref() {
            Some(file) => !file.unsent()?.is_empty(),
            None => RealDisk.length(&self.inner.path.with_extension("escalations")).map_err(StoreError::from)?.is_some(),
        };
        if waiting {
            return Err(super::AnydoorError::NotAllowed { why: "escalation".into() });
        }
        let mut guard = super::lock(&self.inner.store);
        let store = guard.as_ref().ok_or(super::AnydoorError::StorageLocked)?;
        let wipe = store.name_wipe(unsent, reason, self.inner.member.as_str(), self.inner.clock.now())?;
        (*guard, *calls) = (None, None);
        wipe.finish(&RealDisk)?;
        drop((guard, calls));
        self.inner.tell();
        Ok(())
    }

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
