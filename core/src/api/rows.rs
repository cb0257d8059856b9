//! Slim rows for screens. Codes travel as text; words for them come from [`crate::words`].

use crate::base::Code;
use crate::delivery::Truth;
use crate::views::queue::QueueRow;

/// What the phone is opened for.
#[derive(Debug, Clone, uniffi::Record)]
pub struct Config {
    /// The folder for the databases; must exist.
    pub folder: String,
    /// The FHIR server's base address.
    pub server: String,
    /// The agency's Organization id.
    pub agency: String,
    /// The member's Practitioner id.
    pub member: String,
    /// Whether the member leads.
    pub lead: bool,
    /// The team's CareTeam id.
    pub team: String,
}

/// What stands in the key file.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct KeptKey {
    /// Names the work key.
    pub key_id: String,
    /// The work key as the phone's key store wrapped it.
    pub wrapped: Vec<u8>,
    /// The work key sealed for the agency, base64: what a phone that lost its device key shows to the agency.
    pub recovery: String,
    /// Names the agency's recovery key that it was sealed for.
    pub recovery_key: String,
}

/// How the database on this phone stands.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct StorageRow {
    /// Saves that were in the journal and not in the database at the last opening, and are now.
    pub rolled_forward: u32,
    /// Places in the journal that could not be read.
    pub damaged_frames: u32,
    /// The names of files that could not be read and were moved aside, unchanged.
    pub moved_aside: Vec<String>,
    /// Documents and drafts that were brought back.
    pub salvaged: u32,
    /// Calls for help that were brought back from a damaged file; a call that was not is shown no more, and its file is kept.
    pub calls_salvaged: u32,
    /// Whether everything that is not yet safe at the agency has two copies on this phone.
    pub second_copy: bool,
}

/// Where an item is, in four words, and "asked for" for a claim.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Enum)]
pub enum ItemTruth {
    /// On this phone.
    OnThisPhone,
    /// Sending.
    Sending,
    /// At the agency.
    AtTheAgency,
    /// Asked for.
    AskedFor,
    /// Needs you.
    NeedsYou {
        /// The code of the reason.
        reason: String,
    },
}

impl From<Truth> for ItemTruth {
    fn from(truth: Truth) -> Self {
        match truth {
            Truth::AtTheAgency => Self::AtTheAgency,
            Truth::OnThisPhone => Self::OnThisPhone,
            Truth::Sending => Self::Sending,
            Truth::AskedFor => Self::AskedFor,
            Truth::NeedsYou(reason) => Self::NeedsYou { reason: reason.code().to_owned() },
        }
    }
}

/// One row of the queue.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct QueueItem {
    /// The assignment.
    pub assignment: String,
    /// The incident.
    pub incident: String,
    /// The team; none while it is an open offer.
    pub team: Option<String>,
    /// The code of its state.
    pub state: String,
    /// 0 emergent, 1 urgent, 2 routine.
    pub urgency: u8,
    /// When a response was determined to be needed, RFC 3339.
    pub determined: String,
    /// What it is.
    pub headline: String,
    /// The person as shown.
    pub person: Option<String>,
    /// Where.
    pub place: Option<String>,
    /// The code of the door.
    pub door: String,
    /// How many cards a person must decide.
    pub cards: u32,
    /// Whether this release knows every code in it.
    pub readable: bool,
    /// Where its least safe item is.
    pub truth: ItemTruth,
}

impl From<QueueRow> for QueueItem {
    fn from(QueueRow { row, truth }: QueueRow) -> Self {
        Self {
            assignment: row.assignment.into(),
            incident: row.incident.map(Into::into).unwrap_or_default(),
            team: row.team.map(Into::into),
            state: row.state.code().to_owned(),
            urgency: row.urgency as u8,
            determined: row.determined.map(|at| at.to_string()).unwrap_or_default(),
            headline: row.headline,
            person: row.person,
            place: row.place,
            door: row.door.map_or("", Code::code).to_owned(),
            cards: row.cards,
            readable: row.readable,
            truth: truth.into(),
        }
    }
}

