//! Puts shown strings together: words, lines, paragraphs, headings.
//!
//! A PDF has none of these, only strings at places. All measures are relative to
//! the size of the type.

use std::collections::BTreeMap;

/// A gap of at least this share of the size is a space. Spaces of justified text
/// are rarely below a fifth, kerning rarely above a tenth.
const SPACE: f32 = 0.16;

/// A step across the line of at least this share of the size begins a new line.
const LINE: f32 = 0.5;

/// A step of at least this many sizes begins a new paragraph.
const PARAGRAPH: f32 = 1.9;

/// Type of at least this many times the usual size is a heading.
const HEADING: f32 = 1.15;

/// A heading is no longer than this, in bytes.
const LONGEST_HEADING: usize = 200;

/// Headings are told apart by size down to this level.
const DEEPEST_LEVEL: usize = 4;

/// A string as it is shown.
pub(super) struct Run {
    pub text: String,
    /// The size of the type on the page.
    pub size: f32,
    /// Where it begins and ends on the page.
    pub start: (f32, f32),
    pub end: (f32, f32),
    /// The unit vector along the line.
    pub direction: (f32, f32),
}

/// The lines of a document as they are read.
#[derive(Default)]
pub(super) struct Lines {
    lines: Vec<Line>,
    /// Where the last string ended; nothing at the start of a page.
    end: Option<(f32, f32)>,
    bytes: usize,
}

#[derive(Default)]
struct Line {
    text: String,
    /// In tenths of a point, so that sizes can be counted.
    size: u32,
    /// Whether more than a line's space is above it.
    apart: bool,
}

impl Lines {
    /// How many bytes of text were read.
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    pub fn show(&mut self, run: Run) {
        let text = without_ligatures(&run.text);
        let gap = self.end.map(|end| Gap::between(end, &run));
        self.end = Some(run.end);
        if text.is_empty() {
            return;
        }
        self.bytes += text.len();
        // `as` saturates, and takes what is not a number for zero.
        let size = (run.size * 10.0).round() as u32;
        match (gap, self.lines.last_mut()) {
            (Some(Gap::None | Gap::Space), Some(line)) => {
                if matches!(gap, Some(Gap::Space)) && !line.text.ends_with(' ') {
                    line.text.push(' ');
                }
                if line.text.trim().is_empty() {
                    line.size = size;
                }
                line.text.push_str(&text);
            }
            _ => self.lines.push(Line {
                text,
                size,
                apart: !matches!(gap, Some(Gap::Line)),
            }),
        }
    }

    /// The next page begins: its first string continues no line.
    pub fn end_page(&mut self) {
        self.end = None;
    }

    /// The text with headings as `#` lines.
    pub fn to_markdown(&self) -> String {
        let levels = self.heading_levels();
        let mut text = String::with_capacity(self.bytes + self.bytes / 8);
        let mut last_level = None;
        for line in &self.lines {
            let words = line.text.trim();
            if words.is_empty() {
                continue;
            }
            let level = levels
                .get(&line.size)
                .copied()
                .filter(|_| words.len() <= LONGEST_HEADING && words.contains(char::is_alphabetic));
            match (last_level, level) {
                // A heading of two lines.
                (Some(last), Some(level)) if last == level && !line.apart => text.push(' '),
                (_, Some(level)) => {
                    new_paragraph(&mut text);
                    text.extend(std::iter::repeat_n('#', level));
                    text.push(' ');
                }
                (Some(_), None) => new_paragraph(&mut text),
                (None, None) if line.apart => new_paragraph(&mut text),
                (None, None) => {
                    if !join_hyphenated(&mut text, words) && !text.is_empty() {
                        text.push('\n');
                    }
                }
            }
            text.push_str(words);
            last_level = level;
        }
        text
    }

    /// The sizes of type that are headings, the largest being level 1.
    fn heading_levels(&self) -> BTreeMap<u32, usize> {
        let mut sizes = BTreeMap::<u32, usize>::new();
        for line in &self.lines {
            *sizes.entry(line.size).or_default() += line.text.len();
        }
        let Some((usual, _)) = sizes.iter().max_by_key(|(_, bytes)| **bytes) else {
            return BTreeMap::new();
        };
        let least = (*usual as f32 * HEADING) as u32;
        sizes
            .range(least.max(usual.saturating_add(1))..)
            .rev()
            .enumerate()
            .map(|(index, (size, _))| (*size, usize::min(index + 1, DEEPEST_LEVEL)))
            .collect()
    }
}

#[derive(Clone, Copy)]
enum Gap {
    None,
    Space,
    Line,
    Paragraph,
}

impl Gap {
    fn between(end: (f32, f32), run: &Run) -> Self {
        let (x, y) = (run.start.0 - end.0, run.start.1 - end.1);
        let (right, up) = run.direction;
        let along = x * right + y * up;
        let across = (y * right - x * up).abs();
        if across > PARAGRAPH * run.size {
            Self::Paragraph
        } else if across > LINE * run.size || along < -run.size {
            Self::Line
        } else if along > SPACE * run.size {
            Self::Space
        } else {
            Self::None
        }
    }
}

fn new_paragraph(text: &mut String) {
    if !text.is_empty() {
        text.push_str("\n\n");
    }
}

/// Takes the hyphen of a divided word away, so that the word can be found.
fn join_hyphenated(text: &mut String, next: &str) -> bool {
    let divided = text
        .strip_suffix(['-', '\u{ad}', '\u{2010}'])
        .is_some_and(|before| before.ends_with(char::is_lowercase))
        && next.starts_with(char::is_lowercase);
    if divided {
        text.pop();
    }
    divided
}

/// Ligatures are one character in a font and two or three in a word.
fn without_ligatures(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '\u{fb00}' => plain.push_str("ff"),
            '\u{fb01}' => plain.push_str("fi"),
            '\u{fb02}' => plain.push_str("fl"),
            '\u{fb03}' => plain.push_str("ffi"),
            '\u{fb04}' => plain.push_str("ffl"),
            '\u{fb05}' | '\u{fb06}' => plain.push_str("st"),
            '\u{a0}' => plain.push(' '),
            _ if character.is_control() => {}
            _ => plain.push(character),
        }
    }
    plain
}
