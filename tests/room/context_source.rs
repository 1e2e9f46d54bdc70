//! A WebDAV source of a user, as the tests of the shared context need it.

use std::{
    collections::BTreeSet,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use axum::{
    http::{Method, StatusCode},
    response::IntoResponse,
};
use futures::{StreamExt, stream};
use reqwest::header::CONTENT_TYPE;
use serde_json::{Value, json};

use crate::{
    client::{Answer, Client, list},
    server::Setup,
    webdav::{
        Kind, PASSWORD, USER, collection::Collection, program::Program, scripted::Scripted,
        tree::File,
    },
};

/// How long a sync may take.
const SYNC_PATIENCE: Duration = Duration::from_secs(120);

/// How many queries run at once where there are many.
const PARALLEL: usize = 8;

/// A server that may read from this machine.
pub fn setup() -> Setup {
    Setup::new().with("LEITL_CONTEXT__ALLOWED_NETWORKS", "127.0.0.0/8,::1/128")
}

/// The body that adds a program's folder as a source.
pub fn body_of(kind: Kind, program: &Program) -> Value {
    json!({
        "name": "Files",
        "url": program.url,
        "auth": kind.auth(),
        "username": USER,
        "password": PASSWORD,
    })
}

/// A WebDAV server with one file, which answers 500 while `broken` says so.
pub async fn breakable_server(broken: &Arc<AtomicBool>) -> Scripted {
    let folder = Collection::plain();
    folder.put("a.md", "alpha");
    let broken = Arc::clone(broken);
    Scripted::start(move |request| match broken.load(Ordering::Relaxed) {
        true => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
        false => folder.answer(request),
    })
    .await
}

/// A source that was added.
pub struct Source {
    /// Whose it is.
    pub owner: Client,
    /// Its id.
    pub id: String,
}

impl Source {
    /// Adds a source by this body and reads it for the first time.
    pub async fn add(owner: &Client, body: Value) -> Self {
        let added = owner.post("sources", body).await.ok();
        let source = Self {
            owner: owner.clone(),
            id: added["id"].as_str().unwrap().to_owned(),
        };
        source.sync().await;
        source
    }

    /// Adds a program's folder.
    pub async fn of(owner: &Client, kind: Kind, program: &Program) -> Self {
        Self::add(owner, body_of(kind, program)).await
    }

    /// Adds a scripted server, which lets everybody in.
    pub async fn of_scripted(owner: &Client, server: &Scripted) -> Self {
        let body = json!({"name": "Script", "url": server.url, "auth": "none"});
        Self::add(owner, body).await
    }

    /// Syncs now, and returns what the source says of it under `sync`.
    pub async fn sync(&self) -> Value {
        let body = json!({"id": self.id, "wait": true}).to_string();
        let request = self
            .owner
            .request(Method::POST, "/api/leitl/sources/sync")
            .header(CONTENT_TYPE, "application/json")
            .timeout(SYNC_PATIENCE)
            .body(body);
        Answer::of(request).await.ok()["sync"].clone()
    }

    /// The best matches of a query in this source, at most 100.
    pub async fn search(&self, query: &str) -> Vec<Value> {
        let parameters = [
            ("query", query),
            ("source", &self.id),
            ("max_results", "100"),
        ];
        let parameters = serde_urlencoded::to_string(parameters).unwrap();
        let answer = self.owner.get(&format!("context?{parameters}")).await.ok();
        list(&answer["matched_files"])
    }

    /// The file at exactly this path.
    pub async fn file(&self, path: &str) -> Option<Value> {
        // A quoted prefix ends at the next quotation mark.
        let prefix = path.split('"').next().unwrap();
        let found = self.search(&format!("path:\"{prefix}\"")).await;
        found.into_iter().find(|file| file["path"] == path)
    }

    /// What the file at exactly this path says.
    pub async fn text(&self, path: &str) -> Option<String> {
        let file = self.file(path).await?;
        Some(file["content"].as_str().unwrap().to_owned())
    }

    /// Asserts that each of these files is found by its path and says what it should.
    pub async fn assert_has(&self, files: &[File]) {
        let wrong: Vec<String> = stream::iter(files)
            .map(async |file| match self.file(&file.path).await {
                None => Some(format!("{} is not found", file.path)),
                Some(found) if found["content"] != *file.text || found["source"] != self.id => {
                    Some(format!("{} is {found}", file.path))
                }
                Some(_) => None,
            })
            .buffer_unordered(PARALLEL)
            .filter_map(async |wrong| wrong)
            .collect()
            .await;
        let most = wrong
            .iter()
            .take(20)
            .cloned()
            .collect::<Vec<_>>()
            .join("\n");
        assert!(wrong.is_empty(), "{} wrong, such as\n{most}", wrong.len());
    }

    /// The versions of a file that are kept.
    pub async fn history(&self, path: &str) -> Vec<Value> {
        let parameters = [("path", path), ("source", &self.id)];
        let parameters = serde_urlencoded::to_string(parameters).unwrap();
        let call = format!("context/history?{parameters}");
        list(&self.owner.get(&call).await.ok()["versions"])
    }
}

/// The ids of all sources that a user is told of.
pub async fn source_ids(client: &Client) -> BTreeSet<String> {
    let sources = list(&client.get("sources").await.ok()).into_iter();
    sources
        .map(|source| source["id"].as_str().unwrap().to_owned())
        .collect()
}

/// The paths under `sync.skipped`; each with a reason.
pub fn skipped(sync: &Value) -> Vec<String> {
    let skipped = list(&sync["skipped"]).into_iter().map(|skipped| {
        let reason = skipped["reason"].as_str().unwrap_or_default();
        assert!(!reason.is_empty(), "no reason in {skipped}");
        skipped["path"].as_str().unwrap().to_owned()
    });
    skipped.collect()
}

/// Whether `sync.stale` names this file, or a folder it is in.
pub fn is_stale(sync: &Value, path: &str) -> bool {
    let stale = list(&sync["stale"]);
    stale.iter().any(|stale| {
        let stale = stale.as_str().unwrap();
        let folder = format!("{}/", stale.trim_end_matches('/'));
        stale == path || path.starts_with(&folder)
    })
}

/// Asserts that a sync went through without anything left out.
#[track_caller]
pub fn assert_whole(sync: &Value) {
    assert_eq!(sync["state"], "idle", "{sync}");
    assert_eq!(sync["error"], Value::Null, "{sync}");
    assert_eq!(sync["stale"], json!([]), "{sync}");
}
