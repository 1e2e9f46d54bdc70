//! `inbox`, `inbox/acknowledge`, `messages/receipts` and `catch_up`.

use leptos::server;
use server_fn::codec::GetUrl;

use super::{JsonAnswer, JsonBody};
use crate::protocol::{
    Acknowledged, CaughtUp, EventIds, Inbox, PageSize, Problem, Receipts, SessionId, WaitSeconds,
};

/// Hands a session its unread messages and warnings of conflicts, oldest first. They
/// count as delivered then, unless it only peeks.
#[server(prefix = "/api/leitl", endpoint = "inbox", input = JsonBody, output = JsonAnswer)]
pub async fn drain_inbox(
    /// Which session; may be left out with a session token.
    session_id: Option<SessionId>,
    /// How long to wait for a message where there is none.
    wait_seconds: Option<WaitSeconds>,
    /// How many at most; 20 by default.
    limit: Option<PageSize>,
    /// Only look: they stay unread.
    peek: Option<bool>,
) -> Result<Inbox, Problem> {
    use crate::server::{Request, inbox::Drain};

    let request = Request::current().await?;
    let session_id = request.caller.session(session_id)?;
    let drain = Drain {
        limit: limit.unwrap_or_default().into(),
        wait: wait_seconds.unwrap_or_default().duration(),
        peek: peek.unwrap_or(false),
    };
    request
        .server
        .inbox
        .drain(&request.caller, &session_id, drain)
        .await
}

/// Says that a session has taken note of messages that it was handed.
#[server(prefix = "/api/leitl", endpoint = "inbox/acknowledge", input = JsonBody, output = JsonAnswer)]
pub async fn acknowledge_messages(
    /// Which session; may be left out with a session token.
    session_id: Option<SessionId>,
    /// The messages.
    ids: EventIds,
) -> Result<Acknowledged, Problem> {
    use crate::server::Request;

    let request = Request::current().await?;
    let session_id = request.caller.session(session_id)?;
    request
        .server
        .inbox
        .acknowledge(&request.caller, &session_id, &ids)
        .await
}

/// How far a message came: which sessions were handed it, and which have taken note.
#[server(prefix = "/api/leitl", endpoint = "messages/receipts", input = GetUrl, output = JsonAnswer)]
pub async fn message_receipts(
    /// The message.
    id: String,
) -> Result<Receipts, Problem> {
    use crate::server::Request;

    let request = Request::current().await?;
    let id = id.parse().map_err(|rule| Problem::field("id", rule))?;
    request.server.inbox.receipts(&request.caller, id).await
}

/// What a session needs to know of the room since `since`, in at most `max_tokens` (100
/// to 10,000; 500 by default). Without `since` it is told what came since it last asked
/// so, and that place moves on; an answer that got lost can be had again with `since`.
#[server(prefix = "/api/leitl", endpoint = "catch_up", input = GetUrl, output = JsonAnswer)]
pub async fn catch_up(
    /// Which session; may be left out with a session token.
    session_id: Option<String>,
    /// From which event on.
    since: Option<String>,
    /// How long the text may be.
    max_tokens: Option<String>,
) -> Result<CaughtUp, Problem> {
    use super::arguments::query;
    use crate::server::Request;

    let request = Request::current().await?;
    let session_id = request.caller.session(query("session_id", session_id)?)?;
    let since = query("since", since)?;
    let budget = query("max_tokens", max_tokens)?.unwrap_or_default();
    request
        .server
        .digest
        .catch_up(&request.caller, &session_id, since, budget)
        .await
}
