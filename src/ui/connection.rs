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
    let seconds = Signal::derive(move || match state.get() {
        Connection::Waiting(until) => {
            live.now.track();
            let left = browser::now().until(until) + Duration::from_millis(999);
            format!("next try in {} s", left.as_secs())
        }
        _ => String::new(),
    });
    let name = Signal::derive(move || state.get().name());
    let words = Signal::derive(move || words(state.get()));
    let not_waiting = Signal::derive(move || !matches!(state.get(), Connection::Waiting(_)));
    let not_signed_out = Signal::derive(move || state.get() != Connection::SignedOut);
    view! {
        <div class="connection" data-testid="connection" data-state=name>
            <p class="connection-word" role="status" aria-live="polite">
                <span class="beacon" aria-hidden="true"></span>
                {words}
            </p>
            <span class="connection-wait" hidden=not_waiting>
                {seconds}
            </span>
            <button
                class="quiet"
                type="button"
                hidden=not_waiting
                on:click=move |_| live.try_now()
            >
                "Try now"
            </button>
            <button
                class="quiet"
                type="button"
                hidden=not_signed_out
                on:click=|_| browser::reload()
            >
                "Sign in"
            </button>
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
    let note = Signal::derive(move || match live.connection.get() {
        Connection::Connecting | Connection::Live => "",
        Connection::Waiting(_) | Connection::Retrying => {
            "The server cannot be reached. This is the room as it was; \
             what happens meanwhile will be caught up."
        }
        Connection::SignedOut => {
            "You are signed out. This is the room as it was; sign in to see it live."
        }
    });
    let none = Signal::derive(move || note.with(|note| note.is_empty()));
    view! {
        <p class="banner" hidden=none>
            {note}
        </p>
    }
}
