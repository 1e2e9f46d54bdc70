//! PDF → Markdown-like text (ISO 32000-1).
//!
//! lopdf reads the file: objects, compression, encryption with an empty password,
//! character maps. What is drawn where is followed here ([`pages`]) and put into
//! lines, paragraphs and headings ([`lines`]).
//!
//! A PDF is a program in a compressed file. Bounds on what is unpacked, on pages
//! and on nesting keep a hostile one from taking the memory or the time of others.

mod font;
mod lines;
mod pages;

use lopdf::{Document, Error, LoadOptions};

use self::{lines::Lines, pages::Pages};
use super::{Limits, Skipped};

/// How much may be unpacked to load a file, in bytes, over all its object streams.
/// lopdf's objects take some fifty times that at worst.
const MAX_OBJECT_BYTES: usize = 24 << 20;

/// How much may be unpacked of one page's drawing instructions, in bytes. Pages of
/// text have tens of thousands. lopdf takes 300 MB for this many at worst, since the
/// shortest instruction has two bytes.
const MAX_PAGE_BYTES: usize = 1 << 20;

/// How much may be unpacked of all pages' drawing instructions, in bytes: at worst
/// some six seconds of work.
const MAX_CONTENT_BYTES: usize = 24 << 20;

const DAMAGED: Skipped = Skipped::Damaged { what: "PDF" };

/// The text of a PDF and, if some of it was left out, what, in words.
pub(super) fn to_text(bytes: &[u8], limits: &Limits) -> Result<(String, Option<String>), Skipped> {
    let document = load(bytes)?;
    let ids: Vec<_> = document
        .page_iter()
        // A page tree may lead in circles.
        .take(limits.max_pages.saturating_mul(16))
        .collect();
    if ids.is_empty() {
        return Err(DAMAGED);
    }
    let mut pages = Pages::new(&document, MAX_PAGE_BYTES, MAX_CONTENT_BYTES);
    let mut lines = Lines::default();
    let (mut read, mut unreadable) = (0, 0);
    for id in ids.iter().take(limits.max_pages) {
        if lines.bytes() > limits.max_text_bytes || pages.exhausted() {
            break;
        }
        read += 1;
        if pages.read(*id, &mut lines).is_err() {
            unreadable += 1;
        }
        lines.end_page();
    }
    let mut text = lines.to_markdown();
    if text.trim().is_empty() {
        return Err(if unreadable > 0 {
            DAMAGED
        } else {
            Skipped::NoText
        });
    }
    let cut = text.len() > limits.max_text_bytes;
    if cut {
        text.truncate(text.floor_char_boundary(limits.max_text_bytes));
    }
    let omitted = if read < ids.len() || cut {
        Some(format!(
            "only the first {read} of {} pages were read",
            ids.len()
        ))
    } else {
        (unreadable > 0).then(|| format!("{unreadable} of {read} pages could not be read"))
    };
    Ok((text, omitted))
}

fn load(bytes: &[u8]) -> Result<Document, Skipped> {
    let streams = count(bytes, b"ObjStm").saturating_add(1);
    let options = LoadOptions::with_max_decompressed_size(MAX_OBJECT_BYTES / streams);
    let document =
        Document::load_mem_with_options(bytes, options).map_err(|error| match error {
            Error::InvalidPassword
            | Error::Decryption(_)
            | Error::UnsupportedSecurityHandler(_) => Skipped::Encrypted,
            _ => DAMAGED,
        })?;
    // Without the password lopdf gives a document without its content.
    if document.is_encrypted() || document.trailer.has(b"Encrypt") && !document.was_encrypted() {
        return Err(Skipped::Encrypted);
    }
    Ok(document)
}

fn count(bytes: &[u8], word: &[u8]) -> usize {
    bytes
        .windows(word.len())
        .filter(|found| *found == word)
        .count()
}

#[cfg(test)]
mod tests;
