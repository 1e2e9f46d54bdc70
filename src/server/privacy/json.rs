//! The strings of a JSON object: values and names of members.

use serde_json::{Map, Value};

use super::{
    Found, Scanner,
    hints::Meaning,
    kind::{Counts, Kind},
};

/// An object that is not taken, because of one of its strings. Names the place, never
/// the string.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{place} holds {kind}", place = described(pointer, *in_name))]
pub struct Refusal {
    /// The place, as a JSON pointer (RFC 6901): of the value, or of the object whose
    /// member has such a name. Names in it are redacted.
    pub pointer: String,
    /// Whether it stands in the name of a member.
    pub in_name: bool,
    /// What it is.
    pub kind: Kind,
}

fn described(pointer: &str, in_name: bool) -> String {
    let place = match pointer {
        "" => "the object",
        pointer => pointer,
    };
    if in_name {
        format!("the name of a member of {place}")
    } else {
        place.to_owned()
    }
}

/// One walk through an object.
pub(super) struct Walk<'s> {
    scanner: &'s Scanner,
    counts: Counts,
    /// The redacted names on the way from the root.
    path: Vec<String>,
}

impl<'s> Walk<'s> {
    pub fn new(scanner: &'s Scanner) -> Self {
        Self {
            scanner,
            counts: Counts::default(),
            path: Vec::new(),
        }
    }

    /// Redacts all strings below an object and counts.
    pub fn run(mut self, object: &mut Map<String, Value>) -> Result<Counts, Refusal> {
        self.object(object)?;
        Ok(self.counts)
    }

    fn object(&mut self, object: &mut Map<String, Value>) -> Result<(), Refusal> {
        self.names(object)?;
        for (name, value) in object {
            self.path.push(name.clone());
            let named = match value {
                Value::String(_) | Value::Array(_) => self.scanner.words_of(name),
                _ => Vec::new(),
            };
            self.value(value, &named)?;
            self.path.pop();
        }
        Ok(())
    }

    fn value(&mut self, value: &mut Value, named: &[Meaning]) -> Result<(), Refusal> {
        match value {
            Value::String(text) => {
                if let Some(redacted) = self.text(text, named, false)? {
                    *text = redacted;
                }
            }
            Value::Array(values) => {
                for (place, value) in values.iter_mut().enumerate() {
                    self.path.push(place.to_string());
                    self.value(value, named)?;
                    self.path.pop();
                }
            }
            Value::Object(object) => self.object(object)?,
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
        Ok(())
    }

    /// Redacts the names of members. Two that read alike afterwards are numbered, so
    /// that no value is lost.
    fn names(&mut self, object: &mut Map<String, Value>) -> Result<(), Refusal> {
        let mut renamed = Vec::new();
        for name in object.keys() {
            if let Some(redacted) = self.text(name, &[], true)? {
                renamed.push((name.clone(), redacted));
            }
        }
        for (name, redacted) in renamed {
            let mut free = redacted.clone();
            let mut number = 2;
            while object.contains_key(&free) {
                free = format!("{redacted} {number}");
                number += 1;
            }
            if let Some(value) = object.remove(&name) {
                object.insert(free, value);
            }
        }
        Ok(())
    }

    /// The redacted form of a string, if it differs.
    fn text(
        &mut self,
        text: &str,
        named: &[Meaning],
        in_name: bool,
    ) -> Result<Option<String>, Refusal> {
        match self.scanner.scan_named(text, named) {
            Found::Clean => Ok(None),
            Found::Redacted { text, counts } => {
                self.counts.add(&counts);
                Ok(Some(text))
            }
            Found::Refused { kind } => Err(Refusal {
                pointer: pointer(&self.path),
                in_name,
                kind,
            }),
        }
    }
}

/// A JSON pointer (RFC 6901, section 3).
fn pointer(path: &[String]) -> String {
    path.iter()
        .map(|name| format!("/{}", name.replace('~', "~0").replace('/', "~1")))
        .collect()
}
