//! The files of calls: opened, with room for what they are for.
//!
//! Rule: a process appends to a file that it alone holds, made with room ahead so that a full disk does not stop a call for
//! help; the others are read. A file that does not read with this key is left as it is and named, and never stands in the way of
//! the next call. Neighbours: `pair` is one file and its copy, `calls` writes and asks, `carry_over` brings in an earlier
//! release's.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::carry_over;
use super::frame::{Frame, Said};
use super::pair::{Appended, Pair, names, numbers, read};
use super::standing::Standing;
use crate::store::disk::{Disk, RealDisk};
use crate::store::error::StoreError;
use crate::store::key::Key;
use crate::store::wipe;

/// The open files.
pub struct Escalations {
    disk: Arc<dyn Disk>,
    base: PathBuf,
    key: Key,
    own: Option<Pair>,
    order: u64,
    opening: CallsOpening,
}

impl std::fmt::Debug for Escalations {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Escalations").finish_non_exhaustive()
    }
}

/// What an opening of the calls found and did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CallsOpening {
    /// Calls that were brought over from a damaged file of an earlier release.
    pub salvaged: u32,
    /// The names of an earlier release's files whose calls go on here; nothing in them was changed.
    pub moved_aside: Vec<String>,
    /// The numbers of files that do not read with this key: left as they are.
    pub unread: Vec<u32>,
}

impl Escalations {
    /// Opens the calls beside the work database at `base`; whether that is there, open, locked or damaged changes nothing. A
    /// file that cannot be read or made is no error: [`Escalations::can_keep`] tells whether the next call is kept.
    pub fn open(base: &Path, key: &Key) -> Self {
        Self::open_on(&RealDisk::shared(), base, key)
    }

    /// As [`Escalations::open`], on this disk.
    pub fn open_on(disk: &Arc<dyn Disk>, base: &Path, key: &Key) -> Self {
        let mut opened =
            Self { disk: disk.clone(), base: base.to_owned(), key: key.clone(), own: None, order: 0, opening: CallsOpening::default() };
        let fresh = opened.take_a_file();
        opened.order = opened.standing().order;
        // Where the disk does not let it, the next opening tries again.
        drop(opened.carry_over(fresh));
        opened.make_the_next_ready();
        opened
    }

    /// Takes a file that no other process holds, with room; makes one where there is none. Whether there was none of any kind.
    fn take_a_file(&mut self) -> bool {
        let there = numbers(self.disk.as_ref(), &self.base).unwrap_or_default();
        // What a wipe is about to take along is no place for the next call.
        let going = wipe::going(self.disk.as_ref(), &self.base);
        let goes = |number: &u32| names(&self.base, *number).iter().any(|name| going.iter().any(|gone| name.ends_with(gone)));
        for number in there.iter().filter(|number| !goes(number)) {
            match Pair::resume(self.disk.as_ref(), &self.base, *number, &self.key) {
                Ok(Some(pair)) if !pair.is_mostly_used() || there.last() == Some(number) => {
                    self.own = Some(pair);
                    break;
                }
                Ok(_) => {}
                Err(_) => self.opening.unread.push(*number),
            }
        }
        if self.own.is_none() {
            self.own = self.make_one(&there);
        }
        there.is_empty()
    }

    fn make_one(&self, there: &[u32]) -> Option<Pair> {
        let next = there.last().map_or(1, |last| last.saturating_add(1));
        (next..next.saturating_add(4)).find_map(|number| Pair::make(self.disk.as_ref(), &self.base, number, &self.key).ok().flatten())
    }

    /// A file that is half used is followed by a new one while there may be room on the disk.
    fn make_the_next_ready(&mut self) {
        if self.own.as_ref().is_some_and(Pair::is_mostly_used) {
            let there = numbers(self.disk.as_ref(), &self.base).unwrap_or_default();
            if there.last() == self.own.as_ref().map(|own| &own.number) {
                drop(self.make_one(&there));
            }
        }
    }

    fn carry_over(&mut self, fresh: bool) -> Result<(), StoreError> {
        let Some(found) = carry_over::carried(self.disk.as_ref(), &self.base, &self.key, fresh)? else { return Ok(()) };
        for (id, call) in &found.calls {
            if self.get(id).is_none() {
                self.append(call)?;
                self.opening.salvaged += u32::from(found.damaged);
            }
        }
        self.opening.moved_aside = carry_over::put_aside(self.disk.as_ref(), &self.base)?;
        Ok(())
    }

    /// Keeps a frame. On return it is on disk, in as many copies as it says.
    ///
    /// # Errors
    /// [`StoreError`]; it may be there after the next opening.
    pub(super) fn append(&mut self, said: &Said) -> Result<u32, StoreError> {
        let order = self.order + 1;
        for _ in 0..2 {
            if let Some(own) = &mut self.own {
                own.mend(self.disk.as_ref(), &self.base, &self.key);
                if let Appended::Kept(copies) = own.append(order, said)? {
                    self.order = order;
                    return Ok(copies);
                }
            }
            self.take_another();
        }
        Err(StoreError::Full)
    }

    /// Lets go of a file that is full or was never there, for the next one.
    fn take_another(&mut self) {
        let there = numbers(self.disk.as_ref(), &self.base).unwrap_or_default();
        let before = self.own.as_ref().map_or(0, |own| own.number);
        let later = there.iter().filter(|number| **number > before);
        let next = later.filter_map(|number| Pair::resume(self.disk.as_ref(), &self.base, *number, &self.key).ok().flatten()).next();
        if let Some(next) = next.or_else(|| self.make_one(&there)) {
            self.own = Some(next);
        }
    }

    /// The frames of every file that reads, each with the number of its file.
    pub(super) fn frames(&self) -> Vec<(u32, Vec<Frame>)> {
        let own = self.own.as_ref().map(|own| (own.number, own.frames.clone()));
        let others = numbers(self.disk.as_ref(), &self.base).unwrap_or_default();
        let others = others.into_iter().filter(|number| own.as_ref().is_none_or(|(own, _)| own != number));
        let others = others.filter_map(|number| Some((number, read(self.disk.as_ref(), &self.base, number, &self.key).ok()?)));
        let mut all: Vec<(u32, Vec<Frame>)> = others.collect();
        all.extend(own);
        all.sort_by_key(|(number, _)| *number);
        all
    }

    pub(super) fn standing(&self) -> Standing {
        let frames = self.frames();
        Standing::of(frames.into_iter().flat_map(|(number, frames)| frames.into_iter().map(move |frame| (number, frame))).collect())
    }

    /// Lets go of the file that this process holds; the next frame takes one again.
    pub fn let_go(&mut self) {
        self.own = None;
    }

    /// Whether there is a file that the next call goes into, and in how many copies.
    pub fn can_keep(&self) -> usize {
        self.own.as_ref().map_or(0, Pair::copies)
    }

    /// Whether calls are kept beside the work database at `base`, of this release or an earlier one; told without a key.
    ///
    /// # Errors
    /// [`StoreError::File`].
    pub fn are_there(disk: &dyn Disk, base: &Path) -> Result<bool, StoreError> {
        Ok(!numbers(disk, base)?.is_empty() || disk.length(&carry_over::earlier(base))?.is_some())
    }

    /// What this opening found and did.
    pub fn opening(&self) -> &CallsOpening {
        &self.opening
    }
}
