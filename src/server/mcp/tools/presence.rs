//! `join`, `leave`, `update` and `who`.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Tool, shapes::Peer};
use crate::{
    protocol::{
        AgentName, AgentType, ContextSources, Problem, Reason, Redactions, ReportedStatus,
        SessionId, Tags, Task,
    },
    server::{
        mcp::call::Call,
        presence::{Change, Registration},
    },
};

/// How many others `join` names.
const OTHERS: usize = 20;

/// How many sessions `who` names.
const LISTED: usize = 100;

/// The type of agents that say none.
const AGENT: &str = "agent";

/// `join`
pub struct Join;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct JoinInput {
    /// The name you go by in the room, such as Cece: 1 to 64 characters.
    #[schemars(with = "String")]
    agent_name: AgentName,
    /// What kind of agent you are, such as code_assistant (by default `agent`).
    #[schemars(with = "Option<String>")]
    agent_type: Option<AgentType>,
    /// Up to 32 tags by which others can address you, without `#`.
    #[schemars(with = "Option<Vec<String>>")]
    tags: Option<Tags>,
    /// What you are working on, in up to 500 characters.
    #[schemars(with = "Option<String>")]
    current_task: Option<Task>,
    /// Where you draw your context from, such as webdav://docs/.
    #[schemars(with = "Option<Vec<String>>")]
    context_sources: Option<ContextSources>,
    /// An id of your own choice, `leitl-` and 1 to 80 of a-z, 0-9 and `-`. If it is that
    /// of a live session of your user, you go on as that one.
    #[schemars(with = "Option<String>")]
    session_id: Option<SessionId>,
}

/// What `join` answers.
#[derive(Serialize, JsonSchema)]
pub struct Joined {
    /// Your session: give it as `session_id` in every other call. Where the client keeps
    /// an MCP session it may be left out.
    session_id: String,
    /// Whether you go on as a session that was here before.
    resumed: bool,
    /// Who else is here, longest here first.
    others: Vec<Peer>,
    /// How many others are not named; `who` names more.
    left_out: usize,
    /// What was replaced in it because it is personal, by kind and number.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    #[schemars(with = "BTreeMap<String, u64>")]
    redactions: Redactions,
}

impl Tool for Join {
    const NAME: &'static str = "join";
    const TITLE: &'static str = "Join the room";
    const DESCRIPTION: &'static str = "Joins the room of agents and people that work at the same \
        time, and says who else is here (at most 20 of them). Call it once, before the other \
        tools. You stay in the room while you work; no heartbeat is needed.";
    const READS: bool = false;
    type Input = JoinInput;
    type Output = Joined;

    async fn run(call: &Call, input: JoinInput) -> Result<Joined, Problem> {
        let existing = call
            .existing(input.session_id.as_ref(), &input.agent_name)
            .await?;
        let resumed = existing.is_some();
        let (session_id, redactions) = match existing {
            Some(id) => resume(call, id, input).await?,
            None => register(call, input).await?,
        };
        let mut others = call
            .server()
            .presence
            .active(&call.caller.workspace)
            .await?;
        others.retain(|other| other.session_id != session_id);
        let left_out = others.len().saturating_sub(OTHERS);
        others.truncate(OTHERS);
        Ok(Joined {
            session_id: session_id.into(),
            resumed,
            others: others
                .into_iter()
                .map(|other| Peer::new(other, None))
                .collect(),
            left_out,
            redactions,
        })
    }
}

async fn register(call: &Call, input: JoinInput) -> Result<(SessionId, Redactions), Problem> {
    let kept = &call.mcp().0.kept;
    kept.check_room(&call.caller)?;
    let agent_type = match input.agent_type {
        Some(agent_type) => agent_type,
        None => AGENT
            .parse()
            .map_err(|rule| Problem::field("agent_type", rule))?,
    };
    let registration = Registration {
        session_id: input.session_id,
        agent_name: input.agent_name,
        agent_type,
        tags: input.tags.unwrap_or_default(),
        current_task: input.current_task.unwrap_or_default(),
        context_sources: input.context_sources.unwrap_or_default(),
    };
    // Who joins by MCP opens no socket, so it does not matter where that would be.
    let registered = call
        .server()
        .presence
        .register(&call.caller, registration, "")
        .await?;
    let id = registered.session_id;
    call.connection.join(id.clone());
    kept.add(&call.caller, id.clone(), &call.connection, false);
    call.touched(&id, Ok(()))?;
    Ok((id, registered.redactions))
}

async fn resume(
    call: &Call,
    id: SessionId,
    input: JoinInput,
) -> Result<(SessionId, Redactions), Problem> {
    let change = Change {
        status: None,
        current_task: input.current_task,
        tags: input.tags,
        context_sources: input.context_sources,
    };
    let updated = call
        .server()
        .presence
        .heartbeat(&call.caller, &id, change)
        .await;
    let updated = call.touched(&id, updated)?;
    let own = call.connection.joined().as_ref() == Some(&id);
    if !own {
        call.connection.join(id.clone());
        call.mcp()
            .0
            .kept
            .add(&call.caller, id.clone(), &call.connection, true);
    }
    Ok((id, updated.redactions))
}

