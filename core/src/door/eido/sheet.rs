//! A document on the desk: its components by id, and which leaves have been taken so far.

use std::cell::RefCell;
use std::collections::{HashMap, HashSet};

use serde_json::Value;

use crate::base::clock::Instant;
use crate::base::json;
use crate::door::{AlsoSent, DoorError, xml};

/// The longest id that is copied into each fact of its component.
pub const SHORT: usize = 256;
/// How much "also sent" may weigh, paths and texts: long keys high up would be repeated in each path below.
const ALSO_SENT_BYTES: usize = 128 << 20;

/// A document with a mark on each leaf that has found its place.
pub struct Sheet<'a> {
    /// The whole document.
    pub root: &'a Value,
    /// Components by `$id`, each with the list that it stands in.
    by_id: HashMap<&'a str, (&'a str, &'a Value)>,
    /// Leaves by address: the document does not move while it is read.
    taken: RefCell<HashSet<*const Value>>,
    xml: RefCell<HashMap<*const Value, xml::Element>>,
}

impl<'a> Sheet<'a> {
    /// Lays out a document. Of two components with the same `$id` the first is the one that is pointed at.
    pub fn new(root: &'a Value) -> Self {
        let mut by_id = HashMap::new();
        let lists = root.as_object().into_iter().flat_map(|map| map.iter());
        for (kind, value) in lists.filter(|(key, _)| key.ends_with("Component")) {
            for component in list(value) {
                if let Some(id) = component.get("$id").and_then(Value::as_str) {
                    by_id.entry(id).or_insert((kind.as_str(), component));
                }
            }
        }
        Self { root, by_id, taken: RefCell::default(), xml: RefCell::default() }
    }

    /// The components of one kind. A list and a single object are the same.
    pub fn components(&self, key: &str) -> impl Iterator<Item = &'a Value> + use<'a> {
        self.root.get(key).map(list).into_iter().flatten()
    }

