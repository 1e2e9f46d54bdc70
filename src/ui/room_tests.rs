//! Tests of [`super::apply`].

use leptos::prelude::{Owner, ReadUntracked};

use super::*;
use crate::protocol::{ActiveSession, ActivityPage, SessionStatus, Snapshot};

fn session(id: &str, task: &str) -> ActiveSession {
    ActiveSession {
        session_id: id.parse().unwrap(),
        agent_name: "Cece".parse().unwrap(),
        agent_type: "code_assistant".parse().unwrap(),
        status: SessionStatus::Active,
        current_task: task.parse().unwrap(),
        uptime: "0s".into(),
        started_at: Timestamp::from_millis(1_000),
        last_heartbeat: Timestamp::from_millis(1_000),
        tags: Default::default(),
        context_sources: Default::default(),
        user: "alexa".into(),
    }
}

fn room(sessions: Vec<ActiveSession>) -> Store<Room> {
    open(state(sessions))
}

fn state(sessions: Vec<ActiveSession>) -> Room {
    let snapshot = Snapshot {
        user: "alexa".into(),
        workspace: "default".into(),
        now: Timestamp::from_millis(1_000),
        heartbeat_seconds: 30,
        stale_seconds: 60,
        end_seconds: 120,
        sessions,
        activity: ActivityPage {
            events: Vec::new(),
            next: "1000-10".parse().unwrap(),
            previous: None,
        },
        messages: Vec::new(),
        sources: serde_json::Value::Null,
        status: serde_json::Value::Null,
    };
    Room::of(&serde_json::to_value(snapshot).unwrap())
}

fn event(offset: u64, event_type: EventType, id: &str, data: EventData) -> Event {
    Event {
        id: (offset > 0).then_some(EventId {
            millis: 2_000,
            offset,
        }),
        event_type,
        session_id: Some(id.parse().unwrap()),
        agent_name: Some("Cece".parse().unwrap()),
        user: "alexa".into(),
        timestamp: Timestamp::from_millis(2_000),
        to: Default::default(),
        data,
    }
}

fn data(json: serde_json::Value) -> EventData {
    serde_json::from_value(json).unwrap()
}

fn tasks(room: Store<Room>) -> Vec<String> {
    let tiles = room.tiles();
    let tiles = tiles.read_untracked();
    tiles.iter().map(|tile| tile.task.clone()).collect()
}

#[test]
fn sessions_come_change_and_go() {
    let owner = Owner::new();
    owner.set();
    let room = room(vec![session("leitl-a", "one")]);
    let started = EventData::of(&session("leitl-b", "two"));
    apply(
        room,
        event(11, EventType::SessionStarted, "leitl-b", started),
    );
    assert_eq!(tasks(room), ["one", "two"]);
    let updated = EventData::of(&session("leitl-a", "three"));
    apply(
        room,
        event(12, EventType::SessionUpdated, "leitl-a", updated),
    );
    assert_eq!(tasks(room), ["three", "two"]);
    let ended = data(serde_json::json!({"reason": "timeout"}));
    apply(room, event(13, EventType::SessionEnded, "leitl-a", ended));
    assert_eq!(tasks(room), ["two"]);
    assert_eq!(room.feed().read_untracked().len(), 3);
    assert_eq!(room.cursor().get_untracked().offset, 13);
}

#[test]
fn an_event_that_is_in_changes_nothing() {
    let owner = Owner::new();
    owner.set();
    let room = room(vec![session("leitl-a", "one")]);
    let ended = || data(serde_json::json!({"reason": ""}));
    apply(room, event(10, EventType::SessionEnded, "leitl-a", ended()));
    assert_eq!(tasks(room), ["one"]);
    let message = event(
        11,
        EventType::BroadcastMessage,
        "leitl-a",
        data(serde_json::json!({"text": "hello"})),
    );
    apply(room, message.clone());
    apply(room, message);
    assert_eq!(room.messages().read_untracked().len(), 1);
    assert_eq!(room.feed().read_untracked().len(), 1);
}