/// `leave`
pub struct Leave;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LeaveInput {
    /// Your session, as `join` returned it.
    #[schemars(with = "Option<String>")]
    session_id: Option<SessionId>,
    /// Why you go, in up to 200 characters.
    #[schemars(with = "Option<String>")]
    reason: Option<Reason>,
}

/// What `leave` answers.
#[derive(Serialize, JsonSchema)]
pub struct Left {
    /// The session that has ended.
    session_id: String,
}

impl Tool for Leave {
    const NAME: &'static str = "leave";
    const TITLE: &'static str = "Leave the room";
    const DESCRIPTION: &'static str =
        "Ends your session: the others see that you have gone, and why.";
    const READS: bool = false;
    type Input = LeaveInput;
    type Output = Left;

    async fn run(call: &Call, input: LeaveInput) -> Result<Left, Problem> {
        let id = call.session(input.session_id).await?;
        let reason = input.reason.unwrap_or_default();
        call.server()
            .presence
            .end(&call.caller, &id, reason)
            .await?;
        call.connection.leave(&id);
        call.mcp().0.kept.remove(&call.caller.workspace, &id);
        call.fall_silent();
        Ok(Left {
            session_id: id.into(),
        })
    }
}

/// `update`
pub struct Update;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct UpdateInput {
    /// Your session, as `join` returned it.
    #[schemars(with = "Option<String>")]
    session_id: Option<SessionId>,
    /// active, idle (you wait) or busy (not to be disturbed).
    #[schemars(with = "Option<Status>")]
    status: Option<ReportedStatus>,
    /// What you are working on, in up to 500 characters; empty for nothing.
    #[schemars(with = "Option<String>")]
    current_task: Option<Task>,
    /// Your tags from now on, up to 32.
    #[schemars(with = "Option<Vec<String>>")]
    tags: Option<Tags>,
    /// Where you draw your context from now on.
    #[schemars(with = "Option<Vec<String>>")]
    context_sources: Option<ContextSources>,
}

/// The words of [`ReportedStatus`].
#[derive(JsonSchema)]
#[schemars(rename_all = "lowercase")]
#[allow(dead_code)]
enum Status {
    Active,
    Idle,
    Busy,
}

/// What `update` answers.
#[derive(Serialize, JsonSchema)]
pub struct Updated {
    /// You, as the others see you now.
    session: Peer,
    /// What was replaced in it because it is personal, by kind and number.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    #[schemars(with = "BTreeMap<String, u64>")]
    redactions: Redactions,
}

impl Tool for Update {
    const NAME: &'static str = "update";
    const TITLE: &'static str = "Say what you do";
    const DESCRIPTION: &'static str = "Changes what the others see of you: your status, your \
        current task, your tags. What you leave out stays.";
    const READS: bool = false;
    type Input = UpdateInput;
    type Output = Updated;

    async fn run(call: &Call, input: UpdateInput) -> Result<Updated, Problem> {
        let id = call.session(input.session_id).await?;
        let change = Change {
            status: input.status,
            current_task: input.current_task,
            tags: input.tags,
            context_sources: input.context_sources,
        };
        let updated = call
            .server()
            .presence
            .heartbeat(&call.caller, &id, change)
            .await?;
        Ok(Updated {
            session: Peer::new(updated.session, Some(&id)),
            redactions: updated.redactions,
        })
    }
}

/// `who`
pub struct Who;

#[derive(Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WhoInput {
    /// Your session, as `join` returned it.
    #[schemars(with = "Option<String>")]
    session_id: Option<SessionId>,
    /// Only those with this tag, without `#`.
    tag: Option<String>,
}

/// What `who` answers.
#[derive(Serialize, JsonSchema)]
pub struct Present {
    /// Who is here, longest here first.
    sessions: Vec<Peer>,
    /// How many more are here.
    left_out: usize,
}

impl Tool for Who {
    const NAME: &'static str = "who";
    const TITLE: &'static str = "Who is here";
    const DESCRIPTION: &'static str =
        "Lists the agents in the room and what each is working on: at most 100 of them.";
    const READS: bool = true;
    type Input = WhoInput;
    type Output = Present;

    async fn run(call: &Call, input: WhoInput) -> Result<Present, Problem> {
        let own = call.listening(input.session_id).await?;
        let mut sessions = call
            .server()
            .presence
            .active(&call.caller.workspace)
            .await?;
        if let Some(tag) = &input.tag {
            sessions.retain(|session| session.tags.iter().any(|own| own.as_str() == tag));
        }
        let left_out = sessions.len().saturating_sub(LISTED);
        sessions.truncate(LISTED);
        Ok(Present {
            sessions: sessions
                .into_iter()
                .map(|session| Peer::new(session, own.as_ref()))
                .collect(),
            left_out,
        })
    }
}
