//! MCP at `/mcp`: the room as tools, resources and a prompt, for agents that speak
//! the Model Context Protocol (Streamable HTTP, versions 2025-11-25 and 2026-07-28).
//!
//! A request's way: `gate` reads the caller's token and lets nobody into another's MCP
//! session → rmcp speaks the protocol → `handler` → `tools`, `resources` or `prompt` →
//! the same presence, bus and context as behind the REST API.
//!
//! Two kinds of session meet here. An *MCP session* is a connection of a client
//! (2025-11-25; 2026-07-28 has none), and `connection` remembers whose it is. A *session*
//! is an agent in the room; those that joined by MCP are kept alive by `keeper`, since an
//! agent that thinks sends nothing.

mod call;
mod connection;
mod gate;
mod handler;
mod keeper;
mod mail;
mod prompt;
mod resources;
mod tools;
mod watch;

use std::{sync::Arc, time::Duration};

use axum::{Router, middleware::from_fn_with_state};
use rmcp::transport::streamable_http_server::{
    StreamableHttpServerConfig, StreamableHttpService,
    session::local::{LocalSessionManager, SessionConfig},
};

use self::{connection::Connections, handler::Handler, keeper::Kept};
use super::Server;
use crate::protocol::MAX_FRAME_BYTES;

/// How long an MCP session stays open, and a session that joined by MCP alive, after
/// the last call: longer than agents usually think.
const PATIENCE: Duration = Duration::from_secs(15 * 60);

/// What MCP needs to know beside the server; cheap to clone.
#[derive(Clone)]
struct Mcp(Arc<Parts>);

struct Parts {
    server: Server,
    connections: Connections,
    kept: Kept,
    manager: Arc<LocalSessionManager>,
}

/// The routes of MCP. Starts the task that keeps sessions alive.
pub fn routes<S: Clone + Send + Sync + 'static>(server: &Server) -> Router<S> {
    let mut manager = LocalSessionManager::default();
    let mut session = SessionConfig::default();
    // The keeper closes them, which knows whether somebody listens.
    session.keep_alive = None;
    manager.session_config = session;
    let mcp = Mcp(Arc::new(Parts {
        server: server.clone(),
        connections: Connections::default(),
        kept: Kept::default(),
        manager: Arc::new(manager),
    }));
    server.tasks.spawn(keeper::keep(mcp.clone()));
    // `gate` looks at Host and Origin, and says in words what is wrong with them.
    let config = StreamableHttpServerConfig::default()
        .disable_allowed_hosts()
        .with_json_response(true)
        .with_max_request_body_bytes(MAX_FRAME_BYTES)
        .with_cancellation_token(server.stopping.clone());
    let manager = Arc::clone(&mcp.0.manager);
    let service = {
        let mcp = mcp.clone();
        StreamableHttpService::new(move || Ok(Handler::new(mcp.clone())), manager, config)
    };
    Router::new()
        .route_service("/mcp", service)
        .layer(from_fn_with_state(mcp, gate::admit))
}
