//! Which files of a source cannot be found, and why.

use leptos::prelude::*;
use serde_json::Value;

use super::{calls, on_demand::OnDemand, signals::shown, source_words};
use crate::{
    browser,
    protocol::plain::{items, text},
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
    let names = RwSignal::new(String::new());
    let load = Callback::new(move |()| {
        names.set("Asking for their names…".to_owned());
        browser::spawn(async move {
            names.set(match calls::list_sources().await {
                Ok(list) => id.with_value(|id| names_of(&list, id)),
                Err(problem) => source_words::problem(&problem),
            });
        });
    });
    let text = shown(names);
    view! { <OnDemand class="left-out" name="left-out" group="" label="Files that are left out" summary text load /> }
}

/// The names with their reasons, one a line: first what is skipped, then what is
/// stale.
fn names_of(sources: &Value, id: &str) -> String {
    let mut lines = String::new();
    for source in items(sources) {
        if source.get("url").is_none() || text(source, "id") != id {
            continue;
        }
        for file in items(&source["sync"]["skipped"]) {
            lines += &format!("{}: {}\n", text(file, "path"), text(file, "reason"));
        }
        for path in items(&source["sync"]["stale"]) {
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
