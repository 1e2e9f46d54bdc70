//! Calls of the REST API that answer with plain JSON.
//!
//! A server function is the same with types, and costs the download its own copy of
//! request and answer; this is one path for all.

use std::fmt::Display;

use gloo_net::http::Request;
use send_wrapper::SendWrapper;
use serde_json::Value;

use crate::protocol::{API_PREFIX, Problem, ProblemKind, plain};

/// Posts `body`, or gets if there is none; `path` is relative to the API.
///
/// # Errors
/// The server's problem; 503 if there was no answer or not one of ours.
pub async fn call(path: &str, body: Option<Value>) -> Result<Value, Problem> {
    let url = format!("{API_PREFIX}/{path}");
    // A browser has one thread, which Leptos' resources do not know.
    let (ok, text) = SendWrapper::new(exchange(&url, body))
        .await
        .map_err(|error| unavailable(&error))?;
    let answer: Value =
        serde_json::from_slice(text.as_bytes()).map_err(|error| unavailable(&error))?;
    if ok {
        return Ok(answer);
    }
    Err(plain::problem(&answer).unwrap_or_else(|| unavailable(&"no answer of ours")))
}

fn unavailable(error: &dyn Display) -> Problem {
    Problem::new(ProblemKind::Unavailable, error.to_string())
}

async fn exchange(url: &str, body: Option<Value>) -> Result<(bool, String), gloo_net::Error> {
    let request = match body {
        Some(body) => Request::post(url)
            .header("content-type", "application/json")
            .body(body.to_string())?,
        None => Request::get(url).build()?,
    };
    let response = request.send().await?;
    Ok((response.ok(), response.text().await?))
}

/// Text as a part of a query (RFC 3986, section 2.1).
pub fn encode(text: &str) -> String {
    web_sys::js_sys::encode_uri_component(text).into()
}