/// One fact, with who said it.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct FactRow {
    /// The code of its kind.
    pub kind: String,
    /// The words as given.
    pub text: String,
    /// Who said it.
    pub who: String,
    /// The code of the door.
    pub door: String,
    /// When, RFC 3339.
    pub said: String,
    /// The code of the sharing label.
    pub label: String,
}

/// One person of an incident.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct PersonRow {
    /// The id.
    pub id: String,
    /// Codes of the roles.
    pub roles: Vec<String>,
    /// As shown; none where nobody named or described them.
    pub shown: Option<String>,
    /// The language.
    pub language: Option<String>,
    /// Numbers and addresses.
    pub contacts: Vec<String>,
    /// What must be read before any call or visit.
    pub safe_contact: Vec<String>,
    /// Wishes in the person's own words.
    pub wishes: Vec<String>,
    /// Who depends on the person.
    pub dependants: Vec<String>,
}

/// One stamp.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct StampRow {
    /// The id.
    pub id: String,
    /// The code of its kind.
    pub kind: String,
    /// The best time known, RFC 3339.
    pub at: String,
    /// Whether the time is only this phone's clock.
    pub uncorrected: bool,
    /// Who tapped.
    pub by: String,
    /// Whether it was withdrawn.
    pub withdrawn: bool,
}

/// One person's visit.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct VisitRow {
    /// The visit.
    pub visit: String,
    /// The person.
    pub person: String,
    /// The code of how it closed; none while open.
    pub closed: Option<String>,
}

/// A draft, as last saved.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct DraftItem {
    /// Its id.
    pub id: String,
    /// The incident.
    pub incident: String,
    /// The person it is about.
    pub person: String,
    /// The member who types it.
    pub author: String,
    /// The text.
    pub text: String,
    /// When it was saved, by this phone's clock, RFC 3339.
    pub changed: String,
}

/// One note.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct NoteItem {
    /// The id.
    pub id: String,
    /// The incident.
    pub incident: String,
    /// The person.
    pub person: String,
    /// The author.
    pub author: String,
    /// `draft`, `signed` or `addendum`.
    pub standing: String,
    /// The text.
    pub text: String,
    /// Where it is.
    pub truth: ItemTruth,
}

/// A photo or a dictation.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct AttachmentRow {
    /// The id.
    pub id: String,
    /// The code of what it is, of the set `attachment-kind`.
    pub kind: String,
    /// The type of its content.
    pub content_type: String,
    /// Bytes.
    pub size: u32,
    /// The person.
    pub person: String,
    /// Who made it, as a member's id.
    pub author: String,
    /// When.
    pub at: String,
    /// Whether its content was made on this phone.
    pub here: bool,
    /// Where it is: at the agency only when its content is.
    pub truth: ItemTruth,
}

/// A signed note that a member marked as in error.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct InErrorRow {
    /// The mark's id.
    pub id: String,
    /// The note's.
    pub note: String,
    /// The code of why, of the set `in-error-reason`.
    pub reason: String,
    /// Who marked it, as a member's id.
    pub first: String,
    /// Who confirmed; until somebody has, the note stands.
    pub second: Option<String>,
    /// Whom it is about, where known.
    pub right_person: Option<String>,
    /// The note that its author wrote anew.
    pub anew: Option<String>,
    /// How many services were told.
    pub told: u32,
    /// Where the mark is.
    pub truth: ItemTruth,
}

/// Everything of one assignment, for one screen.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct AssignmentScreen {
    /// Its row.
    pub row: QueueItem,
    /// The people.
    pub people: Vec<PersonRow>,
    /// The facts.
    pub facts: Vec<FactRow>,
    /// What was sent and has no field here, as `path: text`.
    pub also_sent: Vec<String>,
    /// How to get in.
    pub access: Option<String>,
    /// The stamps.
    pub stamps: Vec<StampRow>,
    /// The visits, one for each person in crisis.
    pub visits: Vec<VisitRow>,
    /// The notes, drafts first.
    pub notes: Vec<NoteItem>,
}

