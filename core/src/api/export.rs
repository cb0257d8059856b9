//! The exact documents on this phone, for export and comparison (P5).

use super::{Anydoor, Result};
use crate::records::lookup::LookupError;
use crate::views::export::{is_content, text};

#[uniffi::export]
impl Anydoor {
    /// The exact document, as JSON, for export (P5) and for comparing both sides.
    ///
    /// # Errors
    /// `NotFound`.
    pub fn export(&self, document: &str) -> Result<String> {
        self.inner.store(|store| {
            let found = store.referenced(document)?.ok_or(LookupError::NotHere { what: "document" })?;
            let content = if is_content(&found) { store.attachment(found.id())? } else { None };
            Ok(text(&found, content.as_deref()))
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
