//! The search box: what agents would find.

use leptos::{prelude::*, task::spawn_local_scoped_with_cancellation};

use super::{calls, format, highlight::pieces, live::Live, source_words};
use crate::protocol::{ContextAnswer, MatchedFile};

/// Where a search stands.
#[derive(Clone)]
enum State {
    /// Nothing was searched for.
    Empty,
    /// The answer is on its way.
    Searching,
    /// What was found.
    Found(ContextAnswer),
    /// Why nothing could be searched, in words.
    Failed(String),
}

/// A box for a query, and what it finds. Nothing is sent until one asks for it.
#[component]
pub fn Search() -> impl IntoView {
    let query = RwSignal::new(String::new());
    let types = RwSignal::new(String::new());
    let state = RwSignal::new(State::Empty);
    // Only the answer to the newest question counts.
    let asked = StoredValue::new(0_u32);
    let submit = move || {
        let text = query.get_untracked().trim().to_owned();
        asked.update_value(|asked| *asked += 1);
        if text.is_empty() {
            return state.set(State::Empty);
        }
        let own = asked.get_value();
        let only = types.get_untracked().replace(' ', ",");
        state.set(State::Searching);
        spawn_local_scoped_with_cancellation(async move {
            let found = calls::search(&text, &only).await;
            if asked.get_value() == own {
                state.set(match found {
                    Ok(answer) => State::Found(answer),
                    Err(problem) => State::Failed(source_words::problem(&problem)),
                });
            }
        });
    };
    let note = Signal::derive(move || {
        state.with(|state| match state {
            State::Empty => String::new(),
            State::Searching => "Searching…".to_owned(),
            State::Found(answer) => summary(answer),
            State::Failed(why) => why.clone(),
        })
    });
    let name = Signal::derive(move || {
        state.with(|state| match state {
            State::Empty => "empty",
            State::Searching => "searching",
            State::Found(_) => "found",
            State::Failed(_) => "failed",
        })
    });
    let results = move || {
        let files = match state.get() {
            State::Found(answer) => answer.matched_files,
            _ => Vec::new(),
        };
        files
            .into_iter()
            .map(|file| view! { <Match file /> })
            .collect_view()
    };
    view! {
        <search class="search" data-testid="search" data-state=name>
            <form
                class="search-form"
                on:submit=move |event| {
                    event.prevent_default();
                    submit();
                }
            >
                <label class="unseen" for="search-query">
                    "Search your files"
                </label>
                <input
                    id="search-query"
                    type="search"
                    placeholder="What would an agent find?"
                    autocomplete="off"
                    maxlength="500"
                    prop:value=query
                    on:input:target=move |event| query.set(event.target().value())
                />
                <label class="unseen" for="search-types">
                    "Only these types"
                </label>
                <input
                    id="search-types"
                    type="text"
                    placeholder="md, py"
                    autocomplete="off"
                    maxlength="100"
                    prop:value=types
                    on:input:target=move |event| types.set(event.target().value())
                />
                <button type="submit">"Search"</button>
            </form>
            <p class="search-note" role="status">
                {note}
            </p>
            <ol class="matches" aria-label="Files that match">
                {results}
            </ol>
        </search>
    }
}

/// How many files match, and how to ask otherwise where none does.
fn summary(answer: &ContextAnswer) -> String {
    let shown = answer.matched_files.len() as u64;
    match answer.total_matches {
        0 => "Nothing found. A file matches if it has one of the words: in any form, within \
              names such as parseToken, and slightly misspelt. “Words in quotes” must stand \
              together, and path:docs/ asks for a folder."
            .to_owned(),
        1 => "1 file matches.".to_owned(),
        total if total > shown => format!(
            "{} files match. These are the best {shown}.",
            format::count(total)
        ),
        total => format!("{total} files match."),
    }
}

/// One file that matches.
#[component]
fn Match(
    /// The file.
    file: MatchedFile,
) -> impl IntoView {
    let live = Live::get();
    let source = Signal::derive(move || {
        live.sources
            .read(file.source.as_str(), |source| source.name.clone())
    });
    let updated_at = file.updated_at;
    let age = Signal::derive(move || format::ago(live.age(updated_at)));
    let relevance = format!("{:.2}", file.relevance);
    let label = format!("Relevance {relevance}: share of the best possible match");
    let title = label.clone();
    let passage = pieces(&file.snippet)
        .into_iter()
        .map(|(marked, text)| match marked {
            true => view! { <mark>{text}</mark> }.into_any(),
            false => text.into_any(),
        })
        .collect_view();
    let part = match (file.truncated, file.content.is_empty()) {
        (false, _) => "",
        (true, false) => "This is only its beginning.",
        (true, true) => "The files above are so long that there was no room for its text.",
    };
    view! {
        <li class="match" data-testid="match">
            <p class="match-head">
                <b class="match-path">{file.path}</b>
                <span class="match-relevance" title=title>
                    <meter min="0" max="1" value=relevance.clone() aria-label=label></meter>
                    {relevance}
                </span>
            </p>
            <p class="match-facts">
                <span>{source}</span>
                <span>"version " {file.version}</span>
                <span>{age}</span>
            </p>
            <p class="match-passage">{passage}</p>
            <details>
                <summary>"Show text"</summary>
                <p hidden=part.is_empty()>{part}</p>
                <pre tabindex="0" aria-label="Text of the file">
                    {file.content}
                </pre>
            </details>
        </li>
    }
}
