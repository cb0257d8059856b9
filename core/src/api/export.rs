//! The exact documents on this phone, for export and comparison (P5).

use super::{Anydoor, Result};
use crate::fhir::attachment;
use crate::records::lookup::LookupError;

#[uniffi::export]
impl Anydoor {
    /// The exact document, as JSON, for export (P5) and for comparing both sides.
    ///
    /// # Errors
    /// `NotFound`.
    pub fn export(&self, document: &str) -> Result<String> {
        self.inner.store(|store| {
            let found = store.referenced(document)?.ok_or(LookupError::NotHere { what: "document" })?;
            let content = if found.kind() == attachment::CONTENT { store.attachment(found.id())? } else { None };
            Ok(content.map_or_else(|| found.to_text(), |content| attachment::with_data(&found, &content).to_text()))
        })
    }

    /// `Type/id` of everything on this phone.
    ///
    /// # Errors
    /// `StorageLocked`.
    pub fn everything(&self) -> Result<Vec<String>> {
        self.inner.store(|store| Ok(store.everything()?.into_iter().map(|(reference, _)| reference).collect()))
    }
}
