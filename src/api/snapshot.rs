//! `snapshot`.

use leptos::server;
use server_fn::codec::GetUrl;

use super::JsonAnswer;
use crate::protocol::{self, Problem};

/// The room at one moment, with the cursor to go on from.
#[server(prefix = "/api/leitl", endpoint = "snapshot", input = GetUrl, output = JsonAnswer)]
pub async fn snapshot() -> Result<protocol::Snapshot, Problem> {
    let request = crate::server::Request::current().await?;
    request.server.snapshot(&request.caller).await
}