    /// The component with this id. Some senders put `#` before it.
    pub fn target(&self, id: &str) -> Option<&'a Value> {
        self.found(id).map(|(_, component)| component)
    }

    fn found(&self, id: &str) -> Option<(&'a str, &'a Value)> {
        self.by_id.get(id).or_else(|| self.by_id.get(id.strip_prefix('#')?)).copied()
    }

    /// Marks a leaf as having its place.
    pub fn mark(&self, leaf: &'a Value) {
        self.taken.borrow_mut().insert(std::ptr::from_ref(leaf));
    }

    /// Claims a component for one reader; `false` where another one has it already.
    pub fn claim(&self, component: &'a Value) -> bool {
        self.taken.borrow_mut().insert(std::ptr::from_ref(component))
    }

    /// The text of a member, not taken yet. A blank text says nothing.
    pub fn peek(&self, of: &'a Value, key: &str) -> Option<&'a str> {
        words(of.get(key)?)
    }

    /// Takes the text of a member.
    pub fn text(&self, of: &'a Value, key: &str) -> Option<&'a str> {
        let text = self.peek(of, key)?;
        self.mark(of.get(key)?);
        Some(text)
    }

    /// Takes a member's text if `meant` knows what it means.
    pub fn known<T>(&self, of: &'a Value, key: &str, meant: impl FnOnce(&str) -> Option<T>) -> Option<T> {
        let value = meant(self.peek(of, key)?)?;
        self.mark(of.get(key)?);
        Some(value)
    }

    /// Takes a true or false.
    pub fn flag(&self, of: &'a Value, key: &str) -> Option<bool> {
        let value = of.get(key)?;
        let flag = value.as_bool()?;
        self.mark(value);
        Some(flag)
    }

    /// Takes a time.
    pub fn time(&self, of: &'a Value, key: &str) -> Option<Instant> {
        self.known(of, key, |text| text.parse().ok())
    }

    /// Every text of a member that is a list or a single text, with its leaf; not taken yet. Blank ones say nothing.
    pub fn leaves(&self, of: &'a Value, key: &str) -> Vec<(&'a Value, &'a str)> {
        of.get(key).map(list).into_iter().flatten().filter_map(|leaf| Some((leaf, words(leaf)?))).collect()
    }

    /// Takes every text of a member.
    pub fn texts(&self, of: &'a Value, key: &str) -> Vec<String> {
        let leaves = self.leaves(of, key);
        leaves.iter().for_each(|(leaf, _)| self.mark(leaf));
        leaves.into_iter().map(|(_, text)| text.to_owned()).collect()
    }

    /// The ids that a member points at, with their leaves; not taken yet.
    pub fn pointers(&self, of: &'a Value, key: &str) -> Vec<(&'a Value, &'a str)> {
        let references = of.get(key).map(list).into_iter().flatten();
        references.filter_map(|reference| Some((reference.get("$ref")?, reference.get("$ref")?.as_str()?))).collect()
    }

    /// The components of one of these kinds that a member points at, each with its pointer; not taken yet.
    pub fn targets(&self, of: &'a Value, key: &str, kinds: &[&str]) -> Vec<(&'a Value, &'a Value)> {
        let pointers = self.pointers(of, key).into_iter();
        let found = pointers.filter_map(|(leaf, id)| Some((leaf, self.found(id)?)));
        found.filter(|(_, (kind, _))| kinds.contains(kind)).map(|(leaf, (_, target))| (leaf, target)).collect()
    }

    /// The single id that a member points at, where it is one of a usable length; not taken yet. A longer one stays where
    /// it is: it would be copied into each fact.
    pub fn only_pointer(&self, of: &'a Value, key: &str) -> Option<(&'a Value, &'a str)> {
        let mut references = of.get(key).map(list)?;
        let leaf = references.next().filter(|_| references.next().is_none())?.get("$ref")?;
        Some((leaf, leaf.as_str().filter(|id| id.len() <= SHORT)?))
    }

    /// Takes a leaf that holds XML; what of it stays untaken is told element by element.
    pub fn mark_xml(&self, leaf: &'a Value, root: xml::Element) {
        self.xml.borrow_mut().insert(std::ptr::from_ref(leaf), root);
    }

    /// Everything that nobody took, in the order of the document.
    ///
    /// # Errors
    /// [`DoorError::TooMuch`].
    pub fn left(&self) -> Result<Vec<AlsoSent>, DoorError> {
        let mut out = Left { all: Vec::new(), room: ALSO_SENT_BYTES };
        self.walk(self.root, "", false, &mut out).ok_or(DoorError::TooMuch)?;
        Ok(out.all)
    }

    fn walk(&self, value: &Value, path: &str, wiring: bool, out: &mut Left) -> Option<()> {
        match value {
            Value::Object(map) if !map.is_empty() => {
                map.iter().try_for_each(|(key, value)| self.walk(value, &json::child(path, key), wiring || is_wiring(key), out))
            }
            Value::Array(list) if !list.is_empty() => {
                list.iter().enumerate().try_for_each(|(i, value)| self.walk(value, &format!("{path}/{i}"), wiring, out))
            }
            leaf => self.leaf(leaf, path, wiring, out),
        }
    }

    fn leaf(&self, leaf: &Value, path: &str, wiring: bool, out: &mut Left) -> Option<()> {
        if self.taken.borrow().contains(&std::ptr::from_ref(leaf)) {
            return Some(());
        }
        let text = leaf.as_str().map_or_else(|| leaf.to_string(), str::to_owned);
        let taken = self.xml.borrow_mut().remove(&std::ptr::from_ref(leaf));
        let unread = || xml::looks_like(&text).then(|| xml::read(&text).ok()).flatten();
        match taken.or_else(unread) {
            Some(root) => root.left(&format!("{path}#"), &mut |path, text| out.add(AlsoSent { path, text, wiring })),
            None => out.add(AlsoSent { path: path.to_owned(), text, wiring }),
        }
    }
}

/// What nobody took so far, and how much more may be.
struct Left {
    all: Vec<AlsoSent>,
    room: usize,
}

impl Left {
    fn add(&mut self, also: AlsoSent) -> Option<()> {
        self.room = self.room.checked_sub(also.path.len() + also.text.len())?;
        self.all.push(also);
        Some(())
    }
}

fn is_wiring(key: &str) -> bool {
    matches!(key, "$id" | "$ref" | "lastUpdateTimeStamp" | "@context" | "eidoVersion") || key == super::OURS
}

/// A text that says something: one that is not blank.
pub fn words(leaf: &Value) -> Option<&str> {
    leaf.as_str().filter(|text| !text.trim().is_empty())
}

/// A list's items, or the single value itself.
pub fn list(value: &Value) -> std::slice::Iter<'_, Value> {
    match value {
        Value::Array(list) => list.iter(),
        single => std::slice::from_ref(single).iter(),
    }
}
