//! Resources: the sessions, the activity, and the caller's files of context.

use std::fmt::Write;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use rmcp::model::{
    ListResourcesResult, ReadResourceResult, Resource, ResourceContents, ResourceTemplate,
};
use serde::Serialize;

use super::{call::Call, tools};
use crate::protocol::{Problem, ProblemKind, SourceId};

/// Who is in the room.
pub const SESSIONS: &str = "leitl://sessions";

/// What happened in it.
pub const ACTIVITY: &str = "leitl://activity";

/// How files begin.
const CONTEXT: &str = "leitl://context/";

/// How many files a page of the list has.
const PAGE: usize = 200;

/// How long a file is shown whole, in characters.
const LONGEST: usize = 100_000;

/// What is written as it is in an address (RFC 3986, section 2.3), and the slash.
const PLAIN: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~')
    .remove(b'/');

/// The address of any file.
pub fn template() -> ResourceTemplate {
    // `+` keeps the slashes of a path (RFC 6570, section 3.2.3).
    ResourceTemplate::new("leitl://context/{source}/{+path}", "context file")
        .with_title("A file of your user's context")
        .with_description(
            "What the file says now; of one longer than 100,000 characters the beginning. \
             `context_search` finds sources and paths.",
        )
        .with_mime_type("text/plain")
}

/// The resources there are: 200 files a page.
///
/// # Errors
/// 422 for a cursor that is none, 503 if Redis is away.
pub async fn list(call: &Call, cursor: Option<String>) -> Result<ListResourcesResult, Problem> {
    let files = call.server().context.files(&call.caller).await?;
    let (mut resources, start) = match &cursor {
        None => (room(), 0),
        Some(cursor) => {
            let last =
                file_of(cursor).ok_or_else(|| Problem::field("cursor", "is none of ours"))?;
            (Vec::new(), files.partition_point(|file| *file <= last))
        }
    };
    let page: Vec<_> = files.iter().skip(start).take(PAGE).collect();
    let more = start + page.len() < files.len();
    let addresses = page
        .iter()
        .map(|(source, path)| (address(source, path), path));
    resources.extend(
        addresses.map(|(uri, path)| Resource::new(uri, path.as_str()).with_mime_type("text/plain")),
    );
    let mut result = ListResourcesResult::with_all_items(resources);
    if more {
        result.next_cursor = page.last().map(|(source, path)| address(source, path));
    }
    Ok(result)
}

fn room() -> Vec<Resource> {
    vec![
        Resource::new(SESSIONS, "sessions")
            .with_title("Who is here")
            .with_description("The agents in the room and what each is working on: at most 100.")
            .with_mime_type("application/json"),
        Resource::new(ACTIVITY, "activity")
            .with_title("What happened")
            .with_description("The newest events in the room: at most 20, about 3,000 tokens.")
            .with_mime_type("application/json"),
    ]
}

/// What a resource says.
///
/// # Errors
/// 404 if there is no such resource, 503 if Redis is away.
pub async fn read(call: &Call, uri: &str) -> Result<ReadResourceResult, Problem> {
    let contents = match uri {
        SESSIONS => json(uri, &tools::who(call).await?),
        ACTIVITY => json(uri, &tools::newest_activity(call).await?),
        _ => {
            let (source, path) = file_of(uri).ok_or_else(unknown)?;
            let context = &call.server().context;
            let file = context
                .newest(&call.caller, &path, Some(source.into()))
                .await
                // A source that is not the caller's is one that is not there.
                .map_err(|problem| match problem.status {
                    422 => unknown(),
                    _ => problem,
                })?;
            ResourceContents::text(shown(&file.text), uri)
        }
    };
    Ok(ReadResourceResult::new(vec![contents]))
}

fn json(uri: &str, value: &impl Serialize) -> ResourceContents {
    let text = serde_json::to_string(value).unwrap_or_default();
    ResourceContents::text(text, uri).with_mime_type("application/json")
}

fn shown(text: &str) -> String {
    let mut shown: String = text.chars().take(LONGEST).collect();
    let left_out = text.chars().count().saturating_sub(LONGEST);
    if left_out > 0 {
        // Writing to text does not fail.
        let _ = write!(
            shown,
            "\n[{left_out} characters left out; context_read with offset {LONGEST} goes on]"
        );
    }
    shown
}

fn unknown() -> Problem {
    Problem::new(ProblemKind::NotFound, "there is no such resource")
}

/// Whether this may be the address of a resource.
pub fn is_one(uri: &str) -> bool {
    uri == SESSIONS || uri == ACTIVITY || file_of(uri).is_some()
}

/// The source and path of a file's address.
pub fn file_of(uri: &str) -> Option<(SourceId, String)> {
    let (source, path) = uri.strip_prefix(CONTEXT)?.split_once('/')?;
    let path = percent_decode_str(path).decode_utf8().ok()?;
    let source = source.parse().ok()?;
    (!path.is_empty()).then(|| (source, path.into_owned()))
}

fn address(source: &SourceId, path: &str) -> String {
    format!(
        "{CONTEXT}{}/{}",
        source.as_str(),
        utf8_percent_encode(path, PLAIN)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_files_address_leads_back_to_it() {
        let source = SourceId::share();
        for path in [
            "a.md",
            "docs/à la carte?.md",
            "100%/#1 & more.txt",
            "日本/語.md",
        ] {
            let uri = address(&source, path);
            assert!(uri.is_ascii() && !uri.contains([' ', '?', '#']), "{uri}");
            assert_eq!(file_of(&uri), Some((source.clone(), path.to_owned())));
        }
    }

    #[test]
    fn what_is_no_address_is_none() {
        for wrong in [
            "",
            "leitl://context",
            "leitl://context/share",
            "leitl://context/share/",
            "leitl://context/Not an id/a.md",
            "leitl://context/share/%ff",
            "file:///etc/passwd",
            "leitl://other",
        ] {
            assert!(!is_one(wrong), "{wrong}");
        }
    }

    #[test]
    fn a_long_file_says_what_is_left_out() {
        let text = "ü".repeat(LONGEST + 5);
        assert!(shown(&text).contains("[5 characters left out"));
        assert_eq!(shown("short"), "short");
    }
}
