//! `context_search` and `context_read`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Tool, shapes::bounded};
use crate::{
    protocol::{Line, MatchedFile, Problem, SessionId},
    server::{
        context::{ContextRequest, parse::estimate_tokens},
        mcp::call::Call,
    },
};

/// How many files a search answers with, where nobody says, and at most.
const FILES: (usize, usize) = (5, 20);

/// How many tokens of content, where nobody says, and at most.
const TOKENS: (usize, usize) = (2000, 20_000);

/// How many tokens of a file are read at once, where nobody says, and at most.
const READ_TOKENS: (usize, usize) = (4000, 20_000);

/// `context_search`
pub struct ContextSearch;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SearchInput {
    /// Your session, as `join` returned it.
    #[schemars(with = "Option<String>")]
    session_id: Option<SessionId>,
    /// What to look for: words, "quoted phrases", and path: with the beginning of a path.
    query: String,
    /// Only files of these types, such as md or py.
    types: Option<Vec<String>>,
    /// Only this source, by id or name.
    source: Option<String>,
    /// At most so many files: 1 to 20, by default 5.
    max_results: Option<u64>,
    /// At most so many tokens of content in all: 1 to 20,000, by default 2,000.
    max_tokens: Option<u64>,
    /// Whether to read the sources anew first.
    sync: Option<bool>,
}

/// What `context_search` answers.
#[derive(Serialize, JsonSchema)]
pub struct SearchOutput {
    /// The best files, best first.
    matched_files: Vec<File>,
    /// How many files match in all.
    total_matches: u64,
    /// How many of them are not in this answer.
    left_out: u64,
}

/// A file that was found.
#[derive(Serialize, JsonSchema)]
struct File {
    /// The source, for `context_read`.
    source: String,
    /// Its path in the source, for `context_read`.
    path: String,
    /// The share of the best possible match that it reaches: 0 to 1.
    relevance: f32,
    /// How often its content has changed since it was first seen, from 1.
    version: u64,
    /// When this version was made.
    updated_at: String,
    /// The part that shows why it matches.
    snippet: String,
    /// Its text, or as much of it as `max_tokens` leaves.
    content: String,
    /// Whether `content` is only the beginning; `context_read` reads on.
    truncated: bool,
}

impl From<MatchedFile> for File {
    fn from(file: MatchedFile) -> Self {
        Self {
            source: file.source.into(),
            path: file.path,
            relevance: file.relevance,
            version: file.version,
            updated_at: file.updated_at.to_string(),
            snippet: file.snippet.text,
            content: file.content,
            truncated: file.truncated,
        }
    }
}

impl Tool for ContextSearch {
    const NAME: &'static str = "context_search";
    const TITLE: &'static str = "Search the context";
    const DESCRIPTION: &'static str = "Searches the files that your user shares with agents, and \
        returns the best with their text: at most 20 files, and as many tokens as `max_tokens` \
        says (by default 2,000). Do this before you answer from memory.";
    const READS: bool = true;
    type Input = SearchInput;
    type Output = SearchOutput;

    async fn run(call: &Call, input: SearchInput) -> Result<SearchOutput, Problem> {
        call.listening(input.session_id).await?;
        let (default, most) = FILES;
        let max_results = bounded("max_results", input.max_results, default, most)?;
        let (default, most) = TOKENS;
        let max_tokens = bounded("max_tokens", input.max_tokens, default, most)?;
        let request = ContextRequest {
            query: input.query,
            types: input.types.unwrap_or_default(),
            max_results: max_results
                .to_string()
                .parse()
                .map_err(|rule| Problem::field("max_results", rule))?,
            max_tokens: Some(max_tokens as u64),
            source: input.source.filter(|source| !source.is_empty()),
            sync: input.sync.unwrap_or(false),
        };
        let found = call.server().context.search(&call.caller, request).await?;
        let shown = found.matched_files.len() as u64;
        Ok(SearchOutput {
            left_out: found.total_matches.saturating_sub(shown),
            total_matches: found.total_matches,
            matched_files: found.matched_files.into_iter().map(File::from).collect(),
        })
    }
}

