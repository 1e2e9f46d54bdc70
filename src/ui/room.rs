//! The room as the dashboard keeps it, and what each event does to it.

use std::{collections::VecDeque, sync::Arc};

use leptos::prelude::{GetUntracked, Set, WithUntracked, Write};
use reactive_stores::{Patch, Store};
use serde_json::Value;

use super::tile::{self, Tile, TileStoreFields};
use crate::protocol::{Event, EventData, EventId, EventType, Timestamp, plain};

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

impl Room {
    /// Reads a [`Snapshot`](crate::protocol::Snapshot), as [`super::card`] says why.
    pub fn of(snapshot: &Value) -> Self {
        let listed = |event: &Event| {
            !matches!(
                event.event_type,
                EventType::SessionHeartbeat | EventType::ContextSync
            )
        };
        let activity = &snapshot["activity"];
        let events = plain::items(&activity["events"]).iter();
        let messages = plain::items(&snapshot["messages"]).iter();
        let sessions = plain::items(&snapshot["sessions"]).iter();
        Self {
            user: plain::text(snapshot, "user").to_owned(),
            workspace: plain::text(snapshot, "workspace").to_owned(),
            heartbeat_seconds: plain::number(snapshot, "heartbeat_seconds"),
            stale_seconds: plain::number(snapshot, "stale_seconds"),
            tiles: sessions.filter_map(Tile::of).collect(),
            feed: events
                .rev()
                .filter_map(plain::event)
                .filter(listed)
                .take(FEED_ROWS)
                .map(Arc::new)
                .collect(),
            messages: messages.filter_map(plain::event).map(Arc::new).collect(),
            cursor: plain::text(activity, "next").parse().unwrap_or_default(),
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
            let session = Value::Object(event.data.members().clone());
            if let Some(tile) = Tile::of(&session) {
                upsert(room, tile);
            }
        }
        EventType::SessionHeartbeat => {
            if let Some(session) = &event.session_id {
                heard(room, session.as_str(), event.timestamp);
                report(room, session.as_str(), &event.data);
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
pub fn refresh_ages(room: Store<Room>, sessions: &Value) {
    for session in plain::items(sessions) {
        if let Some(at) = plain::instant(session, "last_heartbeat") {
            heard(room, plain::text(session, "session_id"), at);
        }
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
fn report(room: Store<Room>, session_id: &str, pulse: &EventData) {
    if !holds(room, session_id) {
        return;
    }
    let tile = room.tiles().at_key(session_id.to_owned());
    if let Some(status) = pulse.text("status").and_then(tile::status)
        && status != tile.clone().status().get_untracked()
    {
        tile.clone().status().set(status);
    }
    if let Some(task) = pulse.text("current_task") {
        tile.task().patch(task.to_owned());
    }
}

#[cfg(test)]
#[path = "room_tests.rs"]
mod tests;
