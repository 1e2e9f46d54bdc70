//! Hooks around what the agent is asked.

use std::{env, fs::OpenOptions, io::Write};

use serde::Serialize;

use super::{
    agent::{Agent, Trouble},
    answer::Answer,
    handover,
    input::Input,
};
use crate::{
    api::{Broadcast, CatchUp, SessionEnd, SessionUpdate},
    cli::keeper::{self, state::Folder},
    protocol::{EventData, EventType, Reason, ReportedStatus, Task},
    server::task_id::task_id,
};

/// How much of a prompt the room is told, in characters.
const PROMPT_LENGTH: usize = 120;

/// The `data` of `task.*`.
#[derive(Serialize)]
struct News<'a> {
    task_id: String,
    task_description: &'a str,
}

/// The agent starts, or begins a new conversation: it joins and is told what goes on.
pub async fn start(agent: &Agent) -> Result<Option<Answer>, Trouble> {
    agent.join().await?;
    tell_shells(agent);
    let catch_up = CatchUp {
        session_id: Some(agent.session_id.to_string()),
        since: None,
        max_tokens: None,
    };
    // It says itself that what it quotes comes from others.
    let news = agent.call(&catch_up).await?;
    Ok(Some(Answer::Context(format!(
        "You are in the LEITL room as {:?}, session {}.\n{}",
        agent.name.as_str(),
        agent.session_id,
        news.text
    ))))
}

/// The user asks for something: that is the agent's task. It reads what came meanwhile.
pub async fn ask(agent: &Agent, input: &Input) -> Result<Option<Answer>, Trouble> {
    let line = match shares_prompts() {
        true => input.prompt_line(PROMPT_LENGTH),
        false => None,
    };
    let task: Option<Task> = line.and_then(|line| line.parse().ok());
    update(agent, ReportedStatus::Active, task.clone()).await?;
    if let Some(task) = task {
        tell(agent, EventType::TaskStarted, &task).await?;
    }
    let unread = handover::unread(agent, |_| true).await?;
    Ok(unread.map(|unread| Answer::Context(unread.text)))
}

/// The agent is about to stop. It goes on if there is something that it has not read,
/// though not twice in a row; else its task is done.
pub async fn stop(agent: &Agent, input: &Input) -> Result<Option<Answer>, Trouble> {
    if !input.stop_hook_active
        && let Some(unread) = handover::unread(agent, |_| true).await?
    {
        return Ok(Some(Answer::GoOn(unread.text)));
    }
    let task = update(agent, ReportedStatus::Idle, None).await?;
    if !task.as_str().is_empty() {
        tell(agent, EventType::TaskCompleted, &task).await?;
        update(agent, ReportedStatus::Idle, Some(Task::default())).await?;
    }
    Ok(None)
}

/// The agent ends. Its keeper leaves for it, and has the time to.
pub async fn end(agent: &Agent, input: &Input) -> Result<Option<Answer>, Trouble> {
    let reason = match input.reason.as_str() {
        "" => "the agent has ended".to_owned(),
        reason => format!("the agent has ended ({reason})"),
    };
    let reason: Option<Reason> = reason.parse().ok();
    if let Ok(folder) = Folder::open()
        && let Ok(Some(_)) = keeper::stop(&folder, &agent.session_id, reason.clone())
    {
        return Ok(None);
    }
    let farewell = SessionEnd {
        session_id: Some(agent.session_id.clone()),
        reason,
    };
    match agent.client.call(&farewell).await {
        Err(error) if error.status() != Some(404) => Err(error.into()),
        _ => Ok(None),
    }
}

/// Whether others may see what the user asks for: unless LEITL_SHARE_PROMPTS is 0.
fn shares_prompts() -> bool {
    env::var("LEITL_SHARE_PROMPTS").as_deref() != Ok("0")
}

/// Changes what is seen of the agent; what it works on then.
async fn update(
    agent: &Agent,
    status: ReportedStatus,
    current_task: Option<Task>,
) -> Result<Task, Trouble> {
    let change = SessionUpdate {
        session_id: Some(agent.session_id.clone()),
        status: Some(status),
        current_task,
        tags: None,
        context_sources: None,
    };
    Ok(agent.call(&change).await?.session.current_task)
}

async fn tell(agent: &Agent, event_type: EventType, task: &Task) -> Result<(), Trouble> {
    // Only one without words has no id, and nobody tells of that.
    let task_id = task_id(None, task.as_str().parse().ok().as_ref()).unwrap_or_default();
    let news = News {
        task_id,
        task_description: task.as_str(),
    };
    let broadcast = Broadcast {
        event_type,
        data: EventData::of(&news),
        session_id: Some(agent.session_id.clone()),
        to: None,
        idempotency_key: None,
    };
    match agent.call(&broadcast).await {
        // It has said enough for now, which must not keep others' words from it.
        Err(Trouble::Call(error)) if error.status() == Some(429) => Ok(()),
        outcome => outcome.map(drop),
    }
}

/// Lets the commands that the agent runs speak for its session: Claude Code has its
/// shells read this file. Without it they speak in person.
fn tell_shells(agent: &Agent) {
    if let Some(file) = env::var_os("CLAUDE_ENV_FILE") {
        let line = format!("export LEITL_SESSION_ID={}\n", agent.session_id);
        let _ = OpenOptions::new()
            .create(true)
            .append(true)
            .open(file)
            .and_then(|mut file| file.write_all(line.as_bytes()));
    }
}
