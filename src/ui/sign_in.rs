//! What one sees without a valid cookie.

use leptos::prelude::*;

use super::{copyable::Copyable, mark::Mark};
use crate::browser;

/// How to get in.
#[component]
pub fn SignIn() -> impl IntoView {
    let in_order = RwSignal::new(true);
    // The server sends those here whose link was used up or too old.
    Effect::new(move || in_order.set(!browser::query().contains("login=refused")));
    Effect::new(|| browser::set_title("Sign in · LEITL"));
    view! {
        <main class="page" data-testid="sign-in">
            <p class="brand">
                <Mark />
            </p>
            <h1>"Sign in"</h1>
            <p class="banner" role="alert" hidden=in_order>
                "That link was used before or is older than a minute. Ask for a new one."
            </p>
            <p>
                "This room is open to those who can run a command where the server runs. \
                Ask for a link there and open it in this browser; it works once, within a minute."
            </p>
            <Copyable label="The command that prints a sign-in link" text="leitl login" />
            <dl class="notes">
                <dt>"As somebody in particular"</dt>
                <dd>
                    <code>"leitl login --user alexa --workspace research"</code>
                </dd>
                <dt>"With another data directory or address"</dt>
                <dd>
                    <code>"leitl login --data-dir /srv/leitl --url https://leitl.example.org"</code>
                </dd>
            </dl>
        </main>
    }
}
