//! The second copy of accepted work and drafts, until the server has acknowledged it and given it back (P3).
//!
//! Rule: the journal takes what a commit takes, synced beside it; the commit stores the frame's number. A database whose
//! number is behind its journal is rolled forward from it. A frame goes when the journal is written anew, from what the
//! table `unproven` still names. Neighbours: `journal` is the file, `commit` puts documents.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rusqlite::{Connection, OptionalExtension, Transaction, params};
use serde::{Deserialize, Serialize};

use super::commit::apply;
use super::disk::Disk;
use super::journal::{self, Contents, Journal};
use super::{Key, Store, StoreError};
use crate::note::{Draft, DraftBody};

/// One frame. The number is the journal's order, and the database's proof that it has it.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Entry {
    pub number: u64,
    pub what: What,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum What {
    /// One act, as it was committed.
    Work(Work),
    /// A draft as typed.
    Draft(DraftText),
    /// The entry of this number was not kept, and the person was told so.
    Abort,
}

#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Work {
    pub name: String,
    pub who: String,
    pub at: String,
    pub lane: String,
    pub unit: String,
    pub ends_draft: Option<String>,
    /// A draft that the act saves.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub draft: Option<DraftText>,
    pub writes: Vec<Copied>,
}

/// One document with what a database that does not have it must know.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Copied {
    pub act: String,
    pub body: String,
    pub base: Option<String>,
    pub version: Option<String>,
}

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct DraftText {
    pub id: String,
    pub incident: String,
    pub person: String,
    pub author: String,
    pub text: String,
    pub changed: String,
    /// What is being written; frames of schema 3 and before hold texts alone and do not say so.
    #[serde(default = "text_body")]
    pub body: String,
}

fn text_body() -> String {
    TEXT.to_owned()
}

/// The body of a draft that is a note in words.
pub(super) const TEXT: &str = "text";

impl From<&Draft> for DraftText {
    fn from(draft: &Draft) -> Self {
        Self {
            id: draft.id.to_string(),
            incident: draft.incident.to_string(),
            person: draft.person.to_string(),
            author: draft.author.to_string(),
            text: draft.body.text().to_owned(),
            changed: draft.changed.to_string(),
            body: match &draft.body {
                DraftBody::Text(_) => TEXT.to_owned(),
            },
        }
    }
}

/// What an opening found and did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Opening {
    /// Saves that were in the journal and not in the database, and are now.
    pub rolled_forward: u32,
    /// Places in the journal that could not be read.
    pub damaged_frames: u32,
    /// The names of files that could not be read and were moved aside. Nothing in them was changed.
    pub moved_aside: Vec<String>,
    /// Documents and drafts that were brought back from what was moved aside.
    pub salvaged: u32,
}

/// The journal and how it stands.
pub(super) struct SecondCopy {
    disk: Arc<dyn Disk>,
    database: PathBuf,
    path: PathBuf,
    key: Key,
    /// `None`: not written yet since the opening, or lost; it is made before the next save.
    journal: Option<Journal>,
    number: u64,
    /// Whether it holds frames from before this opening, or since it was made.
    appended: bool,
    /// Whether everything unproven is in the journal.
    whole: bool,
}

impl SecondCopy {
    pub fn new(disk: &Arc<dyn Disk>, database: &Path, key: &Key) -> Self {
        Self {
            disk: disk.clone(),
            database: database.to_owned(),
            path: journal::beside(database),
            key: key.clone(),
            journal: None,
            number: 0,
            appended: false,
            whole: true,
        }
    }

    /// Where it is, to open the same again.
    pub fn place(&self) -> (Arc<dyn Disk>, PathBuf, Key) {
        (self.disk.clone(), self.database.clone(), self.key.clone())
    }

    /// Brings a database that is behind up to the journal. On return it holds everything that the journal does.
    pub fn roll_forward(&mut self, connection: &mut Connection, writer: &str, opening: &mut Opening) -> Result<(), StoreError> {
        let contents = match journal::read(self.disk.as_ref(), &self.path, &self.key) {
            Ok(found) => found.unwrap_or_default(),
            Err(StoreError::KeyOrFile) => {
                opening.moved_aside.extend(super::salvage::aside(self.disk.as_ref(), &self.path)?);
                Contents::default()
            }
            Err(error) => return Err(error),
        };
        opening.damaged_frames = contents.damaged;
        let mut entries = Vec::new();
        for (text, _) in &contents.frames {
            // A frame of a later release is not dropped: the journal is not written anew while this one does not know it.
            entries.push(
                serde_json::from_slice::<Entry>(text).map_err(|_| StoreError::Newer { found: Store::SCHEMA + 1, known: Store::SCHEMA })?,
            );
        }
        let known = number(connection)?;
        let aborted: Vec<u64> = entries.iter().filter(|e| matches!(e.what, What::Abort)).map(|e| e.number).collect();
        for entry in entries.iter().filter(|e| known.is_none_or(|known| e.number > known) && !aborted.contains(&e.number)) {
            let tx = connection.transaction()?;
            if take(&tx, &entry.what, writer)? {
                opening.rolled_forward += 1;
            }
            set_number(&tx, entry.number)?;
            tx.commit()?;
        }
        self.number = entries.iter().map(|e| e.number).max().max(known).unwrap_or(0);
        self.appended = !entries.is_empty();
        Ok(())
    }

