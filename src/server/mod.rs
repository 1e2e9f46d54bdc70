//! The server: everything that needs Redis, disk or network.
//!
//! A request's way: `router` and its `layers` → [`crate::api`] or [`socket`]
//! → [`presence`], [`bus`] or [`auth`] → [`store`]. Arrows point to the store,
//! never back; what it publishes comes round through the bus's hub to the
//! sockets.

pub mod auth;
pub mod bus;
pub mod config;
pub mod context;
pub mod digest;
pub mod files;
pub mod inbox;
pub mod mcp;
pub mod ops;
pub mod presence;
pub mod privacy;
pub mod socket;
pub mod store;
pub mod task_id;

mod layers;
mod logging;
mod random;
mod redis_child;
mod request;
mod router;
mod run;
mod snapshot;
mod status;
mod vault_rotation;

pub use request::Request;
pub use run::run;
pub use vault_rotation::{Rotation, rotate_vault};

use std::{ops::Deref, sync::Arc, time::SystemTime};

use axum::{
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use leptos::prelude::use_context;
use server_fn::ContentType;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use self::{
    auth::Auth, bus::Bus, config::Config, context::Context, digest::Digest, files::Files,
    inbox::Inbox, ops::Ops, presence::Presence, store::Store,
};
use crate::protocol::{Health, Problem, ProblemJson, ProblemKind, Timestamp};

/// Everything a request needs; cheap to clone.
#[derive(Clone)]
pub struct Server(Arc<Parts>);

/// The parts of a [`Server`].
pub struct Parts {
    /// The configuration.
    pub config: Config,
    /// Redis.
    pub store: Store,
    /// Tokens.
    pub auth: Auth,
    /// Sessions.
    pub presence: Presence,
    /// Events.
    pub bus: Bus,
    /// Who works on which file.
    pub files: Files,
    /// Messages to sessions.
    pub inbox: Inbox,
    /// What sessions missed.
    pub digest: Digest,
    /// Sources of context, and what was read from them.
    pub context: Context,
    /// Metrics and alerts.
    pub ops: Ops,
    /// This process's name, new each start.
    pub node: String,
    /// Sockets, which a stop waits for.
    pub tasks: TaskTracker,
    /// Cancelled when the server stops.
    pub stopping: CancellationToken,
}

impl Deref for Server {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.0
    }
}

impl Server {
    fn new(parts: Parts) -> Self {
        Self(Arc::new(parts))
    }

    /// The server that handles the current request.
    ///
    /// # Errors
    /// 500 outside of a request: a fault of ours.
    pub fn current() -> Result<Self, Problem> {
        use_context::<Self>()
            .ok_or_else(|| Problem::new(ProblemKind::Internal, "called outside of a request"))
    }

    /// Whether the server can work.
    ///
    /// # Errors
    /// 503 if Redis is away.
    pub async fn health(&self) -> Result<Health, Problem> {
        self.store.ping().await?;
        Ok(Health {
            status: "ok".to_owned(),
            redis: "ok".to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            node: self.node.clone(),
        })
    }
}

/// This machine's clock. Presence and the bus use that of Redis instead, which
/// all nodes share.
pub fn now() -> Timestamp {
    let since_epoch = SystemTime::now()
        .duration_since(SystemTime::UNIX_EPOCH)
        .unwrap_or_default();
    Timestamp::from_millis(i64::try_from(since_epoch.as_millis()).unwrap_or(i64::MAX))
}

/// A problem as an HTTP response (RFC 9457), with `Retry-After` where it says
/// when another try makes sense.
pub fn problem_response(problem: &Problem) -> Response {
    let status = StatusCode::from_u16(problem.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let body = serde_json::to_vec(problem).unwrap_or_default();
    let mut response = (status, body).into_response();
    let headers = response.headers_mut();
    headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static(ProblemJson::CONTENT_TYPE),
    );
    if let Some(seconds) = problem.retry_after_seconds {
        headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    if status == StatusCode::UNAUTHORIZED {
        headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    }
    response
}
