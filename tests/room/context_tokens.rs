//! Servers that tell what has changed since a token (RFC 6578) are asked for that and
//! for nothing else.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use axum::{http::StatusCode, response::IntoResponse};
use serde_json::json;

use crate::{
    context_source::{Source, assert_whole, is_stale, setup},
    server::Server,
    webdav::{answers, collection::Collection, scripted::Scripted},
};

/// A folder, the server that serves it, and the source that reads it.
struct Told {
    folder: Collection,
    script: Scripted,
    source: Source,
    _server: Server,
}

impl Told {
    async fn of(folder: Collection) -> Self {
        let served = folder.clone();
        let script = Scripted::start(move |request| served.answer(request)).await;
        let server = setup().start().await;
        let source = Source::of_scripted(&server.user("ann").await, &script).await;
        script.take();
        Self {
            folder,
            script,
            source,
            _server: server,
        }
    }

    /// The paths that were read since the last call.
    fn read(&self) -> Vec<String> {
        let asked = self.script.take().into_iter();
        let read = asked.filter(|request| request.method.as_str() == "GET");
        read.map(|request| request.path).collect()
    }
}

fn three_files() -> Collection {
    let folder = Collection::new();
    folder.put("a.md", "The first");
    folder.put("docs/b #1.md", "The second");
    folder.put("docs/c.md", "The third");
    folder
}

#[tokio::test]
async fn without_a_change_one_report_is_enough() {
    let told = Told::of(three_files()).await;
    assert_whole(&told.source.sync().await);
    assert_eq!(told.script.count("REPORT", "/"), 1);
    let asked = told.script.requests();
    let walked = asked.iter().find(|request| request.header("depth") == "1");
    assert!(walked.is_none(), "{walked:?}");
    assert_eq!(told.read(), [] as [&str; 0]);
}

#[tokio::test]
async fn what_has_changed_is_read_and_nothing_else() {
    let told = Told::of(three_files()).await;
    told.folder.put("docs/b #1.md", "The second, afterwards");
    told.folder.put("new/d.md", "The fourth");
    told.folder.remove("a.md");
    assert_whole(&told.source.sync().await);
    let mut read = told.read();
    read.sort();
    assert_eq!(read, ["/docs/b%20%231.md", "/new/d.md"]);
    for (path, text) in [
        ("docs/b #1.md", Some("The second, afterwards")),
        ("docs/c.md", Some("The third")),
        ("new/d.md", Some("The fourth")),
        ("a.md", None),
    ] {
        assert_eq!(told.source.text(path).await.as_deref(), text, "{path}");
    }
    // A folder goes with everything in it.
    told.folder.remove("docs/");
    let sync = told.source.sync().await;
    assert_eq!(sync["files"], 1, "{sync}");
    assert_eq!(told.source.file("docs/c.md").await, None);
}

/// The server lists two at a time, and ends each list but the last with a 507.
#[tokio::test]
async fn a_list_that_was_cut_is_read_to_its_end() {
    let folder = Collection::new();
    folder.page(2);
    for n in 1..=9 {
        folder.put(&format!("{n}.md"), format!("Number {n}"));
    }
    let told = Told::of(folder).await;
    for n in 1..=9 {
        let text = told.source.text(&format!("{n}.md")).await;
        assert_eq!(text, Some(format!("Number {n}")));
    }
}

#[tokio::test]
async fn a_token_that_is_no_longer_known_begins_anew_and_loses_nothing() {
    let told = Told::of(three_files()).await;
    told.folder.forget_tokens();
    told.folder.remove("a.md");
    told.folder.put("docs/c.md", "The third, afterwards");
    assert_whole(&told.source.sync().await);
    assert_eq!(told.source.file("a.md").await, None);
    let text = told.source.text("docs/c.md").await;
    assert_eq!(text.as_deref(), Some("The third, afterwards"));
    let text = told.source.text("docs/b #1.md").await;
    assert_eq!(text.as_deref(), Some("The second"));
    // And with the new token it goes on.
    told.script.take();
    assert_whole(&told.source.sync().await);
    assert_eq!(told.read(), [] as [&str; 0]);
}

