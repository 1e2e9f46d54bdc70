//! Files → texts → what the search weighs.
//!
//! Two steps, both pure: the same input always has the same output.
//!
//! 1. [`extract`], once when a file has changed: bytes → [`Text`]. Characters are
//!    decoded (`encoding`), HTML, PDF and Word documents are turned into
//!    Markdown-like text (`html`, `pdf`, `docx`), and all texts are brought into
//!    one form (`canonical`) under whose hash they are stored. A file that is no
//!    text is [`Skipped`], with the reason in words.
//! 2. [`outline`], whenever the index is built from stored texts: text → title,
//!    headings and names (`markdown`, `data`, `code`).
//!
//! Files are hostile until shown otherwise: every step is bounded in time, memory and
//! depth by the size of its input and by [`Limits`], and `unwind` stands between a
//! fault in a library and the server.

mod binary;
mod bytes;
mod canonical;
mod code;
mod data;
mod docx;
mod encoding;
#[cfg(test)]
mod fixtures;
mod html;
mod kind;
mod markdown;
mod outline;
mod path;
mod pdf;
mod skipped;
mod tokens;
mod unwind;

pub use canonical::ContentHash;
pub use kind::{Comments, Kind};
pub use outline::{Outline, outline};
pub use path::{canonical_path, canonical_type, file_type};
pub use skipped::Skipped;
pub use tokens::estimate_tokens;

use unwind::contained;

/// What a file may cost.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// The longest text, in bytes. A longer one is skipped, a longer PDF is cut.
    pub max_text_bytes: usize,
    /// How many pages of a PDF are read.
    pub max_pages: usize,
}

impl Default for Limits {
    /// 4 MiB, which is about a million tokens, and 1,000 pages.
    fn default() -> Self {
        Self {
            max_text_bytes: 4 << 20,
            max_pages: 1000,
        }
    }
}

/// The text of a file.
#[derive(Clone, Debug)]
pub struct Text {
    /// In canonical form: UTF-8 in NFC, lines ended by `\n`, nothing after the last
    /// word. Markdown-like for HTML, PDF and Word documents. May be empty.
    pub text: String,
    /// The hash of `text`.
    pub hash: ContentHash,
    /// About how many tokens of a language model it takes: [`estimate_tokens`].
    pub tokens: usize,
    /// How it was read.
    pub kind: Kind,
    /// The encoding of the file, by its name in the WHATWG Encoding Standard; for
    /// documents in a format of their own, UTF-8.
    pub encoding: &'static str,
    /// What was left out of a PDF, in words for the source's status.
    pub omitted: Option<String>,
}

/// Reads a file.
///
/// The path tells the kind; where it does not, the server's `Content-Type` and the
/// bytes do.
///
/// # Errors
/// Why the file has no text.
pub fn extract(
    path: &str,
    content_type: Option<&str>,
    bytes: &[u8],
    limits: &Limits,
) -> Result<Text, Skipped> {
    let kind = kind_of(path, content_type, bytes);
    let damaged = |what| Skipped::Damaged { what };
    let (text, encoding, omitted) = match kind {
        Kind::Pdf => {
            let read = contained(|| pdf::to_text(bytes, limits));
            let (text, omitted) = read.unwrap_or(Err(damaged("PDF")))?;
            (text, encoding_rs::UTF_8.name(), omitted)
        }
        Kind::Docx => {
            let read = contained(|| docx::to_text(bytes, limits.max_text_bytes));
            let text = read.unwrap_or(Err(damaged("Word document")))?;
            (text, encoding_rs::UTF_8.name(), None)
        }
        Kind::Html => {
            let (html, encoding) = decode(bytes, content_type, true, limits)?;
            let read = contained(|| html::to_text(&html));
            let text = read.ok_or(damaged("HTML page"))?;
            (text, encoding, None)
        }
        _ => {
            let (text, encoding) = decode(bytes, content_type, false, limits)?;
            (text, encoding, None)
        }
    };
    let text = canonical::canonical(&text);
    Ok(Text {
        hash: ContentHash::of(&text),
        tokens: estimate_tokens(&text),
        kind,
        encoding,
        omitted,
        text,
    })
}

fn kind_of(path: &str, content_type: Option<&str>, bytes: &[u8]) -> Kind {
    let named = Kind::of_path(path).or_else(|| content_type.and_then(Kind::of_content_type));
    match named {
        // A document may be named for what it is not, such as an HTML page saved as
        // .docx. An empty file is an empty text, whatever its name.
        Some(Kind::Docx) if !bytes.starts_with(b"PK") => Kind::Plain,
        Some(Kind::Pdf) if bytes.is_empty() => Kind::Plain,
        Some(kind) => kind,
        None if bytes.starts_with(b"%PDF-") => Kind::Pdf,
        None => Kind::Plain,
    }
}

fn decode(
    bytes: &[u8],
    content_type: Option<&str>,
    html: bool,
    limits: &Limits,
) -> Result<(String, &'static str), Skipped> {
    if let Some(what) = binary::sniff(bytes) {
        return Err(Skipped::Binary { what });
    }
    let too_large = Skipped::TooLarge {
        limit: limits.max_text_bytes,
    };
    // UTF-16 takes up to twice the bytes of UTF-8.
    if bytes.len() / 2 > limits.max_text_bytes {
        return Err(too_large);
    }
    let (text, encoding) = encoding::decode(bytes, content_type, html);
    if text.len() > limits.max_text_bytes {
        return Err(too_large);
    }
    if let Some(what) = binary::sniff_decoded(&text) {
        return Err(Skipped::Binary { what });
    }
    Ok((text.into_owned(), encoding))
}

#[cfg(test)]
mod tests;