#[test]
fn a_heartbeat_refreshes_and_is_not_listed() {
    let owner = Owner::new();
    owner.set();
    let room = room(vec![session("leitl-a", "one")]);
    let pulse = data(serde_json::json!({"status": "busy", "current_task": "two"}));
    apply(
        room,
        event(0, EventType::SessionHeartbeat, "leitl-a", pulse),
    );
    let tile = room.tiles().read_untracked()[0].clone();
    assert_eq!(tile.last_heartbeat, Timestamp::from_millis(2_000));
    assert_eq!(tile.status, SessionStatus::Busy);
    assert_eq!(tile.task, "two");
    assert!(room.feed().read_untracked().is_empty());
    assert_eq!(room.cursor().get_untracked().offset, 10);
}

#[test]
fn a_synchronisation_under_way_is_not_listed() {
    let owner = Owner::new();
    owner.set();
    let room = room(Vec::new());
    let data = || data(serde_json::json!({"source_id": "share", "source": "share"}));
    apply(room, event(0, EventType::ContextSync, "leitl-a", data()));
    assert!(room.feed().read_untracked().is_empty());
    apply(
        room,
        event(11, EventType::ContextUpdated, "leitl-a", data()),
    );
    assert_eq!(room.feed().read_untracked().len(), 1);
}

#[test]
fn events_find_their_tile_in_a_room_that_was_replaced() {
    let owner = Owner::new();
    owner.set();
    let room = room(vec![session("leitl-a", "one"), session("leitl-b", "two")]);
    replace(
        room,
        state(vec![session("leitl-b", "two"), session("leitl-c", "three")]),
    );
    let pulse = || data(serde_json::json!({"current_task": "news"}));
    apply(
        room,
        event(0, EventType::SessionHeartbeat, "leitl-b", pulse()),
    );
    assert_eq!(tasks(room), ["news", "three"]);
    let updated = EventData::of(&session("leitl-c", "more"));
    apply(
        room,
        event(11, EventType::SessionUpdated, "leitl-c", updated),
    );
    assert_eq!(tasks(room), ["news", "more"]);
}

#[test]
fn a_heartbeat_of_nobody_is_nothing() {
    let owner = Owner::new();
    owner.set();
    let room = room(Vec::new());
    let pulse = data(serde_json::json!({"status": "busy"}));
    apply(
        room,
        event(0, EventType::SessionHeartbeat, "leitl-a", pulse),
    );
    assert!(room.tiles().read_untracked().is_empty());
}

#[test]
fn ages_never_grow() {
    let owner = Owner::new();
    owner.set();
    let room = room(vec![session("leitl-a", "one")]);
    let at = |millis| ActiveSession {
        last_heartbeat: Timestamp::from_millis(millis),
        ..session("leitl-a", "other")
    };
    let last = || room.tiles().read_untracked()[0].last_heartbeat.millis();
    refresh_ages(room, &serde_json::json!([at(5_000)]));
    assert_eq!(last(), 5_000);
    refresh_ages(room, &serde_json::json!([at(4_000)]));
    assert_eq!(last(), 5_000);
    assert_eq!(tasks(room), ["one"], "only the age is taken");
}

#[test]
fn the_lists_are_bounded() {
    let owner = Owner::new();
    owner.set();
    let room = room(Vec::new());
    for offset in 11..=620 {
        let said = data(serde_json::json!({"text": offset.to_string()}));
        apply(
            room,
            event(offset, EventType::BroadcastMessage, "leitl-a", said),
        );
    }
    let feed = room.feed().read_untracked().len();
    assert_eq!(feed, FEED_ROWS);
    let messages = room.messages();
    let messages = messages.read_untracked();
    assert_eq!(messages.len(), MESSAGE_ROWS);
    assert_eq!(messages.back().unwrap().data.text("text"), Some("620"));
}
