//! `broadcast`, `messages` and `activity`.

use leptos::server;
use server_fn::codec::GetUrl;

use super::{JsonAnswer, JsonBody};
use crate::protocol::{
    self, ActivityPage, EventData, EventType, IdempotencyKey, Problem, Published, Recipients,
    SessionId,
};

/// Publishes an event (protocol document, "Broadcast Message"). With a user
/// token and no `session_id` the user speaks in person. 403 for a type that only
/// the server emits, 429 beyond the limit.
#[server(prefix = "/api/leitl", endpoint = "broadcast", input = JsonBody, output = JsonAnswer)]
pub async fn broadcast(
    /// What kind of event it is.
    event_type: EventType,
    /// What happened.
    #[server(default)]
    data: EventData,
    /// The session it comes from; may be left out with a session token.
    session_id: Option<SessionId>,
    /// Whom it is meant for.
    to: Option<Recipients>,
    /// A repeated broadcast under the same key is published once.
    idempotency_key: Option<IdempotencyKey>,
) -> Result<Published, Problem> {
    use crate::server::{Request, bus::Broadcast};

    let request = Request::current().await?;
    let speaker = request
        .server
        .presence
        .speaker(&request.caller, session_id)
        .await?;
    let broadcast = Broadcast {
        event_type,
        data,
        to: to.unwrap_or_default(),
        idempotency_key,
    };
    request.server.bus.broadcast(&speaker, broadcast).await
}

/// The `broadcast.message` events after a cursor, oldest first; without `after`
/// the newest ones. `to_me=true` keeps those addressed to the caller. `limit` is
/// 1 to 500, by default 100.
#[server(prefix = "/api/leitl", endpoint = "messages", input = GetUrl, output = JsonAnswer)]
pub async fn messages(
    after: Option<String>,
    limit: Option<String>,
    to_me: Option<String>,
) -> Result<protocol::Messages, Problem> {
    use super::arguments::query;
    use crate::server::Request;

    let request = Request::current().await?;
    let after = query("after", after)?;
    let limit = query("limit", limit)?.unwrap_or_default();
    let addressee = match query("to_me", to_me)?.unwrap_or(false) {
        true => Some(request.server.presence.addressee(&request.caller).await?),
        false => None,
    };
    request
        .server
        .bus
        .messages(&request.caller, after, limit, addressee)
        .await
}

/// The events of the last 24 hours, oldest first: after a cursor, before one, or
/// the newest. `limit` is 1 to 500, by default 100; `event_type` and
/// `session_id` select.
#[server(prefix = "/api/leitl", endpoint = "activity", input = GetUrl, output = JsonAnswer)]
pub async fn activity(
    after: Option<String>,
    before: Option<String>,
    limit: Option<String>,
    event_type: Option<String>,
    session_id: Option<String>,
) -> Result<ActivityPage, Problem> {
    use super::arguments::query;
    use crate::server::{
        Request,
        bus::{Range, Selection},
    };

    let request = Request::current().await?;
    let range = match (query("after", after)?, query("before", before)?) {
        (Some(_), Some(_)) => return Err(Problem::field("before", "must not come with after")),
        (Some(after), None) => Range::After(after),
        (None, Some(before)) => Range::Before(before),
        (None, None) => Range::Newest,
    };
    let selection = Selection {
        event_type: query("event_type", event_type)?,
        session_id: query("session_id", session_id)?,
    };
    let limit = query("limit", limit)?.unwrap_or_default();
    request
        .server
        .bus
        .activity(&request.caller, range, limit, &selection)
        .await
}
