//! Where an item is: what is meant for it, how far its sending has come, and the four words that a screen says.
//!
//! Rule: values only. "At the agency" is said with the server's version id and nothing less (P12). Neighbours: `store`
//! keeps the rows, `sync` moves them, `views` shows them; `acts` say what is meant.

use crate::base::clock::Instant;
use crate::fhir::Document;
use crate::note::Draft;
use crate::records::RecordsError;

crate::codes! {
    /// What is meant for one document.
    Act {
        /// A new document. Sent as a plain PUT; an immutable one may be sent again, any other only after a look.
        Create = "create",
        /// A change of a document from the version it was read in. Sent with If-Match.
        Change = "change",
        /// Taking an open offer: one PUT with If-Match, then looked at twice.
        Claim = "claim",
    }
    /// Where an intent stands.
    IntentState {
        /// Not sent.
        Waiting = "waiting",
        /// Sent; no answer yet. Read back before anything else.
        Unknown = "unknown",
        /// A claim that the server took, until the second look shows us as owner.
        Asked = "asked",
        /// Needs a person.
        Parked = "parked",
    }
    /// Why an item is parked.
    ParkReason {
        /// The server said that it is not well-formed (400, 422).
        Refused = "refused",
        /// We may not (403).
        NotAllowed = "not-allowed",
        /// It is gone, or was never there (404, 410).
        Gone = "gone",
        /// Too large (413).
        TooLarge = "too-large",
        /// Somebody else changed the same thing, and no rule joins the two.
        ChangedElsewhere = "changed-elsewhere",
        /// Another team has it.
        TakenByOther = "taken-by-other",
        /// The server failed at it for hours, while it served others.
        ServerFails = "server-fails",
        /// Our own text cannot be sent as it stands.
        Unreadable = "unreadable",
        /// The basis on which it would go has ended or was withdrawn.
        BasisEnded = "basis-ended",
        /// Nobody can say on what basis it would go.
        BasisUnclear = "basis-unclear",
    }
    /// What a search met at the server; the rest of the sync went on.
    SearchRemark {
        /// It returned what was not asked for, which was left out.
        FilterIgnored = "filter-ignored",
        /// The server refuses it (4xx).
        Refused = "refused",
        /// The server fails at it (5xx).
        Failed = "failed",
        /// Its next page was not to be had, or there were more pages than are read.
        PagesNotFollowed = "pages-not-followed",
        /// Its next page named another address, and was asked for at the server's own.
        LinkRewritten = "link-rewritten",
    }
    /// Why a sync could not show this team its work.
    WorkTrouble {
        /// The server refuses the search for this team's Tasks or for open offers.
        Refused = "refused",
        /// The next page is at another address, and not at the server's own.
        PagesElsewhere = "pages-elsewhere",
    }
    /// Why a member's database is wiped from a phone. A code, so that no words about a person stay on it.
    WipeReason {
        /// The member no longer works for the agency.
        LeftAgency = "left-agency",
        /// The phone goes to somebody else, or back.
        PhoneHandedOn = "phone-handed-on",
        /// The phone may be in other hands.
        PhoneAtRisk = "phone-at-risk",
        /// The agency has ordered it.
        Ordered = "ordered",
    }
}

/// The four words of truth per item, and "asked for" for a claim; the order is from the safest to what a person must see.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Truth {
    /// The server's version id is stored here.
    AtTheAgency,
    /// Stored here, not sent.
    OnThisPhone,
    /// Sent, no answer yet.
    Sending,
    /// A claim whose second look has not come.
    AskedFor,
    /// A person must look.
    NeedsYou(ParkReason),
}

impl Truth {
    /// The truth of an item whose intent stands like this.
    pub fn of(state: IntentState, reason: Option<ParkReason>) -> Self {
        match state {
            IntentState::Parked => Self::NeedsYou(reason.unwrap_or(ParkReason::Refused)),
            IntentState::Unknown => Self::Sending,
            IntentState::Asked => Self::AskedFor,
            IntentState::Waiting => Self::OnThisPhone,
        }
    }
}

