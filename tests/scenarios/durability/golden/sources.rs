//! Reads names out of the core's sources, wherever they stand: calls, macros and texts, not files and types. Test code says
//! nothing here, and neither does a comment.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// Where sources are, from this package.
const FOLDERS: [&str; 1] = ["../core/src"];

/// How far a name is followed from a parameter to its callers.
const DEPTH: u8 = 3;

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Token {
    /// An identifier, a keyword or a number.
    Word(String),
    /// What stands in a string, with its escapes; `\"` is a quotation mark.
    Text(String),
    /// What stands in a byte string.
    Bytes(String),
    Sign(char),
}

use Token::{Bytes, Sign, Text, Word};

fn is(token: Option<&Token>, word: &str) -> bool {
    matches!(token, Some(Word(found)) if found == word)
}

fn sign(token: Option<&Token>, wanted: char) -> bool {
    matches!(token, Some(Sign(found)) if *found == wanted)
}

fn texts(tokens: &[Token]) -> Vec<String> {
    let text = |token: &Token| if let Text(text) = token { Some(text.clone()) } else { None };
    tokens.iter().filter_map(text).collect()
}

/// Every file's tokens, without its test code.
pub struct Sources {
    files: Vec<Vec<Token>>,
    /// The texts of every `const`, by its name.
    constants: BTreeMap<String, Vec<String>>,
}

/// One call: where it stands, and its arguments.
struct Call<'a> {
    at: usize,
    arguments: Vec<&'a [Token]>,
}

impl Sources {
    pub fn read() -> Self {
        let mut files = Vec::new();
        for folder in FOLDERS {
            files_below(&Path::new(env!("CARGO_MANIFEST_DIR")).join(folder), &mut files);
        }
        files.sort();
        assert!(!files.is_empty(), "no sources");
        Self::of(files.iter().map(|file| std::fs::read_to_string(file).unwrap()))
    }

    pub fn of(texts: impl Iterator<Item = String>) -> Self {
        let files: Vec<Vec<Token>> = texts.map(|text| without_tests(&tokens(&text))).collect();
        let mut constants: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for file in &files {
            for at in (0..file.len()).filter(|at| is(file.get(*at), "const") || is(file.get(*at), "static")) {
                if let (Some(Word(name)), true) = (file.get(at + 1), sign(file.get(at + 2), ':')) {
                    let end = (at..file.len()).find(|end| sign(file.get(*end), ';')).unwrap_or(file.len());
                    constants.entry(name.clone()).or_default().extend(self::texts(&file[at..end]));
                }
            }
        }
        Self { files, constants }
    }

    /// The names that calls of `function` have as their arguments number `argument`. `function` is `name`, `.method` or
    /// `Type::name`.
    pub fn arguments(&self, function: &str, argument: usize) -> BTreeSet<String> {
        self.arguments_apart(function, &[argument]).into_iter().flatten().flatten().collect()
    }

    /// For each call of `function`, the names that these arguments have.
    pub fn arguments_apart(&self, function: &str, arguments: &[usize]) -> Vec<Vec<Vec<String>>> {
        let mut all = Vec::new();
        for file in &self.files {
            for call in calls(file, function) {
                let names = |argument: &usize| call.arguments.get(*argument).map_or_else(Vec::new, |a| self.names(file, call.at, a, DEPTH));
                all.push(arguments.iter().map(names).collect());
            }
        }
        all
    }

