//! Notes of an EIDO are HTML5. Read as plain words, written so that no word becomes a tag.

/// The words of an HTML note. Tags become nothing, breaks and paragraphs new lines; what only looks like a tag
/// ("BP <90") stays.
pub fn words(html: &str) -> String {
    let mut out = String::with_capacity(html.len());
    let mut rest = html;
    while let Some(at) = rest.find(['<', '&']) {
        let (before, from) = rest.split_at(at);
        out.push_str(before);
        rest = match taken(from) {
            Some((said, after)) => {
                out.push_str(&said);
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

/// What a tag or an entity at the start says, and what follows it.
fn taken(from: &str) -> Option<(String, &str)> {
    if let Some(entity) = from.strip_prefix('&') {
        let (name, after) = entity.split_once(';').filter(|(name, _)| name.len() <= 10)?;
        let char = match name {
            "amp" => '&',
            "lt" => '<',
            "gt" => '>',
            "quot" => '"',
            "apos" => '\'',
            "nbsp" => '\u{a0}',
            _ => numbered(name.strip_prefix('#')?)?,
        };
        return Some((char.to_string(), after));
    }
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
    Some((if breaks { "\n".to_owned() } else { String::new() }, after))
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

    proptest! {
        #[test]
        fn words_go_out_and_come_back(text in "(?s).{0,60}") {
            prop_assert_eq!(words(&written(&text)), text);
        }
    }
}
