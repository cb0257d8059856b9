//! What a run takes of the pull into its report.
//!
//! Rule: a page's remarks are told once; a page of this team's work that is not to be had ends the run under its own name.
//! Neighbours: `pull` makes the pages, `answers` tells of each answer.

use super::engine::Engine;
use super::pull::heard::PageRead;
use super::pull::run::Pull;
use crate::base::clock::Instant;
use crate::http::Answer;
use crate::store::{Store, StoreError};

impl Engine {
    pub(super) fn heard_page(&mut self, store: &mut Store, answer: &Answer, now: Instant) -> Result<(), StoreError> {
        let Some(pull) = &mut self.pull else { return Ok(()) };
        match pull.hear(store, answer, now)? {
            Ok(page) => {
                self.takes(page);
                self.count_failures(store, answer.date.unwrap_or(now))
            }
            Err(stop) => {
                self.stop(stop);
                Ok(())
            }
        }
    }

    /// Takes into the report what a page brought; a remark that was made already is not made again.
    pub(super) fn takes(&mut self, page: PageRead) {
        self.report.received += u32::try_from(page.changed.len()).unwrap_or(u32::MAX);
        self.report.changed.extend(page.changed);
        self.report.unreadable += u32::try_from(page.unreadable).unwrap_or(u32::MAX);
        for remark in page.remarks {
            if !self.report.remarks.contains(&remark) {
                self.report.remarks.push(remark);
            }
        }
    }

    /// The page that was awaited is at no address of this server's. Whether a page was awaited.
    pub(super) fn page_leads_elsewhere(&mut self) -> bool {
        match self.pull.as_mut().and_then(Pull::page_leads_elsewhere) {
            Some(Ok(page)) => self.takes(page),
            Some(Err(stop)) => self.stop(stop),
            None => return false,
        }
        true
    }
}
