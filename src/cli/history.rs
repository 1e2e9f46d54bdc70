//! `leitl history`
//!
//! A command of its own: below `leitl context` it would take the word from queries.

use super::{connection::ConnectionArguments, output, table::Table};
use crate::{
    api::ContextHistory,
    protocol::{FileHistory, Timestamp},
};

/// Which file.
#[derive(clap::Args)]
pub struct HistoryArguments {
    /// The file's path, as `leitl context` shows it
    path: String,
    /// The source, by id or name; needed where two have the path
    #[arg(long)]
    source: Option<String>,
    /// Print the text of this version, and nothing else
    #[arg(long, value_name = "N")]
    version: Option<u64>,
    /// Print the server's answer as JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    connection: ConnectionArguments,
}

pub(super) async fn run(arguments: HistoryArguments) -> anyhow::Result<()> {
    let client = arguments.connection.client()?;
    let call = ContextHistory {
        path: Some(arguments.path),
        source: arguments.source,
        version: arguments.version.map(|version| version.to_string()),
    };
    let history = client.call(&call).await?;
    if arguments.json {
        return output::print_json(&history);
    }
    match &history.content {
        Some(text) => output::print_file(text),
        None => output::print(&render(&history, crate::server::now())),
    }
}

fn render(history: &FileHistory, now: Timestamp) -> String {
    let mut table = Table::new(["VERSION", "MADE", "AGE", "SIZE"]);
    for version in &history.versions {
        let size = match version.hash {
            Some(_) => output::size(version.bytes),
            None => "no text".to_owned(),
        };
        table.row(
            [
                version.version.to_string(),
                String::from(version.updated_at),
                output::ago(version.updated_at, now),
                size,
            ],
            [],
        );
    }
    table.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::FileVersion;

    #[test]
    fn a_version_without_text_says_so() {
        let version = |version, hash| FileVersion {
            version,
            hash,
            updated_at: Timestamp::from_millis(0),
            bytes: 2048,
        };
        let history = FileHistory {
            path: "a.md".into(),
            source: "share".parse().unwrap(),
            versions: vec![version(2, None), version(1, Some("ab".into()))],
            content: None,
        };
        assert_eq!(
            render(&history, Timestamp::from_millis(7_200_000)),
            "\
VERSION  MADE                  AGE     SIZE
2        1970-01-01T00:00:00Z  2h ago  no text
1        1970-01-01T00:00:00Z  2h ago  2.0 KiB
"
        );
    }
}
