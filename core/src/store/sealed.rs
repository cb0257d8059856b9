//! A file of sealed frames, appended, each standing for itself.
//!
//! Rule: a frame that was synced is found again whatever happened around it, and a frame that was torn, flipped or moved
//! is never taken for a true one (ChaCha20-Poly1305 over the frame's place in the file). The key is derived from the given
//! key and the file's own salt (HKDF-SHA256), so no two files share one. Neighbours: `journal` and `escalations` say what
//! their frames hold.
//!
//! On disk: 64 bytes of header (magic, salt), then frames at multiples of 32 bytes: marker, length, number of items,
//! nonce, ciphertext with tag. The rest of the file is zeros, written when it was made, so that a full disk does not stop
//! an append.

use std::path::Path;

use ring::aead;

use super::disk::{Disk, DiskFile};
use super::error::StoreError;
use super::key::{Key, secret};
use crate::base::random;

const MARKER: &[u8; 4] = b"ANYF";
const MAGIC: usize = 8;
pub(super) const FILE_HEADER: usize = 64;
pub(super) const HEADER: usize = 24;
const STEP: usize = 32;
/// The largest file that is read, in bytes.
const MOST: u64 = 256 * 1024 * 1024;

/// What tells one sort of these files from another.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sort {
    /// The first bytes of the file.
    pub magic: &'static [u8; MAGIC],
    /// What its key is for.
    pub purpose: &'static [u8],
}

/// What a file holds.
#[derive(Debug, Default)]
pub(super) struct Contents {
    /// The plain texts, oldest first, each with its number of items.
    pub frames: Vec<(Vec<u8>, u16)>,
    /// Places where a frame was and cannot be read, with readable ones behind.
    pub damaged: u32,
    /// Where the next frame goes.
    tail: usize,
    /// The file's length in bytes.
    length: usize,
}

/// An open file, to append to.
pub(super) struct Sealed {
    file: Box<dyn DiskFile>,
    secret: Box<aead::LessSafeKey>,
    tail: usize,
    length: usize,
}

impl Sealed {
    /// Makes a file of this length in bytes, of zeros behind its header and one empty frame. It is not synced. The empty
    /// frame says nothing; that it opens tells that the key is right, whatever happens to those behind it.
    ///
    /// # Errors
    /// [`StoreError`]; then what stands under the name says nothing.
    pub fn make(disk: &dyn Disk, path: &Path, sort: Sort, key: &Key, length: usize) -> Result<Self, StoreError> {
        disk.remove(path)?;
        let mut salt = [0; 32];
        random::fill(&mut salt)?;
        let mut header = Vec::from(sort.magic);
        header.extend(salt);
        header.resize(FILE_HEADER, 0);
        let mut file = disk.open(path, true)?;
        file.write_at(0, &vec![0; length])?;
        file.write_at(0, &header)?;
        let mut made = Self { file, secret: secret(key, &salt, sort.purpose)?, tail: FILE_HEADER, length };
        made.append(&[], 0)?;
        Ok(made)
    }

    /// Opens the file at `path` to append to it, and reads it. What a crash has torn at its end is written over.
    ///
    /// # Errors
    /// As [`read`]; [`StoreError::File`] where there is none.
    pub fn resume(disk: &dyn Disk, path: &Path, sort: Sort, key: &Key) -> Result<(Self, Contents), StoreError> {
        let bytes = disk.read(path, MOST)?;
        let (secret, contents) = opened(&bytes, sort, key)?;
        let file = disk.open(path, false)?;
        Ok((Self { file, secret, tail: contents.tail, length: contents.length }, contents))
    }

    /// Whether a text of this length fits without a new file.
    pub fn has_room_for(&self, length: usize) -> bool {
        self.tail + room_for(length) <= self.length
    }

    /// How much of the file is used, in bytes.
    pub fn used(&self) -> usize {
        self.tail
    }

    /// The file.
    pub fn file(&self) -> &dyn DiskFile {
        self.file.as_ref()
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

    /// Waits until everything appended is on disk.
    ///
    /// # Errors
    /// [`StoreError::File`]; then this file is not to be trusted with more.
    pub fn sync(&self) -> Result<(), StoreError> {
        Ok(self.file.sync()?)
    }
}

/// Reads the file at `path`; `None` where there is none.
///
/// # Errors
/// [`StoreError::File`]; [`StoreError::KeyOrFile`] where it is of another sort, or no frame opens with this key.
pub(super) fn read(disk: &dyn Disk, path: &Path, sort: Sort, key: &Key) -> Result<Option<Contents>, StoreError> {
    if disk.length(path)?.is_none() {
        return Ok(None);
    }
    Ok(Some(opened(&disk.read(path, MOST)?, sort, key)?.1))
}

fn opened(bytes: &[u8], sort: Sort, key: &Key) -> Result<(Box<aead::LessSafeKey>, Contents), StoreError> {
    let salt = bytes.get(MAGIC..MAGIC + 32).filter(|_| bytes.starts_with(sort.magic)).ok_or(StoreError::KeyOrFile)?;
    let secret = secret(key, salt, sort.purpose)?;
    let (mut found, mut at, mut unread, mut opened) = (Contents { length: bytes.len(), ..Contents::default() }, FILE_HEADER, false, false);
    while let Some(rest) = bytes.get(at..).filter(|rest| rest.len() > HEADER) {
        match open(rest, at, &secret) {
            Some(frame) => {
                found.damaged += u32::from(std::mem::take(&mut unread));
                at += room_for(frame.0.len());
                found.tail = at;
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
    if opened { Ok((secret, found)) } else { Err(StoreError::KeyOrFile) }
}

/// How many items the frames of a file hold, told without its key.
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

/// The bytes that a frame of a text of this length takes.
pub(super) fn room_for(text: usize) -> usize {
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
