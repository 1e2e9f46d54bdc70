//! The alerts that are raised now, and those that are over.

use leptos::prelude::*;

use super::{
    calls, format,
    incident::Incident,
    live::Live,
    on_demand::OnDemand,
    source_words,
    strip::{Line, Strip},
};
use crate::{browser, protocol::plain};

/// The alerts that are raised now.
#[component]
pub fn Alerts() -> impl IntoView {
    let live = Live::get();
    let lines = Signal::derive(move || {
        let raised = live.incidents.raised.get();
        raised.iter().map(|alert| line(live, alert)).collect()
    });
    view! { <Strip label="Alerts" name="alerts" lines /> }
}

/// Those of the last 24 hours that are over. Which ones is asked for when somebody
/// wants to know; what ends meanwhile is added.
#[component]
pub fn PastAlerts() -> impl IntoView {
    let live = Live::get();
    let incidents = live.incidents;
    let note = RwSignal::new(String::new());
    let load = Callback::new(move |()| {
        note.set("Asking for them…".to_owned());
        browser::spawn(async move {
            note.set(match calls::cleared_alerts().await {
                Ok(page) => {
                    let events = plain::items(&page["events"]).iter();
                    let over = events.map(|event| Incident::of(&event["data"]));
                    incidents.remember(over.collect());
                    "None in the last 24 hours.".to_owned()
                }
                Err(problem) => source_words::problem(&problem),
            });
        });
    });
    // The first line is the name.
    let summary = Signal::derive(move || match incidents.raised.with(Vec::len) {
        0 => "Alerts\nNone raised".to_owned(),
        count => format!("Alerts\n{count} raised"),
    });
    let text = Signal::derive(move || {
        let lines: Vec<String> = incidents.past.with(|past| {
            past.iter()
                .map(|alert| {
                    let Line {
                        who, what, more, ..
                    } = line(live, alert);
                    format!("· {who} {what} {more}\n")
                })
                .collect()
        });
        match lines.is_empty() {
            true => note.get(),
            false => lines.concat(),
        }
    });
    view! {
        <OnDemand
            class="vital past"
            name="past-alerts"
            group="health"
            label="Alerts that are over"
            summary
            text
            load
        />
    }
}

fn line(live: Live, alert: &Incident) -> Line {
    let clock = |at| format::clock(at, live.utc_offset_minutes.get());
    let lasted = |end| format::duration(alert.raised_at.until(end));
    Line {
        id: alert.id.clone(),
        who: format!("{}:", alert.title()),
        what: alert.summary.clone(),
        more: match alert.cleared_at {
            Some(over) => format!("— over since {}, after {}", clock(over), lasted(over)),
            None => format!(
                "— since {}, for {}",
                clock(alert.raised_at),
                lasted(live.now.get())
            ),
        },
    }
}