    /// The names that an expression stands for: its texts, those of its constants, of a local value, or of what the callers
    /// of its function hand in.
    fn names(&self, file: &[Token], at: usize, expression: &[Token], depth: u8) -> Vec<String> {
        let mut found = texts(expression);
        for token in expression {
            if let Word(word) = token {
                found.extend(
                    self.constants
                        .get(word)
                        .filter(|_| word.chars().all(|c| c.is_ascii_uppercase() || c == '_'))
                        .into_iter()
                        .flatten()
                        .cloned(),
                );
            }
        }
        let words: Vec<&String> = expression.iter().filter_map(|token| if let Word(word) = token { Some(word) } else { None }).collect();
        let ([word], true, true) = (words.as_slice(), found.is_empty(), depth > 0) else { return found };
        let Some(start) = (0..at).rev().find(|start| is(file.get(*start), "fn")) else { return found };
        let local = (start..at).rev().find(|i| is(file.get(*i), "let") && is(file.get(i + 1), word) && sign(file.get(i + 2), '='));
        if let Some(local) = local {
            let end = (local..at).find(|end| sign(file.get(*end), ';')).unwrap_or(at);
            let value = &file[local + 3..end];
            return if matches!(value, [Text(_)]) || value.iter().any(|token| is(Some(token), "format")) { texts(value) } else { found };
        }
        let Some(Word(function)) = file.get(start + 1) else { return found };
        if NAMING.iter().any(|(naming, _, _)| naming == function) || function == "derived" {
            return found;
        }
        let open = (start..at).find(|open| sign(file.get(*open), '(')).unwrap_or(at);
        let (of_self, parameters): (Vec<&[Token]>, Vec<&[Token]>) =
            arguments(file, open).into_iter().partition(|p| p.iter().any(|token| is(Some(token), "self")));
        let called = if of_self.is_empty() { function.clone() } else { format!(".{function}") };
        let Some(place) = parameters.iter().position(|p| is(p.first(), word)) else { return found };
        let handed = |file: &Vec<Token>| -> Vec<String> {
            let names = |call: Call<'_>| Some(self.names(file, call.at, call.arguments.get(place)?, depth - 1));
            calls(file, &called).into_iter().filter_map(names).flatten().collect()
        };
        // A name that many functions have says nothing of who calls this one.
        let defined = self.files.iter().flat_map(|file| file.windows(2)).filter(|pair| is(pair.first(), "fn") && is(pair.get(1), function));
        let own: Vec<String> = self.files.iter().filter(|other| other.as_slice() == file).flat_map(handed).collect();
        if own.is_empty() || defined.count() == 1 { self.files.iter().flat_map(handed).collect() } else { own }
    }

    /// The texts of constants that are names: one word, not a sentence.
    pub fn constant_names(&self) -> BTreeSet<String> {
        let name = |text: &&String| {
            !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || "-_.:/+".contains(c)) && !text.starts_with('.')
        };
        self.constants.values().flatten().filter(name).cloned().collect()
    }

    /// Every text.
    pub fn texts(&self) -> impl Iterator<Item = String> {
        self.files.iter().flat_map(|file| texts(file))
    }

    /// Every byte string: file magics and what keys are derived for.
    pub fn byte_strings(&self) -> BTreeSet<String> {
        let bytes = |token: &Token| if let Bytes(text) = token { Some(text.clone()) } else { None };
        self.files.iter().flatten().filter_map(bytes).filter(|text| text.contains(|c: char| c.is_ascii_alphabetic())).collect()
    }

    /// The texts that a field `name` of a value written out has: `name: "…".into()`.
    pub fn fields(&self, name: &str) -> BTreeSet<String> {
        let mut found = BTreeSet::new();
        for file in &self.files {
            for window in file.windows(5) {
                if let [Word(field), Sign(':'), Text(text), Sign('.'), Word(into)] = window
                    && field == name
                    && into == "into"
                {
                    found.insert(text.clone());
                }
            }
        }
        found
    }

    /// What stands in the braces of every use of a macro.
    fn uses(&self, of: &str) -> Vec<Vec<Token>> {
        let mut all = Vec::new();
        for file in &self.files {
            for at in (0..file.len()).filter(|at| is(file.get(*at), of) && sign(file.get(at + 1), '!') && sign(file.get(at + 2), '{')) {
                all.push(without_attributes(&file[at + 3..closing(file, at + 2)]));
            }
        }
        all
    }

    /// The kinds of ids, each by its type's name.
    pub fn id_kinds(&self) -> BTreeMap<String, String> {
        let mut found = BTreeMap::new();
        for window in self.uses("ids").iter().flat_map(|tokens| tokens.windows(3)) {
            if let [Word(name), Sign('='), Text(kind)] = window {
                found.insert(name.clone(), kind.clone());
            }
        }
        found
    }

    /// The codes: `<set> <code>`. A set is called as the words' catalogue calls it, and one that has no words by its first
    /// code, so that a type may have another name and a set may not.
    pub fn codes(&self) -> BTreeSet<String> {
        let mut sets: BTreeMap<String, String> = BTreeMap::new();
        for tokens in self.uses("spoken") {
            for entry in split(&tokens, ',') {
                if let (Some(Text(set)), Some(Word(name))) = (entry.first(), entry.last()) {
                    sets.insert(name.clone(), set.clone());
                }
            }
        }
        let mut found = BTreeSet::new();
        for tokens in self.uses("codes") {
            for at in (0..tokens.len()).filter(|at| sign(tokens.get(*at), '{')) {
                let (Some(Word(name)), codes) = (tokens.get(at - 1), texts(&tokens[at..closing(&tokens, at)])) else { continue };
                let set = sets.get(name).cloned().unwrap_or_else(|| format!("({})", codes[0]));
                found.extend(codes.iter().map(|code| format!("{set} {code}")));
            }
        }
        found
    }

    /// What ids are derived from: `<kind>: <seed>`, with `{}` for what is put in.
    pub fn seeds(&self) -> BTreeSet<String> {
        let (kinds, mut found) = (self.id_kinds(), BTreeSet::new());
        for file in &self.files {
            for call in calls(file, "derived") {
                let of_type = match file.get(call.at.wrapping_sub(3)) {
                    Some(Word(name)) if sign(file.get(call.at - 1), ':') => kinds.get(name),
                    _ => None,
                };
                let (kind, seed) = match (of_type, call.arguments.as_slice()) {
                    (Some(kind), [seed]) => (vec![kind.clone()], seed),
                    (None, [kind, seed]) => (self.names(file, call.at, kind, DEPTH), seed),
                    _ => continue,
                };
                let mut seeds = self.names(file, call.at, seed, DEPTH);
                if seeds.is_empty() {
                    seeds.push("{}".to_owned());
                }
                for kind in kind {
                    found.extend(seeds.iter().map(|seed| format!("{kind}: {}", blanks(seed))));
                }
            }
        }
        found
    }
}

