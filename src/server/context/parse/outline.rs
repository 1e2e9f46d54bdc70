//! What the search weighs of a text, beside its words.

use std::collections::HashSet;

use super::{code, data, kind::Kind, markdown, unwind::contained};

/// Of one kind, no more than this are kept of a file: a generated file would
/// otherwise weigh more than all the others.
const MAX_ENTRIES: usize = 2000;

/// The longest entry kept, in bytes: longer ones are data, not names.
const MAX_ENTRY_BYTES: usize = 200;

/// What stands out in a text. Nothing is in a list twice; the order is that of the
/// text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outline {
    /// The title: from the front matter, else the first heading.
    pub title: Option<String>,
    /// Markdown's headings; of code, the names that it declares.
    pub headings: Vec<String>,
    /// Names that tell what the text is about: values of the front matter, keys of
    /// data, identifiers of code, all whole.
    pub terms: Vec<String>,
}

/// The outline of a canonical text.
///
/// Broken input has the outline of what can be read of it, at worst an empty one:
/// the text itself is searched in any case.
pub fn outline(path: &str, text: &str) -> Outline {
    let kind = Kind::of_path(path).unwrap_or(Kind::Plain);
    contained(|| read(kind, text)).unwrap_or_default()
}

fn read(kind: Kind, text: &str) -> Outline {
    let mut outline = match kind {
        // What was extracted from these is Markdown.
        Kind::Markdown | Kind::Html | Kind::Pdf | Kind::Docx => markdown::outline(text),
        Kind::Plain => Outline::default(),
        Kind::Json => terms(data::json_keys(text)),
        Kind::Yaml => terms(data::yaml(text).keys),
        Kind::Toml => terms(data::toml(text).keys),
        Kind::Code(comments) => code::outline(text, comments),
    };
    tidy(&mut outline.headings);
    tidy(&mut outline.terms);
    outline
}

fn terms(terms: Vec<String>) -> Outline {
    Outline {
        terms,
        ..Outline::default()
    }
}

/// Drops repetitions and what is no name, and keeps the first so many.
fn tidy(entries: &mut Vec<String>) {
    let mut seen = HashSet::new();
    let kept: Vec<bool> = entries
        .iter()
        .map(|entry| {
            !entry.trim().is_empty()
                && entry.len() <= MAX_ENTRY_BYTES
                && seen.len() < MAX_ENTRIES
                && seen.insert(entry.as_str())
        })
        .collect();
    let mut kept = kept.into_iter();
    entries.retain(|_| kept.next().unwrap_or(false));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_decides_how_a_text_is_read() {
        let text = "# Sign in\n\n\"token\": 1\n";
        assert_eq!(outline("a.md", text).title.as_deref(), Some("Sign in"));
        assert_eq!(outline("a.pdf", text).headings, ["Sign in"]);
        assert_eq!(outline("a.json", text).terms, ["token"]);
        assert_eq!(outline("a.txt", text), Outline::default());
        assert_eq!(outline("a", text), Outline::default());
    }

    #[test]
    fn lists_are_short_and_without_repetitions() {
        let keys: String = (0..9000)
            .map(|key| format!("\"k{}\": 1,", key % 5000))
            .collect();
        let terms = outline("a.json", &format!("{{\"{}\": 1, {keys}", "x".repeat(300))).terms;
        assert_eq!(terms.len(), MAX_ENTRIES);
        assert_eq!(terms[0], "k0");
    }
}
