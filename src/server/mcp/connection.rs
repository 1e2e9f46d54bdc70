//! Whose an MCP session is.
//!
//! rmcp takes an `Mcp-Session-Id` from anyone who knows it; here each is bound to the
//! caller that opened it, and to nobody else does it exist.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, MutexGuard,
        atomic::{AtomicUsize, Ordering},
    },
    time::Instant,
};

use tokio_util::sync::CancellationToken;

use super::PATIENCE;
use crate::{
    protocol::{Problem, ProblemKind, SessionId},
    server::auth::{Caller, Grant, User, Workspace},
};

/// How many MCP sessions a node has at most.
const MOST: usize = 4096;

/// How many of them are one user's at most.
const MOST_OF_USER: usize = 128;

/// What is known of one MCP session. A request of the stateless version has one of its
/// own, which nobody finds again.
pub struct Connection {
    workspace: Workspace,
    user: User,
    grant: Grant,
    state: Mutex<State>,
    /// How many answers are open that bring news: somebody listens there.
    listeners: AtomicUsize,
    /// Cancelled when it is closed.
    pub closed: CancellationToken,
}

struct State {
    last_call: Instant,
    /// The session that a call speaks for which names none.
    joined: Option<SessionId>,
}

impl Connection {
    /// One that this caller opens now.
    pub fn new(caller: &Caller) -> Self {
        Self {
            workspace: caller.workspace.clone(),
            user: caller.user.clone(),
            grant: caller.grant.clone(),
            state: Mutex::new(State {
                last_call: Instant::now(),
                joined: None,
            }),
            listeners: AtomicUsize::new(0),
            closed: CancellationToken::new(),
        }
    }

    /// The session that was joined in it last.
    pub fn joined(&self) -> Option<SessionId> {
        lock(&self.state).joined.clone()
    }

    /// Remembers which session was joined.
    pub fn join(&self, session: SessionId) {
        lock(&self.state).joined = Some(session);
    }

    /// Forgets a session that has left or ended.
    pub fn leave(&self, session: &SessionId) {
        let mut state = lock(&self.state);
        if state.joined.as_ref() == Some(session) {
            state.joined = None;
        }
    }

    /// Takes note of a call.
    pub fn called(&self) {
        lock(&self.state).last_call = Instant::now();
    }

    /// Counts a listener until the guard is dropped.
    pub fn listen(self: &Arc<Self>) -> Listening {
        self.listeners.fetch_add(1, Ordering::Relaxed);
        Listening(Arc::clone(self))
    }

    /// Whether somebody would hear news.
    pub fn is_heard(&self) -> bool {
        self.listeners.load(Ordering::Relaxed) > 0
    }

    fn is_idle(&self) -> bool {
        !self.is_heard() && lock(&self.state).last_call.elapsed() >= PATIENCE
    }

    fn is_of(&self, caller: &Caller) -> bool {
        self.workspace == caller.workspace && self.user == caller.user && self.grant == caller.grant
    }
}

/// A listener that is there.
pub struct Listening(Arc<Connection>);

impl Drop for Listening {
    fn drop(&mut self) {
        // Patience begins when the listener has gone.
        self.0.called();
        self.0.listeners.fetch_sub(1, Ordering::Relaxed);
    }
}

/// The MCP sessions that are open, by `Mcp-Session-Id`.
#[derive(Default)]
pub struct Connections(Mutex<HashMap<String, Arc<Connection>>>);

impl Connections {
    /// The caller's MCP session of this id.
    ///
    /// # Errors
    /// 404 if there is none, or it is another's: the client then opens a new one
    /// (specification 2025-11-25, "Session Management").
    pub fn find(&self, id: &str, caller: &Caller) -> Result<Arc<Connection>, Problem> {
        lock(&self.0)
            .get(id)
            .filter(|connection| connection.is_of(caller))
            .cloned()
            .ok_or_else(|| {
                Problem::new(
                    ProblemKind::NotFound,
                    "there is no MCP session with this id; initialize a new one",
                )
            })
    }

    /// Takes a new one.
    ///
    /// # Errors
    /// 429 if there are too many.
    pub fn add(&self, id: &str, connection: Arc<Connection>) -> Result<(), Problem> {
        let mut open = lock(&self.0);
        let of_user = open
            .values()
            .filter(|other| {
                other.workspace == connection.workspace && other.user == connection.user
            })
            .count();
        if open.len() >= MOST || of_user >= MOST_OF_USER {
            return Err(Problem::new(
                ProblemKind::RateLimited,
                format!("too many open MCP sessions: a user may have {MOST_OF_USER}"),
            )
            .retry_after(PATIENCE.as_secs()));
        }
        open.insert(id.to_owned(), connection);
        Ok(())
    }

    /// Forgets one that was closed.
    pub fn remove(&self, id: &str) {
        if let Some(connection) = lock(&self.0).remove(id) {
            connection.closed.cancel();
        }
    }

    /// The ids of those that nobody uses any more.
    pub fn idle(&self) -> Vec<String> {
        let open = lock(&self.0);
        let idle = open.iter().filter(|(_, connection)| connection.is_idle());
        idle.map(|(id, _)| id.clone()).collect()
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // Whole even if a holder panicked: each change is one call.
    mutex
        .lock()
        .unwrap_or_else(|poisoned| poisoned.into_inner())
}
