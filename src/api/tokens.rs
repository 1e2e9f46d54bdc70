//! `token`, `tokens` and `tokens/revoke`.

use leptos::server;
use server_fn::codec::GetUrl;

use super::{JsonAnswer, JsonBody};
use crate::protocol::{Line, NewToken, Problem, TokenInfo};

/// Makes a named user token for the caller, shown once. Needs a user token.
/// `ttl_days` is 1 to 365, by default 30.
#[server(prefix = "/api/leitl", endpoint = "token", input = JsonBody, output = JsonAnswer)]
pub async fn create_token(name: Line<1, 64>, ttl_days: Option<u32>) -> Result<NewToken, Problem> {
    let request = crate::server::Request::current().await?;
    request
        .server
        .auth
        .create_named(&request.caller, name, ttl_days)
        .await
}

/// The caller's named tokens that are neither expired nor revoked.
#[server(prefix = "/api/leitl", endpoint = "tokens", input = GetUrl, output = JsonAnswer)]
pub async fn list_tokens() -> Result<Vec<TokenInfo>, Problem> {
    let request = crate::server::Request::current().await?;
    request.server.auth.list_named(&request.caller).await
}

/// Revokes one of the caller's named tokens, at once and on every node.
#[server(prefix = "/api/leitl", endpoint = "tokens/revoke", input = JsonBody, output = JsonAnswer)]
pub async fn revoke_token(jti: Line<1, 64>) -> Result<(), Problem> {
    let request = crate::server::Request::current().await?;
    request.server.auth.revoke_named(&request.caller, jti).await
}
