//! The bases of a person: given, ended, withdrawn, and who was told of it.

use super::{LookupError, Phone};
use crate::base::clock::Instant;
use crate::base::ids::PersonId;
use crate::delivery::Truth;
use crate::fhir::element::code_in;
use crate::records::lookup;
use crate::sharing::Basis;

/// One basis.
#[derive(Debug, Clone, PartialEq)]
pub struct BasisView {
    /// The basis.
    pub basis: Basis,
    /// Whether it holds now.
    pub holds: bool,
    /// Where it is.
    pub truth: Truth,
    /// Where each word of its withdrawal is, to those who have what went out on it.
    pub told: Vec<Truth>,
}

/// Every basis of a person that can be read, oldest first.
///
/// # Errors
/// [`LookupError`].
pub fn bases<P: Phone + ?Sized>(phone: &P, person: &PersonId, at: Instant) -> Result<Vec<BasisView>, LookupError> {
    let mut all = Vec::new();
    for basis in lookup::bases(phone, person)? {
        let mut told = Vec::new();
        for word in phone.pointing_at("Communication", "about", &format!("Consent/{}", basis.id))? {
            if word.at("/category/0").and_then(|c| code_in(c, "communication")) == Some("basis-withdrawn") {
                told.push(phone.truth_of("Communication", word.id())?);
            }
        }
        all.push(BasisView { holds: basis.holds(at), truth: phone.truth_of("Consent", basis.id.as_str())?, told, basis });
    }
    Ok(all)
}
