//! What touches a person's record.

mod wrong_person;
