//! What touches a person's record.

mod bases;
mod wrong_person;
