//! Tests of [`super::Incidents`].

use leptos::prelude::Owner;
use serde_json::json;

use super::*;

const NOON: i64 = 1_763_467_200_000;

fn noon(seconds: i64) -> Timestamp {
    Timestamp::from_millis(NOON + seconds * 1_000)
}

fn alert(id: &str, raised: i64, cleared: Option<i64>) -> Value {
    let mut alert = json!({"id": id, "kind": "sync_failure", "subject": "wiki",
        "summary": "wiki could not be read", "raised_at": noon(raised).to_string()});
    if let Some(cleared) = cleared {
        alert["cleared_at"] = json!(noon(cleared).to_string());
    }
    alert
}

fn event(event_type: &str, at: i64, data: Value) -> Event {
    serde_json::from_value(json!({"event_type": event_type, "user": "leitl",
        "timestamp": noon(at).to_string(), "data": data}))
    .unwrap()
}

fn status(at: i64, alerts: Value) -> Value {
    json!({"at": noon(at).to_string(), "alerts": alerts})
}

fn ids(list: RwSignal<Vec<Incident>>) -> Vec<String> {
    let list = list.get_untracked();
    list.into_iter().map(|incident| incident.id).collect()
}

fn toasts(incidents: Incidents) -> Vec<(String, bool)> {
    let toasts = incidents.toasts.get_untracked().into_iter();
    toasts
        .map(|(incident, _)| (incident.id, incident.cleared_at.is_some()))
        .collect()
}

#[test]
fn one_alert_is_raised_once_and_cleared_once() {
    let owner = Owner::new();
    owner.set();
    let incidents = Incidents::new(&status(0, json!([])));
    for _ in 0..2 {
        incidents.hear(&event("alert.raised", 1, alert("a", 1, None)), noon(1));
    }
    assert_eq!(ids(incidents.raised), ["a"]);
    assert_eq!(toasts(incidents), [("a".to_owned(), false)]);
    for _ in 0..2 {
        incidents.hear(&event("alert.cleared", 5, alert("a", 1, Some(5))), noon(5));
    }
    assert!(ids(incidents.raised).is_empty());
    assert_eq!(ids(incidents.past), ["a"]);
    assert_eq!(toasts(incidents), [("a".to_owned(), true)]);
    // A socket that resumes may repeat itself.
    incidents.hear(&event("alert.raised", 1, alert("a", 1, None)), noon(6));
    assert!(ids(incidents.raised).is_empty());
}

#[test]
fn a_toast_goes_by_itself_or_when_it_is_sent_away() {
    let owner = Owner::new();
    owner.set();
    let incidents = Incidents::new(&Value::Null);
    incidents.hear(&event("alert.raised", 0, alert("a", 0, None)), noon(0));
    incidents.hear(&event("alert.raised", 3, alert("b", 3, None)), noon(3));
    incidents.expire(noon(9));
    assert_eq!(toasts(incidents).len(), 2);
    incidents.expire(noon(10));
    assert_eq!(toasts(incidents), [("b".to_owned(), false)]);
    incidents.dismiss("b");
    assert!(toasts(incidents).is_empty());
    assert_eq!(ids(incidents.raised), ["a", "b"]);
}

#[test]
fn what_was_caught_up_on_is_no_news() {
    let owner = Owner::new();
    owner.set();
    let incidents = Incidents::new(&Value::Null);
    incidents.hear(&event("alert.raised", 0, alert("a", 0, None)), noon(600));
    assert_eq!(ids(incidents.raised), ["a"]);
    assert!(toasts(incidents).is_empty());
}

#[test]
fn a_status_is_right_unless_an_event_overtook_it() {
    let owner = Owner::new();
    owner.set();
    let incidents = Incidents::new(&status(0, json!([alert("a", -9, None)])));
    assert_eq!(ids(incidents.raised), ["a"]);
    incidents.hear(&event("alert.raised", 5, alert("b", 5, None)), noon(5));
    incidents.take(&status(4, json!([alert("a", -9, None)])));
    assert_eq!(ids(incidents.raised), ["a", "b"]);
    incidents.take(&status(6, json!([alert("b", 5, None)])));
    assert_eq!(ids(incidents.raised), ["b"]);
}

#[test]
fn the_last_to_end_stands_first() {
    let owner = Owner::new();
    owner.set();
    let incidents = Incidents::new(&Value::Null);
    incidents.hear(
        &event("alert.cleared", 50, alert("c", 1, Some(50))),
        noon(50),
    );
    let page = json!([
        alert("a", 0, Some(3)),
        alert("b", 1, Some(9)),
        alert("c", 1, Some(50))
    ]);
    incidents.remember(Incident::list(&page));
    assert_eq!(ids(incidents.past), ["c", "b", "a"]);
}