    /// Writes one entry beside the transaction that holds the same. `NoRoom` asks for [`SecondCopy::renew`].
    pub fn keep(&mut self, tx: &Transaction<'_>, what: What, items: usize) -> Result<Kept, StoreError> {
        let Some(journal) = &mut self.journal else { return Ok(if self.whole { Kept::NoRoom } else { Kept::InOneCopy }) };
        let number = self.number + 1;
        let text = serde_json::to_vec(&Entry { number, what }).map_err(|_| StoreError::Cipher)?;
        if !journal.has_room_for(text.len()) {
            return Ok(Kept::NoRoom);
        }
        self.number = number;
        set_number(tx, number)?;
        match journal.append(&text, u16::try_from(items).unwrap_or(u16::MAX)) {
            Ok(()) => {
                self.appended = true;
                journal.begin_sync();
                Ok(Kept::Syncing)
            }
            // The database may still take it: one copy is better than none.
            Err(error) => {
                (self.journal, self.whole) = (None, false);
                Ok(if matches!(error, StoreError::MaybeKept) { Kept::Unclear } else { Kept::InOneCopy })
            }
        }
    }

    /// The transaction beside [`SecondCopy::keep`] has ended like this.
    pub fn settle(&mut self, kept: Kept, committed: Result<(), StoreError>) -> Result<(), StoreError> {
        let (Kept::Syncing, Some(journal)) = (&kept, &mut self.journal) else {
            return if matches!(kept, Kept::Unclear) { committed.map_err(|_| StoreError::MaybeKept) } else { committed };
        };
        let synced = journal.end_sync();
        match committed {
            Ok(()) => {
                if synced.is_err() {
                    // The database has it. What this journal holds is no longer known.
                    (self.journal, self.whole) = (None, false);
                }
                Ok(())
            }
            Err(error) => {
                let abort = Entry { number: self.number, what: What::Abort };
                let text = serde_json::to_vec(&abort).map_err(|_| StoreError::MaybeKept)?;
                let said = journal.append(&text, 0).and_then(|()| {
                    journal.begin_sync();
                    journal.end_sync()
                });
                Err(if said.is_ok() { error } else { StoreError::MaybeKept })
            }
        }
    }

    /// Writes the journal anew, with what is still unproven, and room for `more` bytes. Where that fails the old one stays,
    /// and what is saved from here on has one copy until it works again.
    pub fn renew(&mut self, connection: &Connection, more: usize) {
        self.journal = None;
        let made = unproven(connection).and_then(|frames| Journal::make(&self.disk, &self.path, &self.key, &frames, more));
        self.whole = made.is_ok();
        self.journal = made.ok();
        self.appended = false;
    }

    /// Tries again to make a journal, where the last try failed.
    pub fn mend(&mut self, connection: &Connection) {
        if !self.whole {
            self.renew(connection, 0);
        }
    }

    /// Whether everything that is not yet at the agency, acknowledged and read back, has two copies here.
    pub fn is_whole(&self) -> bool {
        self.whole
    }

    /// Whether the journal may hold more than what is unproven.
    pub fn has_grown(&self) -> bool {
        self.appended
    }
}

/// How an entry was kept.
pub(super) enum Kept {
    /// Written; its sync runs.
    Syncing,
    /// The journal must be written anew first.
    NoRoom,
    /// No journal can be made: the database alone holds it.
    InOneCopy,
    /// The journal failed while it was written to, and may hold it.
    Unclear,
}

/// The number of the newest entry that the database holds; `None`: it never held one.
fn number(connection: &Connection) -> Result<Option<u64>, StoreError> {
    let found: Option<String> =
        connection.prepare_cached("SELECT value FROM settings WHERE name = 'journal'")?.query_row([], |row| row.get(0)).optional()?;
    Ok(found.and_then(|text| text.parse().ok()))
}

fn set_number(tx: &Connection, number: u64) -> Result<(), StoreError> {
    tx.prepare_cached("INSERT INTO settings VALUES ('journal', ?) ON CONFLICT DO UPDATE SET value = excluded.value")?
        .execute([number.to_string()])?;
    Ok(())
}

/// Takes an entry into a database that may not have it. Whether it brought anything.
pub(super) fn take(tx: &Transaction<'_>, what: &What, writer: &str) -> Result<bool, StoreError> {
    match what {
        What::Work(work) => apply(tx, work, writer),
        What::Draft(draft) => {
            save_draft(tx, draft)?;
            Ok(true)
        }
        What::Abort => Ok(false),
    }
}

/// Lets the second copy of an acknowledged document go.
pub(super) fn prove(connection: &Connection, kind: &str, id: &str) -> Result<(), StoreError> {
    connection
        .prepare_cached(
            "DELETE FROM unproven WHERE kind = ?1 AND id = ?2 AND NOT EXISTS (SELECT 1 FROM intents WHERE kind = ?1 AND id = ?2)",
        )?
        .execute([kind, id])?;
    Ok(())
}

