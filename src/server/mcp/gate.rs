//! Who may come to `/mcp`, and to which MCP session there.

use std::sync::Arc;

use axum::{
    body::Body,
    extract::{Request, State},
    http::{HeaderMap, HeaderName, Method, header, uri::Authority},
    middleware::Next,
    response::Response,
};
use futures::StreamExt;
use rmcp::transport::streamable_http_server::SessionManager;

use super::{Mcp, connection::Connection, keeper};
use crate::{
    protocol::{Problem, ProblemKind},
    server::{auth::check_origin, config::ServerConfig, problem_response},
};

const SESSION_ID: HeaderName = HeaderName::from_static("mcp-session-id");
const PROTOCOL_VERSION: HeaderName = HeaderName::from_static("mcp-protocol-version");

/// The first version without MCP sessions.
const STATELESS_SINCE: &str = "2026-07-28";

/// Lets a request pass with its caller and its MCP session, or refuses it.
pub async fn admit(State(mcp): State<Mcp>, request: Request, next: Next) -> Response {
    match pass(&mcp, request, next).await {
        Ok(response) => response,
        Err(problem) => problem_response(&problem),
    }
}

async fn pass(mcp: &Mcp, mut request: Request, next: Next) -> Result<Response, Problem> {
    let server = &mcp.0.server;
    let headers = request.headers_mut();
    check_host(headers, &server.config.server)?;
    check_origin(headers, &server.config.server.allowed_origins)?;
    // A cookie comes with whatever page asks; a token is put there on purpose.
    if !headers.contains_key(header::AUTHORIZATION) {
        return Err(Problem::new(
            ProblemKind::Unauthorized,
            "send a token as Authorization: Bearer <token>; `leitl token` makes one",
        ));
    }
    let caller = server.auth.of_headers(headers).await?;
    // It has done its work; what goes on with the request may log it.
    headers.remove(header::AUTHORIZATION);
    headers.remove(header::COOKIE);
    if is_stateless(headers) {
        headers.remove(SESSION_ID);
    }
    let id = headers
        .get(SESSION_ID)
        .map(|id| id.to_str().unwrap_or_default().to_owned());
    let connection = match &id {
        Some(id) => mcp.0.connections.find(id, &caller)?,
        None => Arc::new(Connection::new(&caller)),
    };
    connection.called();
    let method = request.method().clone();
    request.extensions_mut().insert(caller);
    request.extensions_mut().insert(Arc::clone(&connection));

    let response = next.run(request).await;
    let succeeded = response.status().is_success();
    match id {
        None => opened(mcp, connection, response).await,
        Some(_) if method == Method::GET && succeeded => Ok(listening(&connection, response)),
        Some(id) if method == Method::DELETE && succeeded => {
            keeper::end_all_of(mcp, &connection).await;
            mcp.0.connections.remove(&id);
            Ok(response)
        }
        Some(_) => Ok(response),
    }
}

/// Whether a request says that it needs no MCP session. If it names one all the same,
/// that must not be found: it was not looked at whose it is.
fn is_stateless(headers: &HeaderMap) -> bool {
    headers
        .get(PROTOCOL_VERSION)
        .is_some_and(|version| version.as_bytes() >= STATELESS_SINCE.as_bytes())
}

/// Binds the MCP session that an answer opens to whoever asked.
async fn opened(
    mcp: &Mcp,
    connection: Arc<Connection>,
    response: Response,
) -> Result<Response, Problem> {
    let id = response
        .headers()
        .get(SESSION_ID)
        .and_then(|id| id.to_str().ok())
        .map(str::to_owned);
    if let Some(id) = id
        && let Err(problem) = mcp.0.connections.add(&id, connection)
    {
        // It is new, so that it can be closed without harm.
        let _ = mcp.0.manager.close_session(&id.into()).await;
        return Err(problem);
    }
    Ok(response)
}

/// Counts a listener as long as its answer goes on.
fn listening(connection: &Arc<Connection>, response: Response) -> Response {
    let guard = connection.listen();
    response.map(|body| {
        Body::from_stream(body.into_data_stream().map(move |part| {
            let _ = &guard;
            part
        }))
    })
}

/// Refuses a request to a name that is not ours, if the server listens for this machine
/// alone. A page whose name was made to point at this machine sends its own name (DNS
/// rebinding), and an origin that looks like ours. Where others reach the server, it
/// cannot know all its names.
fn check_host(headers: &HeaderMap, config: &ServerConfig) -> Result<(), Problem> {
    if !config.addr.ip().is_loopback() {
        return Ok(());
    }
    let host = headers
        .get(header::HOST)
        .and_then(|host| host.to_str().ok())
        .and_then(|host| host.parse::<Authority>().ok());
    let host = host.as_ref().map(Authority::host).unwrap_or_default();
    let public = config
        .public_url
        .as_ref()
        .and_then(|url| url.parse::<axum::http::Uri>().ok());
    let is_ours = host.eq_ignore_ascii_case("localhost")
        || host
            .trim_matches(['[', ']'])
            .parse::<std::net::IpAddr>()
            .is_ok_and(|ip| ip.is_loopback())
        || public
            .as_ref()
            .and_then(|url| url.host())
            .is_some_and(|own| own.eq_ignore_ascii_case(host));
    if is_ours {
        return Ok(());
    }
    Err(Problem::new(
        ProblemKind::Forbidden,
        "the server listens for this machine alone and does not go by this name; \
         server.public_url gives it another",
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn passes(host: &str, addr: &str, public_url: Option<&str>) -> bool {
        let mut headers = HeaderMap::new();
        headers.insert(header::HOST, host.parse().unwrap());
        let config = ServerConfig {
            addr: addr.parse().unwrap(),
            public_url: public_url.map(str::to_owned),
            ..ServerConfig::default()
        };
        check_host(&headers, &config).is_ok()
    }

    #[test]
    fn a_server_for_this_machine_alone_goes_by_few_names() {
        let local = "127.0.0.1:8000";
        for own in [
            "localhost",
            "localhost:8000",
            "127.0.0.1:8000",
            "[::1]:8000",
        ] {
            assert!(passes(own, local, None), "{own}");
        }
        for other in [
            "evil.example",
            "localhost.evil.example:8000",
            "10.0.0.1",
            "a b",
        ] {
            assert!(!passes(other, local, None), "{other}");
            assert!(
                !passes(other, local, Some("https://leitl.example/")),
                "{other}"
            );
        }
        assert!(passes(
            "leitl.example",
            local,
            Some("https://leitl.example/")
        ));
        assert!(passes(
            "Leitl.example:443",
            local,
            Some("https://leitl.example:8443")
        ));
    }

    #[test]
    fn a_server_for_others_goes_by_any_name() {
        assert!(passes("buildbox:8000", "0.0.0.0:8000", None));
    }

    #[test]
    fn only_versions_without_mcp_sessions_are_stateless() {
        for (version, stateless) in [
            (None, false),
            (Some("2025-11-25"), false),
            (Some("2026-07-28"), true),
            (Some("2027-01-01"), true),
        ] {
            let mut headers = HeaderMap::new();
            if let Some(version) = version {
                headers.insert(PROTOCOL_VERSION, version.parse().unwrap());
            }
            assert_eq!(is_stateless(&headers), stateless, "{version:?}");
        }
    }
}
