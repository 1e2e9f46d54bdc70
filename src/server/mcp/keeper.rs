//! Keeps sessions alive that joined by MCP: an agent that thinks for minutes sends no
//! heartbeat, and the protocol has none.
//!
//! A session is kept as long as the MCP session is open in which it joined, and for
//! [`PATIENCE`] after the last call that spoke for it. Who goes without a word is seen
//! to be gone after that, and by `session.ended` a little later.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, Weak},
    time::Instant,
};

use rmcp::transport::streamable_http_server::SessionManager;
use tokio::time::{MissedTickBehavior, interval};

use super::{Mcp, PATIENCE, connection::Connection};
use crate::{
    protocol::{Problem, ProblemKind, Reason, SessionId},
    server::{
        auth::{Caller, Workspace},
        now,
        presence::Change,
    },
};

/// How many sessions of one user are kept.
const MOST_OF_USER: usize = 256;

/// The sessions to keep.
#[derive(Default)]
pub struct Kept(Mutex<HashMap<(Workspace, SessionId), Keeping>>);

#[derive(Clone)]
struct Keeping {
    caller: Caller,
    last_call: Instant,
    connection: Weak<Connection>,
    /// Whether it was there before and only spoken for here.
    adopted: bool,
}

impl Keeping {
    fn is_due(&self) -> bool {
        let open = self
            .connection
            .upgrade()
            .is_some_and(|connection| !connection.closed.is_cancelled());
        (open || self.last_call.elapsed() < PATIENCE) && self.caller.expires_at > now()
    }
}

impl Kept {
    /// Keeps a session from now on.
    pub fn add(
        &self,
        caller: &Caller,
        session: SessionId,
        connection: &Arc<Connection>,
        adopted: bool,
    ) {
        let keeping = Keeping {
            caller: caller.clone(),
            last_call: Instant::now(),
            connection: Arc::downgrade(connection),
            adopted,
        };
        self.lock()
            .insert((caller.workspace.clone(), session), keeping);
    }

    /// Whether another session of this user can be kept.
    ///
    /// # Errors
    /// 429 if there are too many.
    pub fn check_room(&self, caller: &Caller) -> Result<(), Problem> {
        let kept = self.lock();
        let own = kept.iter().filter(|((workspace, _), keeping)| {
            *workspace == caller.workspace && keeping.caller.user == caller.user
        });
        if own.count() < MOST_OF_USER {
            return Ok(());
        }
        Err(Problem::new(
            ProblemKind::RateLimited,
            format!("at most {MOST_OF_USER} sessions of a user may join by MCP; let some leave"),
        ))
    }

    /// Takes note of a call that speaks for a session.
    pub fn called(&self, caller: &Caller, session: &SessionId) {
        let key = (caller.workspace.clone(), session.clone());
        if let Some(keeping) = self.lock().get_mut(&key) {
            keeping.last_call = Instant::now();
            // A renewed token keeps it longer.
            keeping.caller = caller.clone();
        }
    }

    /// Keeps a session no longer.
    pub fn remove(&self, workspace: &Workspace, session: &SessionId) {
        self.lock().remove(&(workspace.clone(), session.clone()));
    }

    fn all(&self) -> Vec<(SessionId, Keeping)> {
        self.lock()
            .iter()
            .map(|((_, session), keeping)| (session.clone(), keeping.clone()))
            .collect()
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<(Workspace, SessionId), Keeping>> {
        // Whole even if a holder panicked: each change is one call.
        self.0
            .lock()
            .unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}

/// Keeps sessions, and closes MCP sessions that nobody uses, until the server stops.
pub async fn keep(mcp: Mcp) {
    let rules = mcp.0.server.presence.rules();
    let period =
        std::time::Duration::from_secs(rules.heartbeat_seconds).min(rules.stale_after() / 3);
    let mut ticks = interval(period);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            _ = ticks.tick() => {}
            () = mcp.0.server.stopping.cancelled() => return,
        }
        for id in mcp.0.connections.idle() {
            mcp.0.connections.remove(&id);
            if let Err(error) = mcp.0.manager.close_session(&id.into()).await {
                tracing::debug!("an MCP session was closed before: {error}");
            }
        }
        for (session, keeping) in mcp.0.kept.all() {
            if !keeping.is_due() || !beat(&mcp, &session, &keeping).await {
                mcp.0.kept.remove(&keeping.caller.workspace, &session);
            }
        }
    }
}

/// A sign of life in a session's stead; `false` if it is not to be kept any more.
async fn beat(mcp: &Mcp, session: &SessionId, keeping: &Keeping) -> bool {
    let server = &mcp.0.server;
    let alive = async {
        if server.store.is_revoked(&keeping.caller.jti).await? {
            return Ok(false);
        }
        let change = Change::default();
        server
            .presence
            .heartbeat(&keeping.caller, session, change)
            .await?;
        Ok::<_, Problem>(true)
    };
    match alive.await {
        Ok(alive) => alive,
        // Redis may come back before the session is taken for dead.
        Err(problem) => problem.status >= 500,
    }
}

/// Ends the sessions that joined in an MCP session which its client closes: the client
/// goes, and they are nobody's any more.
pub async fn end_all_of(mcp: &Mcp, connection: &Arc<Connection>) {
    for (session, keeping) in mcp.0.kept.all() {
        let joined_here = std::ptr::eq(keeping.connection.as_ptr(), Arc::as_ptr(connection));
        if !joined_here {
            continue;
        }
        let workspace = &keeping.caller.workspace;
        mcp.0.kept.remove(workspace, &session);
        if keeping.adopted {
            continue;
        }
        let reason: Reason = "its MCP session was closed".parse().unwrap_or_default();
        let presence = &mcp.0.server.presence;
        if let Err(problem) = presence.end(&keeping.caller, &session, reason).await {
            tracing::debug!(%session, "was not ended with its MCP session: {problem}");
        }
    }
}
