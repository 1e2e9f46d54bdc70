//! The request a server function works for.

use axum::http::{header, request::Parts};
use leptos::prelude::use_context;

use super::{Server, auth::Caller};
use crate::protocol::{Problem, ProblemKind};

/// The current request: whose it is and who serves it.
pub struct Request {
    /// The server.
    pub server: Server,
    /// Who sent it.
    pub caller: Caller,
    parts: Parts,
}

impl Request {
    /// Reads the current request and checks its token.
    ///
    /// # Errors
    /// 401 without a valid token, 503 if Redis is away.
    pub async fn current() -> Result<Self, Problem> {
        let (server, parts) = parts()?;
        let caller = server.auth.of_headers(&parts.headers).await?;
        Ok(Self {
            server,
            caller,
            parts,
        })
    }

    /// As [`Request::current`], but goes on while Redis is away.
    ///
    /// # Errors
    /// 401 without a valid token.
    pub async fn even_without_redis() -> Result<Self, Problem> {
        let (server, parts) = parts()?;
        let caller = server
            .auth
            .of_headers_even_without_redis(&parts.headers)
            .await?;
        Ok(Self {
            server,
            caller,
            parts,
        })
    }

    /// Where this client reaches sockets, as `ws://host` or `wss://host`: at the
    /// configured public address, else where the request itself came in.
    pub fn websocket_origin(&self) -> String {
        let from_http =
            |url: &str| format!("ws{}", url.trim_start_matches("http").trim_end_matches('/'));
        if let Some(url) = &self.server.config.server.public_url {
            return from_http(url);
        }
        let host = self
            .parts
            .headers
            .get(header::HOST)
            .and_then(|host| host.to_str().ok());
        match host {
            Some(host) => format!("ws://{host}"),
            None => format!("ws://{}", self.server.config.server.addr),
        }
    }
}

fn parts() -> Result<(Server, Parts), Problem> {
    let parts = use_context::<Parts>()
        .ok_or_else(|| Problem::new(ProblemKind::Internal, "called outside of a request"))?;
    Ok((Server::current()?, parts))
}
