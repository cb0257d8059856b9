//! The journal's file: the second copy's frames, in a file that is written anew and swapped in whole.
//!
//! Rule: what was appended is on disk once [`Journal::end_sync`] has returned. Neighbours: `sealed` is the file's form, `frame`
//! what the frames say.

use std::path::{Path, PathBuf};
use std::sync::{Arc, mpsc};

use super::disk::{Disk, DiskFile};
use super::error::StoreError;
use super::key::Key;
use super::sealed::{self, Contents, FILE_HEADER, Sealed, Sort, room_for};

const SORT: Sort = Sort { magic: b"ANYJRN01", purpose: b"anydoor journal 1" };
/// How much is allocated ahead, in bytes.
const AHEAD: usize = 256 * 1024;

/// An open journal.
pub(super) struct Journal {
    sealed: Sealed,
    syncer: Syncer,
    disk: Arc<dyn Disk>,
    path: PathBuf,
    identity: Option<u64>,
}

impl Journal {
    /// Makes a journal that holds `frames` and has room for a text of `more` bytes, in place of the one at `path`; on disk
    /// when it returns.
    ///
    /// # Errors
    /// [`StoreError`]; then the old one is untouched.
    pub fn make(disk: &Arc<dyn Disk>, path: &Path, key: &Key, frames: &[(Vec<u8>, u16)], more: usize) -> Result<Self, StoreError> {
        let fresh = path.with_extension("journal-new");
        let needed: usize = frames.iter().map(|(text, _)| room_for(text.len())).sum();
        let length = (FILE_HEADER + room_for(0) + 2 * (needed + room_for(more))).next_multiple_of(AHEAD);
        let mut sealed = Sealed::make(disk.as_ref(), &fresh, SORT, key, length)?;
        let syncer = Syncer::new(disk.as_ref(), sealed.file())?;
        for (text, items) in frames {
            sealed.append(text, *items)?;
        }
        sealed.sync()?;
        disk.rename(&fresh, path)?;
        let identity = disk.identity(path)?;
        Ok(Self { sealed, syncer, disk: disk.clone(), path: path.to_owned(), identity })
    }

    /// Whether a text of this length fits without a new file.
    pub fn has_room_for(&self, length: usize) -> bool {
        self.sealed.has_room_for(length)
    }

    /// Writes one frame; not on disk before it is synced.
    ///
    /// # Errors
    /// As [`Sealed::append`]; [`StoreError::File`] where its name is gone or another's: what is written then is found by nobody.
    pub fn append(&mut self, text: &[u8], items: u16) -> Result<(), StoreError> {
        if self.identity.is_none() || self.disk.identity(&self.path)? != self.identity {
            return Err(StoreError::File(std::io::ErrorKind::NotFound));
        }
        self.sealed.append(text, items)
    }

    /// Begins to sync what was appended, beside whatever the caller does next.
    pub fn begin_sync(&mut self) {
        self.syncer.begin(self.sealed.file());
    }

    /// Waits for the sync that was begun.
    ///
    /// # Errors
    /// [`StoreError::File`]; then this journal is not to be trusted with more.
    pub fn end_sync(&mut self) -> Result<(), StoreError> {
        Ok(self.syncer.end()?)
    }
}

/// Reads the journal at `path`; `None` where there is none.
///
/// # Errors
/// [`StoreError::File`]; [`StoreError::KeyOrFile`] where it is no journal, or no frame opens with this key.
pub(super) fn read(disk: &dyn Disk, path: &Path, key: &Key) -> Result<Option<Contents>, StoreError> {
    sealed::read(disk, path, SORT, key)
}

/// How many unsent things the journals of other databases in this folder hold, at most, told without their keys: what another
/// member has left on a shared phone. Drafts count each time they were saved, until the journal is next written anew.
///
/// # Errors
/// [`StoreError::File`].
pub fn unsent_of_others(disk: &dyn Disk, own: &Path) -> Result<u32, StoreError> {
    let own = beside(own);
    let mut items = 0_u32;
    for path in disk.list(own.parent().unwrap_or(Path::new(".")))? {
        if path != own && path.extension().is_some_and(|kind| kind == "journal") {
            items = items.saturating_add(sealed::count(disk, &path)?);
        }
    }
    Ok(items)
}

/// The name of the journal of the database at `path`.
pub(super) fn beside(path: &Path) -> PathBuf {
    path.with_extension("journal")
}

