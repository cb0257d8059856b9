//! What touches a person's record.

mod bases;
mod referred;
mod wrong_person;
