//! What servers do rarely, but do: they are busy, break off, send elsewhere, answer
//! nonsense. No file is lost by it, and nothing is asked of a stranger.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use axum::{
    http::StatusCode,
    response::{IntoResponse, Response},
};
use serde_json::json;

use crate::{
    context_source::{Source, assert_whole, is_stale, setup, skipped, source_ids},
    server::{Server, Setup},
    webdav::{
        answers,
        collection::Collection,
        scripted::{Queue, Request, Scripted},
    },
};

/// A plain folder with a file in each of two folders.
fn two_folders() -> Collection {
    let folder = Collection::plain();
    folder.put("docs/a.md", "In docs");
    folder.put("notes/b.md", "In notes");
    folder
}

/// The folder, but `fails` answers what it has something for while the switch is on.
async fn failing(
    folder: &Collection,
    fails: impl Fn(&Request) -> Option<Response> + Send + Sync + 'static,
) -> (Scripted, Arc<AtomicBool>) {
    let switch = Arc::<AtomicBool>::default();
    let on = Arc::clone(&switch);
    let folder = folder.clone();
    let server = Scripted::start(move |request| {
        let failure = match on.load(Ordering::SeqCst) {
            true => fails(request),
            false => None,
        };
        failure.unwrap_or_else(|| folder.answer(request))
    })
    .await;
    (server, switch)
}

async fn source_of(server: &Server, script: &Scripted) -> Source {
    Source::of_scripted(&server.user("ann").await, script).await
}

#[tokio::test]
async fn a_server_that_is_busy_is_given_the_time_it_asks_for() {
    let folder = two_folders();
    let busy = |status| answers::try_later(status, "1");
    let queue = Queue::new()
        .then("GET", "/docs/a.md", busy(StatusCode::TOO_MANY_REQUESTS))
        .then("GET", "/docs/a.md", busy(StatusCode::SERVICE_UNAVAILABLE));
    let script = Scripted::start(queue.otherwise(move |request| folder.answer(request))).await;
    let server = setup().start().await;
    let start = Instant::now();
    let source = source_of(&server, &script).await;
    assert_eq!(source.text("docs/a.md").await.as_deref(), Some("In docs"));
    assert!(start.elapsed() >= Duration::from_secs(2), "it did not wait");
    assert_eq!(source.text("notes/b.md").await.as_deref(), Some("In notes"));
}

#[tokio::test]
async fn a_body_that_breaks_off_is_not_taken_for_a_file() {
    let folder = two_folders();
    let (script, breaks) = failing(&folder, |request| {
        let cut = || answers::cut(StatusCode::OK, "In docs, afterwards", 7);
        request.is("GET", "/docs/a.md").then(cut)
    })
    .await;
    let server = setup().start().await;
    let source = source_of(&server, &script).await;
    let before = source.file("docs/a.md").await.unwrap();

    breaks.store(true, Ordering::SeqCst);
    folder.put("docs/a.md", "In docs, afterwards");
    folder.put("notes/b.md", "In notes, afterwards");
    let sync = source.sync().await;
    assert!(is_stale(&sync, "docs/a.md"), "{sync}");
    let now = source.file("docs/a.md").await.unwrap();
    assert_eq!(
        (&now["content"], &now["version"]),
        (&before["content"], &before["version"])
    );
    let other = source.text("notes/b.md").await;
    assert_eq!(other.as_deref(), Some("In notes, afterwards"));

    breaks.store(false, Ordering::SeqCst);
    assert_whole(&source.sync().await);
    let text = source.text("docs/a.md").await;
    assert_eq!(text.as_deref(), Some("In docs, afterwards"));
}

#[tokio::test]
async fn a_listing_that_breaks_off_removes_nothing() {
    let folder = two_folders();
    let (script, breaks) = failing(&folder, |request| {
        let listing = "<?xml version=\"1.0\"?><D:multistatus xmlns:D=\"DAV:\">".to_owned()
            + &answers::folder("/")
            + "</D:multistatus>";
        let at = listing.len() - 10;
        let cut = || answers::cut(StatusCode::MULTI_STATUS, listing, at);
        request.is("PROPFIND", "/").then(cut)
    })
    .await;
    let server = setup().start().await;
    let source = source_of(&server, &script).await;
    breaks.store(true, Ordering::SeqCst);
    source.sync().await;
    for path in ["docs/a.md", "notes/b.md"] {
        assert!(source.file(path).await.is_some(), "{path} is gone");
    }
}

