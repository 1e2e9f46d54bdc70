//! How many sessions are in each state.

use leptos::prelude::*;

use super::{live::Live, room::RoomStoreFields};
use crate::protocol::SessionStatus;

/// How many sessions are in each state.
#[component]
pub fn Counts() -> impl IntoView {
    let live = Live::get();
    let count = move |status: SessionStatus| {
        live.room
            .tiles()
            .with(|tiles| tiles.iter().filter(|tile| tile.status == status).count())
    };
    let counts = [
        SessionStatus::Active,
        SessionStatus::Busy,
        SessionStatus::Idle,
        SessionStatus::Stale,
    ]
    .into_iter()
    .map(|status| {
        let text = Signal::derive(move || count(status).to_string());
        let none = Signal::derive(move || count(status) == 0);
        view! {
            <li class="count" data-status=status.as_str() class:none=none>
                <span class="shape" aria-hidden="true"></span>
                <b>{text}</b>
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
