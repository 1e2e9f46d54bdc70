//! Which files of a source cannot be found, and why.

use leptos::{prelude::*, task::spawn_local_scoped_with_cancellation};
use serde_json::Value;

use super::{
    calls,
    card::text,
    live::Live,
    signals::{blank, shown},
    source_words,
};

/// How many files are left out; which ones is asked for each time somebody wants to
/// know.
#[component]
pub fn LeftOut(
    /// The source's id.
    id: StoredValue<String>,
    /// How many there are, in words; empty for none.
    summary: Signal<String>,
) -> impl IntoView {
    let live = Live::get();
    let names = RwSignal::new(String::new());
    let toggle = move |event: leptos::ev::Event| {
        let details = event_target::<leptos::web_sys::Element>(&event);
        if !details.has_attribute("open") || !live.mounted.get_untracked() {
            return;
        }
        names.set("Asking for their names…".to_owned());
        spawn_local_scoped_with_cancellation(async move {
            names.set(match calls::list_sources().await {
                Ok(list) => id.with_value(|id| names_of(&list, id)),
                Err(problem) => source_words::problem(&problem),
            });
        });
    };
    view! {
        <details class="left-out" hidden=blank(summary) on:toggle=toggle>
            <summary>{summary}</summary>
            <pre tabindex="0" role="region" aria-live="polite" aria-label="Files that are left out">
                {shown(names)}
            </pre>
        </details>
    }
}

/// The names with their reasons, one a line: first what is skipped, then what is
/// stale.
fn names_of(sources: &Value, id: &str) -> String {
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let mut lines = String::new();
    for source in list(sources) {
        if source.get("url").is_none() || text(&source, "id") != id {
            continue;
        }
        for file in list(&source["sync"]["skipped"]) {
            lines += &format!("{}: {}\n", text(&file, "path"), text(&file, "reason"));
        }
        for path in list(&source["sync"]["stale"]) {
            let path = path.as_str().unwrap_or_default();
            lines += &format!("{path}: could not be read now and is shown as it was\n");
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn names_are_those_of_ones_own_source() {
        let sync = |path: &str| json!({"skipped": [{"path": path, "reason": "is no text"}], "stale": ["old/"]});
        let sources = json!([
            {"id": "share", "sync": sync("of ben")},
            {"id": "share", "url": "/dav/alexa/", "sync": sync("a.png")},
            {"id": "notes", "url": "https://a.example/", "sync": sync("b.png")},
        ]);
        assert_eq!(
            names_of(&sources, "share"),
            "a.png: is no text\nold/: could not be read now and is shown as it was\n"
        );
        assert_eq!(names_of(&Value::Null, "share"), "");
    }
}
