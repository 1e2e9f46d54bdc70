//! What one sees without a valid cookie.

use leptos::prelude::*;
use leptos_meta::Title;

use super::copyable::Copyable;

/// How to get in.
#[component]
pub fn SignIn() -> impl IntoView {
    view! {
        <Title text="Sign in · LEITL" />
        <main class="page" data-testid="sign-in">
            <h1>"Sign in"</h1>
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
