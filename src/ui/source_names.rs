//! Which files of a source cannot be found, and why.

use leptos::{prelude::*, task::spawn_local_scoped_with_cancellation};

use super::{calls, live::Live, source_words};
use crate::protocol::{NAMED_FILES, Source};

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
    let none = Signal::derive(move || summary.with(String::is_empty));
    let open = RwSignal::new(false);
    let ask = move || {
        note.set("Asking for their names…".to_owned());
        spawn_local_scoped_with_cancellation(async move {
            match calls::list_sources().await {
                Ok(list) => {
                    let own = list.iter().find(|source| {
                        source.settings.is_some() && id.with_value(|id| source.id.as_str() == id)
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
            (
                source.sync.skipped_total,
                source.sync.stale_total,
                source.sync.generation,
            )
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
    let no_note = Signal::derive(move || note.with(String::is_empty));
    let note_text = Signal::derive(move || note.get());
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
fn named(source: &Source) -> Vec<(String, String)> {
    let skipped = source
        .sync
        .skipped
        .iter()
        .map(|file| (file.path.clone(), file.reason.clone()));
    let stale = source.sync.stale.iter().map(|path| {
        let reason = "could not be read now and is shown as it was";
        (path.clone(), reason.to_owned())
    });
    skipped.chain(stale).collect()
}
