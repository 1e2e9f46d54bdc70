//! One call by MCP: who calls, and for which session.

use std::sync::{Arc, Mutex, MutexGuard};

use rmcp::{ErrorData, model::Extensions};
use tokio_util::sync::CancellationToken;

use super::{Mcp, connection::Connection};
use crate::{
    protocol::{AgentName, Problem, ProblemKind, SessionId},
    server::{
        Server,
        auth::{Caller, Grant},
        bus::Speaker,
        presence::Change,
    },
};

/// A call that is being answered.
pub struct Call {
    mcp: Mcp,
    /// Who calls.
    pub caller: Caller,
    /// The MCP session it came in.
    pub connection: Arc<Connection>,
    /// Cancelled when the client gives the call up.
    pub given_up: CancellationToken,
    spoken_for: Mutex<Option<SessionId>>,
}

impl Call {
    /// Reads what `gate` has put beside a request.
    ///
    /// # Errors
    /// A fault of ours if that is missing.
    pub fn of(
        mcp: &Mcp,
        extensions: &Extensions,
        given_up: CancellationToken,
    ) -> Result<Self, ErrorData> {
        let beside = extensions.get::<http::request::Parts>().and_then(|parts| {
            let caller = parts.extensions.get::<Caller>()?;
            let connection = parts.extensions.get::<Arc<Connection>>()?;
            Some((caller.clone(), Arc::clone(connection)))
        });
        let (caller, connection) =
            beside.ok_or_else(|| ErrorData::internal_error("the request has no caller", None))?;
        Ok(Self {
            mcp: mcp.clone(),
            caller,
            connection,
            given_up,
            spoken_for: Mutex::default(),
        })
    }

    /// The server.
    pub fn server(&self) -> &Server {
        &self.mcp.0.server
    }

    /// The MCP side of the server.
    pub fn mcp(&self) -> &Mcp {
        &self.mcp
    }

    /// The session this call speaks for, which counts as a sign of life of it.
    ///
    /// # Errors
    /// 422 if none is named and none was joined here, 404 if it has ended, 403 if it is
    /// another user's.
    pub async fn session(&self, named: Option<SessionId>) -> Result<SessionId, Problem> {
        self.listening(named).await?.ok_or_else(|| {
            Problem::field(
                "session_id",
                "is missing: call `join` first, and give the session_id that it returns",
            )
        })
    }

    /// As [`Call::session`], for what can be asked without one.
    ///
    /// # Errors
    /// 404 if the session has ended, 403 if it is another user's.
    pub async fn listening(&self, named: Option<SessionId>) -> Result<Option<SessionId>, Problem> {
        let Some(id) = self.find(named)? else {
            return Ok(None);
        };
        let change = Change::default();
        self.touched(
            &id,
            self.server()
                .presence
                .heartbeat(&self.caller, &id, change)
                .await,
        )?;
        Ok(Some(id))
    }

    /// The session a call names, or the one that was joined in this MCP session, or the
    /// session token's own.
    ///
    /// # Errors
    /// 403 if a session token names another session.
    pub fn find(&self, named: Option<SessionId>) -> Result<Option<SessionId>, Problem> {
        let named = named.or_else(|| self.connection.joined());
        match (&self.caller.grant, named) {
            (Grant::User, None) => Ok(None),
            (_, named) => self.caller.session(named).map(Some),
        }
    }

    /// Takes note that the call spoke for a session, with this outcome.
    ///
    /// # Errors
    /// The outcome's, with what to do about it.
    pub fn touched<T>(
        &self,
        session: &SessionId,
        outcome: Result<T, Problem>,
    ) -> Result<T, Problem> {
        match outcome {
            Ok(value) => {
                self.mcp.0.kept.called(&self.caller, session);
                *self.spoken() = Some(session.clone());
                Ok(value)
            }
            Err(problem) if problem.status == 404 => {
                self.connection.leave(session);
                self.mcp.0.kept.remove(&self.caller.workspace, session);
                Err(Problem::new(
                    ProblemKind::NotFound,
                    format!("the session {session} has ended, or never was; call `join` again"),
                ))
            }
            Err(problem) => Err(problem),
        }
    }

    /// The session the call spoke for, if it did.
    pub fn spoken_for(&self) -> Option<SessionId> {
        self.spoken().clone()
    }

    /// Speaks for no session any more, since it has left.
    pub fn fall_silent(&self) {
        *self.spoken() = None;
    }

    /// How a session's events are published.
    ///
    /// # Errors
    /// As [`Call::session`].
    pub async fn speaker(&self, named: Option<SessionId>) -> Result<Speaker, Problem> {
        let id = self.session(named).await?;
        self.server().presence.speaker(&self.caller, Some(id)).await
    }

    /// The live session of this id, or in this MCP session of this name, that the caller
    /// has already.
    ///
    /// # Errors
    /// 503 if Redis is away.
    pub async fn existing(
        &self,
        id: Option<&SessionId>,
        name: &AgentName,
    ) -> Result<Option<SessionId>, Problem> {
        let joined = self.connection.joined();
        let sessions = self
            .server()
            .presence
            .active(&self.caller.workspace)
            .await?;
        let found = sessions.into_iter().find(|session| {
            let own = session.user == self.caller.user.as_str();
            own && match id {
                Some(id) => session.session_id == *id,
                None => joined.as_ref() == Some(&session.session_id) && session.agent_name == *name,
            }
        });
        Ok(found.map(|session| session.session_id))
    }

    fn spoken(&self) -> MutexGuard<'_, Option<SessionId>> {
        self.spoken_for
            .lock()
            .unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}
