//! One file of calls and its copy.
//!
//! Rule: a frame is kept once either of both has it on disk, and read if it reads in either. A copy that fails is let go and made
//! anew from the other. A file belongs to the process that holds its lock, which ends with the process. Neighbours: `sealed` is
//! the form of the file, `frame` what stands in it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::frame::{Frame, Said};
use crate::store::aside::aside;
use crate::store::disk::{Disk, Held};
use crate::store::error::StoreError;
use crate::store::key::Key;
use crate::store::sealed::{self, Contents, Sealed, Sort};

const SORT: Sort = Sort { magic: b"ANYESC01", purpose: b"anydoor escalations 1" };
/// A file's length in bytes: some twenty calls with all that comes of them.
const LENGTH: usize = 128 * 1024;
/// From here on the next file is made ready, in bytes.
const MOSTLY_USED: usize = LENGTH / 2;

/// The name of a file of calls, and of its copy; `base` is the name of the work database.
pub(super) fn names(base: &Path, number: u32) -> [PathBuf; 2] {
    [base.with_extension(format!("calls-{number}")), base.with_extension(format!("calls-{number}-copy"))]
}

/// The numbers of the files of calls that are there, lowest first.
pub(super) fn numbers(disk: &dyn Disk, base: &Path) -> Result<Vec<u32>, StoreError> {
    let Some(stem) = base.file_stem().map(|stem| format!("{}.calls-", stem.to_string_lossy())) else { return Ok(Vec::new()) };
    let number = |path: &PathBuf| path.file_name()?.to_str()?.strip_prefix(&stem)?.trim_end_matches("-copy").parse().ok();
    let mut numbers: Vec<u32> = disk.list(base.parent().unwrap_or(Path::new(".")))?.iter().filter_map(number).collect();
    numbers.sort_unstable();
    numbers.dedup();
    Ok(numbers)
}

/// The frames of a file, whichever copy they read in. `Err` where neither reads.
pub(super) fn read(disk: &dyn Disk, base: &Path, number: u32, key: &Key) -> Result<Vec<Frame>, StoreError> {
    let [first, second] = names(base, number).map(|path| sealed::read(disk, &path, SORT, key).and_then(|found| found.ok_or(NONE)));
    merged([first.as_ref().ok(), second.as_ref().ok()]).ok_or_else(|| first.err().or(second.err()).unwrap_or(NONE))
}

const NONE: StoreError = StoreError::Missing { kind: "file of calls" };

fn frames(contents: &Contents) -> impl Iterator<Item = Frame> + '_ {
    contents.frames.iter().filter_map(|(text, _)| serde_json::from_slice(text).ok())
}

fn merged(copies: [Option<&Contents>; 2]) -> Option<Vec<Frame>> {
    if copies.iter().all(Option::is_none) {
        return None;
    }
    let mut by_seq: BTreeMap<u64, Frame> = BTreeMap::new();
    for frame in copies.into_iter().flatten().flat_map(frames) {
        by_seq.entry(frame.seq).or_insert(frame);
    }
    Some(by_seq.into_values().collect())
}

/// The file that this process appends to.
pub(super) struct Pair {
    pub number: u32,
    copies: [Option<Sealed>; 2],
    pub frames: Vec<Frame>,
    _held: Held,
}

/// What became of a frame.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Appended {
    /// It is on disk, in so many copies.
    Kept(u32),
    /// The file has no room for it: nothing was written.
    NoRoom,
}

impl Pair {
    /// Makes a file that is not there yet; `None` where another process is about to. On return both copies are on disk, or one.
    ///
    /// # Errors
    /// [`StoreError`] where neither can be made.
    pub fn make(disk: &dyn Disk, base: &Path, number: u32, key: &Key) -> Result<Option<Self>, StoreError> {
        let Some(held) = Self::hold(disk, base, number)? else { return Ok(None) };
        let mut made = Self { number, copies: [None, None], frames: Vec::new(), _held: held };
        let mut failed = None;
        for (copy, path) in made.copies.iter_mut().zip(names(base, number)) {
            match whole(disk, &path, key, &[]) {
                Ok(sealed) => *copy = Some(sealed),
                Err(error) => failed = Some(error),
            }
        }
        match failed {
            Some(error) if made.copies.iter().all(Option::is_none) => Err(error),
            _ => Ok(Some(made)),
        }
    }

