//! Words for the codes in rows, lent to the phones. Neighbour: [`crate::words`] holds the catalogue.

use crate::words::{Locale, say_text};

/// The word for a code of a set (`say("state", "en-route", "es-US")`); the locale is a BCP 47 tag, and what is not
/// Spanish is English. `None` for a code that this release does not know: it is shown by its text.
#[uniffi::export]
pub fn say(set: String, code: String, locale: String) -> Option<String> {
    say_text(&set, &code, Locale::of(&locale))
}
