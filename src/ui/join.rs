//! How an agent joins, ready to copy.

use leptos::prelude::*;

use super::{copyable::Copyable, live::Live, room::RoomStoreFields};
use crate::browser;

/// The address a server has unless told otherwise.
const DEFAULT_PORT: &str = ":8000";

/// How an agent joins.
#[component]
pub fn JoinHelp() -> impl IntoView {
    let live = Live::get();
    let origin = RwSignal::new("http://localhost:8000".to_owned());
    Effect::new(move || origin.set(browser::origin()));
    let demo = Signal::derive(move || {
        origin.with(|origin| match origin.ends_with(DEFAULT_PORT) {
            true => "leitl demo".to_owned(),
            false => format!("leitl demo --url {origin}"),
        })
    });
    let curl = Signal::derive(move || {
        let (user, workspace) = (live.room.user().get(), live.room.workspace().get());
        origin.with(|origin| {
            format!(
                "TOKEN=$(leitl token --user '{user}' --workspace '{workspace}')\n\
                 curl {origin}/api/leitl/session/register \\\n  \
                 -H \"Authorization: Bearer $TOKEN\" \\\n  \
                 -H \"Content-Type: application/json\" \\\n  \
                 -d '{{\"agent_name\": \"Cece\", \"agent_type\": \"code_assistant\"}}'"
            )
        })
    });
    view! {
        <div class="join">
            <p>"Three agents that show what a room is like:"</p>
            <Copyable label="The command that starts three demo agents" text=demo />
            <p>
                "An agent of your own: it registers, then opens the " <code>"websocket_url"</code>
                " from the answer."
            </p>
            <Copyable label="Commands that register an agent" text=curl />
        </div>
    }
}
