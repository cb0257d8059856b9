//! The shape of resources as R4 defines it: which elements there are, which must be there, which repeat, what kind of
//! value each holds, the codes of required bindings, and what a reference may point at. The rules are data: `r4.tsv`,
//! one line for each element of the types that this project writes and of every datatype they use. A type that is not
//! in the table is not checked. [`super::strictness`] decides when these rules apply.

use std::collections::HashMap;
use std::sync::LazyLock;

use serde_json::{Map, Value};

use super::dates;
use super::outcome::Issue;

struct Element {
    name: &'static str,
    path: &'static str,
    required: bool,
    list: bool,
    types: Vec<&'static str>,
    codes: Vec<&'static str>,
    targets: Vec<&'static str>,
}

/// The elements of each type and of each element that has elements of its own.
static TABLE: LazyLock<HashMap<&'static str, Vec<Element>>> = LazyLock::new(|| {
    let mut table: HashMap<_, Vec<Element>> = HashMap::new();
    for line in include_str!("r4.tsv").lines().filter(|line| !line.starts_with('#')) {
        let mut columns = line.split('\t');
        let (path, count) = (columns.next().unwrap_or_default(), columns.next().unwrap_or_default());
        let mut parts = |mark| columns.next().map(|c| c.split(mark).filter(|p| !p.is_empty()).collect()).unwrap_or_default();
        if let Some((parent, name)) = path.rsplit_once('.') {
            let (types, codes, targets) = (parts(','), parts('|'), parts(','));
            let (required, list) = (count.starts_with('1'), count.ends_with('*'));
            table.entry(parent).or_default().push(Element { name, path, required, list, types, codes, targets });
        }
    }
    table
});

const ON_EVERY_RESOURCE: &[&str] =
    &["resourceType", "id", "meta", "implicitRules", "language", "text", "contained", "extension", "modifierExtension"];
const ON_EVERY_ELEMENT: &[&str] = &["id", "extension", "modifierExtension"];
const MOST_ISSUES: usize = 20;

/// Whether the rules hold this path of this type; a type without rules is taken to hold everything.
#[cfg(test)]
pub(super) fn knows(kind: &str, path: &str) -> bool {
    let (mut parent, mut known) = (kind.to_owned(), true);
    for step in path.split('.') {
        let found = TABLE.get(parent.as_str()).and_then(|elements| elements.iter().find_map(|e| e.names(step).then(|| e.within(step))));
        known &= found.is_some();
        parent = found.unwrap_or_default().to_owned();
    }
    known || !TABLE.contains_key(kind)
}

/// Drops what R4 does not have at the top of this type, as HAPI does; extensions stay.
pub(super) fn drop_unknown(kind: &str, body: &mut Map<String, Value>) {
    if let Some(elements) = TABLE.get(kind) {
        body.retain(|key, _| {
            let plain = key.trim_start_matches('_');
            ON_EVERY_RESOURCE.contains(&plain) || elements.iter().any(|element| element.names(plain))
        });
    }
}

/// What is wrong with the shape of a resource; at most twenty things.
pub(super) fn check(kind: &str, body: &Map<String, Value>) -> Vec<Issue> {
    let mut issues = Vec::new();
    resource(kind, body, kind, &mut issues);
    issues.truncate(MOST_ISSUES);
    issues
}

fn resource(kind: &str, body: &Map<String, Value>, place: &str, issues: &mut Vec<Issue>) {
    let Some(elements) = TABLE.get(kind) else { return };
    object(elements, ON_EVERY_RESOURCE, body, place, issues);
    let parts = [("meta", "Meta"), ("text", "Narrative")];
    for (key, part) in parts.iter().filter_map(|(key, part)| body.get(*key).map(|value| ((key, value), part))) {
        complex(part, key.1, &format!("{place}.{}", key.0), issues);
    }
    for (index, inner) in body.get("contained").and_then(Value::as_array).into_iter().flatten().enumerate() {
        let place = format!("{place}.contained[{index}]");
        match (inner.as_object(), inner.get("resourceType").and_then(Value::as_str)) {
            (Some(inner), Some(kind)) => resource(kind, inner, &place, issues),
            _ => issues.push(Issue::at("structure", format!("{place} is no resource"), place)),
        }
    }
}

