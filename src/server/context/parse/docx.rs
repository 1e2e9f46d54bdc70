//! Word's DOCX → Markdown-like text (ECMA-376, part 1: WordprocessingML).
//!
//! A ZIP archive with XML. Read are the body's paragraphs, headings by their style's
//! name, list items and table rows. Macros, pictures, comments and deleted text are
//! not.

use std::{
    collections::HashMap,
    io::{Cursor, Read},
};

use quick_xml::{
    Reader,
    events::{BytesRef, BytesStart, Event},
};
use zip::ZipArchive;

use super::Skipped;

/// An archive's XML may be larger than its text by this factor.
const XML_TO_TEXT: usize = 16;

const DAMAGED: Skipped = Skipped::Damaged {
    what: "Word document",
};

/// Reads a document's text, of at most so many bytes.
pub(super) fn to_text(bytes: &[u8], max_text_bytes: usize) -> Result<String, Skipped> {
    let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(|_| DAMAGED)?;
    let too_large = Skipped::TooLarge {
        limit: max_text_bytes,
    };
    let max_xml_bytes = max_text_bytes.saturating_mul(XML_TO_TEXT);
    // A document without styles has no headings; one without a body is none.
    let styles = member(&mut archive, "word/styles.xml", max_xml_bytes)
        .map(|xml| headings(&xml))
        .unwrap_or_default();
    let xml = member(&mut archive, "word/document.xml", max_xml_bytes).map_err(|unreadable| {
        match unreadable {
            Unreadable::TooLarge => too_large.clone(),
            Unreadable::Damaged => DAMAGED,
        }
    })?;
    let text = Body::read(&xml, &styles, max_text_bytes)?;
    if text.len() > max_text_bytes {
        return Err(too_large);
    }
    Ok(text)
}

enum Unreadable {
    TooLarge,
    Damaged,
}

/// One file of the archive. What the archive says of its size is not believed.
fn member(
    archive: &mut ZipArchive<Cursor<&[u8]>>,
    name: &str,
    max_bytes: usize,
) -> Result<String, Unreadable> {
    let file = archive.by_name(name).map_err(|_| Unreadable::Damaged)?;
    let limit = u64::try_from(max_bytes).unwrap_or(u64::MAX);
    let mut bytes = Vec::new();
    file.take(limit.saturating_add(1))
        .read_to_end(&mut bytes)
        .map_err(|_| Unreadable::Damaged)?;
    if bytes.len() > max_bytes {
        return Err(Unreadable::TooLarge);
    }
    let (text, _) = super::encoding::decode(&bytes, None, false);
    Ok(text.into_owned())
}

/// The heading levels of the styles that have one, by style id. The ids are
/// translated (`berschrift1`), the names are not (`heading 1`).
fn headings(xml: &str) -> HashMap<String, usize> {
    let mut levels = HashMap::new();
    let mut style = None;
    let mut reader = Reader::from_str(xml);
    while let Ok(event) = reader.read_event() {
        match event {
            Event::Start(tag) | Event::Empty(tag) => match tag.local_name().as_ref() {
                "style" => style = attribute(&tag, "styleId"),
                "name" => {
                    let level = attribute(&tag, "val").and_then(|name| heading_level(&name));
                    if let (Some(style), Some(level)) = (style.take(), level) {
                        levels.insert(style, level);
                    }
                }
                _ => {}
            },
            Event::Eof => break,
            _ => {}
        }
    }
    levels
}

/// `heading 2` → 2, `Title` → 1.
fn heading_level(name: &str) -> Option<usize> {
    let name = name.to_lowercase();
    if name == "title" {
        return Some(1);
    }
    let level = name.strip_prefix("heading")?.trim().parse().ok()?;
    (1..=9).contains(&level).then_some(usize::min(level, 6))
}

fn attribute(tag: &BytesStart<'_>, name: &str) -> Option<String> {
    tag.attributes()
        .flatten()
        .find(|attribute| attribute.key.local_name().as_ref() == name)
        .map(|attribute| attribute.value.into_owned())
}

