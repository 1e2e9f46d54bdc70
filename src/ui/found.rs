//! What a search found, read from a [`ContextAnswer`](crate::protocol::ContextAnswer)
//! member by member, as [`super::card`] says why.

use serde_json::Value;

use super::{format, highlight::pieces};
use crate::protocol::{
    Timestamp,
    plain::{instant, items, number, text},
};

/// A file that matches.
#[derive(Clone, Debug, PartialEq)]
pub struct FoundFile {
    /// Its path below the source's folder.
    pub path: String,
    /// The source's id.
    pub source: String,
    /// Its text, or a part of it.
    pub content: String,
    /// The passage that shows why it matches: text, then a word that was asked for.
    pub passage: Vec<(String, String)>,
    /// The share of the best possible match, in hundredths.
    pub relevance: u64,
    /// Its version.
    pub version: u64,
    /// When that was made.
    pub updated_at: Timestamp,
    /// Whether `content` is only a part.
    pub truncated: bool,
}

impl FoundFile {
    /// The files of an answer, best first.
    pub fn list(answer: &Value) -> Vec<Self> {
        items(&answer["matched_files"])
            .iter()
            .map(Self::of)
            .collect()
    }

    fn of(file: &Value) -> Self {
        let relevance = file["relevance"].as_f64().unwrap_or_default();
        Self {
            path: text(file, "path").to_owned(),
            source: text(file, "source").to_owned(),
            content: text(file, "content").to_owned(),
            passage: passage(&file["snippet"]),
            // 0 to 1.
            relevance: (relevance * 100.0 + 0.5) as u64,
            version: number(file, "version"),
            updated_at: instant(file, "updated_at").unwrap_or_default(),
            truncated: file["truncated"].as_bool().unwrap_or_default(),
        }
    }
}

fn passage(snippet: &Value) -> Vec<(String, String)> {
    let highlights: Vec<(usize, usize)> = items(&snippet["highlights"])
        .iter()
        .map(|highlight| {
            let end = |index: usize| highlight[index].as_u64().unwrap_or_default() as usize;
            (end(0), end(1))
        })
        .collect();
    pieces(text(snippet, "text"), &highlights)
}

/// How many files match, and how to ask otherwise where none does.
pub fn summary(answer: &Value) -> String {
    let shown = items(&answer["matched_files"]).len() as u64;
    match number(answer, "total_matches") {
        0 => "Nothing found. A file matches if it has one of the words: in any form, within \
              names such as parseToken, and slightly misspelt. “Words in quotes” must stand \
              together, and path:docs/ asks for a folder."
            .to_owned(),
        1 => "1 file matches.".to_owned(),
        total if total > shown => format!(
            "{} files match. These are the best {shown}.",
            format::count(total)
        ),
        total => format!("{total} files match."),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::{ContextAnswer, MatchedFile, Snippet, SourceId};

    #[test]
    fn reads_what_the_server_writes() {
        let updated_at = Timestamp::from_millis(1_763_467_200_000);
        let answer = ContextAnswer {
            query: "größe".into(),
            matched_files: vec![MatchedFile {
                path: "a.md".into(),
                source: SourceId::share(),
                content: "😀 Größe".into(),
                snippet: Snippet {
                    text: "😀 Größe".into(),
                    highlights: vec![(2, 7)],
                },
                relevance: 0.714,
                version: 3,
                updated_at,
                truncated: true,
            }],
            total_matches: 12,
            cached: true,
            generation: 1,
        };
        let answer = serde_json::to_value(answer).unwrap();
        let expected = FoundFile {
            path: "a.md".into(),
            source: "share".into(),
            content: "😀 Größe".into(),
            passage: vec![("😀 ".into(), "Größe".into())],
            relevance: 71,
            version: 3,
            updated_at,
            truncated: true,
        };
        assert_eq!(FoundFile::list(&answer), [expected]);
        assert_eq!(summary(&answer), "12 files match. These are the best 1.");
        assert!(summary(&Value::Null).starts_with("Nothing found."));
    }
}
