//! Files on which several sessions work at this moment.

use std::time::Duration;

use leptos::prelude::*;

use super::{
    live::{Listed, Live},
    room::RoomStoreFields,
    sentence::{Sentence, holders},
    strip::{Line, Strip},
};
use crate::protocol::EventType;

/// For how long a warning is shown while both sessions stay.
const SHOWN: Duration = Duration::from_secs(600);

/// How many are shown at once; the others are in the feed.
const MOST: usize = 4;

/// The warnings that still hold.
#[component]
pub fn Conflicts() -> impl IntoView {
    let live = Live::get();
    let warnings = Memo::new(move |_| {
        live.room.feed().with(|feed| {
            feed.iter()
                .filter(|event| event.event_type == EventType::ConflictWarning)
                .cloned()
                .collect::<Vec<Listed>>()
        })
    });
    let lines = Signal::derive(move || {
        let mut rows = warnings.get();
        if rows.is_empty() {
            return Vec::new();
        }
        rows.retain(|event| {
            let here = |id: &str| {
                live.room
                    .tiles()
                    .with(|tiles| tiles.iter().any(|tile| tile.session_id == id))
            };
            let ids = holders(event).iter();
            let present = ids.filter(|holder| holder["session_id"].as_str().is_some_and(here));
            live.age(event.timestamp) < SHOWN && present.count() > 1
        });
        // The newest warning of a file names all who work on it.
        rows.dedup_by(|older, newer| older.data.get("path") == newer.data.get("path"));
        rows.truncate(MOST);
        rows.iter().map(line).collect()
    });
    view! { <Strip label="Conflicts" name="conflicts" lines /> }
}

fn line(warning: &Listed) -> Line {
    let sentence = Sentence::of(warning);
    Line {
        id: String::new(),
        who: sentence.who,
        what: format!("{} “{}”", sentence.verb, sentence.object),
        more: format!("— {}", sentence.rest),
    }
}
