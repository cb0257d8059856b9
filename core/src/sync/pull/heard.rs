//! What a pull makes of an answer, as a value.
//!
//! Rule: values only. Neighbours: `page` and `run` make it, the engine takes it into its report.

use crate::delivery::SearchRemark;
use crate::sync::run::{Remark, StopReason};

/// What one page brought.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PageRead {
    /// `Type/id` of what changed here.
    pub changed: Vec<String>,
    /// What the search met.
    pub remarks: Vec<Remark>,
    /// Records that could not be read and were left out; the rest of the page was taken.
    pub unreadable: usize,
}

/// What became of an answer: what it brought, or why the run ends with it.
pub type Heard = Result<PageRead, StopReason>;

impl PageRead {
    pub(super) fn remark(search: &str, what: SearchRemark, status: u16) -> Self {
        Self { remarks: vec![Remark { search: search.to_owned(), what, status: Some(status).filter(|s| *s > 0) }], ..Self::default() }
    }
}
