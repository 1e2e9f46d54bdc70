//! The sessions, one tile each.

use leptos::prelude::*;

use super::{
    connection::ConnectionNote, counts::Counts, join::JoinHelp, live::Live, room::RoomStoreFields,
    tile_view::TileView,
};

/// Who is in the room.
#[component]
pub fn Sessions() -> impl IntoView {
    let live = Live::get();
    let count = move || live.room.tiles().with(Vec::len);
    let tally = Signal::derive(move || count().to_string());
    let empty = Signal::derive(move || count() == 0);
    let occupied = Signal::derive(move || count() > 0);
    view! {
        <section class="panel sessions" id="sessions" aria-labelledby="sessions-heading">
            <header class="panel-head">
                <h2 id="sessions-heading">"Sessions"</h2>
                <span class="tally">{tally}</span>
                <Counts />
            </header>
            <div class="panel-body">
                <ConnectionNote />
                <div class="empty" data-testid="empty-sessions" hidden=occupied>
                    <h3>"Nobody is here yet"</h3>
                    <JoinHelp />
                </div>
                <div class="tiles">
                    <For
                        each=move || live.room.tiles()
                        key=|tile| tile.key()
                        children=|tile| view! { <TileView tile /> }
                    />
                </div>
                <details class="more" hidden=empty>
                    <summary>"How another agent joins"</summary>
                    <JoinHelp />
                </details>
            </div>
        </section>
    }
}
