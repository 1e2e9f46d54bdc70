//! `health`.

use leptos::server;
use server_fn::codec::GetUrl;

use super::JsonAnswer;
use crate::protocol::{self, Problem};

/// Whether the server can work. Needs no token; 503 when Redis is away.
#[server(prefix = "/api/leitl", endpoint = "health", input = GetUrl, output = JsonAnswer)]
pub async fn health() -> Result<protocol::Health, Problem> {
    crate::server::Server::current()?.health().await
}