/// What a team says when it starts an incident itself.
#[derive(Debug, Clone, uniffi::Record)]
pub struct OnViewInput {
    /// What it is, in a few words.
    pub headline: String,
    /// The code of how soon.
    pub urgency: String,
    /// The address in words.
    pub address: Option<String>,
    /// Degrees north.
    pub latitude: Option<f64>,
    /// Degrees east.
    pub longitude: Option<f64>,
    /// The person, as far as known.
    pub description: Option<String>,
    /// Who goes in person.
    pub crew: Vec<String>,
    /// The code of why fewer than two go.
    pub alone: Option<String>,
}

/// What a self-initiated incident became.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct StartedRow {
    /// The incident.
    pub incident: String,
    /// The assignment.
    pub assignment: String,
    /// The person in crisis.
    pub person: String,
}

/// The closing answers: four where the crew met the person, two where it did not.
#[derive(Debug, Clone, uniffi::Enum)]
pub enum ClosingInput {
    /// The crew was with the person.
    Met {
        /// The code of where they are now.
        whereabouts: String,
        /// The code of how they got there.
        travel: String,
        /// The code of the legal status.
        legal: String,
        /// The code of how it closed.
        how: String,
    },
    /// The crew did not reach the person.
    NotMet {
        /// The code of why.
        reason: String,
        /// The code of what comes next.
        next: String,
    },
}

/// Something that needs a person.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct NeedsYouRow {
    /// Its number, for [`super::Anydoor::retry`].
    pub item: i64,
    /// `Type/id`.
    pub document: String,
    /// The visit.
    pub lane: String,
    /// The code of the reason.
    pub reason: String,
    /// What the server said.
    pub detail: Option<String>,
}

/// Two versions of one document that no rule joins: a person decides.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct ConflictRow {
    /// Its number, as in [`NeedsYouRow`].
    pub item: i64,
    /// `Type/id`.
    pub document: String,
    /// The elements that both changed.
    pub elements: Vec<String>,
    /// Ours, whole, as JSON.
    pub ours: String,
    /// Theirs, whole, as JSON.
    pub theirs: String,
    /// When theirs was written, by the server's clock, RFC 3339.
    pub theirs_at: Option<String>,
    /// Who wrote theirs: a name where it is known here, else what the server's document says of its writer.
    pub theirs_by: Option<String>,
}

/// What one sync did.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct SyncRow {
    /// Requests sent.
    pub round_trips: u32,
    /// Documents that the agency now has.
    pub sent: u32,
    /// Documents that changed here.
    pub received: u32,
    /// Items that now need a person.
    pub parked: u32,
    /// Items not yet at the agency.
    pub unsent: u32,
    /// Records at the agency that this phone could not read and left out.
    pub unreadable: u32,
}

/// An escalation, as far as known.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct EscalationItem {
    /// The id.
    pub id: String,
    /// The number to read aloud.
    pub number: String,
    /// The code of its state.
    pub state: String,
    /// Who acknowledged it.
    pub acknowledged_by: Option<String>,
    /// When, RFC 3339.
    pub acknowledged_at: Option<String>,
    /// Whether it is kept on this phone.
    pub saved: bool,
    /// Not sent, and why: a code of "not-sent" ("sign-in": call 911 now). Nothing: sent, or on its way.
    pub why_not_sent: Option<String>,
}

/// A step-down, as far as known.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct StepDownItem {
    /// The id.
    pub id: String,
    /// The code of its state.
    pub state: String,
    /// Why it came back.
    pub why_back: Option<String>,
    /// Where it is.
    pub truth: ItemTruth,
}

