//! Photos and dictations: encrypted files beside the database, in two copies until the server has given them back (P3).
//!
//! Rule: both copies are on disk before the row that names them is committed. A file is cut into pieces that each stand
//! for themselves (ChaCha20-Poly1305 over their place), so a damaged piece is read from the other copy. The key is derived
//! from the work key and the file's own salt (HKDF-SHA256).
//! On disk: magic, salt, the content's length; then pieces of 64 KiB, each with its tag.
//! Neighbours: `fhir::attachment` (the documents that name them), `sync::attachments` (how they travel).

use std::path::{Path, PathBuf};

use ring::aead;

use super::database::Store;
use super::disk;
use super::error::StoreError;
use super::key::{Key, secret};
use super::unverified::confirm_readback;
use crate::base::random;
use crate::fhir::attachment;
use crate::note::MOST_ATTACHMENT;

const MAGIC: &[u8; 8] = b"ANYATT01";
const HEADER: usize = 48;
const PIECE: usize = 64 * 1024;
const SEALED: usize = PIECE + aead::MAX_TAG_LEN;
const PURPOSE: &[u8] = b"anydoor attachment 1";

fn named(database: &Path, id: &str) -> [PathBuf; 2] {
    [database.with_extension(format!("attachment-{id}")), database.with_extension(format!("attachment-{id}-copy"))]
}

/// What a piece is sealed to: its place, and how many there are.
fn place(number: usize, of: usize) -> [u8; 16] {
    let mut place = [0; 16];
    let (first, second) = place.split_at_mut(8);
    first.copy_from_slice(&(number as u64).to_le_bytes());
    second.copy_from_slice(&(of as u64).to_le_bytes());
    place
}

/// A piece's number as its nonce: no two pieces of a file share one, and no two files share a key.
fn nonce(number: usize) -> aead::Nonce {
    let mut bytes = [0; aead::NONCE_LEN];
    bytes.iter_mut().zip((number as u64).to_le_bytes()).for_each(|(into, byte)| *into = byte);
    aead::Nonce::assume_unique_for_key(bytes)
}

fn sealed(key: &Key, content: &[u8]) -> Result<Vec<u8>, StoreError> {
    let mut salt = [0; 32];
    random::fill(&mut salt)?;
    let secret = secret(key, &salt, PURPOSE)?;
    let mut file = Vec::with_capacity(HEADER + content.len().div_ceil(PIECE) * SEALED);
    file.extend(MAGIC);
    file.extend(salt);
    file.extend((content.len() as u64).to_le_bytes());
    let of = content.len().div_ceil(PIECE);
    for (number, piece) in content.chunks(PIECE).enumerate() {
        let mut piece = piece.to_vec();
        secret.seal_in_place_append_tag(nonce(number), aead::Aad::from(place(number, of)), &mut piece).map_err(|_| StoreError::Cipher)?;
        file.extend(piece);
    }
    Ok(file)
}

/// The pieces of a file: each its content, or nothing where it does not read.
fn pieces(key: &Key, file: &[u8]) -> Option<Vec<Option<Vec<u8>>>> {
    let salt = file.get(MAGIC.len()..40).filter(|_| file.starts_with(MAGIC))?;
    let length = usize::try_from(u64::from_le_bytes(file.get(40..HEADER)?.try_into().ok()?)).ok()?;
    if length > MOST_ATTACHMENT {
        return None;
    }
    let (secret, of) = (secret(key, salt, PURPOSE).ok()?, length.div_ceil(PIECE));
    let open = |number: usize| {
        let from = HEADER + number * SEALED;
        let size = PIECE.min(length - number * PIECE) + aead::MAX_TAG_LEN;
        let mut piece = file.get(from..from + size)?.to_vec();
        let plain = secret.open_in_place(nonce(number), aead::Aad::from(place(number, of)), &mut piece).ok()?.len();
        piece.truncate(plain);
        Some(piece)
    };
    Some((0..of).map(open).collect())
}

impl Store {
    /// Keeps the content of an attachment, before the plan that names it is committed. On return two copies are on disk.
    ///
    /// # Errors
    /// [`StoreError::Full`] and others; nothing is named yet, so nothing was accepted.
    pub fn keep_attachment(&self, id: &str, content: &[u8]) -> Result<(), StoreError> {
        let (disk, database, key) = self.copy.place();
        let file = sealed(&key, content)?;
        let written = named(&database, id).iter().try_for_each(|path| Ok(disk::write_new(disk.as_ref(), path, &file)?));
        if written.is_err() {
            // Nothing names them; where this fails too they are a file that says nothing.
            let _ = self.forget_attachment(id);
        }
        written
    }

