//! The calls for help: kept before anybody is told, and what came of each.
//!
//! Rule: every change of one is a frame of the chain; "sent" is a version of the server's. Neighbours: `file` opens, `standing`
//! says what the frames come to, `sync::escalations` sends.

use std::collections::BTreeSet;
use std::time::Duration;

use super::file::Escalations;
use super::frame::{Frame, Said};
use super::row::EscalationRow;
use crate::base::clock::Moment;
use crate::base::ids::AssignmentId;
use crate::fhir::Document;
use crate::safety::{Ending, Prepared};
use crate::store::database::Changes;
use crate::store::error::StoreError;

impl Escalations {
    /// Keeps a new escalation, made at this moment. On return it is on disk, in as many copies as it says.
    ///
    /// # Errors
    /// [`StoreError`]; the caller must say that it may not be kept.
    pub fn keep(&mut self, task: &Document, at: Option<&Moment>) -> Result<u32, StoreError> {
        self.append(&Said::Made { task: task.to_text(), at: at.cloned() })
    }

    /// What the server has not got, oldest first.
    pub fn unsent(&self) -> Vec<EscalationRow> {
        self.standing().rows.into_iter().filter(|row| row.version.is_none()).collect()
    }

    /// Everything, oldest first, whichever process made it.
    pub fn all(&self) -> Vec<EscalationRow> {
        self.standing().rows
    }

    /// One escalation.
    pub fn get(&self, id: &str) -> Option<EscalationRow> {
        self.standing().rows.into_iter().find(|row| row.task.id() == id)
    }

    fn required(&self, id: &str) -> Result<EscalationRow, StoreError> {
        self.get(id).ok_or(StoreError::Missing { kind: "escalation" })
    }

    /// Sent, no answer yet.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn mark_unknown(&mut self, id: &str) -> Result<(), StoreError> {
        if self.required(id)?.unknown {
            return Ok(());
        }
        self.append(&Said::Unknown { id: id.to_owned() }).map(drop)
    }

    /// It did not leave, or the server has not got it: it may be sent again as it is.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn mark_unsent(&mut self, id: &str) -> Result<(), StoreError> {
        if !self.required(id)?.unknown {
            return Ok(());
        }
        self.append(&Said::Unsent { id: id.to_owned() }).map(drop)
    }

    /// The server refused it. It is sent again all the same.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn refused(&mut self, id: &str, status: u16) -> Result<(), StoreError> {
        if self.required(id)?.refused == Some(status) {
            return Ok(());
        }
        self.append(&Said::Refused { id: id.to_owned(), status }).map(drop)
    }

    /// The server has it under this version.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn arrived(&mut self, id: &str, version: &str) -> Result<(), StoreError> {
        self.required(id)?;
        self.append(&Said::Arrived { id: id.to_owned(), version: version.to_owned() }).map(drop)
    }

    /// What the server says of it now (an acknowledgement, a cancellation). Only for one that the server had.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn heard(&mut self, task: &Document) -> Result<Changes, StoreError> {
        let known = self.get(task.id()).filter(|row| row.version.is_some() || row.unknown);
        let news = |row: EscalationRow| task.version().is_some() && row.version.as_deref() != task.version();
        if !known.is_some_and(news) {
            return Ok(Changes::default());
        }
        self.append(&Said::Heard { task: task.to_text() })?;
        Ok(Changes(vec![task.reference()]))
    }

    /// Somebody cancels it. On return that is on disk; the server hears of it with the next run.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn cancel(&mut self, id: &str, ending: &Ending) -> Result<(), StoreError> {
        self.required(id)?;
        self.append(&Said::Cancelled { id: id.to_owned(), who: ending.who.clone(), at: ending.at.to_string() }).map(drop)
    }

    /// Keeps what a call would need, where it is news.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn prepare(&mut self, prepared: &Prepared) -> Result<(), StoreError> {
        if self.standing().prepared.contains(prepared) {
            return Ok(());
        }
        self.append(&Said::Prepared(prepared.into())).map(drop)
    }

    /// What a call from this assignment needs; where none is named, from the one that was prepared last.
    pub fn prepared(&self, assignment: Option<&AssignmentId>) -> Option<Prepared> {
        self.standing().prepared_for(assignment).cloned()
    }

    /// Keeps how long an answer is waited for, where it is news.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn set_patience(&mut self, patience: Duration) -> Result<(), StoreError> {
        let seconds = patience.as_secs();
        if self.standing().patience_s == Some(seconds) {
            return Ok(());
        }
        self.append(&Said::Patience { seconds }).map(drop)
    }

    /// How long an answer is waited for, as the agency said last; `None`: it never said.
    pub fn patience(&self) -> Option<Duration> {
        self.standing().patience_s.map(Duration::from_secs)
    }

    /// The heads of the chains: `number:hash` of every file that holds a frame. `None` before the first.
    pub fn heads(&self) -> Option<String> {
        let head = |(number, frames): &(u32, Vec<Frame>)| Some(format!("{number}:{}", frames.last()?.hash));
        let heads: Vec<String> = self.frames().iter().filter_map(head).collect();
        (!heads.is_empty()).then(|| heads.join(" "))
    }

    /// The numbers of the files that lack what they held when these heads were noted: lost, cut short or put back. Heads of an
    /// earlier release name no file and say nothing of these.
    pub fn lost_since(&self, noted: &str) -> Vec<u32> {
        let frames = self.frames();
        let there = |number: u32, hash: &str| frames.iter().any(|(of, all)| *of == number && all.iter().any(|frame| frame.hash == hash));
        let named =
            noted.split(' ').filter_map(|head| head.split_once(':')).filter_map(|(number, hash)| Some((number.parse().ok()?, hash)));
        let lost: BTreeSet<u32> = named.filter(|(number, hash)| !there(*number, hash)).map(|(number, _)| number).collect();
        lost.into_iter().collect()
    }

    /// The first frame that does not follow from the one before it: its file and its place there.
    pub fn first_break(&self) -> Option<(u32, u64)> {
        self.frames().into_iter().find_map(|(number, frames)| {
            let mut last: Option<Frame> = None;
            for frame in frames {
                if !frame.follows(last.as_ref()) {
                    return Some((number, frame.seq));
                }
                last = Some(frame);
            }
            None
        })
    }
}
