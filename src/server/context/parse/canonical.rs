//! The one form in which a text is stored, compared and shown.
//!
//! - No byte order mark.
//! - `\r\n`, `\r`, form feed and NEL become `\n`, since files differ in them by
//!   the system they were written on.
//! - Other control characters go, except the tab: a model cannot read them, and a
//!   terminal would obey them.
//! - Unicode NFC, in code too, so that a word typed in a query equals the word in
//!   the text. It changes no file that was typed on a keyboard, only text that was
//!   taken from decomposed file names or PDF fonts, and only how it is stored.
//! - White space at the end of the text goes. At the ends of lines it stays: in
//!   Markdown, patches and test data it has a meaning.

use std::{borrow::Cow, fmt};

use icu_normalizer::ComposingNormalizerBorrowed;
use sha2::{Digest, Sha256};

use super::bytes;

const BYTE_ORDER_MARK: char = '\u{feff}';

/// Brings a decoded text into its canonical form.
pub(super) fn canonical(text: &str) -> String {
    let cleaned = if bytes::any(text.as_bytes(), may_begin_unwanted) {
        Cow::Owned(clean(text))
    } else {
        Cow::Borrowed(text)
    };
    let mut text = normalise(cleaned.trim_start_matches(BYTE_ORDER_MARK)).into_owned();
    text.truncate(text.trim_end().len());
    text
}

/// Unicode NFC.
pub(super) fn normalise(text: &str) -> Cow<'_, str> {
    if text.is_ascii() {
        Cow::Borrowed(text)
    } else {
        ComposingNormalizerBorrowed::new_nfc().normalize(text)
    }
}

/// Whether a byte can be part of a character that [`clean`] changes: a C0 control,
/// DEL, or the first byte of a C1 control.
fn may_begin_unwanted(byte: u8) -> bool {
    (byte < 0x20 && byte != b'\n' && byte != b'\t') || byte == 0x7f || byte == 0xc2
}

fn clean(text: &str) -> String {
    let mut cleaned = String::with_capacity(text.len());
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            '\r' => {
                if characters.peek() == Some(&'\n') {
                    characters.next();
                }
                cleaned.push('\n');
            }
            '\u{c}' | '\u{85}' => cleaned.push('\n'),
            '\n' | '\t' => cleaned.push(character),
            _ if character.is_control() => {}
            _ => cleaned.push(character),
        }
    }
    cleaned
}

/// The SHA-256 of a canonical text (FIPS 180-4): the name under which it is stored.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ContentHash([u8; 32]);

impl ContentHash {
    /// The hash of a canonical text.
    pub fn of(text: &str) -> Self {
        Self(Sha256::digest(text.as_bytes()).into())
    }
}

/// 64 lower-case hexadecimal digits.
impl fmt::Display for ContentHash {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0
            .iter()
            .try_for_each(|byte| write!(formatter, "{byte:02x}"))
    }
}

impl fmt::Debug for ContentHash {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_line_end_becomes_one() {
        assert_eq!(canonical("a\r\nb\rc\nd\u{85}e\u{c}f"), "a\nb\nc\nd\ne\nf");
        assert_eq!(canonical("a\r\r\nb"), "a\n\nb");
    }

    #[test]
    fn only_the_end_of_the_text_is_trimmed() {
        assert_eq!(canonical("\u{feff}  a  \n\tb \n\n \r\n"), "  a  \n\tb");
    }

    #[test]
    fn control_characters_go_and_letters_stay() {
        assert_eq!(canonical("a\u{1b}[1mb\u{0}\u{9b}c\u{7f}é£"), "a[1mbcé£");
    }

    #[test]
    fn decomposed_letters_are_composed() {
        assert_eq!(canonical("Mu\u{308}nchen"), "M\u{fc}nchen");
    }

    #[test]
    fn the_hash_is_that_of_the_standard() {
        assert_eq!(
            ContentHash::of("abc").to_string(),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        );
    }

    #[test]
    fn the_form_is_stable() {
        for text in [
            "a\r\nb \u{85}\u{c}",
            "e\u{301}\u{1}\u{301}",
            "\u{1}\u{feff}a",
        ] {
            let once = canonical(text);
            assert_eq!(canonical(&once), once, "{text:?}");
        }
    }
}
