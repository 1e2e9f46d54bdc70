//! Pages for what went wrong.

use leptos::prelude::*;

use super::mark::Mark;
use crate::{browser, protocol::Problem};

/// Why the room cannot be shown, and a way to try again.
#[component]
pub fn Failure(
    /// What went wrong.
    problem: Problem,
    /// Asks for the room again.
    again: Callback<()>,
) -> impl IntoView {
    Effect::new(|| browser::set_title("Not available · LEITL"));
    view! {
        <main class="page" data-testid="failure">
            <p class="brand">
                <Mark />
            </p>
            <h1>{problem.title}</h1>
            <p>{problem.detail}</p>
            <button type="button" on:click=move |_| again.run(())>
                "Try again"
            </button>
        </main>
    }
}

/// For addresses that lead nowhere.
#[component]
pub fn NotFound() -> impl IntoView {
    Effect::new(|| browser::set_title("Not found · LEITL"));
    view! {
        <main class="page">
            <p class="brand">
                <Mark />
            </p>
            <h1>"There is no such page"</h1>
            <p>
                <a href="/leitl-dashboard">"Go to the dashboard"</a>
            </p>
        </main>
    }
}