/// The text of the body as it is read.
#[derive(Default)]
struct Body {
    text: String,
    /// The paragraph that is being read.
    paragraph: String,
    heading: Option<usize>,
    list_item: bool,
    /// How many tables are open: their paragraphs are cells.
    tables: usize,
    /// Whether what is read now is text of the document.
    in_text: bool,
}

impl Body {
    fn read(
        xml: &str,
        styles: &HashMap<String, usize>,
        max_text_bytes: usize,
    ) -> Result<String, Skipped> {
        let mut body = Self::default();
        let mut reader = Reader::from_str(xml);
        while body.text.len() <= max_text_bytes {
            match reader.read_event().map_err(|_| DAMAGED)? {
                Event::Start(tag) => body.open(&tag, styles),
                Event::Empty(tag) => {
                    body.open(&tag, styles);
                    body.close(tag.local_name().as_ref());
                }
                Event::End(tag) => body.close(tag.local_name().as_ref()),
                Event::Text(words) if body.in_text => {
                    body.paragraph.push_str(&words.xml10_content());
                }
                Event::CData(words) if body.in_text => {
                    body.paragraph.push_str(&words.xml10_content());
                }
                Event::GeneralRef(reference) if body.in_text => body.reference(&reference),
                Event::Eof => break,
                _ => {}
            }
        }
        body.end_paragraph();
        Ok(body.text)
    }

    fn open(&mut self, tag: &BytesStart<'_>, styles: &HashMap<String, usize>) {
        match tag.local_name().as_ref() {
            "p" => self.end_paragraph(),
            "pStyle" => {
                self.heading = attribute(tag, "val").and_then(|id| {
                    let by_id = || heading_level(&id);
                    styles.get(&id).copied().or_else(by_id)
                });
            }
            "numPr" => self.list_item = true,
            "tbl" => self.tables += 1,
            "t" => self.in_text = true,
            "tab" => self.paragraph.push('\t'),
            "br" | "cr" => self.paragraph.push('\n'),
            "noBreakHyphen" => self.paragraph.push('-'),
            _ => {}
        }
    }

    fn close(&mut self, name: &str) {
        match name {
            "p" => self.end_paragraph(),
            "t" => self.in_text = false,
            "tr" => {
                self.trim();
                self.text.push('\n');
            }
            "tbl" => {
                self.tables = self.tables.saturating_sub(1);
                self.text.push('\n');
            }
            _ => {}
        }
    }

    /// The five entities of XML and characters by number; others are left out,
    /// since there is no DTD that could define them.
    fn reference(&mut self, reference: &BytesRef<'_>) {
        let character = match reference.as_ref() {
            "amp" => Some('&'),
            "lt" => Some('<'),
            "gt" => Some('>'),
            "quot" => Some('"'),
            "apos" => Some('\''),
            _ => reference.resolve_char_ref().ok().flatten(),
        };
        self.paragraph.extend(character);
    }

    fn end_paragraph(&mut self) {
        let heading = self.heading.take();
        let list_item = std::mem::take(&mut self.list_item);
        let paragraph = std::mem::take(&mut self.paragraph);
        let words = paragraph.trim();
        if words.is_empty() {
            return;
        }
        if self.tables > 0 {
            self.text.push_str(&words.replace('\n', " "));
            self.text.push_str(" | ");
            return;
        }
        if !list_item && !self.text.is_empty() && !self.text.ends_with("\n\n") {
            self.text.push('\n');
        }
        if let Some(level) = heading {
            self.text.extend(std::iter::repeat_n('#', level));
            self.text.push(' ');
            self.text.push_str(&words.replace('\n', " "));
        } else {
            if list_item {
                self.text.push_str("- ");
            }
            self.text.push_str(words);
        }
        self.text.push_str(if list_item { "\n" } else { "\n\n" });
    }

    /// Takes the separator after the last cell of a row away.
    fn trim(&mut self) {
        self.text
            .truncate(self.text.trim_end_matches([' ', '|']).len());
    }
}

#[cfg(test)]
#[path = "docx_tests.rs"]
mod tests;
