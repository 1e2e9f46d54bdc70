//! `status`.

use leptos::server;
use server_fn::codec::GetUrl;

use super::JsonAnswer;
use crate::protocol::{self, Problem};

/// How the workspace fares: the five health metrics over 5 minutes, an hour and 24
/// hours, and the alerts that are raised (protocol document, "Monitoring"). While
/// Redis is away, what was last known.
#[server(prefix = "/api/leitl", endpoint = "status", input = GetUrl, output = JsonAnswer)]
pub async fn status() -> Result<protocol::Status, Problem> {
    use crate::server::Request;

    let request = Request::even_without_redis().await?;
    request.server.status(&request.caller).await
}
