//! `leitl files`: which files a session works on.

use std::{
    collections::BTreeMap,
    path::{PathBuf, absolute},
};

use anyhow::{Context, anyhow};
use clap::{Args, Subcommand};

use super::{
    output, repository,
    speaker::{Speaker, SpeakerArguments},
};
use crate::{
    api::ClaimFiles,
    protocol::{Claimed, FilePath, FilePaths, Repository, describe_conflict},
};

/// What there is to tell.
#[derive(Subcommand)]
pub enum FilesCommand {
    /// Say that a session works on files, and show who else does. Nothing is locked.
    Claim(ClaimArguments),
}

/// Which files.
#[derive(Args)]
pub struct ClaimArguments {
    /// The files; they need not be there yet
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// Print the server's answers as JSON, one for each repository
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    speaker: SpeakerArguments,
}

pub(super) async fn run(command: FilesCommand) -> anyhow::Result<()> {
    let FilesCommand::Claim(arguments) = command;
    let places = places(&arguments.paths)?;
    let speaker = arguments.speaker.speaker()?;
    let mut answers = Vec::new();
    for (repository, paths) in places {
        answers.push(claim(&speaker, repository, paths).await?);
    }
    if arguments.json {
        return output::print_json(&answers);
    }
    let lines: String = answers
        .iter()
        .flat_map(|answer| &answer.conflicts)
        .map(|conflict| output::clean_line(&describe_conflict(conflict)) + "\n")
        .collect();
    output::print(&lines)
}

async fn claim(
    speaker: &Speaker,
    repository: Repository,
    paths: Vec<FilePath>,
) -> anyhow::Result<Claimed> {
    let claim = ClaimFiles {
        session_id: speaker.session.clone(),
        repository,
        paths: FilePaths::try_from(paths).map_err(|rule| anyhow!("the files {rule}"))?,
    };
    Ok(speaker.client.call(&claim).await?)
}

/// The files by the repository they are in.
fn places(paths: &[PathBuf]) -> anyhow::Result<BTreeMap<Repository, Vec<FilePath>>> {
    let mut places: BTreeMap<Repository, Vec<FilePath>> = BTreeMap::new();
    for path in paths {
        let shown = path.display();
        let place = absolute(path)
            .ok()
            .and_then(|path| repository::place(&path))
            .with_context(|| format!("{shown} is no path of a file"))?;
        let repository = place
            .repository
            .parse()
            .with_context(|| format!("the name of the repository of {shown}"))?;
        let path = place.path.parse().with_context(|| format!("{shown}"))?;
        places.entry(repository).or_default().push(path);
    }
    Ok(places)
}
