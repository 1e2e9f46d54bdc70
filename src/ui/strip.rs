//! What needs somebody: rows above everything else, and toasts. All are the same row,
//! since each kind of row is compiled and downloaded with a machinery of its own.

use leptos::prelude::*;

use super::live::Live;

/// One row.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Line {
    /// What it is known by.
    pub id: String,
    /// Who or what it is about.
    pub who: String,
    /// What there is to say.
    pub what: String,
    /// What else there is to say; empty for nothing.
    pub more: String,
}

/// Rows above everything else; nothing where there are none.
#[component]
pub fn Strip(
    /// What the rows are.
    label: &'static str,
    /// The name for tests.
    name: &'static str,
    /// The rows.
    lines: Signal<Vec<Line>>,
) -> impl IntoView {
    let none = Signal::derive(move || lines.with(Vec::is_empty));
    view! {
        <section class="strip" aria-label=label hidden=none data-testid=name>
            <ul>{rows(lines, false)}</ul>
        </section>
    }
}

/// What has just been raised or cleared, for some seconds. Both regions are always
/// there, since screen readers listen only to those that they know.
#[component]
pub fn Toasts() -> impl IntoView {
    let incidents = Live::get().incidents;
    let of = move |over: bool| rows(Signal::derive(move || incidents.news(over)), true);
    view! {
        <div class="toasts" data-testid="toasts">
            <div role="alert">
                <ul>{of(false)}</ul>
            </div>
            <div class="over" role="status">
                <ul>{of(true)}</ul>
            </div>
        </div>
    }
}

fn rows(lines: Signal<Vec<Line>>, dismissible: bool) -> impl IntoView {
    let incidents = Live::get().incidents;
    move || {
        lines
            .get()
            .into_iter()
            .map(
                |Line {
                     id,
                     who,
                     what,
                     more,
                 }| {
                    let dismiss = dismissible.then(|| {
                        view! {
                            <button
                                class="quiet"
                                type="button"
                                aria-label="Dismiss"
                                on:click=move |_| incidents.dismiss(&id)
                            >
                                "×"
                            </button>
                        }
                    });
                    view! {
                        <li class="line">
                            <span class="line-mark" aria-hidden="true">
                                "!"
                            </span>
                            <p>
                                <b>{who}</b>
                                " "
                                {what}
                                " "
                                <span class="row-rest">{more}</span>
                            </p>
                            {dismiss}
                        </li>
                    }
                },
            )
            .collect_view()
    }
}
