//! The bar at the top: where one is, who is there, and whether it is live.

use leptos::prelude::*;

use super::{connection::ConnectionState, live::Live, room::RoomStoreFields};
use crate::protocol::SessionStatus;

/// The bar at the top.
#[component]
pub fn Header() -> impl IntoView {
    let live = Live::get();
    let room = live.room;
    view! {
        <header class="top">
            <h1 class="brand">
                <svg class="mark" viewBox="0 0 32 32" aria-hidden="true">
                    <circle cx="16" cy="16" r="12.5" class="mark-ring" />
                    <circle cx="16" cy="16" r="4.5" class="mark-heart" />
                    <circle cx="16" cy="3.5" r="3" class="mark-one" />
                    <circle cx="26.8" cy="22.2" r="3" class="mark-two" />
                    <circle cx="5.2" cy="22.2" r="3" class="mark-three" />
                </svg>
                <abbr title="Live Everyone In The Loop">"LEITL"</abbr>
            </h1>
            <p class="whereabouts">
                <span class="workspace">{move || room.workspace().get()}</span>
                <span class="viewer">"you are " {move || room.user().get()}</span>
            </p>
            <Counts />
            <ConnectionState />
        </header>
    }
}

/// How many sessions are in each state.
#[component]
fn Counts() -> impl IntoView {
    let live = Live::get();
    let count = move |status: SessionStatus| {
        Memo::new(move |_| {
            live.room
                .tiles()
                .with(|tiles| tiles.iter().filter(|tile| tile.status == status).count())
        })
    };
    let counts = [
        SessionStatus::Active,
        SessionStatus::Busy,
        SessionStatus::Idle,
        SessionStatus::Stale,
    ]
    .into_iter()
    .map(|status| {
        let count = count(status);
        view! {
            <li class="count" data-status=status.as_str() class:none=move || count.get() == 0>
                <span class="shape" aria-hidden="true"></span>
                <b>{count}</b>
                <span class="count-word">{status.as_str()}</span>
            </li>
        }
    })
    .collect_view();
    view! {
        <ul class="counts" aria-label="Sessions by status">
            {counts}
        </ul>
    }
}
