//! The calls of the dashboard. They have one path, [`browser::call`], and most answer
//! with plain JSON: a server function is a client too, but each that the browser knows
//! makes the download larger, as does each wire type that serde reads.

use serde_json::{Value, json};

use crate::{
    browser,
    protocol::{EventType, Problem},
};

/// `GET snapshot`: a [`Snapshot`](crate::protocol::Snapshot); while the server
/// renders, of the server function itself.
pub async fn snapshot() -> Result<Value, Problem> {
    #[cfg(feature = "ssr")]
    return crate::api::snapshot()
        .await
        .map(|snapshot| serde_json::to_value(snapshot).unwrap_or_default());
    #[cfg(not(feature = "ssr"))]
    return browser::call("snapshot", None).await;
}

/// `GET sessions/active`: a list of [`ActiveSession`](crate::protocol::ActiveSession).
pub async fn active_sessions() -> Result<Value, Problem> {
    browser::call("sessions/active", None).await
}

/// `GET status`: a [`Status`](crate::protocol::Status).
pub async fn status() -> Result<Value, Problem> {
    browser::call("status", None).await
}

/// `GET activity`: a page of the newest alerts that are over.
pub async fn cleared_alerts() -> Result<Value, Problem> {
    browser::call("activity?event_type=alert.cleared", None).await
}

/// `POST broadcast`: a message to all, or to one session.
pub async fn say(text: &str, to: &str, idempotency_key: &str) -> Result<(), Problem> {
    let mut body = json!({
        "event_type": EventType::BroadcastMessage.as_str(),
        "data": { "text": text },
        "idempotency_key": idempotency_key,
    });
    if !to.is_empty() {
        body["to"] = json!([to]);
    }
    browser::call("broadcast", Some(body)).await.map(|_| ())
}

/// How many tokens of text one answer has, so that large files do not make it slow.
const TOKENS: u64 = 20_000;

/// `GET sources`: a list of [`Source`](crate::protocol::Source).
pub async fn list_sources() -> Result<Value, Problem> {
    browser::call("sources", None).await
}

/// `POST sources`: the source.
pub async fn add_source(source: Value) -> Result<Value, Problem> {
    browser::call("sources", Some(source)).await
}

/// `POST sources/sync` or `POST sources/delete`: the source, or `null` if it is gone.
pub async fn act_on_source(path: &str, id: String) -> Result<Value, Problem> {
    browser::call(path, Some(json!({ "id": id }))).await
}

/// `GET context`: a [`ContextAnswer`](crate::protocol::ContextAnswer).
pub async fn search(query: &str, types: &str) -> Result<Value, Problem> {
    let path = format!(
        "context?query={}&types={}&max_tokens={TOKENS}",
        browser::encode(query),
        browser::encode(types)
    );
    browser::call(&path, None).await
}
