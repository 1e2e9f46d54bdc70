//! The alerts as the dashboard keeps them, and what each event does to them.

use std::time::Duration;

use leptos::prelude::*;
use serde_json::Value;

use super::{incident::Incident, strip::Line};
use crate::protocol::{Event, EventType, Timestamp, plain};

/// How many that are over are kept.
const PAST: usize = 100;
/// For how long a toast is shown.
const SHOWN: Duration = Duration::from_secs(10);
/// How old an event may be to be news: those that a socket caught up on are not.
const NEWS: Duration = Duration::from_secs(30);

/// The alerts of the workspace.
#[derive(Clone, Copy)]
pub struct Incidents {
    /// Those that are raised, oldest first.
    pub raised: RwSignal<Vec<Incident>>,
    /// Those that are over, the last to end first.
    pub past: RwSignal<Vec<Incident>>,
    /// What has just been raised or cleared, with the moment at which to stop
    /// telling.
    pub toasts: RwSignal<Vec<(Incident, Timestamp)>>,
    /// The newest event that was heard.
    heard: StoredValue<Timestamp>,
}

impl Incidents {
    /// Starts from the alerts of a status.
    pub fn new(status: &Value) -> Self {
        Self {
            raised: RwSignal::new(Incident::list(&status["alerts"])),
            past: RwSignal::new(Vec::new()),
            toasts: RwSignal::new(Vec::new()),
            heard: StoredValue::new(Timestamp::default()),
        }
    }

    /// Takes an `alert.raised` or `alert.cleared`.
    pub fn hear(self, event: &Event, now: Timestamp) {
        self.heard
            .update_value(|heard| *heard = event.timestamp.max(*heard));
        let members = event.data.members();
        let mut incident = Incident::of(&Value::Object(members.clone()));
        let known = |list: RwSignal<Vec<Incident>>| {
            list.with_untracked(|list| list.iter().any(|known| known.id == incident.id))
        };
        let (is_raised, is_past) = (known(self.raised), known(self.past));
        let cleared = event.event_type == EventType::AlertCleared;
        if is_past || (is_raised && !cleared) {
            return;
        }
        if cleared {
            incident.cleared_at.get_or_insert(event.timestamp);
        }
        if event.timestamp.until(now) < NEWS {
            let toast = (incident.clone(), now.plus(SHOWN));
            self.toasts.update(|toasts| {
                toasts.retain(|(shown, _)| shown.id != incident.id);
                toasts.push(toast);
            });
        }
        if cleared {
            self.raised
                .update(|raised| raised.retain(|known| known.id != incident.id));
            self.remember(vec![incident]);
        } else {
            self.raised.update(|raised| raised.push(incident));
        }
    }

    /// Takes the alerts of a status, unless it was overtaken by an event.
    pub fn take(self, status: &Value) {
        let at = plain::instant(status, "at").unwrap_or_default();
        if at < self.heard.get_value() {
            return;
        }
        let raised = Incident::list(&status["alerts"]);
        if self.raised.with_untracked(|known| *known != raised) {
            self.raised.set(raised);
        }
    }

    /// Adds some that are over.
    pub fn remember(self, over: Vec<Incident>) {
        self.past.update(|past| {
            past.retain(|known| !over.iter().any(|new| new.id == known.id));
            past.extend(over);
            past.sort_by_key(|incident| std::cmp::Reverse(incident.cleared_at));
            past.truncate(PAST);
        });
    }

    /// Takes toasts away whose time is over.
    pub fn expire(self, now: Timestamp) {
        let over = |until: &Timestamp| *until <= now;
        if self
            .toasts
            .with_untracked(|toasts| toasts.iter().any(|(_, until)| over(until)))
        {
            self.toasts
                .update(|toasts| toasts.retain(|(_, until)| !over(until)));
        }
    }

    /// What has just been raised, or is just over, in rows.
    pub fn news(self, over: bool) -> Vec<Line> {
        self.toasts.with(|toasts| {
            let incidents = toasts.iter().map(|(incident, _)| incident);
            incidents
                .filter(|incident| incident.cleared_at.is_some() == over)
                .map(|incident| Line {
                    id: incident.id.clone(),
                    who: format!("{}:", incident.title()),
                    what: incident.summary.clone(),
                    more: if over { "— is over" } else { "" }.to_owned(),
                })
                .collect()
        })
    }

    /// Takes one toast away.
    pub fn dismiss(self, id: &str) {
        self.toasts
            .update(|toasts| toasts.retain(|(incident, _)| incident.id != id));
    }
}

#[cfg(test)]
#[path = "incidents_tests.rs"]
mod tests;
