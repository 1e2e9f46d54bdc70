//! `sources`, `sources/update`, `sources/delete` and `sources/sync`.

// The arguments of a server function are the members of its body.
#![allow(clippy::too_many_arguments)]

use leptos::server;
use server_fn::codec::GetUrl;

use super::{JsonAnswer, JsonBody};
use crate::protocol::{Line, Patterns, Problem, Secret, Source, SourceAuth, SourceId, SourceName};

/// The sources of the workspace: the caller's own with all there is to know, others'
/// by name and health alone.
#[server(prefix = "/api/leitl", endpoint = "sources", input = GetUrl, output = JsonAnswer)]
pub async fn list_sources() -> Result<Vec<Source>, Problem> {
    let request = crate::server::Request::current().await?;
    request.server.context.list_sources(&request.caller).await
}

/// Adds a source once its server was seen to let us in. Needs a user token.
/// Credentials are never returned.
#[server(prefix = "/api/leitl", endpoint = "sources", input = JsonBody, output = JsonAnswer)]
pub async fn add_source(
    /// What its user calls it.
    name: SourceName,
    /// The WebDAV folder.
    url: Line<1, 2000>,
    /// How to come in there; without one, as everyone.
    auth: Option<SourceAuth>,
    /// The user there.
    username: Option<Line<0, 256>>,
    /// The password there.
    password: Option<Secret>,
    /// The token there, for `auth` bearer.
    token: Option<Secret>,
    /// How often it is synchronised: 30 to 86,400.
    interval_seconds: Option<u64>,
    /// Only files that match one of these patterns.
    include: Option<Patterns>,
    /// No files that match one of these patterns.
    exclude: Option<Patterns>,
    /// Larger files are skipped.
    max_file_bytes: Option<u64>,
    /// A folder with more files is refused.
    max_files: Option<u64>,
) -> Result<Source, Problem> {
    use crate::server::{
        Request,
        context::{NewSource, SourceChange},
    };

    let request = Request::current().await?;
    let change = SourceChange {
        name: None,
        url: Some(url),
        auth: Some(auth.unwrap_or_default()),
        username,
        secret: password.or(token),
        interval_seconds,
        include,
        exclude,
        max_file_bytes,
        max_files,
    };
    let new = NewSource { name, change };
    request
        .server
        .context
        .add_source(&request.caller, new)
        .await
}

/// Changes a source; what is left out stays. A password or token is needed again
/// for another server or kind of `auth`.
#[server(prefix = "/api/leitl", endpoint = "sources/update", input = JsonBody, output = JsonAnswer)]
pub async fn update_source(
    /// Which.
    id: SourceId,
    /// What its user calls it.
    name: Option<SourceName>,
    /// The WebDAV folder.
    url: Option<Line<1, 2000>>,
    /// How to come in there.
    auth: Option<SourceAuth>,
    /// The user there.
    username: Option<Line<0, 256>>,
    /// The password there.
    password: Option<Secret>,
    /// The token there.
    token: Option<Secret>,
    /// How often it is synchronised: 30 to 86,400.
    interval_seconds: Option<u64>,
    /// Only files that match one of these patterns; none for all.
    include: Option<Patterns>,
    /// No files that match one of these patterns.
    exclude: Option<Patterns>,
    /// Larger files are skipped.
    max_file_bytes: Option<u64>,
    /// A folder with more files is refused.
    max_files: Option<u64>,
) -> Result<Source, Problem> {
    use crate::server::{Request, context::SourceChange};

    let request = Request::current().await?;
    let change = SourceChange {
        name,
        url,
        auth,
        username,
        secret: password.or(token),
        interval_seconds,
        include,
        exclude,
        max_file_bytes,
        max_files,
    };
    request
        .server
        .context
        .change_source(&request.caller, id, change)
        .await
}

/// Removes a source and all that was read from it; the folder itself stays.
#[server(prefix = "/api/leitl", endpoint = "sources/delete", input = JsonBody, output = JsonAnswer)]
pub async fn delete_source(
    /// Which.
    id: SourceId,
) -> Result<(), Problem> {
    let request = crate::server::Request::current().await?;
    request
        .server
        .context
        .remove_source(&request.caller, id)
        .await
}

/// Synchronises a source now; with `wait` the answer comes when that is done, or
/// after a minute.
#[server(prefix = "/api/leitl", endpoint = "sources/sync", input = JsonBody, output = JsonAnswer)]
pub async fn sync_source(
    /// Which.
    id: SourceId,
    /// Whether to wait for it.
    wait: Option<bool>,
) -> Result<Source, Problem> {
    let request = crate::server::Request::current().await?;
    request
        .server
        .context
        .sync_source(&request.caller, id, wait.unwrap_or(false))
        .await
}