/// Syncs on a thread of its own, so that the journal and the database reach the disk at the same time.
enum Syncer {
    Beside { begin: mpsc::Sender<()>, ended: mpsc::Receiver<std::io::Result<()>> },
    Inline(Option<std::io::Result<()>>),
}

impl Syncer {
    fn new(disk: &dyn Disk, file: &dyn DiskFile) -> Result<Self, StoreError> {
        if !disk.syncs_side_by_side() {
            return Ok(Self::Inline(None));
        }
        let twin = file.twin()?;
        let (begin, told) = mpsc::channel();
        let (tell, ended) = mpsc::channel();
        // It ends when the journal is dropped, and with it `begin`.
        let run = move || while told.recv().is_ok() && tell.send(twin.sync()).is_ok() {};
        Ok(match std::thread::Builder::new().name("journal".into()).spawn(run) {
            Ok(_) => Self::Beside { begin, ended },
            Err(_) => Self::Inline(None),
        })
    }

    fn begin(&mut self, file: &dyn DiskFile) {
        match self {
            Self::Beside { begin, .. } => drop(begin.send(())),
            Self::Inline(result) => *result = Some(file.sync()),
        }
    }

    fn end(&mut self) -> std::io::Result<()> {
        let gone = || Err(std::io::ErrorKind::BrokenPipe.into());
        match self {
            Self::Beside { ended, .. } => ended.recv().unwrap_or_else(|_| gone()),
            Self::Inline(result) => result.take().unwrap_or_else(gone),
        }
    }
}

#[cfg(test)]
mod tests {
    use ring::aead;

    use super::*;
    use crate::store::disk::RealDisk;
    use crate::store::sealed::{HEADER, count};

    fn key() -> Key {
        Key::new(&[3; 32]).unwrap()
    }

    fn made(folder: &tempfile::TempDir, texts: &[&str]) -> PathBuf {
        let path = folder.path().join("work.journal");
        let mut journal = Journal::make(&RealDisk::shared(), &path, &key(), &[], 0).unwrap();
        for text in texts {
            journal.append(text.as_bytes(), 1).unwrap();
            journal.begin_sync();
            journal.end_sync().unwrap();
        }
        path
    }

    fn texts(path: &Path) -> (Vec<String>, u32) {
        let found = read(&RealDisk, path, &key()).unwrap().unwrap();
        (found.frames.into_iter().map(|(text, _)| String::from_utf8(text).unwrap()).collect(), found.damaged)
    }

    #[test]
    fn what_was_appended_is_read_and_counted() {
        let folder = tempfile::tempdir().unwrap();
        let path = made(&folder, &["one", "two", "three"]);
        assert_eq!(texts(&path), (vec!["one".into(), "two".into(), "three".into()], 0));
        assert_eq!(count(&RealDisk, &path).unwrap(), 3);
        assert!(matches!(read(&RealDisk, &path, &Key::new(&[4; 32]).unwrap()), Err(StoreError::KeyOrFile)));
    }

    #[test]
    fn a_torn_last_frame_is_not_there_and_a_damaged_one_costs_itself() {
        let folder = tempfile::tempdir().unwrap();
        let path = made(&folder, &["one", "two", "three"]);
        let whole = std::fs::read(&path).unwrap();
        let frame = room_for(3);
        let mut torn = whole.clone();
        let first = FILE_HEADER + room_for(0);
        torn[first + 2 * frame + HEADER + 4] ^= 1;
        std::fs::write(&path, &torn).unwrap();
        assert_eq!(texts(&path), (vec!["one".into(), "two".into()], 0));
        for byte in 0..HEADER + 3 + aead::MAX_TAG_LEN {
            let mut flipped = whole.clone();
            flipped[first + frame + byte] ^= 4;
            std::fs::write(&path, &flipped).unwrap();
            let (found, damaged) = texts(&path);
            assert!(found == ["one", "three"] && damaged == 1, "{byte}: {found:?}");
        }
    }

    #[test]
    fn frames_that_changed_places_are_not_believed() {
        let folder = tempfile::tempdir().unwrap();
        let path = made(&folder, &["one", "two"]);
        let mut bytes = std::fs::read(&path).unwrap();
        let frame = room_for(3);
        let (first, second) = bytes[FILE_HEADER + room_for(0)..].split_at_mut(frame);
        first.swap_with_slice(&mut second[..frame]);
        std::fs::write(&path, &bytes).unwrap();
        assert_eq!(texts(&path).0, Vec::<String>::new());
    }
}
