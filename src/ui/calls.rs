//! The calls of the context panel. They have one path, [`browser::call`], and answer
//! with plain JSON: each server function and wire type that the browser knows makes
//! the download larger.

use serde_json::{Value, json};

use crate::{browser, protocol::Problem};

/// How many tokens of text one answer has, so that large files do not make it slow.
const TOKENS: u64 = 20_000;

/// `GET sources`: a list of [`Source`](crate::protocol::Source).
pub async fn list_sources() -> Result<Value, Problem> {
    browser::call("sources", None).await
}

/// `POST sources`: the source.
pub async fn add_source(source: Value) -> Result<Value, Problem> {
    browser::call("sources", Some(source)).await
}

/// `POST sources/sync` or `POST sources/delete`: the source, or `null` if it is gone.
pub async fn act_on_source(path: &str, id: String) -> Result<Value, Problem> {
    browser::call(path, Some(json!({ "id": id }))).await
}

/// `GET context`: a [`ContextAnswer`](crate::protocol::ContextAnswer).
pub async fn search(query: &str, types: &str) -> Result<Value, Problem> {
    let path = format!(
        "context?query={}&types={}&max_tokens={TOKENS}",
        browser::encode(query),
        browser::encode(types)
    );
    browser::call(&path, None).await
}
