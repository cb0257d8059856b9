//! Makes the table of letters and digits that Unicode does not decompose (ł, ø, æ, ı; ٣) out of `deunicode`.
//!
//! Rule: only what search needs goes into the phone: the library's own table weighs 480 KB, this one a few. Neighbours:
//! `store::fold` reads it.

use std::fmt::Write as _;
use std::path::Path;

/// Where letters of the Latin script stand (Unicode, Blocks.txt).
const LATIN: [std::ops::RangeInclusive<u32>; 7] =
    [0xc0..=0x24f, 0x250..=0x2af, 0x1d00..=0x1dbf, 0x1e00..=0x1eff, 0x2c60..=0x2c7f, 0xa720..=0xa7ff, 0xab30..=0xab6f];
/// Where the digits of other scripts stand.
const DIGITS: std::ops::RangeInclusive<u32> = 0x660..=0xabff;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    let letters = LATIN.into_iter().flatten().filter_map(char::from_u32).filter(|c| c.is_alphabetic() && c.to_lowercase().eq([*c]));
    let digits = DIGITS.filter_map(char::from_u32).filter(|c| c.is_numeric() && !c.is_alphabetic());
    let mut all: Vec<(char, String)> = letters.chain(digits).filter_map(|c| Some((c, plain(c)?))).collect();
    all.sort();
    all.dedup();
    let mut table = String::from("[\n");
    for (c, plain) in all {
        // Bytes and not texts: a pointer to each text would weigh three times as much.
        let mut bytes = [0; 4];
        bytes.iter_mut().zip(plain.bytes()).for_each(|(to, byte)| *to = byte);
        let _ = writeln!(table, "    ({c:?}, {bytes:?}),");
    }
    table.push(']');
    let folder = std::env::var("OUT_DIR").unwrap_or_default();
    if let Err(error) = std::fs::write(Path::new(&folder).join("plain_letters.rs"), table) {
        println!("cargo::error=the table of letters cannot be written: {error}");
    }
}

/// What a letter or a digit is in ASCII, in lower case.
fn plain(c: char) -> Option<String> {
    let plain = deunicode::deunicode_char(c)?.to_ascii_lowercase();
    let same_kind = plain.bytes().all(|b| if c.is_alphabetic() { b.is_ascii_alphabetic() } else { b.is_ascii_digit() });
    ((1..=4).contains(&plain.len()) && same_kind).then_some(plain)
}
