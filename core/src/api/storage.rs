//! How the database on this phone stands; signing out; the named wipe (P6).

use super::input::code;
use super::{Anydoor, AnydoorError, Result, lock};
use crate::delivery::WipeReason;
use crate::store::Escalations;
use crate::store::disk::RealDisk;

/// How the database on this phone stands.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct StorageRow {
    /// Saves that were in the journal and not in the database at the last opening, and are now.
    pub rolled_forward: u32,
    /// Places in the journal that could not be read.
    pub damaged_frames: u32,
    /// The names of files that could not be read and were moved aside, unchanged.
    pub moved_aside: Vec<String>,
    /// Documents and drafts that were brought back.
    pub salvaged: u32,
    /// Calls for help that were brought back from a damaged file; a call that was not is shown no more, and its file is kept.
    pub calls_salvaged: u32,
    /// The numbers of files of calls for help that do not read with their key; they are left as they are.
    pub calls_unread: Vec<u32>,
    /// The numbers of files of calls for help that lack what the audit chain knows of: lost, cut short or put back.
    pub calls_lost: Vec<u32>,
    /// Whether everything that is not yet safe at the agency has two copies on this phone.
    pub second_copy: bool,
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
        if let Some(tokens) = lock(&self.inner.signed_in).as_ref() {
            tokens.forget();
        }
        if let Some(line) = self.inner.line() {
            line.sign_out();
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
        let reason: WipeReason = code(reason, "reason")?;
        let line = self.inner.line();
        let waiting = match &line {
            Some(line) => line.has_unsent(),
            None => Escalations::are_there(&RealDisk, &self.inner.path)?,
        };
        if waiting {
            return Err(AnydoorError::NotAllowed { why: "escalation".into() });
        }
        let mut guard = lock(&self.inner.store);
        let store = guard.as_ref().ok_or(AnydoorError::StorageLocked)?;
        let wipe = store.name_wipe(unsent, reason, self.inner.member.as_str(), self.inner.clock.now())?;
        *guard = None;
        if let Some(line) = &line {
            *lock(&line.calls) = None;
        }
        wipe.finish(&RealDisk)?;
        drop(guard);
        self.inner.tell();
        Ok(())
    }

    /// What the last opening of the database and of the escalations' file found and did, and whether all that is unsent has
    /// a second copy on this phone.
    ///
    /// # Errors
    /// `StorageLocked`.
    pub fn storage(&self) -> Result<StorageRow> {
        let line = self.inner.line();
        let calls = line.and_then(|line| lock(&line.calls).as_ref().map(|file| file.opening().clone())).unwrap_or_default();
        let calls_lost = lock(&self.inner.calls_lost).clone();
        self.inner.store(|store| {
            let opening = store.opening();
            Ok(StorageRow {
                rolled_forward: opening.rolled_forward,
                damaged_frames: opening.damaged_frames,
                moved_aside: opening.moved_aside.iter().chain(&calls.moved_aside).cloned().collect(),
                salvaged: opening.salvaged,
                calls_salvaged: calls.salvaged,
                calls_unread: calls.unread,
                calls_lost,
                second_copy: store.has_second_copy(),
            })
        })
    }
}