/// The report that tells of it must come again for the second look.
#[tokio::test]
async fn most_of_many_files_are_gone_only_if_they_are_gone_twice() {
    let folder = Collection::new();
    for n in 1..=50 {
        folder.put(&format!("{n}.md"), format!("Number {n}"));
    }
    let told = Told::of(folder).await;
    for n in 1..=49 {
        told.folder.remove(&format!("{n}.md"));
    }
    told.source.sync().await;
    assert!(told.source.file("1.md").await.is_some(), "gone at once");
    let sync = told.source.sync().await;
    assert_whole(&sync);
    assert_eq!(
        (told.source.file("1.md").await, &sync["files"]),
        (None, &json!(1))
    );
}

/// A file that could not be read is told of again.
#[tokio::test]
async fn what_could_not_be_read_is_told_again() {
    let folder = three_files();
    let served = folder.clone();
    let breaks = Arc::<AtomicBool>::default();
    let broken = Arc::clone(&breaks);
    let script = Scripted::start(move |request| {
        if request.is("GET", "/a.md") && broken.load(Ordering::SeqCst) {
            return StatusCode::FORBIDDEN.into_response();
        }
        served.answer(request)
    })
    .await;
    let server = setup().start().await;
    let source = Source::of_scripted(&server.user("ann").await, &script).await;
    breaks.store(true, Ordering::SeqCst);
    folder.put("a.md", "The first, afterwards");
    assert!(is_stale(&source.sync().await, "a.md"));
    breaks.store(false, Ordering::SeqCst);
    assert_whole(&source.sync().await);
    let text = source.text("a.md").await;
    assert_eq!(text.as_deref(), Some("The first, afterwards"));
}

/// Each report names few files, and all of them together are too many.
#[tokio::test]
async fn files_that_come_little_by_little_are_counted_too() {
    let folder = three_files();
    let served = folder.clone();
    let script = Scripted::start(move |request| served.answer(request)).await;
    let server = setup().start().await;
    let ann = server.user("ann").await;
    let body = json!({"name": "Script", "url": script.url, "auth": "none", "max_files": 5});
    let source = Source::add(&ann, body).await;
    for n in 0..2 {
        folder.put(&format!("{n}.md"), "One more");
    }
    assert_whole(&source.sync().await);
    folder.put("d.md", "One too many");
    let sync = source.sync().await;
    assert_eq!(sync["state"], "failed", "{sync}");
    folder.remove("a.md");
    assert_whole(&source.sync().await);
    assert!(source.file("d.md").await.is_some());
}

/// A report names all that changed, and nothing that did not.
#[tokio::test]
async fn patterns_count_for_reports_too() {
    let folder = three_files();
    let served = folder.clone();
    let script = Scripted::start(move |request| served.answer(request)).await;
    let server = setup().start().await;
    let ann = server.user("ann").await;
    let body = json!({
        "name": "Script", "url": script.url, "auth": "none", "include": ["a.md"],
    });
    let source = Source::add(&ann, body).await;
    folder.put("docs/c.md", "The third, afterwards");
    assert_eq!(source.sync().await["files"], 1);
    // Nothing has changed there, but here.
    for (patterns, files) in [
        (json!({"include": ["docs/**"]}), 2),
        (json!({"exclude": ["c.md"]}), 1),
        (json!({"exclude": []}), 2),
    ] {
        let mut body = patterns;
        body["id"] = json!(source.id);
        ann.post("sources/update", body.clone()).await.ok();
        assert_eq!(source.sync().await["files"], files, "{body}");
    }
    assert_eq!(source.file("a.md").await, None);
}

/// What the report could not say it says again.
#[tokio::test]
async fn a_member_whose_state_is_unknown_is_told_again() {
    let folder = three_files();
    let served = folder.clone();
    let locked = Arc::<AtomicBool>::default();
    let lock = Arc::clone(&locked);
    let script = Scripted::start(move |request| {
        if request.method.as_str() == "REPORT" && lock.load(Ordering::SeqCst) {
            let token = format!("<D:sync-token>{}</D:sync-token>", served.token());
            return answers::multistatus_of([answers::status("/a.md", "423 Locked"), token]);
        }
        served.answer(request)
    })
    .await;
    let server = setup().start().await;
    let source = Source::of_scripted(&server.user("ann").await, &script).await;
    locked.store(true, Ordering::SeqCst);
    folder.put("a.md", "The first, afterwards");
    assert!(is_stale(&source.sync().await, "a.md"));
    locked.store(false, Ordering::SeqCst);
    assert_whole(&source.sync().await);
    let text = source.text("a.md").await;
    assert_eq!(text.as_deref(), Some("The first, afterwards"));
}