/// The functions that put our names into documents and find them there: the argument with the name, and what it names.
pub const NAMING: [(&str, usize, &str); 13] = [
    ("ours", 0, "urn"),
    ("ours", 1, "member"),
    ("extension", 0, "extension"),
    ("extension_of", 0, "extension"),
    ("extensions", 1, "extension"),
    ("extension_text", 1, "extension"),
    ("part", 0, "part"),
    ("part_value", 1, "part"),
    ("part_text", 1, "part"),
    ("concept", 0, "system"),
    ("coding", 0, "system"),
    ("code_in", 1, "system"),
    ("known", 1, "system"),
];

/// A text with `{}` for everything that is put into it: what a value is called in the code is no name on disk.
pub fn blanks(text: &str) -> String {
    let (mut out, mut inside) = (String::new(), false);
    for char in text.chars() {
        match char {
            '{' => inside = true,
            '}' => {
                inside = false;
                out.push_str("{}");
            }
            _ if inside => {}
            _ => out.push(char),
        }
    }
    out
}

fn files_below(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap_or_else(|e| panic!("{}: {e}", folder.display())) {
        let (path, name) = entry.map(|entry| (entry.path(), entry.file_name().to_string_lossy().into_owned())).unwrap();
        if path.is_dir() && name != "tests" {
            files_below(&path, found);
        } else if name.ends_with(".rs") && name != "tests.rs" && !name.ends_with("_tests.rs") {
            found.push(path);
        }
    }
}

/// The place of the bracket that closes the one at `open`; the end where none does.
fn closing(tokens: &[Token], open: usize) -> usize {
    let mut depth = 0_usize;
    for (at, token) in tokens.iter().enumerate().skip(open) {
        match token {
            Sign('(' | '[' | '{') => depth += 1,
            Sign(')' | ']' | '}') => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    return at;
                }
            }
            _ => {}
        }
    }
    tokens.len()
}

/// Parts between `at`, which counts only outside of brackets.
fn split(tokens: &[Token], at: char) -> Vec<&[Token]> {
    let (mut parts, mut from, mut depth) = (Vec::new(), 0, 0_usize);
    for (place, token) in tokens.iter().enumerate() {
        match token {
            Sign('(' | '[' | '{') => depth += 1,
            Sign(')' | ']' | '}') => depth = depth.saturating_sub(1),
            Sign(found) if *found == at && depth == 0 => {
                parts.push(&tokens[from..place]);
                from = place + 1;
            }
            _ => {}
        }
    }
    parts.push(&tokens[from..]);
    parts.retain(|part| !part.is_empty());
    parts
}

