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
    let word = move || match copied.get() {
        None => "Copy",
        Some(true) => "Copied",
        Some(false) => "Not allowed",
    };
    view! {
        <div class="copyable">
            <pre tabindex="0" aria-label=label>
                <code>{text}</code>
            </pre>
            <Show when=move || allowed.get()>
                <button
                    class="quiet"
                    type="button"
                    on:click=copy
                    aria-label=move || format!("{}: {label}", word())
                >
                    {word}
                </button>
            </Show>
        </div>
    }
}
