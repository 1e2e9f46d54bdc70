//! The activity feed: what happened, newest first.

use leptos::prelude::*;

use super::{
    format,
    live::{Listed, Live},
    room::RoomStoreFields,
    sentence::Sentence,
};

/// What happened.
#[component]
pub fn Feed() -> impl IntoView {
    let live = Live::get();
    let rows = Memo::new(move |_| {
        let only = live.only.get();
        live.room.feed().with(|feed| {
            feed.iter()
                .filter(|event| {
                    only.as_deref().is_none_or(|only| {
                        event.session_id.as_ref().map(|id| id.as_str()) == Some(only)
                    })
                })
                .cloned()
                .collect::<Vec<_>>()
        })
    });
    let only = Signal::derive(move || match live.only.get() {
        Some(id) => format!("only {}", live.name_of(&id)),
        None => String::new(),
    });
    let all = Signal::derive(move || live.only.with(Option::is_none));
    let occupied = Signal::derive(move || !rows.with(Vec::is_empty));
    view! {
        <section class="panel feed" aria-labelledby="feed-heading">
            <header class="panel-head">
                <h2 id="feed-heading">"Activity"</h2>
                <button
                    class="filter"
                    type="button"
                    hidden=all
                    on:click=move |_| live.only.set(None)
                >
                    {only}
                    <span aria-hidden="true">" ×"</span>
                    <span class="unseen">", show everything"</span>
                </button>
            </header>
            <div class="panel-body" tabindex="0" role="group" aria-labelledby="feed-heading">
                <p class="empty-note" hidden=occupied>
                        "Nothing has happened in the last 24 hours. Tasks that agents start, \
                        finish and give up appear here, with who came and who left."
                    </p>
                <ol class="rows" data-testid="feed">
                    <For each=move || rows.get() key=|event| event.id children=|event| view! { <FeedRow event /> } />
                </ol>
            </div>
        </section>
    }
}

/// One event.
#[component]
fn FeedRow(
    /// The event.
    event: Listed,
) -> impl IntoView {
    let live = Live::get();
    let Sentence {
        who,
        verb,
        object,
        rest,
    } = Sentence::of(&event);
    let hue = format::hue(&who);
    let at = event.timestamp;
    view! {
        <li
            class="row"
            class:fresh=live.mounted.get_untracked()
            data-testid="feed-row"
            data-event-type=event.event_type.as_str().to_owned()
        >
            <span class="row-mark" aria-hidden="true"></span>
            <p class="row-text">
                <b class=format!("who {hue}")>{who}</b>
                " "
                {verb}
                {(!object.is_empty()).then(|| view! { " " <q>{object}</q> })}
                {(!rest.is_empty()).then(|| view! { <span class="row-rest">" — " {rest}</span> })}
            </p>
            <Instant at />
        </li>
    }
}

/// The time of day of an instant, with the whole of it on demand.
#[component]
pub fn Instant(
    /// The instant.
    at: crate::protocol::Timestamp,
) -> impl IntoView {
    let live = Live::get();
    let whole = at.to_string();
    let clock = Signal::derive(move || format::clock(at, live.utc_offset_minutes.get()));
    view! {
        <time datetime=whole.clone() title=whole>
            {clock}
        </time>
    }
}
