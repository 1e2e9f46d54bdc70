//! `health`.

use leptos::server;
use server_fn::codec::GetUrl;

use super::JsonBody;
use crate::protocol::{Health, Problem};

/// Whether the server can work. Needs no token; 503 when Redis is away.
#[server(name = HealthCall, prefix = "/api/leitl", endpoint = "health", input = GetUrl, output = JsonBody)]
pub async fn health() -> Result<Health, Problem> {
    crate::server::Server::current()?.health().await
}
