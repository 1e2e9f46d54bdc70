//! The mark: three in a loop.

use leptos::prelude::*;

/// The mark, with the name beside it.
#[component]
pub fn Mark() -> impl IntoView {
    view! {
        <svg class="mark" viewBox="0 0 32 32" aria-hidden="true">
            <circle cx="16" cy="17" r="11" class="mark-ring" />
            <circle cx="16" cy="17" r="4.75" class="mark-heart" />
            <circle cx="16" cy="5" r="4" class="mark-one" />
            <circle cx="26.4" cy="23" r="4" class="mark-one" />
            <circle cx="5.6" cy="23" r="4" class="mark-one" />
        </svg>
        <abbr title="Live Everyone In The Loop">"LEITL"</abbr>
    }
}
