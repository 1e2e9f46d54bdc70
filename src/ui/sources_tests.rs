//! Tests of [`super::Sources`].

use leptos::prelude::Owner;
use serde_json::{Value, json};

use super::*;

fn source(id: &str, owner: &str, started: &str) -> Card {
    let mut json = json!({"id": id, "name": id, "owner": owner, "sync": sync("idle", started, 0)});
    if owner == "alexa" {
        let settings = json!({"url": "/dav/alexa/", "auth": "none", "interval_seconds": 300,
            "include": [], "exclude": [], "max_file_bytes": 1, "max_files": 1});
        for (member, value) in settings.as_object().unwrap() {
            json[member] = value.clone();
        }
    }
    Card::of(&json)
}

fn sync(state: &str, started: &str, files: u64) -> Value {
    json!({"state": state, "generation": 1, "last_started": format!("2026-01-01T{started}Z"),
        "files": files, "bytes": 0, "skipped": [], "stale": []})
}

fn event(event_type: &str, user: &str, data: Value) -> Event {
    serde_json::from_value(json!({"event_type": event_type, "user": user,
        "timestamp": "2026-01-01T12:00:09Z", "data": data}))
    .unwrap()
}

fn three() -> Sources {
    Sources::new(vec![
        source("notes", "alexa", "12:00:00"),
        source("share", "alexa", "12:00:00"),
        source("share", "ben", "12:00:00"),
    ])
}

#[test]
fn the_share_comes_first_and_others_in_a_line() {
    let owner = Owner::new();
    owner.set();
    let sources = three();
    assert_eq!(sources.own_ids(), ["share", "notes"]);
    assert_eq!(sources.others(), "share of ben (not read yet)");
}

#[test]
fn an_event_reaches_the_source_of_its_user_alone() {
    let owner = Owner::new();
    owner.set();
    let sources = three();
    let data =
        json!({"source_id": "share", "state": "running", "sync": sync("running", "12:00:05", 7)});
    assert!(sources.hear(&event("context.sync", "alexa", data)));
    assert_eq!(sources.read("share", |share| share.sync.files), 7);
    assert_eq!(sources.others(), "share of ben (not read yet)");
    let data = json!({"source_id": "share", "source": "share", "generation": 2});
    assert!(sources.hear(&event("context.updated", "ben", data)));
    assert_eq!(sources.others(), "share of ben (up to date)");
    let data = json!({"source_id": "news", "state": "running"});
    assert!(
        !sources.hear(&event("context.sync", "ben", data)),
        "it is new here"
    );
}

#[test]
fn what_is_older_changes_nothing() {
    let owner = Owner::new();
    owner.set();
    let sources = three();
    let files = || sources.read("notes", |notes| notes.sync.files);
    let heard = |started: &str, files: u64| {
        let data = json!({"source_id": "notes", "sync": sync("idle", started, files)});
        sources.hear(&event("context.updated", "alexa", data));
    };
    heard("12:00:05", 5);
    heard("12:00:04", 4);
    assert_eq!(files(), 5);
    sources.put(source("notes", "alexa", "12:00:01"));
    assert_eq!(files(), 5);
    sources.take(vec![source("notes", "alexa", "12:00:02")]);
    assert_eq!(files(), 5);
    assert_eq!(sources.own_ids(), ["notes"], "what the list lacks is gone");
    heard("12:00:06", 6);
    assert_eq!(files(), 6);
}

#[test]
fn sources_come_and_go() {
    let owner = Owner::new();
    owner.set();
    let sources = three();
    sources.put(source("wiki", "alexa", "12:00:00"));
    sources.remove("notes");
    assert_eq!(sources.own_ids(), ["share", "wiki"]);
    sources.remove("share");
    assert_eq!(
        sources.others(),
        "share of ben (not read yet)",
        "another's stays"
    );
    assert_eq!(sources.read("share", |share| share.name.clone()), "");
}