/// What stands between the bracket at `open` and its other, parted at its commas.
fn arguments(tokens: &[Token], open: usize) -> Vec<&[Token]> {
    tokens.get(open + 1..closing(tokens, open)).map(|inside| split(inside, ',')).unwrap_or_default()
}

/// Every call of a function, but not where it is defined.
fn calls<'a>(file: &'a [Token], function: &str) -> Vec<Call<'a>> {
    let method = function.strip_prefix('.');
    let (owner, name) = function.split_once("::").map_or((None, method.unwrap_or(function)), |(owner, name)| (Some(owner), name));
    let mut found = Vec::new();
    for at in (0..file.len()).filter(|at| is(file.get(*at), name)) {
        let before = at.checked_sub(1).and_then(|at| file.get(at));
        let owned = owner.is_none_or(|owner| at >= 3 && sign(before, ':') && is(file.get(at - 3), owner));
        if is(before, "fn") || sign(before, '.') != method.is_some() || !owned {
            continue;
        }
        // `known::<C>(…)` is a call of it too.
        let open = if sign(file.get(at + 1), ':') && sign(file.get(at + 3), '<') {
            (at + 3..file.len()).find(|end| sign(file.get(*end), '>')).map_or(at, |end| end + 1)
        } else {
            at + 1
        };
        // A local closure of the same name is another function.
        let start = (0..at).rev().find(|start| is(file.get(*start), "fn")).unwrap_or(0);
        let shadowed = method.is_none() && !sign(before, ':') && (start..at).any(|i| is(file.get(i), "let") && is(file.get(i + 1), name));
        if sign(file.get(open), '(') && !shadowed {
            found.push(Call { at, arguments: arguments(file, open) });
        }
    }
    found
}

fn without_attributes(tokens: &[Token]) -> Vec<Token> {
    let (mut out, mut at) = (Vec::new(), 0);
    while let Some(token) = tokens.get(at) {
        if sign(Some(token), '#') && sign(tokens.get(at + 1), '[') {
            at = closing(tokens, at + 1) + 1;
        } else {
            out.push(token.clone());
            at += 1;
        }
    }
    out
}

/// Without each item under `#[cfg(test)]`.
fn without_tests(tokens: &[Token]) -> Vec<Token> {
    let (mut out, mut at) = (Vec::new(), 0);
    while let Some(token) = tokens.get(at) {
        let attribute = sign(Some(token), '#') && sign(tokens.get(at + 1), '[');
        if !(attribute && is(tokens.get(at + 2), "cfg") && is(tokens.get(at + 4), "test") && sign(tokens.get(at + 5), ')')) {
            out.push(token.clone());
            at += 1;
            continue;
        }
        while sign(tokens.get(at), '#') && sign(tokens.get(at + 1), '[') {
            at = closing(tokens, at + 1) + 1;
        }
        // The item ends with its block, or with its semicolon where it has none.
        while let Some(token) = tokens.get(at) {
            match token {
                Sign('(' | '[') => at = closing(tokens, at) + 1,
                Sign('{') => {
                    at = closing(tokens, at) + 1;
                    break;
                }
                Sign(';') => {
                    at += 1;
                    break;
                }
                _ => at += 1,
            }
        }
    }
    out
}

