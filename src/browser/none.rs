//! The server's side: no browser. Nothing here is called during rendering.

use std::time::Duration;

use futures::channel::mpsc::UnboundedReceiver;

use leptos::{html::Button, prelude::NodeRef};
use serde_json::Value;

use super::Listener;
use crate::protocol::{Problem, ProblemKind, Timestamp};

/// There is no socket to open.
pub fn observe(_listener: impl Listener, _retry: UnboundedReceiver<()>) {}

/// Nobody calls.
///
/// # Errors
/// Always: the server does not call itself.
pub async fn call(_path: &str, _body: Option<Value>) -> Result<Value, Problem> {
    Err(Problem::new(
        ProblemKind::Unavailable,
        "there is no browser",
    ))
}

/// The text itself.
pub fn encode(text: &str) -> String {
    text.to_owned()
}

/// Nothing runs.
pub fn spawn(_task: impl Future<Output = ()> + 'static) {}

/// Nothing ticks.
pub fn every_second(_tick: impl Fn() + 'static) {}

/// Nothing waits.
pub async fn sleep(_duration: Duration) {}

/// The epoch: the server's views take the time from the snapshot.
pub fn now() -> Timestamp {
    Timestamp::default()
}

/// No chance.
pub fn random() -> f64 {
    0.0
}

/// UTC.
pub fn utc_offset_minutes() -> i64 {
    0
}

/// The address the server listens on by default.
pub fn origin() -> String {
    "http://localhost:8000".to_owned()
}

/// Views read the query in the browser alone.
pub fn query() -> String {
    String::new()
}

/// Nobody sees it yet.
pub fn is_visible() -> bool {
    false
}

/// There is no page to load.
pub fn reload() {}

/// The page keeps the title of its document.
pub fn set_title(_title: &str) {}

/// There is no clipboard.
pub fn can_copy() -> bool {
    false
}

/// There is no focus.
pub fn focus_soon(_button: NodeRef<Button>) {}

/// There is no clipboard.
pub fn copy(_text: &str, _done: impl FnOnce(bool) + 'static) {}
