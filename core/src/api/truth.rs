//! Where an item is, as the phones see it.

use crate::base::Code;
use crate::delivery::Truth;

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