#[tokio::test]
async fn a_folder_that_cannot_be_listed_keeps_its_files() {
    let folder = two_folders();
    let (script, fails) = failing(&folder, |request| {
        let refusal = || StatusCode::FORBIDDEN.into_response();
        request.is("PROPFIND", "/docs/").then(refusal)
    })
    .await;
    let server = setup().start().await;
    let source = source_of(&server, &script).await;
    fails.store(true, Ordering::SeqCst);
    folder.remove("docs/a.md");
    folder.remove("notes/b.md");
    folder.put("notes/c.md", "New");
    let sync = source.sync().await;
    assert!(is_stale(&sync, "docs/a.md"), "{sync}");
    assert_eq!(source.text("docs/a.md").await.as_deref(), Some("In docs"));
    assert_eq!(source.file("notes/b.md").await, None);
    assert_eq!(source.text("notes/c.md").await.as_deref(), Some("New"));

    fails.store(false, Ordering::SeqCst);
    assert_whole(&source.sync().await);
    assert_eq!(source.file("docs/a.md").await, None);
}

/// Each folder takes all the tries of a call, so a source that went away in the middle
/// would keep a synchronisation busy for hours.
#[tokio::test]
async fn a_source_where_no_folder_can_be_listed_is_given_up() {
    let folder = Collection::plain();
    for n in 0..60 {
        folder.put(&format!("{n}/a.md"), format!("Number {n}"));
    }
    let (script, fails) = failing(&folder, |request| {
        let refusal = || StatusCode::INTERNAL_SERVER_ERROR.into_response();
        (request.path != "/" && request.method.as_str() == "PROPFIND").then(refusal)
    })
    .await;
    let server = setup().start().await;
    let source = source_of(&server, &script).await;
    fails.store(true, Ordering::SeqCst);
    script.take();
    let sync = source.sync().await;
    assert_eq!(sync["state"], "failed", "{sync}");
    let asked = script.requests().len();
    assert!(asked < 60 * 3, "it was asked {asked} times");
    assert_eq!(source.text("7/a.md").await.as_deref(), Some("Number 7"));
}

/// A program that makes up folders is no source that ends.
#[tokio::test]
async fn folders_without_end_are_refused() {
    let script = Scripted::start(|request| {
        let inner =
            ["a", "b", "c"].map(|name| answers::folder(&format!("{}{name}/", request.path)));
        answers::multistatus_of([answers::folder(&request.path)].into_iter().chain(inner))
    })
    .await;
    let server = setup().start().await;
    let ann = server.user("ann").await;
    let body = json!({"name": "Script", "url": script.url, "auth": "none", "max_files": 50});
    let source = Source::add(&ann, body).await;
    let sync = source.sync().await;
    assert_eq!(sync["state"], "failed", "{sync}");
    assert!(
        sync["error"].as_str().unwrap().contains("50 folders"),
        "{sync}"
    );
}

#[tokio::test]
async fn most_of_many_files_are_gone_only_if_they_are_gone_twice() {
    let folder = Collection::plain();
    for n in 1..=50 {
        folder.put(&format!("{n}.md"), format!("Number {n}"));
    }
    let served = folder.clone();
    let script = Scripted::start(move |request| served.answer(request)).await;
    let server = setup().start().await;
    let source = source_of(&server, &script).await;
    for n in 1..=49 {
        folder.remove(&format!("{n}.md"));
    }
    source.sync().await;
    assert!(source.file("1.md").await.is_some(), "gone at once");
    let sync = source.sync().await;
    assert_eq!(
        (source.file("1.md").await, &sync["files"]),
        (None, &json!(1))
    );
}