    /// The content of an attachment: from either copy, piece by piece, whichever reads. `None` where none is here, or one
    /// piece reads in neither.
    ///
    /// # Errors
    /// [`StoreError::File`] where a copy cannot be reached and the other is not whole.
    pub fn attachment(&self, id: &str) -> Result<Option<Vec<u8>>, StoreError> {
        let (disk, database, key) = self.copy.place();
        let (mut merged, mut unreached): (Vec<Option<Vec<u8>>>, _) = (Vec::new(), None);
        for path in named(&database, id) {
            if disk.length(&path)?.is_none() {
                continue;
            }
            let most = (MOST_ATTACHMENT + HEADER + MOST_ATTACHMENT.div_ceil(PIECE) * aead::MAX_TAG_LEN) as u64;
            let file = match disk.read(&path, most) {
                Ok(file) => file,
                Err(error) => {
                    unreached = Some(error);
                    continue;
                }
            };
            // A copy of which nothing reads says nothing, not even how many pieces there are.
            let Some(found) = pieces(&key, &file).filter(|found| found.iter().any(Option::is_some)) else { continue };
            if merged.is_empty() {
                merged = found;
            } else if merged.len() == found.len() {
                merged.iter_mut().zip(found).for_each(|(piece, other)| *piece = piece.take().or(other));
            }
        }
        let whole: Option<Vec<Vec<u8>>> = merged.into_iter().collect();
        match (whole.filter(|pieces| !pieces.is_empty()), unreached) {
            (None, Some(error)) => Err(error.into()),
            (whole, _) => Ok(whole.map(|pieces| pieces.concat())),
        }
    }

    /// The server has given the attachment back as it is here: one copy may go.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn confirm_attachment(&mut self, id: &str) -> Result<(), StoreError> {
        confirm_readback(&self.connection, attachment::CONTENT, id)?;
        let (disk, database, _) = self.copy.place();
        let [_, copy] = named(&database, id);
        Ok(disk.remove(&copy)?)
    }

    /// Removes the files of an attachment that nothing names any more.
    pub(super) fn forget_attachment(&self, id: &str) -> Result<(), StoreError> {
        let (disk, database, _) = self.copy.place();
        named(&database, id).iter().try_for_each(|path| Ok(disk.remove(path)?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn store() -> (tempfile::TempDir, Store) {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&folder.path().join("work-1.db"), &Key::new(&[7; 32]).unwrap(), "agency").unwrap();
        (folder, store)
    }

    fn photo(size: usize) -> Vec<u8> {
        (0..size).map(|n| (n * 31 % 251) as u8).collect()
    }

    #[test]
    fn an_attachment_reads_as_it_was_and_its_file_shows_nothing_of_it() {
        let (folder, store) = store();
        for size in [1, PIECE - 1, PIECE, PIECE + 1, MOST_ATTACHMENT] {
            store.keep_attachment("a", &photo(size)).unwrap();
            assert_eq!(store.attachment("a").unwrap(), Some(photo(size)));
        }
        let file = std::fs::read(folder.path().join("work-1.attachment-a")).unwrap();
        assert!(!file.windows(16).any(|part| part == &photo(64)[20..36]));
        assert_eq!(store.attachment("b").unwrap(), None);
    }

    #[test]
    fn damage_in_one_copy_is_read_from_the_other_and_in_both_is_never_shown() {
        let (folder, store) = store();
        let content = photo(5 * PIECE);
        store.keep_attachment("a", &content).unwrap();
        let [first, second] = ["work-1.attachment-a", "work-1.attachment-a-copy"].map(|name| folder.path().join(name));
        let flip = |path: &Path, at: usize| {
            let mut bytes = std::fs::read(path).unwrap();
            bytes[at] ^= 1;
            std::fs::write(path, bytes).unwrap();
        };
        flip(&first, HEADER + 10);
        flip(&second, HEADER + 3 * SEALED + 10);
        assert_eq!(store.attachment("a").unwrap(), Some(content));
        flip(&second, HEADER + 11);
        assert_eq!(store.attachment("a").unwrap(), None);
        // A piece moved to another's place does not read there.
        store.keep_attachment("a", &photo(3 * PIECE)).unwrap();
        for path in [&first, &second] {
            let mut bytes = std::fs::read(path).unwrap();
            let (one, two) = (bytes[HEADER..HEADER + SEALED].to_vec(), bytes[HEADER + SEALED..HEADER + 2 * SEALED].to_vec());
            bytes[HEADER..HEADER + SEALED].copy_from_slice(&two);
            bytes[HEADER + SEALED..HEADER + 2 * SEALED].copy_from_slice(&one);
            std::fs::write(path, bytes).unwrap();
        }
        assert_eq!(store.attachment("a").unwrap(), None);
    }

    #[test]
    fn a_damaged_length_or_a_copy_that_cannot_be_reached_costs_one_copy_and_not_both() {
        let (folder, store) = store();
        let content = photo(3 * PIECE);
        let [first, second] = ["work-1.attachment-a", "work-1.attachment-a-copy"].map(|name| folder.path().join(name));
        for (damaged, bit) in [(&first, 1), (&first, 4), (&second, 1), (&second, 4)] {
            store.keep_attachment("a", &content).unwrap();
            let mut bytes = std::fs::read(damaged).unwrap();
            bytes[42] ^= bit;
            std::fs::write(damaged, bytes).unwrap();
            assert_eq!(store.attachment("a").unwrap(), Some(content.clone()), "{bit}");
        }
        store.keep_attachment("a", &content).unwrap();
        std::fs::remove_file(&first).unwrap();
        std::fs::create_dir(&first).unwrap();
        assert_eq!(store.attachment("a").unwrap(), Some(content));
        std::fs::remove_file(&second).unwrap();
        assert!(matches!(store.attachment("a"), Err(StoreError::File(_))));
    }
}
