//! Which files of a source cannot be found, and why.

use leptos::{prelude::*, task::spawn_local_scoped_with_cancellation};

use serde_json::Value;

use super::{
    calls,
    card::text,
    live::Live,
    signals::{blank, shown},
    source_words,
};
use crate::protocol::NAMED_FILES;

/// How many files are left out; which ones is asked for when somebody wants to know.
#[component]
pub fn LeftOut(
    /// The source's id.
    id: StoredValue<String>,
    /// How many there are, in words; empty for none.
    summary: Signal<String>,
) -> impl IntoView {
    let sources = Live::get().sources;
    let names = RwSignal::new(Vec::<(String, String)>::new());
    let note = RwSignal::new(String::new());
    let none = blank(summary);
    let open = RwSignal::new(false);
    let ask = move || {
        note.set("Asking for their names…".to_owned());
        spawn_local_scoped_with_cancellation(async move {
            match calls::list_sources().await {
                Ok(list) => {
                    let sources = list.as_array().map(Vec::as_slice).unwrap_or_default();
                    let own = sources.iter().find(|source| {
                        source.get("url").is_some() && text(source, "id") == id.get_value()
                    });
                    let found = own.map(named).unwrap_or_default();
                    note.set(match found.len() < NAMED_FILES {
                        true => String::new(),
                        false => format!("Only the first {NAMED_FILES} of each kind are named."),
                    });
                    names.set(found);
                }
                Err(problem) => note.set(source_words::problem(&problem)),
            }
        });
    };
    // The names are those of this count; another count has others.
    let counted = Memo::new(move |_| {
        sources.read(&id.get_value(), |source| {
            let sync = &source.sync;
            (sync.skipped, sync.stale, sync.last_finished)
        })
    });
    Effect::new(move || {
        counted.track();
        if open.get() {
            ask();
        }
    });
    let toggle = move |event: leptos::ev::Event| {
        let details = event_target::<leptos::web_sys::Element>(&event);
        open.set(details.has_attribute("open"));
    };
    let no_note = blank(note);
    let note_text = shown(note);
    let rows = move || {
        names
            .get()
            .into_iter()
            .map(|(path, reason)| {
                view! {
                    <li>
                        <code>{path}</code>
                        " "
                        <span>{reason}</span>
                    </li>
                }
            })
            .collect_view()
    };
    view! {
        <details class="left-out" hidden=none on:toggle=toggle>
            <summary>{summary}</summary>
            <p role="status" hidden=no_note>
                {note_text}
            </p>
            <ul tabindex="0" aria-label="Files that are left out">
                {rows}
            </ul>
        </details>
    }
}

/// The names with their reasons: first what is skipped, then what is stale.
fn named(source: &Value) -> Vec<(String, String)> {
    let list = |member: &str| {
        let list = source["sync"][member].as_array();
        list.map(Vec::as_slice).unwrap_or_default()
    };
    let skipped = list("skipped")
        .iter()
        .map(|file| (text(file, "path"), text(file, "reason")));
    let stale = list("stale").iter().map(|path| {
        let reason = "could not be read now and is shown as it was";
        let path = path.as_str().unwrap_or_default();
        (path.to_owned(), reason.to_owned())
    });
    skipped.chain(stale).collect()
}