/// Until the second look there are the old files and the new ones, and together they
/// are more than the source may have.
#[tokio::test]
async fn many_files_may_be_renamed_at_once() {
    let folder = Collection::plain();
    for n in 1..=40 {
        folder.put(&format!("old/{n}.md"), format!("Number {n}"));
    }
    let served = folder.clone();
    let script = Scripted::start(move |request| served.answer(request)).await;
    let server = setup().start().await;
    let ann = server.user("ann").await;
    let body = json!({"name": "Script", "url": script.url, "auth": "none", "max_files": 60});
    let source = Source::add(&ann, body).await;
    folder.remove("old/");
    for n in 1..=40 {
        folder.put(&format!("new/{n}.md"), format!("Number {n}"));
    }
    source.sync().await;
    let sync = source.sync().await;
    assert_whole(&sync);
    assert_eq!(sync["files"], 40, "{sync}");
}

/// A link to a folder above it looks like a folder in a folder without end.
#[tokio::test]
async fn folders_in_each_other_end_somewhere() {
    let script = Scripted::start(|request| {
        let inner = answers::folder(&format!("{}in/", request.path));
        answers::multistatus_of([answers::folder(&request.path), inner])
    })
    .await;
    let server = setup().start().await;
    let ann = server.user("ann").await;
    let body = json!({"name": "Script", "url": script.url, "auth": "none", "max_files": 100});
    let source = Source::add(&ann, body).await;
    let sync = source.sync().await;
    assert_eq!(sync["state"], "idle", "{sync}");
    assert!(is_stale(&sync, &"in/".repeat(65)), "{sync}");
}

#[tokio::test]
async fn nothing_is_asked_of_another_host() {
    let stranger = Scripted::start(|_| answers::content("Not ours", "\"1\"")).await;
    let folder = two_folders();
    let elsewhere = format!("{}a.md", stranger.url);
    let script = Scripted::start(move |request| {
        if request.is("GET", "/docs/a.md") {
            return answers::redirect(StatusCode::TEMPORARY_REDIRECT, &elsewhere);
        }
        folder.answer(request)
    })
    .await;
    let server = setup().start().await;
    let source = source_of(&server, &script).await;
    assert_eq!(source.file("docs/a.md").await, None);
    assert_eq!(source.text("notes/b.md").await.as_deref(), Some("In notes"));
    assert!(stranger.requests().is_empty(), "{:?}", stranger.requests());
}

#[tokio::test]
async fn a_file_without_an_end_is_skipped_and_holds_up_nothing() {
    let folder = two_folders();
    folder.put("docs/endless.txt", "short, says the listing");
    let script = Scripted::start(move |request| {
        if request.is("GET", "/docs/endless.txt") {
            return answers::endless(StatusCode::OK);
        }
        folder.answer(request)
    })
    .await;
    let server = setup().start().await;
    let source = source_of(&server, &script).await;
    let sync = source.sync().await;
    let skipped = skipped(&sync);
    assert!(skipped.contains(&"docs/endless.txt".to_owned()), "{sync}");
    assert_eq!(source.text("docs/a.md").await.as_deref(), Some("In docs"));
}

/// A server that is slow, yet not too slow.
#[tokio::test]
async fn a_body_that_comes_slowly_arrives() {
    let folder = two_folders();
    let script = Scripted::start(move |request| {
        if request.is("GET", "/docs/a.md") {
            let pause = Duration::from_millis(200);
            return answers::slowly(StatusCode::OK, "In docs", 1, pause);
        }
        folder.answer(request)
    })
    .await;
    let server = setup().start().await;
    let source = source_of(&server, &script).await;
    assert_eq!(source.text("docs/a.md").await.as_deref(), Some("In docs"));
}