/// A team, ranked or left out.
#[derive(Debug, Clone, PartialEq, uniffi::Record)]
pub struct TeamRow {
    /// The team.
    pub team: String,
    /// Its name.
    pub name: String,
    /// Where it was, degrees north; `None` where nobody knows, and for whoever is off shift or on a break.
    pub latitude: Option<f64>,
    /// Degrees east.
    pub longitude: Option<f64>,
    /// Whether it can go.
    pub can_go: bool,
    /// Metres as the crow flies.
    pub distance_m: Option<f64>,
    /// Seconds by road at free flow; `None` without a road pack, or where no way is known.
    pub by_road_s: Option<u64>,
    /// At least so many seconds, as well as the places are known.
    pub least_s: Option<u64>,
    /// At most so many.
    pub most_s: Option<u64>,
    /// Why it stands here; never empty.
    pub reasons: Vec<ReasonRow>,
}

/// Who can go to a scene, and what there is besides.
#[derive(Debug, Clone, PartialEq, uniffi::Record)]
pub struct NearestScreen {
    /// Those that can go, best first, then those left out.
    pub teams: Vec<TeamRow>,
    /// A later team, the neighbour, who stays on the phone; never empty.
    pub otherwise: Vec<ReasonRow>,
    /// The jurisdiction of the scene, where the agency names one.
    pub jurisdiction: Option<JurisdictionRow>,
    /// Whose roads the times are from; shown beside them.
    pub attribution: Option<String>,
}

/// An area with its own facts.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct JurisdictionRow {
    /// Its code.
    pub area: String,
    /// Its name.
    pub name: String,
    /// Whether it is a tribal nation's.
    pub tribal: bool,
    /// Whether two go in person, without exception.
    pub two_in_person: bool,
    /// Who answers 911 there.
    pub psap: Option<String>,
    /// Its rules: `hold`, `transport`, `minors-consent`, `response`, `emergency-line`, each in the agency's words.
    pub rules: Vec<ReasonRow>,
}

/// Where somebody is needed.
#[derive(Debug, Clone, Copy, PartialEq, uniffi::Record)]
pub struct SceneInput {
    /// Degrees north.
    pub latitude: f64,
    /// Degrees east.
    pub longitude: f64,
    /// How well that is known, in metres.
    pub accuracy_m: Option<f64>,
}

/// What is needed; each need is a capability's code, `language-es`, `full-crew`, or `known-` and a team.
#[derive(Debug, Clone, Default, PartialEq, Eq, uniffi::Record)]
pub struct NeedsInput {
    /// Without these a team is left out.
    pub must: Vec<String>,
    /// These rank a team higher.
    pub prefer: Vec<String>,
    /// The code of how soon: whoever is bound to something as urgent or more is left out.
    pub urgency: Option<String>,
}

/// A service.
#[derive(Debug, Clone, PartialEq, uniffi::Record)]
pub struct ServiceRow {
    /// The id.
    pub service: String,
    /// Its name.
    pub name: String,
    /// Who runs it: the id.
    pub organization: String,
    /// Who runs it: the name.
    pub by: String,
    /// Whether it is open now; none where nobody says.
    pub open: Option<bool>,
    /// Metres; none where its position is unknown.
    pub distance_m: Option<f64>,
    /// Numbers.
    pub phones: Vec<String>,
}

/// A referral, as far as known.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct HandoffItem {
    /// The referral.
    pub id: String,
    /// Its Task.
    pub task: String,
    /// The code of its state.
    pub state: String,
    /// Why it was declined.
    pub why: Option<String>,
    /// How many facts were withheld.
    pub withheld: u32,
    /// Where it is.
    pub truth: ItemTruth,
}

/// A follow-up.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct FollowUpItem {
    /// The id.
    pub id: String,
    /// The person.
    pub person: String,
    /// When it is due, RFC 3339.
    pub due: String,
    /// Whether it is done.
    pub done: bool,
    /// Codes of what came of each attempt.
    pub attempts: Vec<String>,
    /// Where it is.
    pub truth: ItemTruth,
}

/// What may be the same incident.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct ProposalRow {
    /// The other incident.
    pub other: String,
    /// Why; never empty.
    pub reasons: Vec<ReasonRow>,
}

/// A reason: its code with a parameter, and its words.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct ReasonRow {
    /// `code` or `code:parameter`.
    pub code: String,
    /// The words.
    pub words: String,
}
