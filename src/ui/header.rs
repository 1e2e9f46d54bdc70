//! The bar at the top: where one is, and whether it is live.

use leptos::prelude::*;

use super::{connection::ConnectionState, live::Live, mark::Mark, room::RoomStoreFields};

/// The bar at the top.
#[component]
pub fn Header() -> impl IntoView {
    let live = Live::get();
    let room = live.room;
    view! {
        <header class="top">
            <h1 class="brand">
                <Mark />
            </h1>
            <p class="whereabouts">
                <span class="workspace">{move || room.workspace().get()}</span>
                <span class="viewer">"you are " {move || room.user().get()}</span>
            </p>
            <ConnectionState />
        </header>
    }
}
