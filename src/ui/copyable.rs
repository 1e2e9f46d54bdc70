//! Commands to copy.

use leptos::prelude::*;

use crate::browser;

/// A command with a button that copies it, where the browser allows that.
#[component]
pub fn Copyable(
    /// What it is, for those who do not see it.
    label: &'static str,
    /// The command.
    #[prop(into)]
    text: Signal<String>,
) -> impl IntoView {
    let allowed = RwSignal::new(false);
    Effect::new(move || allowed.set(browser::can_copy()));
    let copied = RwSignal::new(None);
    let copy = move |_| {
        text.with_untracked(|text| {
            browser::copy(text, move |done| {
                copied.try_set(Some(done));
            });
        });
    };
    let word = Signal::derive(move || match copied.get() {
        None => "Copy",
        Some(true) => "Copied",
        Some(false) => "Not allowed",
    });
    let not_allowed = Signal::derive(move || !allowed.get());
    let full_label = Signal::derive(move || format!("{}: {label}", word.get()));
    view! {
        <div class="copyable">
            <pre tabindex="0" aria-label=label>
                <code>{text}</code>
            </pre>
            <button
                class="quiet"
                type="button"
                hidden=not_allowed
                on:click=copy
                aria-label=full_label
            >
                {word}
            </button>
        </div>
    }
}
