//! Hooks around the agent's tools.

use super::{
    agent::{Agent, Trouble},
    answer::Answer,
    handover,
    input::Input,
};
use crate::{
    api::ClaimFiles,
    cli::repository,
    protocol::{
        Conflict, Event, EventData, EventType, FilePaths, PEER_NOTICE, Repository, quote_peer,
    },
    server,
};

/// What the agent may do about a conflict.
const ADVICE: &str = "Nothing is locked. Read the file again before you change it, keep the \
    change small, and agree with the others (`leitl say TEXT --to NAME`) or tell your user.";

/// The agent is about to use a tool: the room hears of the file it will change, and the
/// agent of others who work on it.
pub async fn before(agent: &Agent, input: &Input) -> Result<Option<Answer>, Trouble> {
    let Some((repository, paths)) = place(input) else {
        return Ok(None);
    };
    let claim = ClaimFiles {
        session_id: Some(agent.session_id.clone()),
        repository,
        paths,
    };
    let claimed = agent.call(&claim).await?;
    if claimed.conflicts.is_empty() {
        return Ok(None);
    }
    let warnings: Vec<String> = claimed
        .conflicts
        .iter()
        .map(|conflict| warning(agent, conflict))
        .collect();
    let warnings = format!("{PEER_NOTICE}\n{}\n{ADVICE}", warnings.join("\n"));
    Ok(Some(Answer::Context(warnings)))
}

/// The agent has used a tool: what is urgent reaches it in the middle of its work, and
/// the other messages with it.
pub async fn after(agent: &Agent) -> Result<Option<Answer>, Trouble> {
    let unread = handover::unread(agent, handover::any_urgent).await?;
    Ok(unread.map(Answer::Context))
}

/// Where the file is that a tool will change. `None` for what the room would not take.
fn place(input: &Input) -> Option<(Repository, FilePaths)> {
    let place = repository::place(&input.changed_file()?)?;
    let paths = vec![place.path.parse().ok()?];
    Some((
        place.repository.parse().ok()?,
        FilePaths::try_from(paths).ok()?,
    ))
}

/// A conflict as others' words are shown.
fn warning(agent: &Agent, conflict: &Conflict) -> String {
    quote_peer(&Event {
        id: None,
        event_type: EventType::ConflictWarning,
        session_id: Some(agent.session_id.clone()),
        agent_name: None,
        user: String::new(),
        timestamp: server::now(),
        to: Default::default(),
        data: EventData::of(conflict),
    })
}
