//! The exact document, as JSON, for export and for comparing both sides (P5).

use crate::fhir::{Document, attachment};

/// Whether a document is the content of an attachment, whose bytes are in a file of their own.
pub fn is_content(document: &Document) -> bool {
    document.kind() == attachment::CONTENT
}

/// The document as it goes out; a content with its bytes, where they are here.
pub fn text(document: &Document, content: Option<&[u8]>) -> String {
    match content {
        Some(content) => attachment::with_data(document, content).to_text(),
        None => document.to_text(),
    }
}
