//! The keys of JSON, YAML and TOML, and the values of front matter.
//!
//! Nothing is built from a document: its parts are looked at one after the other. So
//! depth, repetition and aliases cost nothing, and a broken document has the keys
//! that stand before the fault, or around it.

use saphyr_parser::{Event, Parser, ScalarStyle};
use toml_parser::{
    ErrorSink, Raw, Source, Span,
    decoder::Encoding,
    parser::{EventReceiver, RecursionGuard, parse_document},
};

/// How deep TOML may be nested before the rest of it is not looked at.
const MAX_TOML_DEPTH: u32 = 64;

/// What a document says.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Entries {
    /// The value of the outermost `title`.
    pub title: Option<String>,
    /// All keys, in the order of the text.
    pub keys: Vec<String>,
    /// All values that are text, in the order of the text.
    pub values: Vec<String>,
}

/// The keys of JSON, of JSON with comments and of JSON lines: the strings before a
/// colon. A lexical rule reads the broken ones as well.
pub(super) fn json_keys(text: &str) -> Vec<String> {
    let mut keys = Vec::new();
    let mut rest = text;
    while let Some((_, from_quote)) = rest.split_once('"') {
        let Some(length) = string_length(from_quote) else {
            break;
        };
        let (string, after) = from_quote.split_at(length);
        rest = after.get(1..).unwrap_or_default();
        if rest.trim_start().starts_with(':') {
            // Escapes are rare in keys; a key with a wrong one stands as it is.
            let key = serde_json::from_str(&format!("\"{string}\""));
            keys.push(key.unwrap_or_else(|_| string.to_owned()));
        }
    }
    keys
}

/// The length of a string after its opening quote, in bytes, if it ends.
fn string_length(text: &str) -> Option<usize> {
    let mut escaped = false;
    text.bytes().position(|byte| match byte {
        _ if escaped => {
            escaped = false;
            false
        }
        b'\\' => {
            escaped = true;
            false
        }
        byte => byte == b'"',
    })
}

/// Reads YAML up to the first fault. Aliases are not followed.
pub(super) fn yaml(text: &str) -> Entries {
    let mut entries = Entries::default();
    // The collections that are open: for a mapping, whether a key comes next.
    let mut open: Vec<Option<bool>> = Vec::new();
    let mut last_key = String::new();
    for event in Parser::new_from_str(text) {
        let Ok((event, _)) = event else { break };
        let is_key = open.last() == Some(&Some(true));
        match event {
            Event::Scalar(value, style, ..) => {
                if is_key {
                    last_key = value.to_string();
                    entries.keys.push(value.into_owned());
                } else if style != ScalarStyle::Plain || !is_constant(&value) {
                    if open.len() == 1 && last_key == "title" {
                        entries.title.get_or_insert_with(|| value.to_string());
                    }
                    entries.values.push(value.into_owned());
                }
            }
            Event::MappingStart(..) => {
                open.push(Some(true));
                continue;
            }
            Event::SequenceStart(..) => {
                open.push(None);
                continue;
            }
            Event::MappingEnd | Event::SequenceEnd => {
                open.pop();
            }
            Event::Alias(_) => {}
            _ => continue,
        }
        // A key or a value has ended: the other comes next.
        if let Some(Some(key_next)) = open.last_mut() {
            *key_next = !*key_next;
        }
    }
    entries
}

/// Numbers, dates and the like say nothing about a document.
fn is_constant(value: &str) -> bool {
    matches!(value, "" | "~" | "null" | "true" | "false")
        || value.starts_with(|first: char| first.is_ascii_digit())
            && !value.contains(char::is_alphabetic)
}

/// Reads TOML, over faults.
pub(super) fn toml(text: &str) -> Entries {
    let source = Source::new(text);
    let tokens = source.lex().into_vec();
    let mut reader = TomlReader {
        source,
        entries: Entries::default(),
        depth: 0,
        in_title: false,
    };
    let mut guard = RecursionGuard::new(&mut reader, MAX_TOML_DEPTH);
    parse_document(&tokens, &mut guard, &mut ());
    reader.entries
}

struct TomlReader<'a> {
    source: Source<'a>,
    entries: Entries,
    /// How many tables and arrays are open. A `[table]` is open to the end.
    depth: usize,
    in_title: bool,
}

impl<'a> TomlReader<'a> {
    /// What stands at a place, and how it is quoted.
    fn raw(&self, span: Span, encoding: Option<Encoding>) -> Option<Raw<'a>> {
        let raw = self.source.get(span)?;
        Some(Raw::new_unchecked(raw.as_str(), encoding, span))
    }
}

impl EventReceiver for TomlReader<'_> {
    fn std_table_open(&mut self, _span: Span, _error: &mut dyn ErrorSink) {
        self.depth = 1;
    }

    fn array_table_open(&mut self, _span: Span, _error: &mut dyn ErrorSink) {
        self.depth = 1;
    }

    fn inline_table_open(&mut self, _span: Span, _error: &mut dyn ErrorSink) -> bool {
        self.depth += 1;
        true
    }

    fn inline_table_close(&mut self, _span: Span, _error: &mut dyn ErrorSink) {
        self.depth = self.depth.saturating_sub(1);
    }

    fn simple_key(&mut self, span: Span, encoding: Option<Encoding>, error: &mut dyn ErrorSink) {
        let Some(raw) = self.raw(span, encoding) else {
            return;
        };
        let mut key = String::new();
        raw.decode_key(&mut key, error);
        self.in_title = self.depth == 0 && key == "title";
        self.entries.keys.push(key);
    }

    fn scalar(&mut self, span: Span, encoding: Option<Encoding>, error: &mut dyn ErrorSink) {
        // Only text is quoted.
        let Some(raw) = encoding.and_then(|_| self.raw(span, encoding)) else {
            return;
        };
        let mut value = String::new();
        let _kind = raw.decode_scalar(&mut value, error);
        if self.in_title {
            self.entries.title.get_or_insert_with(|| value.clone());
        }
        self.entries.values.push(value);
    }
}

#[cfg(test)]
#[path = "data_tests.rs"]
mod tests;
