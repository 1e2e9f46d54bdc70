//! A PDF font, as far as reading needs it: characters and widths.

use std::collections::HashMap;

use lopdf::{Dictionary, Document, Encoding, Object};

/// The width of a glyph that the file does not tell, in thousandths of the size.
const USUAL_WIDTH: f32 = 500.0;

/// The widths kept of one font: more are not in a real one.
const MAX_WIDTHS: usize = 1 << 16;

/// How much of a character map may be unpacked, in bytes.
const MAX_MAP_BYTES: usize = 2 << 20;

pub(super) struct Font<'a> {
    encoding: Option<Encoding<'a>>,
    /// Whether a code is two bytes (Type 0 fonts) or one.
    wide: bool,
    widths: HashMap<u32, f32>,
    default_width: f32,
}

impl<'a> Font<'a> {
    pub fn read(document: &'a Document, font: &'a Dictionary) -> Self {
        let wide = font.get(b"Subtype").and_then(Object::as_name).ok() == Some(b"Type0");
        let mut read = Self {
            encoding: font
                .get_font_encoding_with_limit(document, MAX_MAP_BYTES)
                .ok(),
            wide,
            widths: HashMap::new(),
            default_width: USUAL_WIDTH,
        };
        if wide {
            read.read_wide_widths(document, font);
        } else {
            read.read_widths(document, font);
        }
        read
    }

    /// The characters of a shown string. Empty if the font does not tell them.
    pub fn text(&self, codes: &[u8]) -> String {
        self.encoding
            .as_ref()
            .and_then(|encoding| Document::decode_text(encoding, codes).ok())
            .unwrap_or_default()
    }

    /// The widths of a shown string's glyphs, in thousandths of the size, and
    /// whether each is a one-byte space, to which word spacing applies.
    pub fn advances<'b>(&'b self, codes: &'b [u8]) -> impl Iterator<Item = (f32, bool)> + 'b {
        codes.chunks(if self.wide { 2 } else { 1 }).map(|code| {
            let number = code
                .iter()
                .fold(0, |number, byte| number << 8 | u32::from(*byte));
            let width = self.widths.get(&number).copied();
            (
                width.unwrap_or(self.default_width),
                !self.wide && number == 32,
            )
        })
    }

    /// `FirstChar` and `Widths` (ISO 32000-1, section 9.6.2).
    fn read_widths(&mut self, document: &Document, font: &Dictionary) {
        let first = integer(document, font, b"FirstChar").unwrap_or(0);
        let widths = array(document, font, b"Widths");
        for (code, width) in (first..).zip(widths.iter().take(256)) {
            if let Some(width) = number(document, width) {
                self.widths.insert(code, width);
            }
        }
    }

    /// `DW` and `W` of the descendant (ISO 32000-1, section 9.7.4.3): `c [w …]` for
    /// codes from c on, `c d w` for all from c to d.
    fn read_wide_widths(&mut self, document: &Document, font: &Dictionary) {
        let Some(descendant) = array(document, font, b"DescendantFonts")
            .first()
            .and_then(|descendant| document.dereference(descendant).ok())
            .and_then(|(_, descendant)| descendant.as_dict().ok())
        else {
            return;
        };
        let default = descendant.get(b"DW").ok();
        self.default_width = default
            .and_then(|width| number(document, width))
            .unwrap_or(1000.0);
        let mut items = array(document, descendant, b"W").iter();
        while let (Some(first), Some(second)) = (items.next(), items.next()) {
            let Some(first) = number(document, first) else {
                return;
            };
            let first = first as u32;
            let second = document.dereference(second).map(|(_, object)| object);
            if let Ok(Object::Array(widths)) = second {
                for (code, width) in (first..).zip(widths) {
                    self.insert(code, number(document, width));
                }
            } else if let (Ok(last), Some(width)) = (second, items.next()) {
                let last = number(document, last).unwrap_or(0.0) as u32;
                let width = number(document, width);
                for code in (first..=last).take(MAX_WIDTHS) {
                    self.insert(code, width);
                }
            }
            if self.widths.len() >= MAX_WIDTHS {
                return;
            }
        }
    }

    fn insert(&mut self, code: u32, width: Option<f32>) {
        if let Some(width) = width
            && self.widths.len() < MAX_WIDTHS
        {
            self.widths.insert(code, width);
        }
    }
}

/// An entry that is an array, or an empty one.
fn array<'a>(document: &'a Document, dictionary: &'a Dictionary, key: &[u8]) -> &'a [Object] {
    dictionary
        .get_deref(key, document)
        .and_then(Object::as_array)
        .map(Vec::as_slice)
        .unwrap_or_default()
}

fn integer(document: &Document, dictionary: &Dictionary, key: &[u8]) -> Option<u32> {
    let object = dictionary.get_deref(key, document).ok()?;
    u32::try_from(object.as_i64().ok()?).ok()
}

fn number(document: &Document, object: &Object) -> Option<f32> {
    let (_, object) = document.dereference(object).ok()?;
    object.as_float().ok().filter(|number| number.is_finite())
}
