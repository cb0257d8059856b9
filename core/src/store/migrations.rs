//! The schemas so far, each a step from the one before (`core/migrations/`, with what each one taught in its NOTES.md).
//!
//! Rule: a step keeps everything, a non-empty outbox, drafts and conflicts included (P7).

use rusqlite_migration::{M, Migrations};

/// The newest schema that this release knows.
pub(super) const SCHEMA: i64 = 7;

pub(super) fn migrations() -> Migrations<'static> {
    Migrations::new(vec![
        M::up(include_str!("../../migrations/0001_first_shift.sql")),
        M::up(include_str!("../../migrations/0002_second_copy.sql")),
        M::up(include_str!("../../migrations/0003_entered_in_error.sql")),
        M::up(include_str!("../../migrations/0004_teams.sql")),
        M::up(include_str!("../../migrations/0005_watermarks_of_resources.sql")),
        M::up(include_str!("../../migrations/0006_search.sql")),
        M::up(include_str!("../../migrations/0007_order_of_drafts.sql")),
    ])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_migrations_are_sound() {
        migrations().validate().unwrap();
    }
}
