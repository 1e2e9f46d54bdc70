//! Where a person speaks.

use super::{
    calls,
    live::Live,
    room::{RoomStoreFields, holds},
    tile::TileStoreFields,
};
use crate::{browser, protocol::Problem};
use leptos::{ev::KeyboardEvent, html::Textarea, prelude::*};

/// The longest message one can write here, in UTF-16 units, as browsers count.
const LONGEST: &str = "4000";

/// One message on its way.
struct Draft {
    text: String,
    to: String,
    key: String,
}

/// Where a person speaks, to all or to one session.
#[component]
pub fn Composer() -> impl IntoView {
    let live = Live::get();
    let text = RwSignal::new(String::new());
    let to = RwSignal::new(String::new());
    // Stays the same until the message is through, so that another try after a
    // lost answer does not say it twice.
    let key = StoredValue::new(String::new());
    let input = NodeRef::<Textarea>::new();
    let pending = RwSignal::new(false);
    let note = RwSignal::new(String::new());
    let speak = move |draft: Draft| {
        pending.set(true);
        browser::spawn(async move {
            match calls::say(&draft.text, &draft.to, &draft.key).await {
                Ok(()) => {
                    text.set(String::new());
                    key.set_value(String::new());
                    note.set(String::new());
                }
                Err(problem) => note.set(words(&problem)),
            }
            pending.set(false);
            if let Some(input) = input.get_untracked() {
                // Focus is a courtesy; a browser that refuses it loses nothing.
                let _ = input.focus();
            }
        });
    };
    // An addressee who left is no addressee; the message is not sent to all instead.
    Effect::new(move || {
        live.room.tiles().track();
        let chosen = to.get();
        if !chosen.is_empty() && !holds(live.room, &chosen) {
            to.set(String::new());
            note.set(
                "The session you wrote to has left: your message would go to everyone.".to_owned(),
            );
        }
    });

    let submit = move || {
        let draft = text.get_untracked().trim().to_owned();
        if draft.is_empty() || pending.get_untracked() {
            return;
        }
        if live.outage.with_untracked(Option::is_some) {
            return note
                .set("Nothing can be sent while Redis is away. Your text stays.".to_owned());
        }
        note.set(String::new());
        key.update_value(|key| {
            if key.is_empty() {
                *key = format!(
                    "dashboard-{}-{:08x}",
                    browser::now().millis(),
                    (browser::random() * f64::from(u32::MAX)) as u32
                );
            }
        });
        speak(Draft {
            text: draft,
            to: to.get_untracked(),
            key: key.get_value(),
        });
    };
    let enter = move |event: KeyboardEvent| {
        if event.key() == "Enter" && !event.shift_key() && !event.is_composing() {
            event.prevent_default();
            submit();
        }
    };
    let blocked = Signal::derive(move || {
        live.is_closed() || pending.get() || text.with(|text| text.trim().is_empty())
    });
    let nothing_to_note = Signal::derive(move || note.with(String::is_empty));
    let note_text = Signal::derive(move || note.get());
    view! {
        <form
            class="composer"
            data-testid="composer"
            on:submit=move |event| {
                event.prevent_default();
                submit();
            }
        >
            <label class="unseen" for="composer-text">
                "Message"
            </label>
            <textarea
                id="composer-text"
                name="text"
                rows="2"
                maxlength=LONGEST
                placeholder="Say something to the room"
                autocomplete="off"
                node_ref=input
                prop:value=text
                on:input:target=move |event| {
                    key.set_value(String::new());
                    text.set(event.target().value());
                }
                on:keydown=enter
            ></textarea>
            <div class="composer-foot">
                <label for="composer-to">"To"</label>
                <select
                    id="composer-to"
                    name="to"
                    prop:value=to
                    on:change:target=move |event| to.set(event.target().value())
                >
                    <option value="">"Everyone"</option>
                    <For
                        each=move || live.room.tiles()
                        key=|tile| tile.key()
                        children=|tile| {
                            let id = tile.key();
                            let name = tile.agent_name();
                            let name = Signal::derive(move || name.try_get().unwrap_or_default());
                            view! { <option value=id>{name}</option> }
                        }
                    />
                </select>
                <button type="submit" disabled=blocked>
                    "Send"
                </button>
            </div>
            <div role="status">
                <p class="composer-note" hidden=nothing_to_note>
                    {note_text}
                </p>
            </div>
        </form>
    }
}

/// What a person can make of a problem.
fn words(problem: &Problem) -> String {
    match (problem.status, problem.retry_after_seconds) {
        (429, Some(seconds)) => {
            format!(
                "That was a lot at once. Your message can go out in {seconds} s: send it again then."
            )
        }
        (429, None) => "That was a lot at once. Wait a moment, then send it again.".to_owned(),
        (401, _) => "You are signed out. Sign in, then send it again.".to_owned(),
        (503, _) => "The server cannot take it now. Send it again in a while.".to_owned(),
        _ => format!("{}: {}", problem.title, problem.detail),
    }
}
