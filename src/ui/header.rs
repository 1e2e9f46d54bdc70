//! The bar at the top: where one is, and whether it is live.

use leptos::prelude::*;

use super::{connection::ConnectionState, live::Live, mark::Mark, room::RoomStoreFields};

/// The bar at the top.
#[component]
pub fn Header() -> impl IntoView {
    let live = Live::get();
    let room = live.room;
    let workspace = Signal::derive(move || room.workspace().get());
    let user = Signal::derive(move || room.user().get());
    view! {
        <header class="top">
            <h1 class="brand">
                <Mark />
            </h1>
            <p class="whereabouts">
                <span class="workspace">{workspace}</span>
                <span class="viewer">"you are " {user}</span>
            </p>
            <ConnectionState />
        </header>
    }
}
