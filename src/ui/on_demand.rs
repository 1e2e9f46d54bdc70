//! Text that is fetched each time somebody wants to see it.

use leptos::prelude::*;

use super::{live::Live, signals::blank};

/// Text behind a line that opens; nothing while that line is empty.
#[component]
pub fn OnDemand(
    /// Its class.
    class: &'static str,
    /// Its name for tests.
    name: &'static str,
    /// Of those in one group only one is open; empty for none.
    group: &'static str,
    /// What the text is, for those who do not see it.
    label: &'static str,
    /// The line that opens it.
    summary: Signal<String>,
    /// The text.
    text: Signal<String>,
    /// Fetches the text.
    load: Callback<()>,
) -> impl IntoView {
    let live = Live::get();
    let toggle = move |event: leptos::ev::Event| {
        let details = event_target::<leptos::web_sys::Element>(&event);
        if details.has_attribute("open") && live.mounted.get_untracked() {
            load.run(());
        }
    };
    view! {
        <details class=class name=group data-testid=name hidden=blank(summary) on:toggle=toggle>
            <summary>{summary}</summary>
            <pre tabindex="0" role="region" aria-live="polite" aria-label=label>
                {text}
            </pre>
        </details>
    }
}
