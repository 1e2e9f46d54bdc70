//! `session/*` and `sessions/active`.

use leptos::server;
use server_fn::codec::GetUrl;

use super::{JsonAnswer, JsonBody};
use crate::protocol::{
    ActiveSession, AgentName, AgentType, ContextSources, HeartbeatAnswer, Problem, Reason,
    Registered, ReportedStatus, SessionId, Tags, Task,
};

/// Registers a session (protocol document, "Register Session"). Needs a user
/// token. 409 if `session_id` is that of a live session.
#[server(prefix = "/api/leitl", endpoint = "session/register", input = JsonBody, output = JsonAnswer)]
pub async fn session_register(
    /// The name it goes by.
    agent_name: AgentName,
    /// What kind of agent it is.
    agent_type: AgentType,
    /// Its tags.
    tags: Option<Tags>,
    /// What it is working on.
    current_task: Option<Task>,
    /// Where it draws its context from.
    context_sources: Option<ContextSources>,
    /// An id of its own choice.
    session_id: Option<SessionId>,
) -> Result<Registered, Problem> {
    use crate::server::{Request, presence::Registration};

    let request = Request::current().await?;
    let registration = Registration {
        session_id,
        agent_name,
        agent_type,
        tags: tags.unwrap_or_default(),
        current_task: current_task.unwrap_or_default(),
        context_sources: context_sources.unwrap_or_default(),
    };
    let origin = request.websocket_origin();
    request
        .server
        .presence
        .register(&request.caller, registration, &origin)
        .await
}

/// Says that a session is alive, and what it does. `session_id` may be left out
/// with a session token. 404 if the session is unknown or has ended.
#[server(prefix = "/api/leitl", endpoint = "session/heartbeat", input = JsonBody, output = JsonAnswer)]
pub async fn session_heartbeat(
    /// Which; may be left out with a session token.
    session_id: Option<SessionId>,
    /// A new status.
    status: Option<ReportedStatus>,
    /// A new task; empty for none.
    current_task: Option<Task>,
) -> Result<HeartbeatAnswer, Problem> {
    use crate::server::{Request, presence::Change};

    let request = Request::current().await?;
    let session_id = request.caller.session(session_id)?;
    let change = Change {
        status,
        current_task,
        ..Change::default()
    };
    request
        .server
        .presence
        .heartbeat(&request.caller, &session_id, change)
        .await
}

/// Changes a session's metadata.
#[server(prefix = "/api/leitl", endpoint = "session/update", input = JsonBody, output = JsonAnswer)]
pub async fn session_update(
    /// Which; may be left out with a session token.
    session_id: Option<SessionId>,
    /// A new status.
    status: Option<ReportedStatus>,
    /// A new task; empty for none.
    current_task: Option<Task>,
    /// New tags.
    tags: Option<Tags>,
    /// New context sources.
    context_sources: Option<ContextSources>,
) -> Result<HeartbeatAnswer, Problem> {
    use crate::server::{Request, presence::Change};

    let request = Request::current().await?;
    let session_id = request.caller.session(session_id)?;
    let change = Change {
        status,
        current_task,
        tags,
        context_sources,
    };
    request
        .server
        .presence
        .heartbeat(&request.caller, &session_id, change)
        .await
}

/// Ends a session.
#[server(prefix = "/api/leitl", endpoint = "session/end", input = JsonBody, output = JsonAnswer)]
pub async fn session_end(
    /// Which; may be left out with a session token.
    session_id: Option<SessionId>,
    /// Why.
    reason: Option<Reason>,
) -> Result<(), Problem> {
    use crate::server::Request;

    let request = Request::current().await?;
    let session_id = request.caller.session(session_id)?;
    request
        .server
        .presence
        .end(&request.caller, &session_id, reason.unwrap_or_default())
        .await
}

/// The live sessions of the workspace, oldest first (protocol document, "Get
/// Active Sessions").
#[server(prefix = "/api/leitl", endpoint = "sessions/active", input = GetUrl, output = JsonAnswer)]
pub async fn active_sessions(
    /// Only those with this tag.
    tag: Option<String>,
    /// Only those of this type.
    agent_type: Option<String>,
) -> Result<Vec<ActiveSession>, Problem> {
    use crate::server::Request;

    let request = Request::current().await?;
    let mut sessions = request
        .server
        .presence
        .active(&request.caller.workspace)
        .await?;
    sessions.retain(|session| {
        tag.as_deref()
            .is_none_or(|tag| session.tags.iter().any(|own| own.as_str() == tag))
            && agent_type
                .as_deref()
                .is_none_or(|wanted| session.agent_type.as_str() == wanted)
    });
    Ok(sessions)
}
