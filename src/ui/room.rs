//! The room as the dashboard keeps it, and what each event does to it.

use std::{collections::VecDeque, sync::Arc};

use leptos::prelude::{GetUntracked, Set, WithUntracked, Write};
use reactive_stores::{Patch, Store};

use super::tile::{Tile, TileStoreFields};
use crate::protocol::{
    ActiveSession, Event, EventId, EventType, ReportedStatus, SessionStatus, Snapshot, Task,
    Timestamp,
};

/// How many events the activity feed keeps.
const FEED_ROWS: usize = 500;
/// How many messages the message log keeps.
const MESSAGE_ROWS: usize = 300;

/// The room at the last event that arrived.
#[derive(Clone, Debug, Store)]
pub struct Room {
    /// The user who looks.
    pub user: String,
    /// Their workspace.
    pub workspace: String,
    /// How often a heartbeat is expected, in seconds.
    pub heartbeat_seconds: u64,
    /// After how many silent seconds a session is stale.
    pub stale_seconds: u64,
    /// The sessions, oldest first.
    #[store(key: String = |tile| tile.session_id.clone())]
    pub tiles: Vec<Tile>,
    /// What happened, newest first.
    pub feed: VecDeque<Arc<Event>>,
    /// What was said, oldest first.
    pub messages: VecDeque<Arc<Event>>,
    /// The place up to which every event is in here.
    pub cursor: EventId,
}

impl From<Snapshot> for Room {
    fn from(snapshot: Snapshot) -> Self {
        let listed = |event: &Event| {
            !matches!(
                event.event_type,
                EventType::SessionHeartbeat | EventType::ContextSync
            )
        };
        Self {
            user: snapshot.user,
            workspace: snapshot.workspace,
            heartbeat_seconds: snapshot.heartbeat_seconds,
            stale_seconds: snapshot.stale_seconds,
            tiles: snapshot.sessions.into_iter().map(Tile::from).collect(),
            feed: snapshot
                .activity
                .events
                .into_iter()
                .rev()
                .filter(listed)
                .take(FEED_ROWS)
                .map(Arc::new)
                .collect(),
            messages: snapshot.messages.into_iter().map(Arc::new).collect(),
            cursor: snapshot.activity.next,
        }
    }
}

/// Opens a room. The store learns the keys of its tiles at once: until it has,
/// it cannot find one by its index, which [`Patch`] needs.
pub fn open(room: Room) -> Store<Room> {
    let store = Store::new(room);
    store.tiles().update_keys();
    store
}

/// Puts another state in a room's place. Field by field, since a store whose
/// whole value is set goes on with the keys of the old tiles.
pub fn replace(store: Store<Room>, room: Room) {
    store.user().set(room.user);
    store.workspace().set(room.workspace);
    store.heartbeat_seconds().set(room.heartbeat_seconds);
    store.stale_seconds().set(room.stale_seconds);
    store.tiles().set(room.tiles);
    store.feed().set(room.feed);
    store.messages().set(room.messages);
    store.cursor().set(room.cursor);
}

/// The members of a heartbeat's data that say something new.
#[derive(serde::Deserialize)]
struct Pulse {
    status: Option<ReportedStatus>,
    current_task: Option<Task>,
}

/// Takes one event in. An event that is in already changes nothing, so that a
/// socket which resumes may repeat itself.
pub fn apply(room: Store<Room>, event: Event) {
    if let Some(id) = event.id {
        if id.offset <= room.cursor().get_untracked().offset {
            return;
        }
        room.cursor().set(id);
    }
    match event.event_type {
        EventType::SessionStarted | EventType::SessionUpdated => {
            if let Some(session) = event.data.read::<ActiveSession>() {
                upsert(room, session.into());
            }
        }
        EventType::SessionHeartbeat => {
            if let Some(session) = &event.session_id {
                heard(room, session.as_str(), event.timestamp);
                if let Some(pulse) = event.data.read::<Pulse>() {
                    report(room, session.as_str(), pulse);
                }
            }
            return;
        }
        // Passes like a heartbeat; the sources take it.
        EventType::ContextSync => return,
        EventType::SessionEnded => {
            if let Some(session) = &event.session_id {
                remove(room, session.as_str());
            }
        }
        _ => {}
    }
    let event = Arc::new(event);
    if event.event_type == EventType::BroadcastMessage {
        let messages = room.messages();
        let mut messages = messages.write();
        messages.push_back(event.clone());
        while messages.len() > MESSAGE_ROWS {
            messages.pop_front();
        }
    }
    let feed = room.feed();
    let mut feed = feed.write();
    feed.push_front(event);
    feed.truncate(FEED_ROWS);
}

/// Takes the ages of sessions as the server knows them. Heartbeats are not kept
/// for those who were away, so after a cut the ages here are too old.
pub fn refresh_ages(room: Store<Room>, sessions: Vec<ActiveSession>) {
    for session in sessions {
        heard(room, session.session_id.as_str(), session.last_heartbeat);
    }
}

/// Whether a session is in the room.
pub fn holds(room: Store<Room>, session_id: &str) -> bool {
    room.tiles()
        .with_untracked(|tiles| tiles.iter().any(|tile| tile.session_id == session_id))
}

fn upsert(room: Store<Room>, mut tile: Tile) {
    if holds(room, &tile.session_id) {
        let known = room.tiles().at_key(tile.session_id.clone());
        // What is told again may be older than what is known.
        let last_heartbeat = known.clone().last_heartbeat().get_untracked();
        tile.last_heartbeat = tile.last_heartbeat.max(last_heartbeat);
        known.patch(tile);
    } else {
        room.tiles().write().push(tile);
    }
}

fn remove(room: Store<Room>, session_id: &str) {
    if holds(room, session_id) {
        room.tiles()
            .write()
            .retain(|tile| tile.session_id != session_id);
    }
}

/// Notes a sign of life. Time never goes back: frames of one session may have
/// come on different ways.
fn heard(room: Store<Room>, session_id: &str, at: Timestamp) {
    if holds(room, session_id) {
        let last = room.tiles().at_key(session_id.to_owned()).last_heartbeat();
        if at > last.get_untracked() {
            last.set(at);
        }
    }
}

/// Takes what a heartbeat says of status and task.
fn report(room: Store<Room>, session_id: &str, pulse: Pulse) {
    if !holds(room, session_id) {
        return;
    }
    let tile = room.tiles().at_key(session_id.to_owned());
    if let Some(status) = pulse.status.map(SessionStatus::from)
        && status != tile.clone().status().get_untracked()
    {
        tile.clone().status().set(status);
    }
    if let Some(task) = pulse.current_task {
        tile.task().patch(task.into());
    }
}

#[cfg(test)]
#[path = "room_tests.rs"]
mod tests;
