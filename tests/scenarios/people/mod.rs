//! What touches a person's record.

mod referred;
mod wrong_person;
