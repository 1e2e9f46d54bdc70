//! `leitl source`: the folders that your agents read.

mod add;
mod list;
mod secret;

use anyhow::{Context, bail};
use clap::Subcommand;

use super::{
    client::{Client, SYNC_CALL_LIMIT},
    connection::ConnectionArguments,
    output,
};
use crate::{
    api::{DeleteSource, ListSources, SyncSource},
    protocol::{Source, SyncState},
};

/// What to do with sources.
#[derive(Subcommand)]
pub enum SourceCommand {
    /// Add a WebDAV folder, once its server was seen to let you in.
    Add(add::AddArguments),
    /// List your sources, and how those of the others are.
    List(ListArguments),
    /// Synchronise a source now.
    Sync(SyncArguments),
    /// Remove a source and all that was read from it. The folder itself stays.
    Remove(RemoveArguments),
}

/// How to list.
#[derive(clap::Args)]
pub struct ListArguments {
    /// Print the server's answer as JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    connection: ConnectionArguments,
}

/// Which source, and whether to wait.
#[derive(clap::Args)]
pub struct SyncArguments {
    /// The source, by id or name
    source: String,
    /// Wait until it is done, for a minute at most
    #[arg(long)]
    wait: bool,
    /// Print the server's answer as JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    connection: ConnectionArguments,
}

/// Which source.
#[derive(clap::Args)]
pub struct RemoveArguments {
    /// The source, by id or name
    source: String,
    #[command(flatten)]
    connection: ConnectionArguments,
}

pub(super) async fn run(command: SourceCommand) -> anyhow::Result<()> {
    match command {
        SourceCommand::Add(arguments) => add::run(arguments).await,
        SourceCommand::List(arguments) => {
            let sources = arguments.connection.client()?.call(&ListSources {}).await?;
            if arguments.json {
                output::print_json(&sources)
            } else {
                output::print(&list::render(&sources, crate::server::now()))
            }
        }
        SourceCommand::Sync(arguments) => sync(arguments).await,
        SourceCommand::Remove(arguments) => {
            let client = arguments.connection.client()?;
            let source = find(&client, &arguments.source).await?;
            client.call(&DeleteSource { id: source.id }).await?;
            output::print(&format!(
                "{} is removed\n",
                output::clean_line(&source.name)
            ))
        }
    }
}

async fn sync(arguments: SyncArguments) -> anyhow::Result<()> {
    let client = arguments.connection.client()?;
    let before = find(&client, &arguments.source).await?;
    let call = SyncSource {
        id: before.id.clone(),
        wait: Some(arguments.wait),
    };
    let source = client.call_within(SYNC_CALL_LIMIT, &call).await?;
    if arguments.json {
        output::print_json(&source)?;
    }
    let name = output::clean_line(&source.name);
    if !arguments.wait {
        if !arguments.json {
            output::print(&format!("{name} will be synchronised\n"))?;
        }
        return Ok(());
    }
    let sync = &source.sync;
    // One that waits for its turn shows how the last one went.
    if sync.state == SyncState::Running || sync.last_finished == before.sync.last_finished {
        bail!(
            "the synchronisation of {name} takes longer than a minute and goes on; \
             `leitl source list` shows how far it is"
        );
    }
    if sync.state == SyncState::Failed {
        bail!(
            "the synchronisation of {name} failed: {}",
            sync.error
                .as_deref()
                .unwrap_or("the server does not say why")
        );
    }
    if !arguments.json {
        let files = match sync.files {
            1 => "1 file".to_owned(),
            count => format!("{count} files"),
        };
        let size = output::size(sync.bytes);
        let mut text = format!("{name} is synchronised: {files}, {size}\n");
        for note in list::notes(sync) {
            text += &format!("{}\n", output::clean_line(&note));
        }
        output::print(&text)?;
    }
    Ok(())
}

/// The caller's own source of this id or, if no other has it, name.
async fn find(client: &Client, wanted: &str) -> anyhow::Result<Source> {
    let mut own = client.call(&ListSources {}).await?;
    own.retain(|source| source.settings.is_some());
    pick(own, wanted)
}

fn pick(own: Vec<Source>, wanted: &str) -> anyhow::Result<Source> {
    let (by_id, others): (Vec<_>, Vec<_>) = own
        .into_iter()
        .partition(|source| source.id.as_str() == wanted);
    let mut found = by_id;
    if found.is_empty() {
        found = others;
        found.retain(|source| source.name == wanted);
    }
    if found.len() > 1 {
        let ids: Vec<_> = found.iter().map(|source| source.id.as_str()).collect();
        bail!(
            "{wanted:?} is the name of more than one of your sources; give an id: {}",
            ids.join(", ")
        );
    }
    found.pop().with_context(|| {
        format!("none of your sources is called {wanted:?}; `leitl source list` shows them")
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::SyncStatus;

    fn source(id: &str, name: &str) -> Source {
        Source {
            id: id.parse().unwrap(),
            name: name.into(),
            owner: "ann".into(),
            settings: None,
            sync: SyncStatus::default(),
        }
    }

    #[test]
    fn an_id_wins_over_a_name_and_a_name_must_be_clear() {
        let own = || {
            vec![
                source("a", "wiki"),
                source("b", "a"),
                source("c", "docs"),
                source("d", "docs"),
            ]
        };
        let id = |wanted| pick(own(), wanted).map(|source| source.id.to_string());
        assert_eq!(id("a").unwrap(), "a");
        assert_eq!(id("wiki").unwrap(), "a");
        let error = id("docs").unwrap_err().to_string();
        assert!(error.contains("c, d"), "{error}");
        let error = id("nowhere").unwrap_err().to_string();
        assert!(error.contains("nowhere"), "{error}");
    }
}
