//! `context` and `context/history`.

use leptos::server;
use server_fn::codec::GetUrl;

use super::JsonAnswer;
use crate::protocol::{ContextAnswer, FileHistory, Problem};

/// The caller's files that match a query, best first (protocol document, "Get WebDAV
/// Context").
#[server(prefix = "/api/leitl", endpoint = "context", input = GetUrl, output = JsonAnswer)]
pub async fn search_context(
    /// Words, "quoted phrases" and `path:` prefixes.
    query: Option<String>,
    /// Only files of these types, such as `md,py`.
    types: Option<String>,
    /// 1 to 100, by default 10.
    max_results: Option<String>,
    /// At most so many tokens of content in all, by default 200,000.
    max_tokens: Option<String>,
    /// Only this source, by id or name.
    source: Option<String>,
    /// `true` synchronises first (the protocol document's `sync_and_get`).
    sync: Option<String>,
) -> Result<ContextAnswer, Problem> {
    use super::arguments::query as parsed;
    use crate::server::{Request, context::ContextRequest};

    let request = Request::current().await?;
    let types = types.unwrap_or_default();
    let wanted = ContextRequest {
        query: query.unwrap_or_default(),
        types: types
            .split(',')
            .map(str::trim)
            .filter(|name| !name.is_empty())
            .map(str::to_owned)
            .collect(),
        max_results: parsed("max_results", max_results)?.unwrap_or_default(),
        max_tokens: parsed("max_tokens", max_tokens)?,
        source: source.filter(|source| !source.is_empty()),
        sync: parsed("sync", sync)?.unwrap_or(false),
    };
    request.server.context.search(&request.caller, wanted).await
}

/// The last versions of one of the caller's files; with `version` the text of that
/// one too.
#[server(prefix = "/api/leitl", endpoint = "context/history", input = GetUrl, output = JsonAnswer)]
pub async fn context_history(
    /// The path below the source's folder.
    path: Option<String>,
    /// The source, by id or name; needed where two have the path.
    source: Option<String>,
    /// A version's number.
    version: Option<String>,
) -> Result<FileHistory, Problem> {
    use super::arguments::query as parsed;
    use crate::server::{Request, context::HistoryRequest};

    let request = Request::current().await?;
    let path = parsed("path", path)?.ok_or_else(|| Problem::field("path", "is missing"))?;
    let wanted = HistoryRequest {
        path,
        source: source.filter(|source| !source.is_empty()),
        version: parsed("version", version)?,
    };
    request
        .server
        .context
        .history(&request.caller, wanted)
        .await
}
