//! `leitl context`

use anstyle::Style;
use anyhow::bail;

use super::{client::SYNC_CALL_LIMIT, connection::ConnectionArguments, output};
use crate::{
    api::SearchContext,
    protocol::{ContextAnswer, MatchedFile, Snippet, Timestamp},
};

/// Before each line of a snippet.
const INDENT: &str = "    ";

/// What to look for, and where.
#[derive(clap::Args)]
pub struct ContextArguments {
    /// Words, "quoted phrases" and path: prefixes. The exit code is 1 if nothing is
    /// found
    #[arg(required = true)]
    query: Vec<String>,
    /// Only files of these types, such as md,py
    #[arg(long)]
    types: Option<String>,
    /// At most so many files [default: 10]
    #[arg(long, value_name = "N")]
    max_results: Option<u64>,
    /// At most so many tokens of content in all, with --json
    #[arg(long, value_name = "N")]
    max_tokens: Option<u64>,
    /// Only this source, by id or name
    #[arg(long)]
    source: Option<String>,
    /// Synchronise first, and wait for that a minute at most
    #[arg(long)]
    sync: bool,
    /// Print the server's answer as JSON, with the content of the files
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    connection: ConnectionArguments,
}

pub(super) async fn run(arguments: ContextArguments) -> anyhow::Result<()> {
    let client = arguments.connection.client()?;
    let call = SearchContext {
        query: Some(arguments.query.join(" ")),
        types: arguments.types,
        max_results: arguments.max_results.map(|count| count.to_string()),
        max_tokens: arguments.max_tokens.map(|count| count.to_string()),
        source: arguments.source,
        sync: arguments.sync.then(|| "true".to_owned()),
    };
    let answer = client.call_within(SYNC_CALL_LIMIT, &call).await?;
    if arguments.json {
        output::print_json(&answer)?;
    }
    if answer.matched_files.is_empty() {
        bail!("nothing matches {:?}", answer.query);
    }
    if !arguments.json {
        output::print(&render(&answer, crate::server::now()))?;
    }
    Ok(())
}

fn render(answer: &ContextAnswer, now: Timestamp) -> String {
    let files: Vec<_> = answer
        .matched_files
        .iter()
        .map(|file| render_file(file, now))
        .collect();
    let mut text = files.join("\n");
    let shown = files.len() as u64;
    if answer.total_matches > shown {
        text += &format!(
            "\n{shown} of {} files that match; --max-results N shows more\n",
            answer.total_matches
        );
    }
    text
}

fn render_file(file: &MatchedFile, now: Timestamp) -> String {
    format!(
        "{}  {:.2}  version {}, {}  [{}]\n{}",
        output::clean_line(&file.path),
        file.relevance,
        file.version,
        output::ago(file.updated_at, now),
        file.source,
        render_snippet(&file.snippet)
    )
}

/// The snippet, indented, with the words of the query in bold.
fn render_snippet(snippet: &Snippet) -> String {
    let bold = Style::new().bold();
    let mut text = String::new();
    for (at, letter) in snippet.text.trim_end().chars().enumerate() {
        if text.is_empty() || text.ends_with('\n') {
            text += INDENT;
        }
        if snippet.highlights.iter().any(|&(from, _)| from == at) {
            text += &bold.render().to_string();
        }
        text.push(match letter {
            '\n' | '\t' => letter,
            _ => output::shown(letter),
        });
        if snippet.highlights.iter().any(|&(_, to)| to == at + 1) {
            text += &bold.render_reset().to_string();
        }
    }
    if !text.is_empty() {
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_of_the_query_are_bold() {
        let snippet = Snippet {
            text: "Zoë's auth\nand an\u{1b} auth token\n".into(),
            highlights: vec![(6, 10), (19, 23)],
        };
        assert_eq!(
            render_snippet(&snippet),
            "    Zoë's \u{1b}[1mauth\u{1b}[0m\n    and an\u{fffd} \u{1b}[1mauth\u{1b}[0m token\n"
        );
        assert_eq!(render_snippet(&Snippet::default()), "");
    }

    #[test]
    fn highlights_that_do_not_fit_do_no_harm() {
        let snippet = Snippet {
            text: "short".into(),
            highlights: vec![(3, 900), (800, 900)],
        };
        assert!(render_snippet(&snippet).contains("rt"));
    }

    #[test]
    fn more_matches_than_files_are_told() {
        let file = MatchedFile {
            path: "docs/auth.md".into(),
            source: "share".parse().unwrap(),
            content: String::new(),
            snippet: Snippet::default(),
            relevance: 0.834,
            version: 3,
            updated_at: Timestamp::from_millis(0),
            truncated: false,
        };
        let answer = ContextAnswer {
            query: "auth".into(),
            matched_files: vec![file],
            total_matches: 14,
            cached: true,
            generation: 1,
        };
        let text = render(&answer, Timestamp::from_millis(7_200_000));
        assert!(text.starts_with("docs/auth.md  0.83  version 3, 2h ago  [share]\n"));
        assert!(text.contains("1 of 14 files"), "{text}");
    }
}
