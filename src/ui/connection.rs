//! Whether what one sees is live.

use std::time::Duration;

use leptos::prelude::*;

use super::live::Live;
use crate::browser::{self, Connection};

/// The state of the observer socket, and what one can do about it.
#[component]
pub fn ConnectionState() -> impl IntoView {
    let live = Live::get();
    let state = live.connection;
    // Seconds are counted apart from the state: a screen reader hears of the
    // state once, not of every second.
    let seconds = move || match state.get() {
        Connection::Waiting(until) => {
            live.now.track();
            let left = browser::now().until(until) + Duration::from_millis(999);
            format!("next try in {} s", left.as_secs())
        }
        _ => String::new(),
    };
    let is_waiting = move || matches!(state.get(), Connection::Waiting(_));
    let is_signed_out = move || state.get() == Connection::SignedOut;
    view! {
        <div class="connection" data-testid="connection" data-state=move || state.get().name()>
            <p class="connection-word" role="status" aria-live="polite">
                <span class="beacon" aria-hidden="true"></span>
                {move || words(state.get())}
            </p>
            <span class="connection-wait" hidden=move || !is_waiting()>
                {seconds}
            </span>
            <Show when=is_waiting>
                <button class="quiet" type="button" on:click=move |_| live.try_now()>
                    "Try now"
                </button>
            </Show>
            <Show when=is_signed_out>
                <button class="quiet" type="button" on:click=|_| browser::reload()>
                    "Sign in"
                </button>
            </Show>
        </div>
    }
}

fn words(connection: Connection) -> &'static str {
    match connection {
        Connection::Connecting => "Connecting",
        Connection::Live => "Live",
        Connection::Waiting(_) | Connection::Retrying => "Reconnecting",
        Connection::SignedOut => "Signed out",
    }
}

/// What it means that the room is not live, where it is not.
#[component]
pub fn ConnectionNote() -> impl IntoView {
    let live = Live::get();
    let note = Memo::new(move |_| match live.connection.get() {
        Connection::Connecting | Connection::Live => None,
        Connection::Waiting(_) | Connection::Retrying => Some(
            "The server cannot be reached. This is the room as it was; \
             what happens meanwhile will be caught up.",
        ),
        Connection::SignedOut => {
            Some("You are signed out. This is the room as it was; sign in to see it live.")
        }
    });
    move || {
        note.get()
            .map(|note| view! { <p class="banner">{note}</p> })
    }
}
