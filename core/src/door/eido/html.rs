//! Notes of an EIDO are HTML5. Read as plain words, written so that no word becomes a tag.

/// The words of an HTML note. Tags become nothing, breaks and paragraphs new lines; what only looks like a tag
/// ("BP <90") stays.
pub fn words(html: &str) -> String {
    let mut out = String::with_capacity(html.len());
    let mut rest = html;
    // Without this a text of a million "<a" and no ">" would be searched to its end a million times.
    let last_close = html.rfind('>').map_or(0, |at| html.len() - at);
    while let Some(at) = rest.find(['<', '&']) {
        let (before, from) = rest.split_at(at);
        out.push_str(before);
        let tags_left = from.len() > last_close && last_close > 0;
        rest = match entity(from).or_else(|| tags_left.then(|| tag(from)).flatten()) {
            Some((said, after)) => {
                out.extend(said);
                after
            }
            None => {
                let mut chars = from.chars();
                out.extend(chars.next());
                chars.as_str()
            }
        };
    }
    out.push_str(rest);
    out
}

/// What an entity at the start says, and what follows it.
fn entity(from: &str) -> Option<(Option<char>, &str)> {
    let entity = from.strip_prefix('&')?;
    let end = entity.bytes().take(11).position(|b| b == b';')?;
    let (name, after) = entity.split_at_checked(end)?;
    let char = match name {
        "amp" => '&',
        "lt" => '<',
        "gt" => '>',
        "quot" => '"',
        "apos" => '\'',
        "nbsp" => '\u{a0}',
        _ => numbered(name.strip_prefix('#')?)?,
    };
    Some((Some(char), after.strip_prefix(';')?))
}

/// What a tag at the start says, and what follows it.
fn tag(from: &str) -> Option<(Option<char>, &str)> {
    let tag = from.strip_prefix('<')?;
    tag.starts_with(|c: char| c.is_ascii_alphabetic() || c == '/' || c == '!').then_some(())?;
    let (inside, after) = tag.split_once('>')?;
    let name = inside.split(|c: char| !c.is_ascii_alphanumeric()).find(|word| !word.is_empty()).unwrap_or_default();
    let closes = inside.starts_with('/');
    let breaks = match name.to_ascii_lowercase().as_str() {
        "br" => true,
        "p" | "div" | "li" | "tr" | "h1" | "h2" | "h3" => closes,
        _ => false,
    };
    Some((breaks.then_some('\n'), after))
}

fn numbered(digits: &str) -> Option<char> {
    let code = match digits.strip_prefix(['x', 'X']) {
        Some(hex) => u32::from_str_radix(hex, 16).ok()?,
        None => digits.parse().ok()?,
    };
    char::from_u32(code).filter(|c| *c != '\0')
}

/// HTML that says exactly these words.
pub fn written(words: &str) -> String {
    words.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('\n', "<br>")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn tags_become_lines_and_what_only_looks_like_one_stays() {
        assert_eq!(words("<p>Says <b>no</b> weapon.</p><p>BP <90 &amp; falling</p>"), "Says no weapon.\nBP <90 & falling\n");
        assert_eq!(words("a < b & c &unknown; &#65;&#x42; <"), "a < b & c &unknown; AB <");
    }

    #[test]
    fn a_million_tags_that_never_end_are_read_in_one_go() {
        let open = "<a".repeat(1_000_000);
        assert_eq!(words(&open), open);
        assert_eq!(words(&format!("<b>{open}")), open);
    }

    proptest! {
        #[test]
        fn words_go_out_and_come_back(text in "(?s).{0,60}") {
            prop_assert_eq!(words(&written(&text)), text);
        }
    }
}
