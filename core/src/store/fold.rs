//! Words as they are searched: what is written in one way is found when typed in another.
//!
//! Rule: a text and what is typed go the same way. Compatibility forms, case and marks are folded as Unicode says (NFKD,
//! full case folding, canonical combining class); letters that do not decompose as `deunicode` says. Digits and units stand
//! apart; apostrophes and hyphens are read both ways; numbers that may be one telephone number are found joined; scripts
//! without spaces are searched by adjacent characters. Neighbours: `projections::notes` stores it, `notes` asks with it;
//! decision 17 says why not a segmenter.

use icu_normalizer::properties::CanonicalCombiningClassMapBorrowed as Classes;
use icu_normalizer::{ComposingNormalizerBorrowed as Composing, DecomposingNormalizerBorrowed as Decomposing};
use icu_properties::props::{DefaultIgnorableCodePoint, GeneralCategory, GeneralCategoryGroup, Script};
use icu_properties::{CodePointMapData, CodePointSetData};

/// Letters and digits that do not decompose, in ASCII; made by the build script.
static PLAIN: &[(char, [u8; 4])] = &include!(concat!(env!("OUT_DIR"), "/plain_letters.rs"));
/// The fewest and the most digits of a telephone number (E.164 has at most 15).
const TELEPHONE: std::ops::RangeInclusive<usize> = 7..=15;
/// The most words of a question.
const MOST_WORDS: usize = 16;

/// The words of a text as they are stored for search.
pub fn folded(text: &str) -> String {
    let words = words(text);
    let mut out = Vec::new();
    for word in &words {
        out.extend(word.pieces.iter().map(String::as_str));
    }
    let joined: Vec<String> = words.iter().filter_map(|word| word.joined.clone()).chain(telephones(&words)).collect();
    out.extend(joined.iter().map(String::as_str));
    out.join(" ")
}

/// What a person typed, as a full-text query that cannot be one of SQLite's operators; empty where it has no word. With
/// `begins` its last word may be the beginning of one.
pub fn question(typed: &str, begins: bool) -> String {
    let mut words = words(typed);
    words.truncate(MOST_WORDS);
    let mut groups: Vec<String> = Vec::new();
    let mut at = 0;
    while let Some(word) = words.get(at) {
        let numbers = words.iter().skip(at).take_while(|word| word.is_number()).count();
        let run = words.get(at..at + numbers.max(1)).unwrap_or_default();
        let last = begins && at + run.len() == words.len();
        let digits: String = run.iter().filter(|word| word.is_number()).flat_map(|word| word.pieces.iter().map(String::as_str)).collect();
        let phrases: Vec<String> =
            run.iter().enumerate().map(|(i, word)| phrase(&word.pieces.join(" "), last && i + 1 == run.len())).collect();
        let mut ways = vec![format!("({})", phrases.join(" AND "))];
        ways.extend(word.joined.as_deref().map(|joined| phrase(joined, last)));
        let several = run.len() > 1 || word.pieces.len() > 1;
        if several && TELEPHONE.contains(&digits.len()) {
            ways.push(phrase(&digits, last));
        }
        groups.push(format!("({})", ways.join(" OR ")));
        at += run.len();
    }
    groups.join(" AND ")
}

fn phrase(words: &str, begins: bool) -> String {
    format!("\"{words}\"{}", if begins { "*" } else { "" })
}

/// What stands between two spaces.
#[derive(Debug, Default)]
struct Word {
    /// Its parts: of letters, of digits, or a single character of a script without spaces.
    pieces: Vec<String>,
    /// Its letters in one, where something stood between them.
    joined: Option<String>,
}

impl Word {
    fn is_number(&self) -> bool {
        self.pieces.iter().all(|piece| is_digits(piece))
    }
}

fn is_digits(piece: &str) -> bool {
    piece.bytes().all(|b| b.is_ascii_digit())
}

fn words(text: &str) -> Vec<Word> {
    text.split(|c: char| c.is_whitespace() || c == '\0').map(word).filter(|word| !word.pieces.is_empty()).collect()
}