#[tokio::test]
async fn entries_that_make_no_sense_do_not_hide_the_others() {
    let script = Scripted::start(|request| match request.path.as_str() {
        "/" if request.method.as_str() == "PROPFIND" => {
            answers::multistatus_of([
                answers::folder("/"),
                // A status alone, and one for a member that is not to be seen.
                answers::status("/locked.md", "423 Locked"),
                answers::status("/gone.md", "404 Not Found"),
                // No address, an address elsewhere, one above, one that is no URL.
                "<D:response/>".to_owned(),
                answers::file("http://elsewhere.test/x.md", "\"1\"", 4),
                answers::file("/../x.md", "\"1\"", 4),
                answers::file("%zz", "\"1\"", 4),
                // A date and a length that are none, and an ETag without quotes.
                answers::found(
                    "/odd.md",
                    "<D:resourcetype/><D:getlastmodified>yesterday</D:getlastmodified>\
                     <D:getcontentlength>some</D:getcontentlength><D:getetag>1</D:getetag>",
                ),
                // No property at all.
                answers::found("/bare.md", ""),
                answers::file("/good.md", "W/\"1\"", 4),
            ])
        }
        "/odd.md" | "/bare.md" | "/good.md" => answers::content("text", "\"1\""),
        _ => StatusCode::NOT_FOUND.into_response(),
    })
    .await;
    let server = setup().start().await;
    let source = source_of(&server, &script).await;
    for path in ["odd.md", "bare.md", "good.md"] {
        assert_eq!(source.text(path).await.as_deref(), Some("text"), "{path}");
    }
    assert_eq!(source.search("path:\"\"").await.len(), 3);
    let asked = script.requests();
    let strange = asked.iter().find(|request| request.path.contains("x.md"));
    assert!(strange.is_none(), "{strange:?}");
}

/// A document type could hold entities that grow without end, or name a file here.
#[tokio::test]
async fn a_listing_with_a_document_type_is_refused() {
    let folder = two_folders();
    let (script, fails) = failing(&folder, |request| {
        let listing = "<?xml version=\"1.0\"?>\
            <!DOCTYPE m [<!ENTITY e SYSTEM \"file:///etc/passwd\">]>\
            <D:multistatus xmlns:D=\"DAV:\"><D:response><D:href>/&e;</D:href>\
            </D:response></D:multistatus>";
        (request.method.as_str() == "PROPFIND").then(|| answers::multistatus(listing))
    })
    .await;
    let server = setup().start().await;
    let source = source_of(&server, &script).await;
    fails.store(true, Ordering::SeqCst);
    let sync = source.sync().await;
    assert_eq!(sync["state"], "failed", "{sync}");
    assert!(!sync["error"].as_str().unwrap().is_empty(), "{sync}");
    assert_eq!(source.text("docs/a.md").await.as_deref(), Some("In docs"));
}

/// What cannot be a source is not made one, and the answer says why.
#[tokio::test]
async fn what_is_no_source_is_told_at_once() {
    let page = || ([("content-type", "text/html")], "<html>Hello</html>").into_response();
    let website = Scripted::start(move |_| page()).await;
    let closed = Scripted::start(move |_| page()).await;
    let nothing_there = closed.url.clone();
    drop(closed);
    let server = setup().start().await;
    let ann = server.user("ann").await;
    let before = source_ids(&ann).await;
    for (url, words) in [
        (website.url.as_str(), "WebDAV"),
        (&nothing_there, "refuse"),
        ("http://no-such-name.invalid/", "no-such-name.invalid"),
        ("ftp://127.0.0.1/", "http"),
    ] {
        let body = json!({"name": "Wrong", "url": url, "auth": "none"});
        let refusal = ann.post("sources", body).await;
        refusal.problem(422);
        assert!(refusal.text.contains(words), "{url}: {}", refusal.text);
    }
    assert_eq!(source_ids(&ann).await, before);
}

/// Without the setting nobody reads from the server's own machine or network, however
/// the address is written.
#[tokio::test]
async fn this_machine_is_no_source_unless_it_is_allowed() {
    let script = Scripted::start(|_| answers::multistatus_of([answers::folder("/")])).await;
    let port = reqwest::Url::parse(&script.url).unwrap().port().unwrap();
    let server = Setup::new().start().await;
    let ann = server.user("ann").await;
    for host in [
        "127.0.0.1",
        "localhost",
        "2130706433",
        "0x7f.1",
        "[::ffff:127.0.0.1]",
        "0.0.0.0",
    ] {
        let url = format!("http://{host}:{port}/");
        let body = json!({"name": "Inside", "url": url, "auth": "none"});
        let refusal = ann.post("sources", body).await;
        refusal.problem(422);
        let text = &refusal.text;
        assert!(text.contains("allowed_networks"), "{host}: {text}");
    }
    assert!(script.requests().is_empty(), "{:?}", script.requests());
}