fn tokens(source: &str) -> Vec<Token> {
    let (chars, mut at, mut out) = (source.chars().collect::<Vec<char>>(), 0, Vec::new());
    let starts = |at: usize, with: &str| with.chars().enumerate().all(|(i, char)| chars.get(at + i) == Some(&char));
    while let Some(&char) = chars.get(at) {
        if starts(at, "//") {
            at = (at..chars.len()).find(|end| chars[*end] == '\n').unwrap_or(chars.len());
        } else if starts(at, "/*") {
            at = (at..chars.len()).find(|end| starts(*end, "*/")).map_or(chars.len(), |end| end + 2);
        } else if char == '\'' {
            // A char, or a lifetime, whose word says nothing.
            at = match (chars.get(at + 1), chars.get(at + 2)) {
                (Some('\\'), _) => (at + 3..chars.len()).find(|end| chars[*end] == '\'').map_or(chars.len(), |end| end + 1),
                (Some(_), Some('\'')) => at + 3,
                _ => at + 1,
            };
        } else if char == '"' {
            let (text, end) = quoted(&chars, at + 1, 0, false);
            out.push(Text(text));
            at = end;
        } else if char.is_alphanumeric() || char == '_' {
            let end = (at..chars.len()).find(|end| !chars[*end].is_alphanumeric() && chars[*end] != '_').unwrap_or(chars.len());
            let word: String = chars[at..end].iter().collect();
            let hashes = chars[end..].iter().take_while(|char| **char == '#').count();
            let raw = word.ends_with('r');
            if ["r", "b", "br", "c", "cr"].contains(&word.as_str()) && chars.get(end + hashes) == Some(&'"') && (raw || hashes == 0) {
                let (text, after) = quoted(&chars, end + hashes + 1, hashes, raw);
                out.push(if word.starts_with('b') { Bytes(text) } else { Text(text) });
                at = after;
            } else {
                out.push(Word(word));
                at = end;
            }
        } else {
            if !char.is_whitespace() {
                out.push(Sign(char));
            }
            at += 1;
        }
    }
    out
}

/// A string from behind its quotation mark, and where it ends.
fn quoted(chars: &[char], mut at: usize, hashes: usize, raw: bool) -> (String, usize) {
    let mut text = String::new();
    while let Some(&char) = chars.get(at) {
        at += 1;
        match (char, chars.get(at)) {
            ('\\', Some('"')) if !raw => {
                text.push('"');
                at += 1;
            }
            ('\\', Some('\n')) if !raw => {
                at += chars[at..].iter().take_while(|char| char.is_whitespace()).count();
            }
            ('\\', Some(&escaped)) if !raw => {
                text.extend(['\\', escaped]);
                at += 1;
            }
            ('"', _) if chars[at..].iter().take_while(|char| **char == '#').count() >= hashes => return (text, at + hashes),
            _ => text.push(char),
        }
    }
    (text, at)
}

#[test]
fn a_name_is_found_wherever_it_stands_and_not_in_comments_and_tests() {
    let source = r##"
        // extension("comment", …)
        pub(super) const OFFER: &str = "offer";
        codes! { #[doc = "x"] Colour { /* "grey" */ Red = "red", Blue = "blue", } Shape { Round = "round", } }
        spoken! { "hue" crate::paint::Colour, }
        ids! { TeamId = "team"; }
        fn write<'a>(x: &'a str) { extension("one", "valueString", '"'); part(OFFER, r#"va"lue"#); named("two", 1); known::<C>(x, "three"); }
        fn named(name: &'static str, _n: u8) { extension_of(name, vec![Plan::new("deep", 1)]); }
        fn ids() { TeamId::derived(&format!("{team}/place")); let name = format!("{}\nx", 1); crate::ids::derived("role", &name); }
        const MAGIC: &[u8; 8] = b"MAGIC001";
        #[cfg(test)]
        #[path = "x"]
        fn tested() -> [u8; 3] { extension("tested", "x", 1); [1, 2, 3] }
        fn after() { store.set_setting("kept", "x"); extension(if x { "four" } else { "five" }, "v", 2); }
    "##;
    let sources = Sources::of([source.to_owned()].into_iter());
    let set = |all: &[&str]| all.iter().map(|one| (*one).to_owned()).collect::<BTreeSet<String>>();
    assert_eq!(sources.arguments("extension", 0), set(&["one", "four", "five"]));
    assert_eq!(sources.arguments("extension_of", 0), set(&["two"]));
    assert_eq!(sources.arguments("part", 0), set(&["offer"]));
    assert_eq!(sources.arguments("known", 1), set(&["three"]));
    assert_eq!(sources.arguments("Plan::new", 0), set(&["deep"]));
    assert_eq!(sources.arguments(".set_setting", 0), set(&["kept"]));
    assert_eq!(sources.codes(), set(&["hue red", "hue blue", "(round) round"]));
    assert_eq!(sources.seeds(), set(&["team: {}/place", r"role: {}\nx"]));
    assert_eq!(sources.byte_strings(), set(&["MAGIC001"]));
}