fn word(text: &str) -> Word {
    let ignorable = CodePointSetData::new::<DefaultIgnorableCodePoint>();
    let seen: String = text.chars().filter(|c| !ignorable.contains(*c)).collect();
    // Where a sign stands between letters is seen before it decomposes: U+00B4 would become a space.
    let parts = seen.split(|c: char| !c.is_alphanumeric() && !is_mark(c)).map(fold_letters).filter(|part| !part.is_empty());
    let (mut pieces, mut letters) = (Vec::new(), Vec::new());
    for part in parts {
        letters.push(part.clone());
        cut(&part, &mut pieces);
    }
    let plain = |part: &String| part.chars().all(|c| c.is_alphabetic() && !stands_alone(c));
    let joined = (letters.len() > 1 && letters.iter().all(plain)).then(|| letters.concat());
    Word { pieces, joined }
}

/// A mark that belongs to the letter before it, vowels of Thai and Indic scripts among them.
fn is_mark(c: char) -> bool {
    !c.is_ascii() && GeneralCategoryGroup::Mark.contains(CodePointMapData::<GeneralCategory>::new().get(c))
}

/// NFKD, full case folding (upper case and then lower, letter by letter: ß and ss, ı and i, ς and σ), without marks.
fn fold_letters(part: &str) -> String {
    let marks = Classes::new();
    let decompose = Decomposing::new_nfkd();
    // Sounds of kana, nukta and virama (7, 8, 9) make other letters; all other marks are left out.
    let kept = |c: &char| matches!(marks.get_u8(*c), 0 | 7..=9);
    let decomposed: String = decompose.normalize(part).chars().filter(kept).collect();
    let mut plain = String::with_capacity(decomposed.len());
    for c in decomposed.chars().flat_map(char::to_uppercase).flat_map(char::to_lowercase) {
        match PLAIN.binary_search_by_key(&c, |(letter, _)| *letter).ok().and_then(|at| PLAIN.get(at)) {
            Some((_, ascii)) => plain.extend(ascii.iter().take_while(|byte| **byte != 0).map(|byte| char::from(*byte))),
            None => plain.push(c),
        }
    }
    let again: String = decompose.normalize(&plain).chars().filter(kept).collect();
    Composing::new_nfc().normalize(&again).into_owned()
}