pub(super) fn save_draft(tx: &Connection, draft: &DraftText) -> Result<(), StoreError> {
    tx.prepare_cached(
        "INSERT INTO drafts VALUES (?, ?, ?, ?, ?, ?, ?)
         ON CONFLICT DO UPDATE SET text = excluded.text, changed = excluded.changed, body = excluded.body",
    )?
    .execute(params![draft.id, draft.incident, draft.person, draft.author, draft.text, draft.changed, draft.body])?;
    Ok(())
}

/// Frames of everything that must have a second copy: one a unit of unproven documents, one a draft.
fn unproven(connection: &Connection) -> Result<Vec<(Vec<u8>, u16)>, StoreError> {
    let number = number(connection)?.unwrap_or(0);
    let mut entries: Vec<Work> = Vec::new();
    let mut statement = connection.prepare_cached(
        "SELECT u.unit, u.lane, u.made, u.act, d.body, d.base_body, d.version FROM unproven u
         JOIN documents d ON d.kind = u.kind AND d.id = u.id ORDER BY u.row",
    )?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let unit: String = row.get(0)?;
        if entries.last().is_none_or(|work| work.unit != unit) {
            entries.push(Work { name: "copied".into(), unit, lane: row.get(1)?, at: row.get(2)?, ..Work::default() });
        }
        let copied = Copied { act: row.get(3)?, body: row.get(4)?, base: row.get(5)?, version: row.get(6)? };
        if let Some(work) = entries.last_mut() {
            work.writes.push(copied);
        }
    }
    let mut frames = Vec::new();
    let mut frame = |what, items: usize| -> Result<(), StoreError> {
        let text = serde_json::to_vec(&Entry { number, what }).map_err(|_| StoreError::Cipher)?;
        frames.push((text, u16::try_from(items).unwrap_or(u16::MAX)));
        Ok(())
    };
    for work in entries {
        let items = work.writes.len();
        frame(What::Work(work), items)?;
    }
    let mut statement = connection.prepare_cached("SELECT id, incident, person, author, text, changed, body FROM drafts")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let draft = DraftText {
            id: row.get(0)?,
            incident: row.get(1)?,
            person: row.get(2)?,
            author: row.get(3)?,
            text: row.get(4)?,
            changed: row.get(5)?,
            body: row.get(6)?,
        };
        frame(What::Draft(draft), 1)?;
    }
    Ok(frames)
}

impl Store {
    /// Documents that the server acknowledged and that have not been read back since, as type and id, oldest first.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn acknowledged_unproven(&self) -> Result<Vec<(String, String)>, StoreError> {
        let mut statement = self.connection.prepare_cached(
            "SELECT kind, id FROM unproven u WHERE NOT EXISTS (SELECT 1 FROM intents i WHERE i.kind = u.kind AND i.id = u.id) ORDER BY row",
        )?;
        Ok(statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?.collect::<Result<_, _>>()?)
    }

    /// The server gave this document back as we hold it, or will never show it to us again: its second copy may go.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn proven(&mut self, kind: &str, id: &str) -> Result<(), StoreError> {
        prove(&self.connection, kind, id)
    }

    /// What the opening found and did.
    pub fn opening(&self) -> &Opening {
        &self.opening
    }

    /// Whether everything that is not yet safe at the agency has two copies on this phone.
    pub fn has_second_copy(&self) -> bool {
        self.copy.is_whole()
    }

    /// One transaction with its journal entry: both on disk when it returns Ok. `write` may run twice.
    pub(super) fn keep(&mut self, write: impl Fn(&Transaction<'_>) -> Result<(What, usize), StoreError>) -> Result<(), StoreError> {
        let kept = self.keep_once(write);
        if matches!(kept, Err(StoreError::Database { .. } | StoreError::MaybeKept)) {
            // Where this fails too, the next call says so.
            let _ = self.reconnect();
        }
        kept
    }

    fn keep_once(&mut self, write: impl Fn(&Transaction<'_>) -> Result<(What, usize), StoreError>) -> Result<(), StoreError> {
        for _ in 0..2 {
            let tx = self.connection.transaction()?;
            let (what, items) = write(&tx)?;
            let needed = size(&what);
            let kept = self.copy.keep(&tx, what, items)?;
            if matches!(kept, Kept::NoRoom) {
                drop(tx);
                self.copy.renew(&self.connection, needed);
                continue;
            }
            let settled = self.copy.settle(kept, tx.commit().map_err(StoreError::from));
            self.copy.mend(&self.connection);
            return settled;
        }
        Err(StoreError::Full)
    }
}

fn size(what: &What) -> usize {
    match what {
        What::Work(work) => {
            let writes: usize = work.writes.iter().map(|w| w.body.len() + w.base.as_ref().map_or(0, String::len)).sum();
            writes + work.draft.as_ref().map_or(0, |draft| draft.text.len())
        }
        What::Draft(draft) => draft.text.len(),
        What::Abort => 0,
    }
}
