//! Where a folder's ETag changes with everything below it (Nextcloud, ownCloud), a
//! folder whose ETag is as it was is not visited. Nothing that changed is missed by it.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use axum::{http::StatusCode, response::IntoResponse};
use serde_json::json;

use crate::{
    context_source::{Source, assert_whole, is_stale, setup},
    server::Server,
    webdav::{collection::Collection, scripted::Scripted},
};

/// A folder, the server that serves it, and the source that reads it.
struct Cloud {
    folder: Collection,
    script: Scripted,
    /// While it is on, `notes/c.md` and the listing of `closed` are refused.
    refuses: Arc<AtomicBool>,
    source: Source,
    _server: Server,
}

impl Cloud {
    async fn of(folder: Collection) -> Self {
        let served = folder.clone();
        let refuses = Arc::<AtomicBool>::default();
        let on = Arc::clone(&refuses);
        let script = Scripted::start(move |request| {
            let refused = request.is("GET", "/notes/c.md")
                || request.is("PROPFIND", "/docs/closed/") && request.header("depth") == "1";
            if refused && on.load(Ordering::SeqCst) {
                return StatusCode::FORBIDDEN.into_response();
            }
            served.answer(request)
        })
        .await;
        let server = setup().start().await;
        let source = Source::of_scripted(&server.user("ann").await, &script).await;
        script.take();
        Self {
            folder,
            script,
            refuses,
            source,
            _server: server,
        }
    }

    /// The folders that were listed since the last call.
    fn listed(&self) -> Vec<String> {
        let asked = self.script.take().into_iter();
        let listed = asked.filter(|request| request.header("depth") == "1");
        let mut listed: Vec<String> = listed.map(|request| request.path).collect();
        listed.sort();
        listed
    }
}

fn some_folders() -> Collection {
    let folder = Collection::cloud();
    folder.put("docs/a.md", "The first");
    folder.put("docs/closed/b.md", "The second");
    folder.put("docs/deep/er/x.md", "The deepest");
    folder.put("notes/c.md", "The third");
    folder
}

#[tokio::test]
async fn only_folders_in_which_something_changed_are_visited() {
    let cloud = Cloud::of(some_folders()).await;
    assert_whole(&cloud.source.sync().await);
    assert_eq!(cloud.listed(), ["/"]);
    // What was left out once is still known, and left out again.
    cloud.folder.put("docs/a.md", "The first, afterwards");
    cloud.folder.remove("notes/c.md");
    let sync = cloud.source.sync().await;
    assert_whole(&sync);
    assert_eq!(sync["files"], 3, "{sync}");
    assert_eq!(cloud.listed(), ["/", "/docs/", "/notes/"]);
    let text = cloud.source.text("docs/a.md").await;
    assert_eq!(text.as_deref(), Some("The first, afterwards"));
    assert_eq!(cloud.source.file("notes/c.md").await, None);
    let text = cloud.source.text("docs/deep/er/x.md").await;
    assert_eq!(text.as_deref(), Some("The deepest"));
}

/// On all other servers a folder's ETag says nothing of what is below.
#[tokio::test]
async fn elsewhere_all_folders_are_visited() {
    let folder = Collection::plain();
    folder.put("docs/deep/x.md", "Deep");
    let cloud = Cloud::of(folder).await;
    cloud.folder.put("docs/deep/x.md", "Deep, afterwards");
    assert_whole(&cloud.source.sync().await);
    assert_eq!(cloud.listed(), ["/", "/docs/", "/docs/deep/"]);
    let text = cloud.source.text("docs/deep/x.md").await;
    assert_eq!(text.as_deref(), Some("Deep, afterwards"));
}

#[tokio::test]
async fn a_folder_is_visited_again_until_all_below_it_was_read() {
    let cloud = Cloud::of(some_folders()).await;
    cloud.refuses.store(true, Ordering::SeqCst);
    cloud
        .folder
        .put("docs/closed/b.md", "The second, afterwards");
    let sync = cloud.source.sync().await;
    assert!(is_stale(&sync, "docs/closed/b.md"), "{sync}");
    cloud.refuses.store(false, Ordering::SeqCst);
    assert_whole(&cloud.source.sync().await);
    let text = cloud.source.text("docs/closed/b.md").await;
    assert_eq!(text.as_deref(), Some("The second, afterwards"));
}

#[tokio::test]
async fn a_folder_is_visited_again_until_each_file_of_it_was_read() {
    let cloud = Cloud::of(some_folders()).await;
    cloud.refuses.store(true, Ordering::SeqCst);
    cloud.folder.put("notes/c.md", "The third, afterwards");
    let sync = cloud.source.sync().await;
    assert!(is_stale(&sync, "notes/c.md"), "{sync}");
    cloud.refuses.store(false, Ordering::SeqCst);
    assert_whole(&cloud.source.sync().await);
    let text = cloud.source.text("notes/c.md").await;
    assert_eq!(text.as_deref(), Some("The third, afterwards"));
}

/// A file that was read in the second of its change may have changed once more, and
/// neither its ETag nor its folder's says so.
#[tokio::test]
async fn a_folder_with_a_file_that_may_have_changed_without_a_trace_is_visited() {
    let folder = some_folders();
    folder.put_fresh("notes/fresh.md", "Before");
    let cloud = Cloud::of(folder).await;
    cloud.folder.slip("notes/fresh.md", "After!");
    cloud.source.sync().await;
    let text = cloud.source.text("notes/fresh.md").await;
    assert_eq!(text.as_deref(), Some("After!"));
}

#[tokio::test]
async fn most_of_many_files_are_gone_only_if_they_are_gone_twice() {
    let folder = some_folders();
    for n in 1..=50 {
        folder.put(&format!("many/{n}.md"), format!("Number {n}"));
    }
    let cloud = Cloud::of(folder).await;
    cloud.folder.remove("many/");
    cloud.source.sync().await;
    assert!(
        cloud.source.file("many/1.md").await.is_some(),
        "gone at once"
    );
    let sync = cloud.source.sync().await;
    let file = cloud.source.file("many/1.md").await;
    assert_eq!((file, &sync["files"]), (None, &json!(4)));
}
