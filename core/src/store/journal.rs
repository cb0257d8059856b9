//! The journal's file: encrypted frames, appended, each standing for itself.
//!
//! Rule: a frame that was synced is found again whatever happened around it, and a frame that was torn, flipped or moved
//! is never taken for a true one (ChaCha20-Poly1305 over the frame's place in the file). The key is derived from the work
//! key and the file's own salt (HKDF-SHA256), so no two files share one. What the frames say is `frame`'s.
//!
//! On disk: 64 bytes of header (magic, salt), then frames at multiples of 32 bytes: marker, length, number of items,
//! nonce, ciphertext with tag. The rest of the file is zeros, written when it was made, so that a full disk does not stop
//! an append.

use std::path::{Path, PathBuf};
use std::sync::{Arc, mpsc};

use ring::aead;

use super::disk::{Disk, DiskFile};
use super::error::StoreError;
use super::key::{Key, secret};
use crate::base::random;

const MAGIC: &[u8; 8] = b"ANYJRN01";
const PURPOSE: &[u8] = b"anydoor journal 1";
const MARKER: &[u8; 4] = b"ANYF";
const FILE_HEADER: usize = 64;
const HEADER: usize = 24;
const STEP: usize = 32;
/// How much is allocated ahead, in bytes.
const AHEAD: usize = 256 * 1024;
/// The largest journal that is read, in bytes.
const MOST: u64 = 256 * 1024 * 1024;

/// What a journal holds.
#[derive(Debug, Default)]
pub(super) struct Contents {
    /// The plain texts, oldest first, each with its number of items.
    pub frames: Vec<(Vec<u8>, u16)>,
    /// Places where a frame was and cannot be read, with readable ones behind.
    pub damaged: u32,
}

/// An open journal.
pub(super) struct Journal {
    file: Box<dyn DiskFile>,
    syncer: Syncer,
    secret: aead::LessSafeKey,
    tail: usize,
    length: usize,
}

impl Journal {
    /// Makes a journal that holds `frames` and has room for a text of `more` bytes, in place of the one at `path`; on disk
    /// when it returns.
    ///
    /// # Errors
    /// [`StoreError`]; then the old one is untouched.
    pub fn make(disk: &Arc<dyn Disk>, path: &Path, key: &Key, frames: &[(Vec<u8>, u16)], more: usize) -> Result<Self, StoreError> {
        let fresh = path.with_extension("journal-new");
        disk.remove(&fresh)?;
        let mut salt = [0; 32];
        random::fill(&mut salt)?;
        let mut header = Vec::from(MAGIC);
        header.extend(salt);
        header.resize(FILE_HEADER, 0);
        let needed: usize = frames.iter().map(|(text, _)| room_for(text.len())).sum();
        let length = (FILE_HEADER + room_for(0) + 2 * (needed + room_for(more))).next_multiple_of(AHEAD);
        let mut file = disk.open(&fresh, true)?;
        file.write_at(0, &vec![0; length])?;
        file.write_at(0, &header)?;
        let syncer = Syncer::new(disk.as_ref(), file.as_ref())?;
        let mut journal = Self { file, syncer, secret: secret(key, &salt, PURPOSE)?, tail: FILE_HEADER, length };
        // The first frame says nothing; that it opens tells that the key is right, whatever happens to those behind it.
        journal.append(&[], 0)?;
        for (text, items) in frames {
            journal.append(text, *items)?;
        }
        journal.file.sync()?;
        disk.rename(&fresh, path)?;
        Ok(journal)
    }

    /// Whether a text of this length fits without a new file.
    pub fn has_room_for(&self, length: usize) -> bool {
        self.tail + room_for(length) <= self.length
    }

    /// Writes one frame; not on disk before it is synced.
    ///
    /// # Errors
    /// [`StoreError::Full`] where it does not fit or the disk is full; [`StoreError::MaybeKept`] where it may be there
    /// all the same. The next append takes its place.
    pub fn append(&mut self, text: &[u8], items: u16) -> Result<(), StoreError> {
        if !self.has_room_for(text.len()) {
            return Err(StoreError::Full);
        }
        let mut nonce = [0; 12];
        random::fill(&mut nonce)?;
        let length = u32::try_from(text.len() + aead::MAX_TAG_LEN).map_err(|_| StoreError::Full)?;
        let mut frame = Vec::with_capacity(room_for(text.len()));
        frame.extend(MARKER);
        frame.extend(length.to_le_bytes());
        frame.extend(items.to_le_bytes());
        frame.extend([0, 0]);
        let place = place(&frame, self.tail);
        frame.extend(nonce);
        let mut body = text.to_vec();
        let nonce = aead::Nonce::assume_unique_for_key(nonce);
        self.secret.seal_in_place_append_tag(nonce, aead::Aad::from(place), &mut body).map_err(|_| StoreError::Cipher)?;
        frame.extend(body);
        frame.resize(room_for(text.len()), 0);
        if let Err(error) = self.file.write_at(self.tail as u64, &frame) {
            let undone = self.file.write_at(self.tail as u64, &[0; HEADER]).and_then(|()| self.file.sync());
            return Err(if undone.is_ok() { error.into() } else { StoreError::MaybeKept });
        }
        self.tail += frame.len();
        Ok(())
    }

