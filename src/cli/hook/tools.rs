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
    // The warning that both are sent may be among them: it is not told twice.
    let unread = handover::unread(agent, handover::any_urgent).await?;
    let (mut text, told) = match unread {
        Some(unread) => (unread.text, unread.messages),
        None => (PEER_NOTICE.to_owned(), Vec::new()),
    };
    for conflict in &claimed.conflicts {
        if !told.iter().any(|event| warns_of(event, conflict)) {
            text = format!("{text}\n{}", warning(agent, conflict));
        }
    }
    Ok(Some(Answer::Context(format!("{text}\n{ADVICE}"))))
}

fn warns_of(event: &Event, conflict: &Conflict) -> bool {
    event.event_type == EventType::ConflictWarning
        && event.data.read::<Conflict>().is_some_and(|told| {
            (told.repository, told.path) == (conflict.repository.clone(), conflict.path.clone())
        })
}

/// The agent has used a tool: what is urgent reaches it in the middle of its work, and
/// the other messages with it.
pub async fn after(agent: &Agent) -> Result<Option<Answer>, Trouble> {
    let unread = handover::unread(agent, handover::any_urgent).await?;
    Ok(unread.map(|unread| Answer::Context(unread.text)))
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
