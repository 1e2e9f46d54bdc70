//! One of one's own sources.

use leptos::{html::Button, prelude::*};

use super::{
    calls,
    card::Card,
    copyable::Copyable,
    live::Live,
    room::RoomStoreFields,
    signals::{blank, not, shown},
    source_names::LeftOut,
    source_words,
};
use crate::{browser, protocol::Timestamp};

/// One of one's own sources. It may be gone when its signals run for the last time.
#[component]
pub fn SourceCard(
    /// Its id.
    id: String,
) -> impl IntoView {
    let live = Live::get();
    let sources = live.sources;
    let key = StoredValue::new(id.clone());
    // Readers are plain functions, so that one closure serves them all.
    let text = move |read: fn(&Card, Timestamp) -> String| {
        Signal::derive(move || {
            let now = live.now.get();
            key.with_value(|id| sources.read(id, |source| read(source, now)))
        })
    };
    let name = text(|source, _| source.name.clone());
    let address = text(|source, _| source.url.clone());
    let state_name = text(|source, _| source.sync.state.as_str().to_owned());
    let state = text(source_words::state);
    let progress = text(source_words::progress);
    let share = text(source_words::percent);
    let error = text(source_words::error);
    let not_running = blank(progress);
    let not_begun = blank(share);
    let no_error = blank(error);
    let facts = [
        (
            "last sync",
            source_words::last as fn(&Card, Timestamp) -> String,
        ),
        ("next", source_words::next),
        ("content", source_words::content),
    ]
    .into_iter()
    .map(|(name, read)| {
        view! {
            <div>
                <dt>{name}</dt>
                <dd>{text(read)}</dd>
            </div>
        }
    })
    .collect_view();
    let is_share = id == "share";
    let heading = format!("source-{id}");
    let labelled_by = heading.clone();
    view! {
        <article
            class="source"
            data-testid="source"
            data-source-id=id
            data-state=state_name
            aria-labelledby=labelled_by
        >
            <header class="source-head">
                <h4 id=heading>{name}</h4>
                <span class="source-state" role="status">
                    <span class="shape" aria-hidden="true"></span>
                    {state}
                </span>
            </header>
            <p class="source-address">{address}</p>
            <div class="source-progress" hidden=not_running>
                <progress max="100" value=share hidden=not_begun aria-label="Files read"></progress>
                <p>{progress}</p>
            </div>
            <p class="source-error" data-testid="source-error" hidden=no_error>
                {error}
            </p>
            <dl class="facts">{facts}</dl>
            {is_share.then(|| view! { <ShareHelp /> })}
            <LeftOut id=key summary=text(source_words::left_out) />
            <Actions
                id=key
                sync_label=text(|source, _| format!("Sync now: {}", source.name))
                remove_label=text(|source, _| format!("Remove: {}", source.name))
                is_share
            />
        </article>
    }
}

/// What one can do with a source.
#[component]
fn Actions(
    /// Its id.
    id: StoredValue<String>,
    /// What the first button does, with the source's name.
    sync_label: Signal<String>,
    /// What the second button does, with the source's name.
    remove_label: Signal<String>,
    /// Whether it is the built-in share, which stays.
    is_share: bool,
) -> impl IntoView {
    let live = Live::get();
    let sources = live.sources;
    let pending = RwSignal::new(false);
    let asking = RwSignal::new(false);
    let note = RwSignal::new(String::new());
    let no_note = blank(note);
    let note_text = shown(note);
    let (remove, keep) = (NodeRef::<Button>::new(), NodeRef::<Button>::new());
    let act = move |path: &'static str| {
        pending.set(true);
        note.set(String::new());
        browser::spawn(async move {
            let done = calls::act_on_source(path, id.get_value()).await;
            pending.set(false);
            match done {
                Ok(source) if source.is_object() => sources.put(Card::of(&source)),
                Ok(_) => {
                    sources.said.set("The source is removed.".to_owned());
                    browser::focus_soon(sources.opener);
                    id.with_value(|id| sources.remove(id));
                }
                Err(problem) => note.set(source_words::problem(&problem)),
            }
        });
    };
    let ask = move |question: bool| {
        asking.set(question);
        browser::focus_soon(if question { keep } else { remove });
    };
    let not_asking = not(asking);
    let busy = Signal::derive(move || pending.get() || live.is_closed());
    view! {
        <footer class="source-foot" hidden=shown(asking)>
            <button
                class="quiet"
                type="button"
                aria-label=sync_label
                disabled=busy
                on:click=move |_| act("sources/sync")
            >
                "Sync now"
            </button>
            {(!is_share)
                .then(|| {
                    view! {
                        <button
                            class="quiet"
                            type="button"
                            aria-label=remove_label
                            disabled=busy
                            node_ref=remove
                            on:click=move |_| ask(true)
                        >
                            "Remove"
                        </button>
                    }
                })}
        </footer>
        <div class="source-question" role="group" aria-label=remove_label hidden=not_asking>
            <p>"Agents will not find its files any more. The folder itself stays as it is."</p>
            <button class="grave" type="button" disabled=busy on:click=move |_| act("sources/delete")>
                "Remove it"
            </button>
            <button class="quiet" type="button" node_ref=keep on:click=move |_| ask(false)>
                "Keep it"
            </button>
        </div>
        <div role="status">
            <p class="form-note" hidden=no_note>
                {note_text}
            </p>
        </div>
    }
}

/// How a file comes into the built-in share, while none is there.
#[component]
fn ShareHelp() -> impl IntoView {
    let live = Live::get();
    let origin = RwSignal::new("http://localhost:8000".to_owned());
    Effect::new(move || origin.set(browser::origin()));
    let command = Signal::derive(move || {
        let (user, workspace) = (live.room.user().get(), live.room.workspace().get());
        origin.with(|origin| {
            format!(
                "TOKEN=$(leitl token --user '{user}' --workspace '{workspace}')\n\
                 curl -u \"{user}:$TOKEN\" -T file.md {origin}/dav/{user}/"
            )
        })
    });
    let filled = Signal::derive(move || live.sources.read("share", |share| share.sync.files > 0));
    view! {
        <div class="source-help" hidden=filled>
            <p>"Nothing is in your share yet. Put a file there with any WebDAV program, or so:"</p>
            <Copyable label="Commands that put a file into the share" text=command />
        </div>
    }
}