fn object(elements: &[Element], always: &[&str], body: &Map<String, Value>, place: &str, issues: &mut Vec<Issue>) {
    if issues.len() > MOST_ISSUES {
        return;
    }
    for element in elements.iter().filter(|element| element.required && !element.is_in(body)) {
        let at = format!("{place}.{}", element.name);
        issues.push(Issue::at("required", format!("{at} is required"), at));
    }
    for (key, value) in body {
        let at = format!("{place}.{key}");
        let plain = key.strip_prefix('_').unwrap_or(key);
        match elements.iter().find(|element| element.names(plain)) {
            // The id and the extensions of a primitive.
            Some(_) if plain != key => {}
            Some(element) => element.check(plain, value, &at, issues),
            None if key == "extension" || key == "modifierExtension" => extensions(value, &at, issues),
            None if always.contains(&plain) => {}
            None => issues.push(Issue::at("structure", format!("{at} is no element of R4"), at)),
        }
    }
}

fn extensions(value: &Value, place: &str, issues: &mut Vec<Issue>) {
    let Some(list) = value.as_array().filter(|list| !list.is_empty()) else {
        return issues.push(Issue::at("structure", format!("{place} is no list"), place));
    };
    for (index, one) in list.iter().enumerate() {
        let at = format!("{place}[{index}]");
        if one.get("url").and_then(Value::as_str).is_none_or(str::is_empty) {
            issues.push(Issue::at("required", format!("{at}.url is required"), format!("{at}.url")));
        }
        let inner = one.get("extension");
        let valued = one.as_object().is_some_and(|map| map.keys().any(|k| k.trim_start_matches('_').starts_with("value")));
        if valued == inner.is_some() {
            issues.push(Issue::at("invariant", format!("{at}: either a value or extensions (ext-1)"), at.clone()));
        }
        if let Some(inner) = inner {
            extensions(inner, &format!("{at}.extension"), issues);
        }
    }
}

/// A value of a complex type.
fn complex(kind: &str, value: &Value, place: &str, issues: &mut Vec<Issue>) {
    match (value.as_object().filter(|map| !map.is_empty()), TABLE.get(kind)) {
        (None, _) => issues.push(Issue::at("structure", format!("{place} is no {kind}"), place)),
        (Some(map), Some(elements)) => object(elements, ON_EVERY_ELEMENT, map, place, issues),
        (Some(_), None) => {}
    }
}

