//! A text as the detectors read it: one byte a character.
//!
//! People write numbers with no-break spaces, typographic hyphens, full-width or
//! Arabic digits. Reading each character as its plain ASCII counterpart keeps every
//! detector simple, and the offsets lead back to the text itself.

use std::borrow::Cow;

/// A letter outside ASCII that belongs to a word, as in `müller`.
pub(super) const LETTER: u8 = 0xff;

/// Any other character outside ASCII. Ideographs are here, too: they are written
/// without spaces, so that one beside a number says nothing about the number.
const OTHER: u8 = 0x80;

/// The zeros of the decimal digits people write numbers with: Arabic-Indic, its
/// Persian form, Devanagari, Bengali and full-width.
const ZEROS: [char; 5] = ['٠', '۰', '०', '০', '０'];

/// Where the scripts begin that are written without spaces between words.
const FIRST_IDEOGRAPH: char = '\u{2e80}';

/// The plain reading of one text.
pub(super) struct Plain<'t> {
    bytes: Cow<'t, [u8]>,
    /// The place in the text of each byte; none if the text is ASCII.
    offsets: Option<Vec<usize>>,
    length: usize,
}

impl<'t> Plain<'t> {
    pub fn new(text: &'t str) -> Self {
        if text.is_ascii() {
            return Self {
                bytes: Cow::Borrowed(text.as_bytes()),
                offsets: None,
                length: text.len(),
            };
        }
        let (bytes, offsets) = text
            .char_indices()
            .filter_map(|(offset, char)| Some((read(char)?, offset)))
            .unzip();
        Self {
            bytes: Cow::Owned(bytes),
            offsets: Some(offsets),
            length: text.len(),
        }
    }

    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The bytes of a part; empty if there is no such part.
    pub fn part(&self, start: usize, end: usize) -> &[u8] {
        self.bytes.get(start..end).unwrap_or_default()
    }

    /// Where in the text a byte stands.
    pub fn offset(&self, position: usize) -> usize {
        match &self.offsets {
            None => position,
            Some(offsets) => offsets.get(position).copied().unwrap_or(self.length),
        }
    }

    /// The first byte that stands at a place of the text or behind it.
    pub fn position(&self, offset: usize) -> usize {
        match &self.offsets {
            None => offset,
            Some(offsets) => offsets.partition_point(|other| *other < offset),
        }
    }

    /// The byte that stands `distance` before a part: 1 for its neighbour.
    pub fn before(&self, start: usize, distance: usize) -> Option<u8> {
        self.bytes.get(start.checked_sub(distance)?).copied()
    }

    /// The byte that stands `distance` after the end of a part: 0 for its neighbour.
    pub fn after(&self, end: usize, distance: usize) -> Option<u8> {
        self.bytes.get(end.checked_add(distance)?).copied()
    }

    /// Whether a part is no piece of a longer word, name, number or version: neither
    /// letters, digits nor `_` beside it, nor a `-` or `.` that ties it to some.
    pub fn stands_alone(&self, start: usize, end: usize) -> bool {
        let tied = |near: Option<u8>, next: Option<u8>| match near {
            Some(b'-' | b'.') => is_word(next),
            near => is_word(near),
        };
        !tied(self.before(start, 1), self.before(start, 2))
            && !tied(self.after(end, 0), self.after(end, 1))
    }
}

/// Whether a byte is part of a word.
pub(super) fn is_word(byte: Option<u8>) -> bool {
    byte.is_some_and(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == LETTER)
}

/// The plain form of a character; none for those that are not seen.
fn read(char: char) -> Option<u8> {
    if let Ok(byte) = u8::try_from(char)
        && byte.is_ascii()
    {
        return Some(byte);
    }
    match char {
        '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{202a}'..='\u{202e}' | '\u{feff}' => {
            None
        }
        '\u{a0}' | '\u{2000}'..='\u{200a}' | '\u{202f}' | '\u{205f}' | '\u{3000}' => Some(b' '),
        '\u{2010}'..='\u{2015}' | '\u{2212}' => Some(b'-'),
        _ => Some(digit(char).or_else(|| full_width(char)).unwrap_or({
            if char.is_alphanumeric() && char < FIRST_IDEOGRAPH {
                LETTER
            } else {
                OTHER
            }
        })),
    }
}

fn digit(char: char) -> Option<u8> {
    ZEROS.iter().find_map(|zero| {
        let value = u32::from(char).checked_sub(u32::from(*zero))?;
        (value < 10).then_some(b'0' + u8::try_from(value).ok()?)
    })
}

/// The ASCII counterpart of a full-width form.
fn full_width(char: char) -> Option<u8> {
    matches!(char, '\u{ff01}'..='\u{ff5e}')
        .then(|| u8::try_from(u32::from(char) - 0xfee0).ok())
        .flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn typographic_characters_read_as_plain_ones() {
        let plain = Plain::new("１٢\u{a0}3\u{2011}4\u{200b}5＠ü話");
        assert_eq!(plain.bytes(), b"12 3-45@\xff\x80");
    }

    #[test]
    fn offsets_lead_back_to_the_text() {
        let text = "ü\u{200b}12";
        let plain = Plain::new(text);
        assert_eq!(plain.bytes(), b"\xff12");
        assert_eq!(&text[plain.offset(1)..plain.offset(3)], "12");
    }

    #[test]
    fn a_piece_of_something_longer_does_not_stand_alone() {
        for (text, alone) in [
            ("12", true),
            ("(12).", true),
            ("12 - 3", true),
            ("a-12", false),
            ("12.5", false),
            ("12_5", false),
            ("ü12", false),
            ("話12", true),
        ] {
            let plain = Plain::new(text);
            let start = plain.bytes().iter().position(|byte| *byte == b'1').unwrap();
            assert_eq!(plain.stands_alone(start, start + 2), alone, "{text}");
        }
    }
}