/// One outbox row: what is meant, not what is sent.
#[derive(Debug, Clone, PartialEq)]
pub struct Intent {
    /// Its place in the outbox.
    pub seq: i64,
    /// The act it is part of.
    pub unit: String,
    /// The visit it belongs to.
    pub lane: String,
    /// What is meant.
    pub act: Act,
    /// The document's type.
    pub kind: String,
    /// The document's id.
    pub id: String,
    /// Where it stands.
    pub state: IntentState,
    /// Not before this time.
    pub not_before: Option<Instant>,
}

impl Intent {
    /// `Type/id` of its document.
    pub fn reference(&self) -> String {
        format!("{}/{}", self.kind, self.id)
    }
}

/// A parked item, as the person sees it.
#[derive(Debug, Clone, PartialEq)]
pub struct Parked {
    /// The intent.
    pub intent: Intent,
    /// Why.
    pub reason: ParkReason,
    /// What the server said, in its own words.
    pub detail: Option<String>,
}

/// A document with what the phone knows of its place at the agency.
#[derive(Debug, Clone, PartialEq)]
pub struct Stored {
    /// What this phone shows.
    pub document: Document,
    /// The server version our unsent changes started from.
    pub base: Option<Document>,
    /// A newer server version that came in while ours is unsent.
    pub theirs: Option<Document>,
    /// The server's version id; `None`: not at the agency.
    pub version: Option<String>,
}

impl Stored {
    /// The version that our changes started from; an empty document where there was none.
    pub fn base_or_empty(&self) -> Document {
        self.base.clone().unwrap_or_else(|| Document::new(self.document.kind(), self.document.id()))
    }
}

/// Two versions of one document that no rule joins.
#[derive(Debug, Clone, PartialEq)]
pub struct Conflict {
    /// The item that waits.
    pub parked: Parked,
    /// Ours, with what it started from.
    pub stored: Stored,
    /// Theirs.
    pub theirs: Document,
}

/// The conflict of this number; `None` where the item is none.
///
/// # Errors
/// [`RecordsError`].
pub fn conflict<O: Outbox + ?Sized>(outbox: &O, item: i64) -> Result<Option<Conflict>, RecordsError> {
    let waits = |parked: &Parked| parked.intent.seq == item && parked.reason == ParkReason::ChangedElsewhere;
    let Some(parked) = outbox.parked()?.into_iter().find(waits) else { return Ok(None) };
    let Some(stored) = outbox.stored(&parked.intent.kind, &parked.intent.id)? else { return Ok(None) };
    Ok(stored.theirs.clone().map(|theirs| Conflict { parked, stored, theirs }))
}

/// What a phone tells of its own unsent work. A gateway has none: what it writes is at the agency or was not written.
pub trait Outbox {
    /// Where one document is.
    ///
    /// # Errors
    /// [`RecordsError`].
    fn truth_of(&self, kind: &str, id: &str) -> Result<Truth, RecordsError>;
    /// Where a whole visit is: the truth of its least safe item.
    ///
    /// # Errors
    /// [`RecordsError`].
    fn truth_of_visit(&self, assignment: &str) -> Result<Truth, RecordsError>;
    /// Everything unsent, oldest first.
    ///
    /// # Errors
    /// [`RecordsError`].
    fn unsent(&self) -> Result<Vec<Intent>, RecordsError>;
    /// What needs a person, oldest first.
    ///
    /// # Errors
    /// [`RecordsError`].
    fn parked(&self) -> Result<Vec<Parked>, RecordsError>;
    /// The body of an intent as it last left; `None` where it never did.
    ///
    /// # Errors
    /// [`RecordsError`].
    fn sent(&self, seq: i64) -> Result<Option<Document>, RecordsError>;
    /// A document with the versions that stand beside it.
    ///
    /// # Errors
    /// [`RecordsError`].
    fn stored(&self, kind: &str, id: &str) -> Result<Option<Stored>, RecordsError>;
    /// Every draft here, the last changed first.
    ///
    /// # Errors
    /// [`RecordsError`].
    fn drafts(&self) -> Result<Vec<Draft>, RecordsError>;
}