/// Letters and digits apart, and each character of a script without spaces.
fn cut(part: &str, pieces: &mut Vec<String>) {
    let mut kind = None;
    for c in part.chars() {
        let now = if stands_alone(c) {
            Kind::Alone
        } else if c.is_ascii_digit() {
            Kind::Digits
        } else if c.is_whitespace() || (c.is_ascii() && !c.is_ascii_alphanumeric()) || c == '\u{2044}' {
            Kind::Between
        } else {
            Kind::Letters
        };
        match (kind, now, pieces.last_mut()) {
            (_, Kind::Between, _) => {}
            (Some(before), now, Some(piece)) if before == now && now != Kind::Alone => piece.push(c),
            _ => pieces.push(c.to_string()),
        }
        kind = Some(now);
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Letters,
    Digits,
    Alone,
    Between,
}

/// Whether a character belongs to a script that is written without spaces between words.
fn stands_alone(c: char) -> bool {
    !c.is_ascii()
        && matches!(
            CodePointMapData::<Script>::new().get(c),
            Script::Han
                | Script::Hiragana
                | Script::Katakana
                | Script::Bopomofo
                | Script::Thai
                | Script::Lao
                | Script::Khmer
                | Script::Myanmar
        )
}

/// Numbers beside each other that may be one telephone number, joined; one with North America's country code also without.
fn telephones(words: &[Word]) -> Vec<String> {
    let mut all = Vec::new();
    let pieces: Vec<&str> = words.iter().flat_map(|word| word.pieces.iter().map(String::as_str)).collect();
    for from in 0..pieces.len() {
        let mut digits = String::new();
        for piece in pieces.iter().skip(from).take_while(|piece| is_digits(piece)) {
            let several = !digits.is_empty();
            digits.push_str(piece);
            if digits.len() > *TELEPHONE.end() {
                break;
            }
            if several && TELEPHONE.contains(&digits.len()) {
                all.push(digits.clone());
            }
            if digits.len() == 11 {
                all.extend(digits.strip_prefix('1').map(str::to_owned));
            }
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rusqlite::Connection;

    use super::*;

    fn is_found(written: &str, typed: &str) -> bool {
        let connection = Connection::open_in_memory().unwrap();
        connection
            .execute_batch(
                r#"CREATE VIRTUAL TABLE w USING fts5 (folded, tokenize = "unicode61 remove_diacritics 0 categories 'L* M* N* Co'")"#,
            )
            .unwrap();
        connection.execute("INSERT INTO w VALUES (?)", [folded(written)]).unwrap();
        let asked = question(typed, false);
        !asked.is_empty()
            && connection.query_row("SELECT count(*) FROM w WHERE w MATCH ?", [asked], |row| row.get::<_, i64>(0)).unwrap() == 1
    }

    #[test]
    fn what_is_written_in_one_way_is_found_when_typed_in_another() {
        for (written, typed) in [
            ("Łukasz", "lukasz"),
            ("lukasz", "ŁUKASZ"),
            ("Đặng", "dang"),
            ("Søren", "soren"),
            ("Strauß", "strauss"),
            ("Strauss", "strauß"),
            ("STRAUẞ", "strauß"),
            ("Æthel", "aethel"),
            ("Aydın", "aydin"),
            ("AYDIN", "aydın"),
            ("İpek", "ipek"),
            ("Алёна", "Алена"),
            ("مُحَمَّد", "محمد"),
            ("أحمد", "احمد"),
            ("Geo\u{ad}ffrey", "geoffrey"),
            ("Ｋｅｎ", "ken"),
            ("ﬁnley", "finley"),
            ("Ὀδυσσεύς", "ΟΔΥΣΣΕΥΣ"),
            ("O'Malley", "omalley"),
            ("O’Malley", "o'malley"),
            ("OMalley", "O'Malley"),
            ("O´Malley", "omalley"),
            ("Anne-Marie", "annemarie"),
            ("Annemarie", "anne-marie"),
            ("Anne-Marie", "marie"),
            ("300mg", "300 mg"),
            ("300 mg", "300mg"),
            ("300mg", "300MG"),
            ("٣٠٠ mg", "300mg"),
            ("(555) 0199", "5550199"),
            ("5550199", "555-0199"),
            ("5550199", "(555) 0199"),
            ("+1 (215) 555-0100", "2155550100"),
            ("+12155550100", "215 555 0100"),
            ("call 215.555.0100 2 pills", "2155550100"),
            ("彼は東京都に住む", "東京"),
            ("李小龙在家", "小龙"),
            ("カタカナ", "ｶﾀｶﾅ"),
            ("がん", "がん"),
            ("ผู้ป่วยอยู่บ้าน", "บ้าน"),
            ("เขาชื่อสมชาย", "สมชาย"),
            ("한국어를", "한국어를"),
            ("हिन्दी", "हिन्दी"),
            ("שָׁלוֹם", "שלום"),
            ("Zoe\u{308}", "Zoë"),
            ("Dvořák", "dvorak"),
            ("x² + ½", "x2"),
            ("e-mail ann@example.org", "ann@example.org"),
        ] {
            assert!(is_found(written, typed), "{written} is not found as {typed}: {:?} {:?}", folded(written), question(typed, false));
        }
        for (written, typed) in [
            ("彼は東京都に", "京東"),
            ("かん", "がん"),
            ("Sam", "Samuel"),
            ("150 mg", "15 mg"),
            ("5550199", "5550198"),
            ("cafe", "\"; -- "),
        ] {
            assert!(!is_found(written, typed), "{written} is found as {typed}");
        }
    }

    #[test]
    fn what_a_person_types_is_never_an_operator() {
        assert_eq!(question("red AND \"coat* NEAR(", false), r#"(("red")) AND (("and")) AND (("coat")) AND (("near"))"#);
        assert_eq!(question("O'Mal", true), r#"(("o mal"*) OR "omal"*)"#);
        assert_eq!(question(" -- ''", true), "");
    }

    proptest! {
        #[test]
        fn every_word_of_a_text_finds_it(text in "\\PC{0,30}") {
            for typed in text.split_whitespace().filter(|word| !question(word, false).is_empty()) {
                prop_assert!(is_found(&text, typed), "{typed:?} of {text:?}: {:?} {:?}", folded(&text), question(typed, false));
            }
        }

        #[test]
        fn folding_twice_changes_nothing(text in "\\PC{0,30}") {
            let once: Vec<String> = words(&text).into_iter().flat_map(|word| word.pieces).collect();
            let twice: Vec<String> = words(&once.join(" ")).into_iter().flat_map(|word| word.pieces).collect();
            prop_assert_eq!(once, twice);
        }
    }
}
