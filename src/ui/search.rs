//! The search box: what agents would find.

use leptos::prelude::*;

use super::{
    calls, format,
    found::{FoundFile, summary},
    live::Live,
    signals::shown,
    source_words,
};
use crate::browser;

/// A box for a query, and what it finds. Nothing is sent until one asks for it.
#[component]
pub fn Search() -> impl IntoView {
    let query = RwSignal::new(String::new());
    let types = RwSignal::new(String::new());
    // `empty`, `searching`, `found` or `failed`, and the same in words.
    let state = RwSignal::new("empty".to_owned());
    let note = RwSignal::new(String::new());
    let files = RwSignal::new(Vec::<FoundFile>::new());
    let show = move |name: &'static str, words: String, found: Vec<FoundFile>| {
        state.set(name.to_owned());
        note.set(words);
        files.set(found);
    };
    // Only the answer to the newest question counts.
    let asked = StoredValue::new(0_u32);
    let submit = move || {
        let text = query.get_untracked().trim().to_owned();
        asked.update_value(|asked| *asked += 1);
        if text.is_empty() {
            return show("empty", String::new(), Vec::new());
        }
        let own = asked.get_value();
        let only = types.get_untracked().replace(' ', ",");
        show("searching", "Searching…".to_owned(), Vec::new());
        browser::spawn(async move {
            let found = calls::search(&text, &only).await;
            if asked.get_value() != own {
                return;
            }
            match found {
                Ok(answer) => show("found", summary(&answer), FoundFile::list(&answer)),
                Err(problem) => show("failed", source_words::problem(&problem), Vec::new()),
            }
        });
    };
    let name = shown(state);
    let note = shown(note);
    let results = move || {
        files
            .get()
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
                    placeholder="Search your files"
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

/// One file that matches.
#[component]
fn Match(
    /// The file.
    file: FoundFile,
) -> impl IntoView {
    let live = Live::get();
    let source = Signal::derive(move || {
        live.sources
            .read(&file.source, |source| source.name.clone())
    });
    let updated_at = file.updated_at;
    let age = Signal::derive(move || format::ago(live.age(updated_at)));
    let hundredths = file.relevance;
    let relevance = format!("{}.{:02}", hundredths / 100, hundredths % 100);
    let label = format!("Relevance {relevance}: share of the best possible match");
    let title = label.clone();
    let passage = file
        .passage
        .into_iter()
        .map(|(text, word)| {
            view! {
                {text}
                <mark>{word}</mark>
            }
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
                    <meter min="0" max="100" value=hundredths.to_string() aria-label=label></meter>
                    {relevance}
                </span>
            </p>
            <p class="match-facts">
                <span>{source}</span>
                <span>"version " {file.version.to_string()}</span>
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
