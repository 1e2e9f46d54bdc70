//! `task_started` and `task_completed`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Tool, say::Told};
use crate::{
    protocol::{EventData, EventType, Line, Problem, SessionId, Task},
    server::{
        bus::Broadcast,
        mcp::call::Call,
        presence::Change,
        task_id::{Description, TaskId, task_id},
    },
};

/// How long a task takes, in its agent's words.
type Estimate = Line<1, 64>;

/// What came of a task, in a few words.
type Outcome = Line<1, 1000>;

/// `task_started`
pub struct TaskStarted;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StartedInput {
    /// Your session, as `join` returned it.
    #[schemars(with = "Option<String>")]
    session_id: Option<SessionId>,
    /// What the task is, in up to 500 characters.
    #[schemars(with = "String")]
    task_description: Description,
    /// The task's id; by default one made from the description.
    #[schemars(with = "Option<String>")]
    task_id: Option<TaskId>,
    /// How long it will take, such as 15m.
    #[schemars(with = "Option<String>")]
    estimated_duration: Option<Estimate>,
}

/// What both answer.
#[derive(Serialize, JsonSchema)]
pub struct TaskTold {
    /// The task's id.
    task_id: String,
    /// The event that tells of it.
    #[serde(flatten)]
    told: Told,
}

/// The `data` of `task.*` (protocol document, "Message Schema").
#[derive(Default, Serialize)]
struct News {
    task_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    task_description: Option<Description>,
    #[serde(skip_serializing_if = "Option::is_none")]
    estimated_duration: Option<Estimate>,
    #[serde(skip_serializing_if = "Option::is_none")]
    result: Option<Outcome>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<Outcome>,
}

impl Tool for TaskStarted {
    const NAME: &'static str = "task_started";
    const TITLE: &'static str = "Begin a task";
    const DESCRIPTION: &'static str = "Tells the room that you begin a task, and shows it as \
        your current one, so that nobody else begins the same.";
    const READS: bool = false;
    type Input = StartedInput;
    type Output = TaskTold;

    async fn run(call: &Call, input: StartedInput) -> Result<TaskTold, Problem> {
        let task_id = task_id(input.task_id, Some(&input.task_description))?;
        let shown = input.task_description.as_str().parse().unwrap_or_default();
        let news = News {
            task_id,
            task_description: Some(input.task_description),
            estimated_duration: input.estimated_duration,
            ..News::default()
        };
        tell(call, input.session_id, EventType::TaskStarted, news, shown).await
    }
}

/// `task_completed`
pub struct TaskCompleted;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CompletedInput {
    /// Your session, as `join` returned it.
    #[schemars(with = "Option<String>")]
    session_id: Option<SessionId>,
    /// The task's id, as `task_started` returned it.
    #[schemars(with = "Option<String>")]
    task_id: Option<TaskId>,
    /// What the task was, in the words it began with; enough without an id.
    #[schemars(with = "Option<String>")]
    task_description: Option<Description>,
    /// What came of it, in up to 1,000 characters.
    #[schemars(with = "Option<String>")]
    result: Option<Outcome>,
    /// Whether you gave it up; say why in `result`.
    failed: Option<bool>,
}

impl Tool for TaskCompleted {
    const NAME: &'static str = "task_completed";
    const TITLE: &'static str = "Finish a task";
    const DESCRIPTION: &'static str = "Tells the room that you have finished a task and what \
        came of it, or with `failed` that you gave it up.";
    const READS: bool = false;
    type Input = CompletedInput;
    type Output = TaskTold;

    async fn run(call: &Call, input: CompletedInput) -> Result<TaskTold, Problem> {
        let task_id = task_id(input.task_id, input.task_description.as_ref())?;
        let failed = input.failed.unwrap_or(false);
        let (result, reason) = match failed {
            false => (input.result, None),
            true => (None, input.result),
        };
        let event_type = match failed {
            false => EventType::TaskCompleted,
            true => EventType::TaskFailed,
        };
        let news = News {
            task_id,
            task_description: input.task_description,
            result,
            reason,
            ..News::default()
        };
        tell(call, input.session_id, event_type, news, Task::default()).await
    }
}

/// Publishes news of a task and shows it with the session.
async fn tell(
    call: &Call,
    session: Option<SessionId>,
    event_type: EventType,
    news: News,
    shown: Task,
) -> Result<TaskTold, Problem> {
    let id = call.session(session).await?;
    let server = call.server();
    let speaker = server
        .presence
        .speaker(&call.caller, Some(id.clone()))
        .await?;
    let broadcast = Broadcast {
        event_type,
        data: EventData::of(&news),
        to: Default::default(),
        idempotency_key: None,
    };
    let published = server.bus.broadcast(&speaker, broadcast).await?;
    let change = Change {
        current_task: Some(shown),
        ..Change::default()
    };
    server.presence.heartbeat(&call.caller, &id, change).await?;
    Ok(TaskTold {
        task_id: news.task_id,
        told: published.into(),
    })
}