impl Element {
    /// The stem of `value[x]`.
    fn stem(&self) -> Option<&'static str> {
        self.name.strip_suffix("[x]")
    }

    /// Whether `key` is this element; of `value[x]` every `valueType` that R4 allows here.
    fn names(&self, key: &str) -> bool {
        match self.stem() {
            None => self.name == key,
            Some(stem) => key.strip_prefix(stem).is_some_and(|kind| !kind.is_empty() && self.chosen(kind).is_some()),
        }
    }

    fn chosen(&self, kind: &str) -> Option<&'static str> {
        let any = self.types.first() == Some(&"*");
        let known = if any { TABLE.keys().chain(PRIMITIVES).find(|t| t.eq_ignore_ascii_case(kind)) } else { None };
        self.types.iter().find(|t| t.eq_ignore_ascii_case(kind)).or(known).copied()
    }

    fn is_in(&self, body: &Map<String, Value>) -> bool {
        let filled = |value: &Value| !matches!(value, Value::Null) && value.as_array().is_none_or(|list| !list.is_empty());
        body.iter().any(|(key, value)| self.names(key.strip_prefix('_').unwrap_or(key)) && filled(value))
    }

    /// Where the elements of this one are defined.
    fn within(&self, key: &str) -> &'static str {
        match self.types.as_slice() {
            ["BackboneElement" | "Element"] => self.path,
            [kind] if self.stem().is_none() => kind.strip_prefix('@').unwrap_or(kind),
            _ => self.stem().and_then(|stem| self.chosen(key.strip_prefix(stem)?)).unwrap_or_default(),
        }
    }

    fn check(&self, key: &str, value: &Value, place: &str, issues: &mut Vec<Issue>) {
        let items = match (self.list, value) {
            (true, Value::Array(items)) if !items.is_empty() => items.as_slice(),
            (true, _) => return issues.push(Issue::at("structure", format!("{place} must be a list that is not empty"), place)),
            (false, one) => std::slice::from_ref(one),
        };
        let kind = self.within(key);
        for (index, item) in items.iter().enumerate() {
            let at = if self.list { format!("{place}[{index}]") } else { place.to_owned() };
            // A null in a list of primitives holds the place of an extension.
            match PRIMITIVES.contains(&kind) {
                true if self.list && item.is_null() => {}
                true => self.primitive(kind, item, at, issues),
                false if kind == "Resource" => {}
                false => complex(kind, item, &at, issues),
            }
            if kind == "Reference" && !self.targets.is_empty() {
                self.target(item, place, issues);
            }
        }
    }

    fn primitive(&self, kind: &str, value: &Value, place: String, issues: &mut Vec<Issue>) {
        let fits = match (kind, value) {
            ("boolean", value) => value.is_boolean(),
            ("integer" | "positiveInt" | "unsignedInt", Value::Number(n)) => {
                n.as_i64().is_some_and(|n| kind == "integer" || n >= i64::from(kind == "positiveInt"))
            }
            ("decimal", value) => value.is_number(),
            ("date", Value::String(text)) => !text.contains('T') && dates::span(text).is_some(),
            ("dateTime", Value::String(text)) => dates::span(text).is_some() && text.find('T').is_none_or(|_| is_exact(text)),
            ("instant", Value::String(text)) => dates::span(text).is_some() && text.contains('T') && is_exact(text),
            ("id", Value::String(text)) => anydoor_core::base::ids::is_legal(text),
            (_, Value::String(text)) => !text.trim().is_empty(),
            _ => false,
        };
        if !fits {
            issues.push(Issue::at("value", format!("{place} is no {kind}"), place));
        } else if !self.codes.is_empty() && !value.as_str().is_some_and(|code| self.codes.contains(&code)) {
            issues.push(Issue::at("code-invalid", format!("{place}: not one of {}", self.codes.join(", ")), place));
        }
    }

    fn target(&self, value: &Value, place: &str, issues: &mut Vec<Issue>) {
        let Some(target) = value.get("reference").and_then(Value::as_str) else { return };
        let kind = target.split_once('/').map(|(kind, _)| kind).filter(|kind| super::types::is_type(kind));
        if let Some(kind) = kind.filter(|kind| !self.targets.contains(kind)) {
            issues.push(Issue::at("value", format!("{place} may not point at a {kind}"), place));
        }
    }
}

/// Whether a time says its seconds and its zone.
fn is_exact(text: &str) -> bool {
    text.split_once('T').is_some_and(|(_, time)| time.len() > 8 && time.contains(['Z', '+', '-']))
}

const PRIMITIVES: &[&str] = &[
    "base64Binary",
    "boolean",
    "canonical",
    "code",
    "date",
    "dateTime",
    "decimal",
    "id",
    "instant",
    "integer",
    "markdown",
    "oid",
    "positiveInt",
    "string",
    "time",
    "unsignedInt",
    "uri",
    "url",
    "uuid",
    "xhtml",
];

#[cfg(test)]
#[path = "structure_tests.rs"]
mod tests;
