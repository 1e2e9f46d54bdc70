//! Tells files that are not text.

use super::{bytes, encoding};

/// How many bytes are searched for a zero byte: as many as git reads. A log that
/// was cut off by a power failure has zeros further on and is text all the same.
const HEAD_BYTES: usize = 8000;

/// Of this many characters of a text, at most one is a control character or cannot
/// be decoded.
const CHARACTERS_TO_BROKEN: usize = 12;

/// The first bytes of well-known formats. PDF and zipped documents are looked at
/// before this list is.
const SIGNATURES: &[(&[u8], &str)] = &[
    (b"\x89PNG\r\n\x1a\n", "a PNG picture"),
    (b"\xff\xd8\xff", "a JPEG picture"),
    (b"GIF8", "a GIF picture"),
    (b"RIFF", "a sound, film or WebP picture"),
    (b"OggS", "a sound"),
    (b"ID3", "a sound"),
    (b"PK\x03\x04", "a ZIP archive"),
    (b"PK\x05\x06", "a ZIP archive"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"BZh", "a bzip2 archive"),
    (b"\xfd7zXZ\0", "an xz archive"),
    (b"\x28\xb5\x2f\xfd", "a zstd archive"),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive"),
    (b"Rar!\x1a\x07", "a RAR archive"),
    (b"\x7fELF", "a program"),
    (b"MZ\x90\0", "a program"),
    (b"\0asm", "a WebAssembly program"),
    (b"\xca\xfe\xba\xbe", "a program"),
    (b"SQLite format 3\0", "an SQLite database"),
    (
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
        "an old Office document",
    ),
    (b"wOFF", "a font"),
    (b"wOF2", "a font"),
];

/// What a file is if its bytes cannot be text.
pub(super) fn sniff(bytes: &[u8]) -> Option<&'static str> {
    if encoding::is_utf16(bytes) {
        return None;
    }
    SIGNATURES
        .iter()
        .find(|(signature, _)| bytes.starts_with(signature))
        .map(|(_, what)| *what)
        .or_else(|| {
            let head = bytes.get(..HEAD_BYTES).unwrap_or(bytes);
            head.contains(&0).then_some(UNKNOWN)
        })
}

/// What a file is if its decoded text is none.
pub(super) fn sniff_decoded(text: &str) -> Option<&'static str> {
    // Most texts have none, which their bytes tell sooner.
    if !bytes::any(text.as_bytes(), may_begin_broken) {
        return None;
    }
    let (mut all, mut broken) = (0_usize, 0_usize);
    for character in text.chars() {
        all += 1;
        broken += usize::from(is_broken(character));
    }
    // A few are an accident at any length.
    (broken > 2 && broken.saturating_mul(CHARACTERS_TO_BROKEN) > all).then_some(UNKNOWN)
}

const UNKNOWN: &str = "binary data";

/// Whether a byte can be the first of a broken character: a control character of
/// ASCII, the first of the two of a C1 control, the first of the three of U+FFFD.
fn may_begin_broken(byte: u8) -> bool {
    (byte < 0x20 && !matches!(byte, b'\n' | b'\r' | b'\t')) || matches!(byte, 0x7f | 0xc2 | 0xef)
}

fn is_broken(character: char) -> bool {
    match character {
        // ESC begins the colours of terminal logs.
        '\n' | '\r' | '\t' | '\u{c}' | '\u{85}' | '\u{1b}' => false,
        '\u{fffd}' => true,
        _ => character.is_control(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_are_known_by_their_first_bytes() {
        assert_eq!(sniff(b"\x89PNG\r\n\x1a\n..."), Some("a PNG picture"));
        assert_eq!(sniff(b"PK\x03\x04..."), Some("a ZIP archive"));
        assert_eq!(sniff(b"a\0b"), Some(UNKNOWN));
        assert_eq!(sniff(b"\xff\xfea\0b\0"), None, "UTF-16");
        assert_eq!(sniff(b""), None);
    }

    #[test]
    fn zeros_far_into_a_log_do_not_make_it_binary() {
        let mut log = b"2026-11-24 started\n".repeat(1000);
        log.extend([0; 4096]);
        assert_eq!(sniff(&log), None);
    }

    #[test]
    fn many_control_characters_are_binary_and_a_few_are_not() {
        assert_eq!(sniff_decoded("\u{1}\u{2}a\u{3}b\u{4}"), Some(UNKNOWN));
        assert_eq!(sniff_decoded(&"\u{fffd}abc".repeat(9)), Some(UNKNOWN));
        assert_eq!(sniff_decoded(&"\u{1b}[31mred\u{1b}[0m\r\n".repeat(9)), None);
        assert_eq!(sniff_decoded("ab\u{fffd}"), None);
    }
}