    /// Goes on with a file that is there; `None` where another process holds it. A copy that is missing, behind or damaged is
    /// brought up to the other where the disk lets it.
    ///
    /// # Errors
    /// [`StoreError`] where neither copy reads.
    pub fn resume(disk: &dyn Disk, base: &Path, number: u32, key: &Key) -> Result<Option<Self>, StoreError> {
        let Some(held) = Self::hold(disk, base, number)? else { return Ok(None) };
        let paths = names(base, number);
        let [first, second] = paths.each_ref().map(|path| Sealed::resume(disk, path, SORT, key));
        let found = [&first, &second].map(|copy| copy.as_ref().ok().map(|(_, contents)| contents));
        let Some(frames) = merged(found) else { return Err(first.err().or(second.err()).unwrap_or(NONE)) };
        let [first, second] = [first, second].map(Result::ok);
        let [first_path, second_path] = paths;
        let copies = [(first, first_path), (second, second_path)].map(|(copy, path)| match copy {
            Some((sealed, contents)) => brought_up(sealed, &contents, &frames),
            // Nothing of it reads: it is kept as it is, under another name.
            None => aside(disk, &path).and_then(|_| whole(disk, &path, key, &frames)).ok(),
        });
        Ok(Some(Self { number, copies, frames, _held: held }))
    }

    fn hold(disk: &dyn Disk, base: &Path, number: u32) -> Result<Option<Held>, StoreError> {
        Ok(disk.hold(&base.with_extension(format!("calls-{number}-lock")))?)
    }

    /// Appends a frame to both copies. On return it is on disk in as many as it says.
    ///
    /// # Errors
    /// [`StoreError`] where it is in neither for certain; it may be there after the next opening.
    pub fn append(&mut self, order: u64, said: &Said) -> Result<Appended, StoreError> {
        let frame = Frame::after(self.frames.last(), order, said).ok_or(StoreError::Cipher)?;
        let text = serde_json::to_vec(&frame).map_err(|_| StoreError::Cipher)?;
        if self.copies.iter().flatten().any(|copy| !copy.has_room_for(text.len())) {
            return Ok(Appended::NoRoom);
        }
        let (mut kept, mut failed) = (0, StoreError::Full);
        for copy in &mut self.copies {
            let Some(sealed) = copy else { continue };
            match sealed.append(&text, 1).and_then(|()| sealed.sync()) {
                Ok(()) => kept += 1,
                Err(error) => (*copy, failed) = (None, error),
            }
        }
        if kept == 0 {
            return Err(failed);
        }
        self.frames.push(frame);
        Ok(Appended::Kept(kept))
    }

    /// Makes a copy anew that was let go, from what the other holds.
    pub fn mend(&mut self, disk: &dyn Disk, base: &Path, key: &Key) {
        for (copy, path) in self.copies.iter_mut().zip(names(base, self.number)) {
            if copy.is_none() {
                // Where it fails there is one copy, which the caller is told.
                *copy = whole(disk, &path, key, &self.frames).ok();
            }
        }
    }

    /// Whether the next file is to be made ready.
    pub fn is_mostly_used(&self) -> bool {
        self.copies.iter().flatten().any(|copy| copy.used() > MOSTLY_USED)
    }

    /// How many copies there are.
    pub fn copies(&self) -> usize {
        self.copies.iter().flatten().count()
    }
}

/// A new copy that holds these frames; on disk when it returns.
fn whole(disk: &dyn Disk, path: &Path, key: &Key, frames: &[Frame]) -> Result<Sealed, StoreError> {
    let mut sealed = Sealed::make(disk, path, SORT, key, LENGTH)?;
    append_all(&mut sealed, frames.iter())?;
    Ok(sealed)
}

/// Appends to a copy what it lacks; `None` where that fails.
fn brought_up(mut sealed: Sealed, contents: &Contents, all: &[Frame]) -> Option<Sealed> {
    let there: Vec<u64> = frames(contents).map(|frame| frame.seq).collect();
    let mut missing = all.iter().filter(|frame| !there.contains(&frame.seq)).peekable();
    if missing.peek().is_some() {
        append_all(&mut sealed, missing).ok()?;
    }
    Some(sealed)
}

fn append_all<'a>(sealed: &mut Sealed, frames: impl Iterator<Item = &'a Frame>) -> Result<(), StoreError> {
    for frame in frames {
        sealed.append(&serde_json::to_vec(frame).map_err(|_| StoreError::Cipher)?, 1)?;
    }
    sealed.sync()
}
