//! Mangling: a good document with a few things wrong with it. Random bytes never get past the JSON reader, so most of
//! what is done here keeps the document JSON: types are swapped, keys removed, doubled and renamed, values nested deep,
//! strings made huge or odd.

use bolero::{TypeGenerator, ValueGenerator, produce};
use serde_json::{Value, json};

/// One thing done to a document. Places and choices are numbers, taken modulo what there is.
#[derive(Debug, Clone, TypeGenerator)]
pub enum Mangle {
    /// Another value stands there.
    Swap { at: u16, odd: u8 },
    /// It is gone.
    Remove { at: u16 },
    /// Its key stands twice in its object.
    Twice { at: u16, odd: u8 },
    /// Its key is another.
    Rename { at: u16, odd: u8 },
    /// It stands deep in lists or objects.
    Nest { at: u16, levels: u8, list: bool },
    /// Its list or its text is repeated.
    Repeat { at: u16, times: u8 },
    /// A copy of another part stands there.
    Graft { from: u16, to: u16 },
    /// Its text is changed in the middle.
    Text { at: u16, odd: u8, keep: bool },
    /// One byte is another.
    Byte { at: u16, byte: u8 },
    /// The rest is cut off.
    Cut { at: u16 },
}

/// Up to six things done to one of the seeds.
pub fn mangles() -> impl ValueGenerator<Output = (u16, Vec<Mangle>)> {
    (produce::<u16>(), produce::<Vec<Mangle>>().with().len(0_usize..7))
}

/// Texts that readers stumble over: of no length, of great length, of other alphabets and directions, of no meaning.
const TEXTS: [&str; 24] = [
    "",
    " ",
    "\u{0}",
    "\u{feff}x",
    "e\u{301}\u{301}\u{301}",
    "\u{202e}evil\u{2066}",
    "\u{1f468}\u{200d}\u{1f469}\u{200d}\u{1f467}",
    "ｆｕｌｌ　ｗｉｄｔｈ",
    "مرحبا",
    "\u{10ffff}",
    "-0",
    "1e999",
    "NaN",
    "00000000000000000000000000000000000000000000000000000000000000000",
    "9999-12-31T23:59:60Z",
    "-009999-01-01T00:00:00Z",
    "2026-02-30",
    "urn:anydoor:1:",
    "../../Task/x?_id=1&x=%00",
    "Task//_history/",
    "<![CDATA[",
    "&#0;&amp;&lt;",
    "'; DROP TABLE documents; --",
    "====",
];

fn odd(choice: u8) -> Value {
    let texts = TEXTS.len();
    match usize::from(choice) {
        0 => Value::Null,
        1 => json!(true),
        2 => json!(0),
        3 => json!(-1),
        4 => json!(u64::MAX),
        5 => serde_json::from_str("1e400").unwrap_or_default(),
        6 => serde_json::from_str("-0.000000000000000000000000000000000000001").unwrap_or_default(),
        7 => json!([]),
        8 => json!({}),
        9 => json!([null]),
        10 => json!([[["x"]]]),
        11 => json!({ "reference": "Task/x" }),
        12 => json!({ "reference": {}, "coding": "x", "extension": 7, "value": [] }),
        13 => json!("k".repeat(70_000)),
        14 => json!({ "$ref": "", "$id": [] }),
        n => json!(TEXTS[n % texts]),
    }
}

/// What stands for "this key a second time" until the document is text: serde_json keeps each key once.
const AGAIN: &str = "\u{1}again\u{1}";
const AGAIN_WRITTEN: &str = "\\u0001again\\u0001";

fn places(value: &Value, here: String, all: &mut Vec<String>) {
    match value {
        Value::Object(map) => {
            map.iter().for_each(|(key, inner)| places(inner, format!("{here}/{}", key.replace('~', "~0").replace('/', "~1")), all));
        }
        Value::Array(list) => list.iter().enumerate().for_each(|(index, inner)| places(inner, format!("{here}/{index}"), all)),
        _ => {}
    }
    all.push(here);
}

fn place(value: &Value, at: u16) -> String {
    let mut all = Vec::new();
    places(value, String::new(), &mut all);
    all.swap_remove(usize::from(at) % all.len())
}

fn keyed<'v>(value: &'v mut Value, place: &str) -> Option<(&'v mut serde_json::Map<String, Value>, String)> {
    let (parent, key) = place.rsplit_once('/')?;
    Some((value.pointer_mut(parent)?.as_object_mut()?, key.replace("~1", "/").replace("~0", "~")))
}

fn nested(value: Value, levels: u8, list: bool) -> Value {
    (0..levels).fold(value, |inner, _| if list { json!([inner]) } else { json!({ "x": inner }) })
}

