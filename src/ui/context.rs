//! The context panel: the search box and the sources.

use leptos::prelude::*;

use super::{
    live::Live,
    search::Search,
    signals::{blank, shown},
    source_card::SourceCard,
    source_form::SourceForm,
};

/// What agents can find, and where it comes from.
#[component]
pub fn ContextPanel() -> impl IntoView {
    let live = Live::get();
    let sources = live.sources;
    let tally = Signal::derive(move || sources.own_ids().len().to_string());
    let others = Signal::derive(move || sources.others());
    let alone = blank(others);
    let said = shown(sources.said);
    view! {
        <section class="panel context" aria-labelledby="context-heading">
            <header class="panel-head">
                <h2 id="context-heading">"Context"</h2>
            </header>
            <div class="panel-body">
                <Search />
                <h3 class="sources-head">"Sources " <span class="tally">{tally}</span></h3>
                <div class="source-cards">
                    <For
                        each=move || sources.own_ids()
                        key=|id| id.clone()
                        children=|id| view! { <SourceCard id /> }
                    />
                </div>
                <p class="others" data-testid="other-sources" hidden=alone>
                    "Of others: "
                    {others}
                </p>
                <SourceForm />
                <p class="unseen" role="status">
                    {said}
                </p>
            </div>
        </section>
    }
}
