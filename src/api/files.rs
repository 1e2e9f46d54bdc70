//! `files/claim`.

use leptos::server;

use super::{JsonAnswer, JsonBody};
use crate::protocol::{Claimed, FilePaths, Problem, Repository, SessionId};

/// Says that a session works on files, and answers who else does. Everyone hears of it
/// (`x.file`); where two sessions work on one file within the window, both are warned
/// (`conflict.warning`). Nothing is locked. 429 beyond the limit.
#[server(prefix = "/api/leitl", endpoint = "files/claim", input = JsonBody, output = JsonAnswer)]
pub async fn claim_files(
    /// Which session; may be left out with a session token.
    session_id: Option<SessionId>,
    /// The repository the files are in.
    repository: Repository,
    /// The files, by their paths below its root.
    paths: FilePaths,
) -> Result<Claimed, Problem> {
    use crate::server::Request;

    let request = Request::current().await?;
    let session_id = request.caller.session(session_id)?;
    request
        .server
        .files
        .claim(&request.caller, &session_id, repository, paths)
        .await
}