fn applied(value: &mut Value, mangle: &Mangle) {
    let (Mangle::Swap { at, .. }
    | Mangle::Remove { at }
    | Mangle::Twice { at, .. }
    | Mangle::Rename { at, .. }
    | Mangle::Nest { at, .. }
    | Mangle::Repeat { at, .. }
    | Mangle::Graft { to: at, .. }
    | Mangle::Text { at, .. }) = mangle
    else {
        return;
    };
    let place = place(value, *at);
    match mangle {
        Mangle::Remove { .. } => {
            if let Some((map, key)) = keyed(value, &place) {
                map.shift_remove(&key);
            }
            return;
        }
        Mangle::Twice { odd: choice, .. } => {
            if let Some((map, key)) = keyed(value, &place) {
                map.insert(format!("{key}{AGAIN}"), odd(*choice));
            }
            return;
        }
        Mangle::Rename { odd: choice, .. } => {
            if let Some((map, key)) = keyed(value, &place)
                && let Some(inner) = map.shift_remove(&key)
            {
                map.insert(TEXTS[usize::from(*choice) % TEXTS.len()].to_owned(), inner);
            }
            return;
        }
        _ => {}
    }
    let grafted = if let Mangle::Graft { from, .. } = mangle {
        let from = self::place(value, *from);
        value.pointer(&from).cloned()
    } else {
        None
    };
    let Some(target) = value.pointer_mut(&place) else { return };
    match mangle {
        Mangle::Swap { odd: choice, .. } => *target = odd(*choice),
        Mangle::Nest { levels, list, .. } => *target = nested(target.take(), *levels, *list),
        Mangle::Graft { .. } => *target = grafted.unwrap_or_default(),
        Mangle::Repeat { times, .. } => match target {
            Value::Array(list) => *list = list.iter().cycle().take(list.len() * usize::from(*times)).cloned().collect(),
            Value::String(text) => *text = text.repeat(usize::from(*times)),
            _ => {}
        },
        Mangle::Text { odd: choice, keep, .. } => {
            if let Value::String(text) = target {
                let middle = text.char_indices().nth(text.chars().count() / 2).map_or(0, |(at, _)| at);
                text.insert_str(middle, TEXTS[usize::from(*choice) % TEXTS.len()]);
                if !keep {
                    text.truncate(middle);
                }
            }
        }
        _ => {}
    }
}

/// The seed with all of this done to it, as bytes; never more than a megabyte.
pub fn json_bytes(seed: &Value, mangles: &[Mangle]) -> Vec<u8> {
    let mut value = seed.clone();
    for mangle in mangles {
        let before = value.clone();
        applied(&mut value, mangle);
        if value.to_string().len() > 1 << 20 {
            value = before;
        }
    }
    bytes(value.to_string().replace(AGAIN_WRITTEN, "").into_bytes(), mangles)
}

/// A document that is still JSON, with keys that stand once: what a store may be given.
pub fn json_value(seed: &Value, mangles: &[Mangle]) -> Value {
    let structural: Vec<Mangle> =
        mangles.iter().filter(|m| !matches!(m, Mangle::Byte { .. } | Mangle::Cut { .. } | Mangle::Twice { .. })).cloned().collect();
    serde_json::from_slice(&json_bytes(seed, &structural)).unwrap_or_else(|_| seed.clone())
}

/// A text that is no JSON, mangled byte by byte and piece by piece.
pub fn text_bytes(seed: &str, mangles: &[Mangle]) -> Vec<u8> {
    let mut text = seed.to_owned();
    for mangle in mangles {
        let floor = |text: &str, at: u16| text.floor_char_boundary(usize::from(at) % (text.len() + 1));
        match mangle {
            Mangle::Swap { at, odd } | Mangle::Text { at, odd, .. } | Mangle::Rename { at, odd } | Mangle::Twice { at, odd } => {
                text.insert_str(floor(&text, *at), TEXTS[usize::from(*odd) % TEXTS.len()]);
            }
            Mangle::Remove { at } => {
                let from = floor(&text, *at);
                let until = text.ceil_char_boundary((from + 9).min(text.len()));
                text.replace_range(from..until, "");
            }
            Mangle::Graft { from, to } => {
                let (from, to) = (floor(&text, *from), floor(&text, *to));
                let piece = text[from.min(to)..from.max(to)].to_owned();
                text.insert_str(to, &piece);
            }
            Mangle::Repeat { at, times } | Mangle::Nest { at, levels: times, .. } if text.len() < 1 << 16 => {
                let from = floor(&text, *at);
                let piece = text[from..].chars().take(30).collect::<String>().repeat(usize::from(*times));
                text.insert_str(from, &piece);
            }
            _ => {}
        }
    }
    bytes(text.into_bytes(), mangles)
}

fn bytes(mut bytes: Vec<u8>, mangles: &[Mangle]) -> Vec<u8> {
    for mangle in mangles {
        match mangle {
            Mangle::Byte { at, byte } if !bytes.is_empty() => {
                let at = usize::from(*at) % bytes.len();
                bytes[at] = *byte;
            }
            Mangle::Cut { at } => bytes.truncate(usize::from(*at) % (bytes.len() + 1)),
            _ => {}
        }
    }
    bytes
}
