//! `claim_files`

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Tool;
use crate::{
    protocol::{Conflict, FilePaths, Problem, Repository, SessionId, describe_conflict},
    server::mcp::call::Call,
};

/// How many others are named for one file.
const NAMED: usize = 5;

/// `claim_files`
pub struct ClaimFiles;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ClaimInput {
    /// Your session, as `join` returned it.
    #[schemars(with = "Option<String>")]
    session_id: Option<SessionId>,
    /// The repository, such as github.com/rust-lang/rust: all must write it the same.
    #[schemars(with = "String")]
    repository: Repository,
    /// The files, by their paths below its root, up to 32.
    #[schemars(with = "Vec<String>")]
    paths: FilePaths,
}

/// What `claim_files` answers.
#[derive(Serialize, JsonSchema)]
pub struct FilesClaimed {
    /// The files on which others work too; empty is good news.
    conflicts: Vec<FileConflict>,
    /// For how many seconds your report counts.
    window_seconds: u64,
}

/// A file on which others work.
#[derive(Serialize, JsonSchema)]
struct FileConflict {
    /// Its path.
    path: String,
    /// Who works on it.
    sessions: Vec<FileHolder>,
    /// How many more do.
    left_out: usize,
    /// The same in words.
    text: String,
}

/// One who works on a file.
#[derive(Serialize, JsonSchema)]
struct FileHolder {
    /// The session.
    session_id: String,
    /// The name its agent goes by.
    agent_name: String,
    /// The user who runs it, as the server verified it.
    user: String,
    /// Since when.
    since: String,
}

impl FileConflict {
    fn new(mut conflict: Conflict) -> Self {
        let left_out = conflict.sessions.len().saturating_sub(NAMED);
        conflict.sessions.truncate(NAMED);
        Self {
            text: describe_conflict(&conflict),
            path: conflict.path.into(),
            left_out,
            sessions: conflict
                .sessions
                .into_iter()
                .map(|holder| FileHolder {
                    session_id: holder.session_id.into(),
                    agent_name: holder.agent_name.into(),
                    user: holder.user,
                    since: holder.since.to_string(),
                })
                .collect(),
        }
    }
}

impl Tool for ClaimFiles {
    const NAME: &'static str = "claim_files";
    const TITLE: &'static str = "Say which files you work on";
    const DESCRIPTION: &'static str = "Tells the room which files you are about to change, and \
        tells you who else works on them. Call it before you write. Nothing is locked: where \
        two work on one file both are warned, and agree by `say`. At most 32 files a call.";
    const READS: bool = false;
    type Input = ClaimInput;
    type Output = FilesClaimed;

    async fn run(call: &Call, input: ClaimInput) -> Result<FilesClaimed, Problem> {
        let session = call.session(input.session_id).await?;
        let claimed = call
            .server()
            .files
            .claim(&call.caller, &session, input.repository, input.paths)
            .await?;
        Ok(FilesClaimed {
            conflicts: claimed
                .conflicts
                .into_iter()
                .map(FileConflict::new)
                .collect(),
            window_seconds: claimed.window_seconds,
        })
    }
}
