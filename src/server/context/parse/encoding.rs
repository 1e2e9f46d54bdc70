//! Bytes → characters.
//!
//! In this order: a byte order mark; valid UTF-8, since other encodings hardly ever
//! look like it by chance, while servers and editors often name a wrong one; nearly
//! valid UTF-8, such as a log with one cut character; the encoding that the server
//! or an HTML `<meta>` names; a guess from the bytes, as browsers make it.

use std::borrow::Cow;

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{Encoding, UTF_8};

/// Text with more valid than broken UTF-8 sequences by this factor is UTF-8 with
/// faults: in another encoding, valid sequences are the rare ones.
const VALID_TO_BROKEN: usize = 8;

/// How far an HTML file is searched for its encoding (HTML, section 13.2.3.2).
const META_BYTES: usize = 1024;

/// How much of a file the guess reads: enough for certainty, and bounded in time.
const GUESS_BYTES: usize = 256 * 1024;

/// The text of a file and the name of its encoding (WHATWG Encoding Standard).
/// What cannot be decoded becomes U+FFFD.
pub(super) fn decode<'a>(
    bytes: &'a [u8],
    content_type: Option<&str>,
    html: bool,
) -> (Cow<'a, str>, &'static str) {
    let encoding = encoding_of(bytes, content_type, html);
    // Decoding with BOM handling: a byte order mark wins over everything.
    let (text, used, _) = encoding.decode(bytes);
    (text, used.name())
}

/// Whether the bytes begin with the byte order mark of UTF-16, whose every second
/// byte may be zero.
pub(super) fn is_utf16(bytes: &[u8]) -> bool {
    Encoding::for_bom(bytes).is_some_and(|(encoding, _)| encoding != UTF_8)
}

fn encoding_of(bytes: &[u8], content_type: Option<&str>, html: bool) -> &'static Encoding {
    if let Some((encoding, _)) = Encoding::for_bom(bytes) {
        return encoding;
    }
    if is_mostly_utf8(bytes) {
        return UTF_8;
    }
    let named = content_type.and_then(charset).or_else(|| {
        html.then(|| bytes.get(..META_BYTES).unwrap_or(bytes))
            .and_then(|head| charset(&String::from_utf8_lossy(head)))
    });
    match named {
        // It is not UTF-8, whatever its name says.
        Some(encoding) if encoding != UTF_8 => encoding,
        _ => guess(bytes),
    }
}

fn is_mostly_utf8(bytes: &[u8]) -> bool {
    if str::from_utf8(bytes).is_ok() {
        return true;
    }
    let (mut valid, mut broken) = (0, 0);
    for chunk in bytes.utf8_chunks() {
        // Characters of several bytes, by their first byte.
        valid += chunk.valid().bytes().filter(|byte| *byte >= 0xc0).count();
        broken += usize::from(!chunk.invalid().is_empty());
    }
    valid > broken.saturating_mul(VALID_TO_BROKEN)
}

/// The encoding after `charset=`, in a `Content-Type` or an HTML `<meta>`.
fn charset(text: &str) -> Option<&'static Encoding> {
    let lower = text.to_ascii_lowercase();
    let (_, label) = lower.split_once("charset=")?;
    let label = label.trim_start_matches([' ', '"', '\'']);
    let end = label.find(|character: char| " \t\n;,\"'>/".contains(character));
    Encoding::for_label(label.get(..end.unwrap_or(label.len()))?.as_bytes())
}

fn guess(bytes: &[u8]) -> &'static Encoding {
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Deny);
    // From the first byte that tells anything, so that a long ASCII head costs none
    // of the bytes that the guess may read.
    let start = bytes
        .iter()
        .position(|byte| !byte.is_ascii())
        .unwrap_or_default()
        .saturating_sub(64);
    let rest = bytes.get(start..).unwrap_or_default();
    match rest.get(..GUESS_BYTES) {
        // The last character may be cut: it is no fault.
        Some(head) => detector.feed(head, false),
        None => detector.feed(rest, true),
    };
    detector.guess(None, Utf8Detection::Deny)
}

#[cfg(test)]
mod tests {
    use encoding_rs::{EUC_KR, GBK, ISO_8859_2, KOI8_R, SHIFT_JIS, WINDOWS_1252};

    use super::*;

    fn decoded(bytes: &[u8]) -> (String, &'static str) {
        let (text, encoding) = decode(bytes, None, false);
        (text.into_owned(), encoding)
    }

    #[test]
    fn a_byte_order_mark_tells() {
        assert_eq!(decoded(b"\xef\xbb\xbfa"), ("a".to_owned(), "UTF-8"));
        assert_eq!(
            decoded(b"\xff\xfea\0\xfc\0"),
            ("a\u{fc}".to_owned(), "UTF-16LE")
        );
        assert_eq!(
            decoded(b"\xfe\xff\0a\0\xfc"),
            ("a\u{fc}".to_owned(), "UTF-16BE")
        );
    }

    #[test]
    fn a_lone_surrogate_is_replaced() {
        let (text, _) = decoded(b"\xff\xfea\0\x00\xd8b\0\x00\xdcc\0\x01");
        assert_eq!(text, "a\u{fffd}b\u{fffd}c\u{fffd}");
    }

    #[test]
    fn latin_1_comes_out_right() {
        let text = "Die Schlüssel für Ärzte: größer, schöner, weiß.";
        let (bytes, _, _) = WINDOWS_1252.encode(text);
        assert_eq!(decoded(&bytes), (text.to_owned(), "windows-1252"));
    }

    #[test]
    fn other_old_encodings_are_guessed() {
        for (encoding, text) in [
            (KOI8_R, "Аутентификация пользователей и права доступа"),
            (SHIFT_JIS, "認証とアクセス権の設定について説明します"),
            (GBK, "用户身份验证和访问权限的设置说明文件"),
            (EUC_KR, "사용자 인증과 접근 권한 설정 안내"),
            (
                ISO_8859_2,
                "Zażółć gęślą jaźń, uwierzytelnianie użytkowników",
            ),
        ] {
            let (bytes, _, _) = encoding.encode(text);
            assert_eq!(decoded(&bytes).0, text, "{}", encoding.name());
        }
    }

    #[test]
    fn utf8_with_a_cut_character_stays_utf8() {
        let mut bytes = "schöne Grüße aus der großen weiten Überwelt, ähnlich öde, ü".repeat(3);
        bytes.push('ß');
        let cut = &bytes.as_bytes()[..bytes.len() - 1];
        let (text, encoding) = decoded(cut);
        assert_eq!(encoding, "UTF-8");
        assert!(text.starts_with("schöne") && text.ends_with("ü\u{fffd}"));
    }

    #[test]
    fn a_named_encoding_counts_where_utf8_does_not_fit() {
        let bytes = b"prix: 5 \xa4";
        let (text, name) = decode(bytes, Some("text/plain; charset=\"ISO-8859-15\""), false);
        assert_eq!((text.as_ref(), name), ("prix: 5 €", "ISO-8859-15"));
        let page = b"<meta charset=iso-8859-15><p>5 \xa4";
        assert!(decode(page, None, true).0.ends_with("5 €"));
        // A wrong name does not turn UTF-8 into gibberish.
        let (text, _) = decode("5 €".as_bytes(), Some("text/plain; charset=latin1"), false);
        assert_eq!(text, "5 €");
    }
}
