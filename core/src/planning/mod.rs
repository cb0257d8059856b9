//! Looking ahead: [`offer`] is what every team may know of a call that nobody has, [`coverage`] counts whom the teams reach, now and if one goes; [`rounds`] puts a paramedic's planned
//! visits in a good order.
//!
//! Rule: a time by road comes from a road pack and honours what is closed; without a pack it is a straight line at a pace
//! that is said. Neighbours: `team` (who can go), `roads` (the times), `views` (what a lead sees).

pub mod coverage;
pub mod offer;
pub mod rounds;
