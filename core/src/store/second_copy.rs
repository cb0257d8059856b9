//! The second copy of accepted work and drafts, until the server has acknowledged it and given it back (P3).
//!
//! Rule: the journal takes what a commit takes, synced beside it; the commit stores the frame's number. A frame goes when the
//! journal is written anew, from what the table `unproven` still names. Neighbours: `journal` is the file, `frame` what it
//! says, `roll_forward` brings a database that is behind up to it, `unverified` lets a copy go.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rusqlite::{Connection, OptionalExtension, Transaction};

use super::disk::Disk;
use super::error::StoreError;
use super::frame::{Copied, DraftText, Entry, What, Work};
use super::journal::{self, Journal};
use super::key::Key;

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
    /// Whether everything unverified is in the journal.
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

    /// The path of the journal.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Goes on after entries up to this number, of which the journal holds some or none.
    pub fn go_on_after(&mut self, number: u64, appended: bool) {
        (self.number, self.appended) = (number, appended);
    }

    /// Where it is, to open the same again.
    pub fn place(&self) -> (Arc<dyn Disk>, PathBuf, Key) {
        (self.disk.clone(), self.database.clone(), self.key.clone())
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

    /// Writes the journal anew, with what is still unverified, and room for `more` bytes. Where that fails the old one stays,
    /// and what is saved from here on has one copy until it works again.
    pub fn renew(&mut self, connection: &Connection, more: usize) {
        self.journal = None;
        let made = unverified(connection).and_then(|frames| Journal::make(&self.disk, &self.path, &self.key, &frames, more));
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

    /// Whether the journal may hold more than what is unverified.
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
pub(super) fn number(connection: &Connection) -> Result<Option<u64>, StoreError> {
    let found: Option<String> =
        connection.prepare_cached("SELECT value FROM settings WHERE name = 'journal'")?.query_row([], |row| row.get(0)).optional()?;
    Ok(found.and_then(|text| text.parse().ok()))
}

pub(super) fn set_number(tx: &Connection, number: u64) -> Result<(), StoreError> {
    tx.prepare_cached("INSERT INTO settings VALUES ('journal', ?) ON CONFLICT DO UPDATE SET value = excluded.value")?
        .execute([number.to_string()])?;
    Ok(())
}

/// Frames of everything that must have a second copy: one a unit of unverified documents, one a draft.
fn unverified(connection: &Connection) -> Result<Vec<(Vec<u8>, u16)>, StoreError> {
    let number = number(connection)?.unwrap_or(0);
    let works = works(connection)?.into_iter().map(|work| (work.writes.len(), What::Work(work)));
    let drafts = drafts(connection)?.into_iter().map(|draft| (1, What::Draft(draft)));
    let frame = |(items, what): (usize, What)| {
        let text = serde_json::to_vec(&Entry { number, what }).map_err(|_| StoreError::Cipher)?;
        Ok((text, u16::try_from(items).unwrap_or(u16::MAX)))
    };
    works.chain(drafts).map(frame).collect()
}

fn works(connection: &Connection) -> Result<Vec<Work>, StoreError> {
    let mut works: Vec<Work> = Vec::new();
    let mut statement = connection.prepare_cached(
        "SELECT u.unit, u.lane, u.made, u.act, d.body, d.base_body, d.version FROM unproven u
         JOIN documents d ON d.kind = u.kind AND d.id = u.id ORDER BY u.row",
    )?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let unit: String = row.get(0)?;
        if works.last().is_none_or(|work| work.unit != unit) {
            works.push(Work { name: "copied".into(), unit, lane: row.get(1)?, at: row.get(2)?, ..Work::default() });
        }
        let copied = Copied { act: row.get(3)?, body: row.get(4)?, base: row.get(5)?, version: row.get(6)? };
        if let Some(work) = works.last_mut() {
            work.writes.push(copied);
        }
    }
    Ok(works)
}

fn drafts(connection: &Connection) -> Result<Vec<DraftText>, StoreError> {
    let mut statement = connection.prepare_cached("SELECT id, incident, person, author, text, changed, body FROM drafts ORDER BY saved")?;
    let rows = statement.query_map([], |row| {
        Ok(DraftText {
            id: row.get(0)?,
            incident: row.get(1)?,
            person: row.get(2)?,
            author: row.get(3)?,
            text: row.get(4)?,
            changed: row.get(5)?,
            body: row.get(6)?,
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}
