//! That the server has lost its Redis.

use leptos::prelude::*;

use super::{format, live::Live, signals::blank};

/// Since when, and what it means for those who look.
#[component]
pub fn Outage() -> impl IntoView {
    let live = Live::get();
    // Only the moment: a screen reader would tell a growing duration every second.
    let words = Signal::derive(move || match live.outage.get() {
        Some(since) => format!(
            "Redis is away since {}. Nothing can be written until it is back; what you \
             miss meanwhile will follow.",
            format::clock(since, live.utc_offset_minutes.get())
        ),
        None => String::new(),
    });
    view! {
        <div role="alert" data-testid="outage">
            <p class="strip outage" hidden=blank(words)>
                {words}
            </p>
        </div>
    }
}
