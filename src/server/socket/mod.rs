//! WebSockets: `/api/leitl/ws/{session_id}` for agents, `/api/leitl/ws` for
//! observers (design, section 3).
//!
//! A socket that is refused is opened and then closed with a code that says why:
//! a browser's script cannot read the status of a refused opening request. Only a
//! foreign origin is refused outright, before anything of it is looked at.

mod connection;
mod frame_limit;
mod inbound;
mod wire;

use axum::{
    extract::{Path, Query, State, WebSocketUpgrade, ws::rejection::WebSocketUpgradeRejection},
    http::HeaderMap,
    response::Response,
};
use serde::Deserialize;

use self::{
    connection::{Connection, Role},
    wire::Wire,
};
use super::{
    Server,
    auth::{Caller, Grant, check_origin},
    problem_response,
};
use crate::protocol::{EventId, Problem, ProblemKind, SessionId, close_code};

/// Read buffer of a socket, in bytes. The library's default of 128 KiB is
/// allocated at once and would be nearly all of an idle socket's memory.
const READ_BUFFER_BYTES: usize = 2048;

/// A frame above `MAX_FRAME_BYTES` is refused by us, with a code. Reading a
/// little more first lets the refusal reach a client that is still sending;
/// above this the connection breaks off.
const READ_LIMIT_BYTES: usize = 4 * crate::protocol::MAX_FRAME_BYTES;

/// What waits to be written to a socket, in bytes: more than a batch of the
/// largest events, so that only a stuck peer reaches it.
const WRITE_LIMIT_BYTES: usize = 1024 * 1024;

/// From how many waiting bytes on a write goes out without a flush.
const WRITE_BUFFER_BYTES: usize = 16 * 1024;

/// The query of a socket's address.
#[derive(Deserialize)]
pub struct SocketQuery {
    token: Option<String>,
    since: Option<String>,
}

impl SocketQuery {
    /// The cursor to resume from. One that cannot be read is one that is not in
    /// the stream: the client is told that nothing was recovered.
    fn since(&self) -> Option<EventId> {
        let text = self.since.as_deref().filter(|text| !text.is_empty())?;
        Some(text.parse().unwrap_or(EventId {
            millis: u64::MAX,
            offset: u64::MAX,
        }))
    }
}

/// `GET /api/leitl/ws/{session_id}?token=&since=`
pub async fn session_socket(
    State(server): State<Server>,
    Path(session): Path<String>,
    Query(query): Query<SocketQuery>,
    headers: HeaderMap,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Response {
    let admitted = admit_session(&server, &session, &query, &headers).await;
    open(server, admitted, query.since(), &headers, upgrade)
}

/// `GET /api/leitl/ws?since=`
pub async fn observer_socket(
    State(server): State<Server>,
    Query(query): Query<SocketQuery>,
    headers: HeaderMap,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Response {
    let admitted = admit_observer(&server, &query, &headers).await;
    open(server, admitted, query.since(), &headers, upgrade)
}

async fn admit_observer(
    server: &Server,
    query: &SocketQuery,
    headers: &HeaderMap,
) -> Result<(Caller, Role), Problem> {
    let caller = identify(server, query, headers).await?;
    server.auth.require_live(&caller).await?;
    Ok((caller, Role::Observer))
}

async fn identify(
    server: &Server,
    query: &SocketQuery,
    headers: &HeaderMap,
) -> Result<Caller, Problem> {
    match &query.token {
        Some(token) => server.auth.identify(token).await,
        None => server.auth.identify_headers(headers).await,
    }
}

async fn admit_session(
    server: &Server,
    session: &str,
    query: &SocketQuery,
    headers: &HeaderMap,
) -> Result<(Caller, Role), Problem> {
    let caller = identify(server, query, headers).await?;
    let id: SessionId = session
        .parse()
        .map_err(|rule| Problem::new(ProblemKind::NotFound, format!("session_id {rule}")))?;
    let id = caller.session(Some(id))?;
    let registration = server.presence.registration(&caller, &id).await?;
    Ok((caller, Role::session(id, registration)))
}

fn open(
    server: Server,
    admitted: Result<(Caller, Role), Problem>,
    since: Option<EventId>,
    headers: &HeaderMap,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Response {
    let Ok(upgrade) = upgrade else {
        let detail = "this is the address of a WebSocket";
        return problem_response(&Problem::new(ProblemKind::BadRequest, detail));
    };
    if let Err(problem) = check_origin(headers, &server.config.server.allowed_origins) {
        return problem_response(&problem);
    }
    let upgrade = upgrade
        .read_buffer_size(READ_BUFFER_BYTES)
        .write_buffer_size(WRITE_BUFFER_BYTES)
        .max_write_buffer_size(WRITE_LIMIT_BYTES)
        .max_message_size(READ_LIMIT_BYTES)
        .max_frame_size(READ_LIMIT_BYTES);
    match admitted {
        // An upgraded connection is a detached task: graceful shutdown would not
        // wait for it, so it is tracked.
        Ok((caller, role)) => {
            let tasks = server.tasks.clone();
            upgrade.on_upgrade(move |socket| {
                let meter = server.ops.meters().of(&caller.workspace);
                let open = meter.socket_opened(since.is_some());
                let connection = Connection::new(server, caller, role, Wire::new(socket), open);
                tasks.track_future(connection.run(since))
            })
        }
        Err(problem) => match close_code_of(&problem) {
            Some(code) => {
                upgrade.on_upgrade(move |socket| Wire::new(socket).close(code, problem.detail))
            }
            None => problem_response(&problem),
        },
    }
}

/// The close code that says what a problem's status says.
fn close_code_of(problem: &Problem) -> Option<u16> {
    match problem.status {
        401 => Some(close_code::UNAUTHORIZED),
        403 => Some(close_code::FORBIDDEN),
        404 => Some(close_code::UNKNOWN_SESSION),
        503 => Some(close_code::RESTART),
        _ => None,
    }
}

/// Whether a caller may speak in person.
fn may_speak(caller: &Caller) -> bool {
    caller.grant == Grant::User
}