    /// Begins to sync what was appended, beside whatever the caller does next.
    pub fn begin_sync(&mut self) {
        self.syncer.begin(self.file.as_ref());
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
    if disk.length(path)?.is_none() {
        return Ok(None);
    }
    let bytes = disk.read(path, MOST)?;
    let salt = bytes.get(MAGIC.len()..MAGIC.len() + 32).filter(|_| bytes.starts_with(MAGIC)).ok_or(StoreError::KeyOrFile)?;
    let secret = secret(key, salt, PURPOSE)?;
    let (mut found, mut at, mut unread, mut opened) = (Contents::default(), FILE_HEADER, false, false);
    while let Some(rest) = bytes.get(at..).filter(|rest| rest.len() > HEADER) {
        match open(rest, at, &secret) {
            Some(frame) => {
                found.damaged += u32::from(std::mem::take(&mut unread));
                at += room_for(frame.0.len());
                opened = true;
                found.frames.extend(Some(frame).filter(|(text, _)| !text.is_empty()));
            }
            // A frame torn by a crash is the last; one with readable frames behind it is damage.
            None => {
                unread = true;
                at += STEP;
            }
        }
    }
    if opened { Ok(Some(found)) } else { Err(StoreError::KeyOrFile) }
}

/// How many items the frames of a journal hold, told without its key: what another member has left on a shared phone.
/// Drafts count each time they were saved, until the journal is next written anew.
///
/// # Errors
/// [`StoreError::File`].
pub(super) fn count(disk: &dyn Disk, path: &Path) -> Result<u32, StoreError> {
    let bytes = disk.read(path, MOST)?;
    let (mut at, mut items) = (FILE_HEADER, 0_u32);
    while let Some(rest) = bytes.get(at..).filter(|rest| rest.len() > HEADER) {
        match header(rest) {
            Some((length, count)) => {
                items = items.saturating_add(count.into());
                at += room_for(length.saturating_sub(aead::MAX_TAG_LEN));
            }
            None => at += STEP,
        }
    }
    Ok(items)
}

/// How many unsent things the journals of other databases in this folder hold, at most, told without their keys.
///
/// # Errors
/// [`StoreError::File`].
pub fn unsent_of_others(disk: &dyn Disk, own: &Path) -> Result<u32, StoreError> {
    let own = beside(own);
    let mut items = 0_u32;
    for path in disk.list(own.parent().unwrap_or(Path::new(".")))? {
        if path != own && path.extension().is_some_and(|kind| kind == "journal") {
            items = items.saturating_add(count(disk, &path)?);
        }
    }
    Ok(items)
}

/// The bytes that a frame of a text of this length takes.
fn room_for(text: usize) -> usize {
    (HEADER + text + aead::MAX_TAG_LEN).next_multiple_of(STEP)
}

/// What a frame is sealed to: its head and its place in the file.
fn place(head: &[u8], at: usize) -> Vec<u8> {
    [head, &(at as u64).to_le_bytes()].concat()
}

fn header(frame: &[u8]) -> Option<(usize, u16)> {
    let length = u32::from_le_bytes(frame.get(4..8)?.try_into().ok()?) as usize;
    let items = u16::from_le_bytes(frame.get(8..10)?.try_into().ok()?);
    (frame.starts_with(MARKER) && frame.len() >= HEADER + length).then_some((length, items))
}

fn open(frame: &[u8], at: usize, secret: &aead::LessSafeKey) -> Option<(Vec<u8>, u16)> {
    let (length, items) = header(frame)?;
    let nonce: [u8; 12] = frame.get(12..HEADER)?.try_into().ok()?;
    let mut body = frame.get(HEADER..HEADER + length)?.to_vec();
    let place = place(frame.get(..12)?, at);
    let text = secret.open_in_place(aead::Nonce::assume_unique_for_key(nonce), aead::Aad::from(place), &mut body).ok()?.len();
    body.truncate(text);
    Some((body, items))
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
    use super::*;
    use crate::store::disk::RealDisk;

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