/// `context_read`
pub struct ContextRead;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ReadInput {
    /// Your session, as `join` returned it.
    #[schemars(with = "Option<String>")]
    session_id: Option<SessionId>,
    /// The file's path in its source, as `context_search` returns it.
    #[schemars(with = "String")]
    path: Line<1, 1000>,
    /// The source, by id or name; needed where two have the path.
    source: Option<String>,
    /// From which character on: `next_offset` of the last answer; by default 0.
    offset: Option<u64>,
    /// At most so many tokens: 1 to 20,000, by default 4,000.
    max_tokens: Option<u64>,
}

/// What `context_read` answers.
#[derive(Serialize, JsonSchema)]
pub struct ReadOutput {
    /// The source.
    source: String,
    /// The file's path in it.
    path: String,
    /// How often its content has changed since it was first seen, from 1.
    version: u64,
    /// When this version was made.
    updated_at: String,
    /// The text, from `offset` on.
    content: String,
    /// Where to go on; absent at the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    next_offset: Option<usize>,
    /// How many characters come after this.
    left_out: usize,
}

impl Tool for ContextRead {
    const NAME: &'static str = "context_read";
    const TITLE: &'static str = "Read a file of the context";
    const DESCRIPTION: &'static str = "Reads one of the files that your user shares with agents, \
        a part at a time: at most `max_tokens` (by default 4,000). `next_offset` leads on.";
    const READS: bool = true;
    type Input = ReadInput;
    type Output = ReadOutput;

    async fn run(call: &Call, input: ReadInput) -> Result<ReadOutput, Problem> {
        call.listening(input.session_id).await?;
        let (default, most) = READ_TOKENS;
        let max_tokens = bounded("max_tokens", input.max_tokens, default, most)?;
        let source = input.source.filter(|source| !source.is_empty());
        let context = &call.server().context;
        let file = context
            .newest(&call.caller, input.path.as_str(), source)
            .await?;
        let offset = usize::try_from(input.offset.unwrap_or(0)).unwrap_or(usize::MAX);
        let characters = file.text.chars().count();
        if offset > characters {
            return Err(Problem::field(
                "offset",
                format!("must be at most {characters}, where the file ends"),
            ));
        }
        let rest: String = file.text.chars().skip(offset).collect();
        let content = beginning(&rest, max_tokens);
        let end = offset + content.chars().count();
        Ok(ReadOutput {
            source: file.source.into(),
            path: file.path,
            version: file.version,
            updated_at: file.updated_at.to_string(),
            next_offset: (end < characters).then_some(end),
            left_out: characters - end,
            content: content.to_owned(),
        })
    }
}

/// As much of a text as has at most so many tokens, at least a character: up to the end of
/// its last line, if a line fits.
fn beginning(text: &str, most: usize) -> &str {
    if estimate_tokens(text) <= most {
        return text;
    }
    let ends: Vec<usize> = text.char_indices().map(|(at, _)| at).skip(1).collect();
    // More text never has fewer tokens, so the ends that fit come first.
    let fitting = ends.partition_point(|&at| {
        text.get(..at)
            .is_some_and(|beginning| estimate_tokens(beginning) <= most)
    });
    let cut = ends.get(fitting.saturating_sub(1)).copied();
    let cut = cut.and_then(|at| text.get(..at)).unwrap_or(text);
    match cut.rfind('\n').and_then(|at| cut.get(..=at)) {
        Some(lines) => lines,
        None => cut,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reading_part_by_part_reads_all_of_it() {
        let text = "One line of words.\nAnother one, ü and 😀.\n\n".repeat(40) + "no end of line";
        for most in [1, 2, 7, 50, 10_000] {
            let mut rest = text.as_str();
            let mut read = String::new();
            while !rest.is_empty() {
                let part = beginning(rest, most);
                assert!(!part.is_empty(), "{most}");
                read.push_str(part);
                rest = &rest[part.len()..];
            }
            assert_eq!(read, text);
        }
    }

    #[test]
    fn a_part_ends_with_a_line_where_one_fits() {
        let text = "a short line\n".repeat(100);
        let part = beginning(&text, 20);
        assert!(
            part.ends_with('\n') && estimate_tokens(part) <= 20,
            "{part:?}"
        );
    }
}
