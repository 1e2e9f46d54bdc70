//! The calls of the context panel. They have one path, [`browser::call`], since each
//! server function that the browser calls would make the download larger.

use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::{
    browser,
    protocol::{ContextAnswer, Problem, ProblemKind, Source},
};

/// How many tokens of text one answer has, so that large files do not make it slow.
const TOKENS: u64 = 20_000;

/// `GET sources`.
pub async fn list_sources() -> Result<Vec<Source>, Problem> {
    read(browser::call("sources", None).await?)
}

/// `POST sources`.
pub async fn add_source(source: Value) -> Result<Source, Problem> {
    read(browser::call("sources", Some(source)).await?)
}

/// `POST sources/sync` or `POST sources/delete`; the source, if it is still there.
pub async fn act_on_source(path: &str, id: String) -> Result<Option<Source>, Problem> {
    read(browser::call(path, Some(json!({ "id": id }))).await?)
}

/// `GET context`.
pub async fn search(query: &str, types: &str) -> Result<ContextAnswer, Problem> {
    let path = format!(
        "context?query={}&types={}&max_tokens={TOKENS}",
        browser::encode(query),
        browser::encode(types)
    );
    read(browser::call(&path, None).await?)
}

fn read<T: DeserializeOwned>(answer: Value) -> Result<T, Problem> {
    serde_json::from_value(answer)
        .map_err(|error| Problem::new(ProblemKind::Unavailable, error.to_string()))
}
