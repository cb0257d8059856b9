//! One search: how it asks, what it wants, and how far it has read.
//!
//! Rule: it reads again from some minutes before its watermark, and what was never read is read whole. Neighbours: `scope` says
//! what is searched, `run` asks.

use std::collections::BTreeSet;

use crate::base::clock::Instant;
use crate::base::ids::TeamId;
use crate::fhir::{Document, OURS, Revision, assignment, escalation, team};
use crate::store::{Store, StoreError};

/// Ids per search: URLs stay under 4 KB.
const IDS: usize = 40;
/// How far a watermark is read again, in seconds: a slow transaction can commit behind a later one.
const OVERLAP_S: i64 = 300;
/// How far in a full run, in seconds: what was slower than the overlap is found by the next of them.
const FULL_OVERLAP_S: i64 = 3_600;

/// How a search names what it wants, so that its answers can be checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Wanted {
    /// These ids.
    Ids(BTreeSet<String>),
    /// Documents that refer to one of these.
    Referring(BTreeSet<String>),
    /// Escalations of this team that are part of one of these assignments.
    EscalationsOf(TeamId, BTreeSet<String>),
    /// Open offers.
    OpenOffers,
    /// What the agency has of the type: nothing that another agency wrote, of places those that belong to somebody and are no
    /// position of another agency's team, of Libraries only ours.
    OfAgency(String),
}

impl Wanted {
    fn holds(&self, document: &Document) -> bool {
        match self {
            Self::Ids(ids) => ids.contains(document.id()),
            Self::Referring(targets) => document.references().iter().any(|(_, target)| targets.contains(target)),
            Self::EscalationsOf(team, of) => {
                escalation::is_of_team(document, team) && document.references().iter().any(|(_, target)| of.contains(target))
            }
            Self::OpenOffers => assignment::is_open_offer(document),
            Self::OfAgency(agency) => is_of_agency(document, agency),
        }
    }
}

fn is_of_agency(document: &Document, agency: &str) -> bool {
    let ours = |other: Option<&str>| other.is_none_or(|other| other == agency);
    let fits = match document.kind() {
        "Location" => document.target("/managingOrganization").is_some() && ours(team::agency_of_position(document)),
        "Library" => document.text("/url").is_some_and(|url| url.starts_with(OURS)),
        _ => true,
    };
    fits && ours(Revision::agency_of(document))
}

/// One search with its pages.
#[derive(Debug, Clone)]
pub(super) struct Search {
    /// What it is called in a report: `Task by owner`.
    pub called: String,
    /// Whether this team's work hangs on it: its own Tasks, and open offers.
    pub is_the_teams_work: bool,
    /// The type.
    pub kind: &'static str,
    /// What it asks for.
    pub query: String,
    /// What it wants.
    pub wanted: Wanted,
    /// The names under which its watermark is kept.
    pub marks: Vec<String>,
    /// Only the ids count: what is not among them has left scope.
    pub census: bool,
}

impl Search {
    /// A search of a type by a parameter that names these.
    pub fn by(kind: &'static str, by: &'static str, references: BTreeSet<String>) -> Self {
        let called = format!("{kind} by {by}");
        let marks = references.iter().map(|reference| mark(kind, by, reference)).collect();
        if by == "_id" {
            let ids: BTreeSet<String> = references.iter().filter_map(|r| r.split_once('/')).map(|(_, id)| id.to_owned()).collect();
            let list: Vec<&str> = ids.iter().map(String::as_str).collect();
            let query = format!("_id={}", list.join(","));
            return Self { called, is_the_teams_work: false, kind, query, wanted: Wanted::Ids(ids), marks, census: false };
        }
        let list: Vec<&str> = references.iter().map(String::as_str).collect();
        let query = format!("{by}={}", list.join(","));
        Self { called, is_the_teams_work: false, kind, query, wanted: Wanted::Referring(references), marks, census: false }
    }

    /// Whether this is what it asked for.
    pub fn holds(&self, document: &Document) -> bool {
        document.kind() == self.kind && self.wanted.holds(document)
    }

    /// The path of its first page, from where it has read up to.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn path(&self, store: &Store, full: bool, count: u32) -> Result<String, StoreError> {
        let since = self.since(store, if full { FULL_OVERLAP_S } else { OVERLAP_S })?;
        Ok(self.path_since(since, count))
    }

    /// The path of its first page from a time on; `None`: of all there is.
    pub fn path_since(&self, since: Option<Instant>, count: u32) -> String {
        let since = since.map(|at| format!("&_lastUpdated=ge{at}")).unwrap_or_default();
        format!("{}?{}{since}&_sort=_lastUpdated&_count={count}", self.kind, self.query)
    }

    /// The earliest watermark of what it covers, less the overlap; `None` where a part was never read.
    fn since(&self, store: &Store, overlap_s: i64) -> Result<Option<Instant>, StoreError> {
        if self.census {
            return Ok(None);
        }
        let mut earliest: Option<Instant> = None;
        for mark in &self.marks {
            match store.watermark(mark)? {
                Some(at) => earliest = Some(earliest.map_or(at, |e| e.min(at))),
                None => return Ok(None),
            }
        }
        Ok(earliest.and_then(|at| at.checked_sub(jiff::SignedDuration::from_secs(overlap_s)).ok()))
    }
}

/// Searches for `references`, those never read before apart from those read up to a watermark.
///
/// # Errors
/// [`StoreError`].
pub(super) fn chunked(
    store: &Store,
    kind: &'static str,
    by: &'static str,
    references: &BTreeSet<String>,
) -> Result<Vec<Search>, StoreError> {
    let (mut fresh, mut known) = (Vec::new(), Vec::new());
    for reference in references {
        let read = store.watermark(&mark(kind, by, reference))?.is_some();
        if read { known.push(reference.clone()) } else { fresh.push(reference.clone()) }
    }
    let chunks = fresh.chunks(IDS).chain(known.chunks(IDS));
    Ok(chunks.map(|chunk| Search::by(kind, by, chunk.iter().cloned().collect())).collect())
}

fn mark(kind: &str, by: &str, reference: &str) -> String {
    format!("{kind}?{by}={reference}")
}
