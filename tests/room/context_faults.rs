//! A node or Redis dies in the middle of a synchronisation, or two nodes want it at
//! once. Whatever happens, what is served is one complete generation: never half of
//! an old and half of a new one.

use std::{
    convert::Infallible,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use axum::{
    body::{Body, Bytes},
    response::{IntoResponse, Response},
};
use futures::stream;
use serde_json::{Value, json};
use tokio::{
    sync::watch,
    time::{Instant, sleep},
};

use crate::{
    client::{Client, list},
    context_source::{Source, setup},
    external_redis::ExternalRedis,
    server::{PATIENCE, eventually},
    webdav::{
        collection::Collection,
        scripted::{Request, Scripted},
    },
};

/// How many files an edition has: more than are read at once.
const FILES: usize = 40;

/// Longer than a lease lasts, and then the work itself.
const TAKEOVER: Duration = Duration::from_secs(40);

/// Writes all files anew. Each says of which edition it is.
fn publish(folder: &Collection, edition: usize) {
    for number in 0..FILES {
        folder.put(
            &format!("{number}.md"),
            format!("Page {number} of edition number {edition}"),
        );
    }
}

/// Which edition is served; panics if it is more than one, or not all of one.
/// `None` while it cannot be said, because Redis is away.
async fn edition(client: &Client) -> Option<usize> {
    let answer = client
        .get("context?query=edition%20number&max_results=100")
        .await;
    if answer.status == 503 {
        return None;
    }
    let files = list(&answer.ok()["matched_files"]);
    let mut editions: Vec<usize> = files.iter().map(edition_of).collect();
    assert_eq!(editions.len(), FILES, "not all files are served");
    editions.dedup();
    assert_eq!(editions.len(), 1, "mixed: {editions:?}");
    editions.pop()
}

fn edition_of(file: &Value) -> usize {
    let content = file["content"].as_str().unwrap();
    content.rsplit(' ').next().unwrap().parse().unwrap()
}

/// An answer that comes only when the gate opens.
fn held(mut gate: watch::Receiver<bool>, answer: Response) -> Response {
    let body = stream::once(async move {
        let _ = gate.wait_for(|open| *open).await;
        let (_, body) = answer.into_parts();
        let bytes = axum::body::to_bytes(body, usize::MAX).await.unwrap();
        Ok::<Bytes, Infallible>(bytes)
    });
    Body::from_stream(body).into_response()
}

/// A folder whose reading stops at one file while the gate is closed.
async fn gated(folder: &Collection) -> (Scripted, watch::Sender<bool>) {
    let (gate, closed) = watch::channel(true);
    let folder = folder.clone();
    let script = Scripted::start(move |request: &Request| {
        let answer = folder.answer(request);
        if request.is("GET", "/7.md") && !*closed.borrow() {
            return held(closed.clone(), answer);
        }
        answer
    })
    .await;
    (script, gate)
}

#[tokio::test]
async fn a_node_that_dies_leaves_the_old_generation_and_another_makes_the_new_one() {
    let redis = ExternalRedis::start().await;
    let setup = setup().redis(&redis.url());
    let (mut a, b) = (setup.start().await, setup.start().await);
    let folder = Collection::plain();
    publish(&folder, 1);
    let (script, gate) = gated(&folder).await;
    let ann = a.user("ann").await;
    let source = Source::of_scripted(&ann, &script).await;
    assert_eq!(edition(&ann).await, Some(1));

    // Only one of the nodes may take it, or the other would finish it.
    let ann_at_b = ann.at(&b.url);
    publish(&folder, 2);
    gate.send_replace(false);
    script.take();
    ann.post("sources/sync", json!({"id": source.id}))
        .await
        .ok();
    eventually("the new edition is being read", async || {
        (script.count("GET", "/7.md") > 0).then_some(())
    })
    .await;
    // Whichever node reads it, the other serves the old edition meanwhile.
    assert_eq!(edition(&ann_at_b).await, Some(1));
    a.crash().await;
    assert_eq!(edition(&ann_at_b).await, Some(1));
    gate.send_replace(true);

    let until = Instant::now() + TAKEOVER;
    while edition(&ann_at_b).await != Some(2) {
        assert!(Instant::now() < until, "nobody took the work over");
        sleep(Duration::from_millis(50)).await;
    }
}

/// Who holds the lease of a source, if anybody does, and for how many milliseconds.
async fn lease(redis: &ExternalRedis, source: &Source) -> Option<(String, i64)> {
    let mut connection = redis.connection().await;
    let keys: Vec<String> = redis::cmd("KEYS")
        .arg(format!("*:{}:lease", source.id))
        .query_async(&mut connection)
        .await
        .unwrap();
    let key = keys.first()?;
    let (holder, millis): (Option<String>, i64) = redis::pipe()
        .get(key)
        .pttl(key)
        .query_async(&mut connection)
        .await
        .unwrap();
    Some((holder?, millis))
}

/// Or another node would begin anew what takes long, and again, and never end.
#[tokio::test]
async fn a_lease_is_kept_as_long_as_the_work_takes() {
    let redis = ExternalRedis::start().await;
    let server = setup().redis(&redis.url()).start().await;
    let folder = Collection::plain();
    publish(&folder, 1);
    let (script, gate) = gated(&folder).await;
    let ann = server.user("ann").await;
    let source = Source::of_scripted(&ann, &script).await;
    publish(&folder, 2);
    gate.send_replace(false);
    ann.post("sources/sync", json!({"id": source.id}))
        .await
        .ok();
    let mut first = None;
    let mut least = i64::MAX;
    eventually("the lease is prolonged", async || {
        let (holder, left) = lease(&redis, &source).await?;
        assert_eq!(*first.get_or_insert(holder.clone()), holder, "it was lost");
        let longer = left > least;
        least = least.min(left);
        longer.then_some(())
    })
    .await;
    gate.send_replace(true);
}

#[tokio::test]
async fn redis_may_die_at_any_moment_of_a_flip() {
    let mut redis = ExternalRedis::start().await;
    let server = setup().redis(&redis.url()).start().await;
    let ann = server.user("ann").await;
    let folder = Collection::plain();
    publish(&folder, 1);
    let served = folder.clone();
    let script = Scripted::start(move |request| served.answer(request)).await;
    let source = Source::of_scripted(&ann, &script).await;
    // How long one takes, to spread the deaths over it.
    let begun = Instant::now();
    publish(&folder, 2);
    source.sync().await;
    let usual = begun.elapsed();
    assert_eq!(edition(&ann).await, Some(2));

    const ROUNDS: u32 = 10;
    for round in 0..ROUNDS {
        let next = 3 + round as usize;
        publish(&folder, next);
        let before = edition(&ann).await.unwrap();
        ann.post("sources/sync", json!({"id": source.id}))
            .await
            .ok();
        sleep(usual * round / ROUNDS).await;
        redis.kill();
        redis.restart().await;
        let after = eventually("context is served again", async || edition(&ann).await).await;
        assert!(
            after == before || after == next,
            "edition {after} between {before} and {next}"
        );
        eventually("the new edition is there", async || {
            let sync = ann.post("sources/sync", json!({"id": source.id, "wait": true}));
            let answer = sync.await;
            (answer.status == 200).then_some(())?;
            (edition(&ann).await? == next).then_some(())
        })
        .await;
    }
}

#[tokio::test]
async fn of_two_nodes_one_reads_at_a_time() {
    let redis = ExternalRedis::start().await;
    let setup = setup().redis(&redis.url());
    let (a, b) = (setup.start().await, setup.start().await);
    let folder = Collection::plain();
    publish(&folder, 1);
    let ann = a.user("ann").await;
    let ann_at_b = ann.at(&b.url);

    // A synchronisation begins with a question of depth 0 and may not begin while a
    // file of another is being read.
    let overlaps = Arc::new(AtomicUsize::new(0));
    let reading = Arc::new(AtomicUsize::new(0));
    let (served, seen, readers) = (folder.clone(), Arc::clone(&overlaps), Arc::clone(&reading));
    let script = Scripted::start(move |request: &Request| {
        if request.header("depth") == "0" && readers.load(Ordering::SeqCst) > 0 {
            seen.fetch_add(1, Ordering::SeqCst);
        }
        let answer = served.answer(request);
        if request.is("GET", "/7.md") {
            readers.fetch_add(1, Ordering::SeqCst);
            let readers = Arc::clone(&readers);
            let body = stream::once(async move {
                // Not to wait for something: it is the length of the reading.
                sleep(Duration::from_millis(150)).await;
                readers.fetch_sub(1, Ordering::SeqCst);
                let (_, body) = answer.into_parts();
                Ok::<Bytes, Infallible>(axum::body::to_bytes(body, usize::MAX).await.unwrap())
            });
            return Body::from_stream(body).into_response();
        }
        answer
    })
    .await;
    let source = Source::of_scripted(&ann, &script).await;
    for edition in 2..6 {
        publish(&folder, edition);
        let body = json!({"id": source.id, "wait": true});
        let calls = [&ann, &ann_at_b, &ann, &ann_at_b].map(|client| {
            let body = body.clone();
            async move { client.post("sources/sync", body).await.ok() }
        });
        futures::future::join_all(calls).await;
    }
    assert_eq!(overlaps.load(Ordering::SeqCst), 0, "two read at once");
    assert_eq!(edition(&ann).await, Some(5));
    assert_eq!(edition(&ann_at_b).await, Some(5), "every node serves it");
}

#[tokio::test]
async fn a_server_that_stops_in_the_middle_ends_soon_and_the_next_one_goes_on() {
    let folder = Collection::plain();
    publish(&folder, 1);
    let (script, gate) = gated(&folder).await;
    let redis = ExternalRedis::start().await;
    let setup = setup().redis(&redis.url());
    let mut server = setup.start().await;
    let ann = server.user("ann").await;
    let source = Source::of_scripted(&ann, &script).await;
    publish(&folder, 2);
    gate.send_replace(false);
    script.take();
    ann.post("sources/sync", json!({"id": source.id}))
        .await
        .ok();
    eventually("the new edition is being read", async || {
        (script.count("GET", "/7.md") > 0).then_some(())
    })
    .await;
    let begun = Instant::now();
    server.signal(rustix::process::Signal::TERM);
    assert!(server.ended().await.success());
    assert!(begun.elapsed() < PATIENCE / 2, "it waited for the source");
    assert_eq!(lease(&redis, &source).await, None, "nobody could go on");

    gate.send_replace(true);
    let again = setup.start().await;
    let ann = ann.at(&again.url);
    assert!(edition(&ann).await.is_some(), "the index is built anew");
    eventually("the new edition is there", async || {
        (edition(&ann).await? == 2).then_some(())
    })
    .await;
}

/// What the old address said does not become the source's after the change.
#[tokio::test]
async fn a_source_that_changes_while_it_is_read_is_read_anew() {
    let (old, new) = (Collection::plain(), Collection::plain());
    publish(&old, 1);
    publish(&new, 3);
    let (script, gate) = gated(&old).await;
    let server = setup().start().await;
    let ann = server.user("ann").await;
    let source = Source::of_scripted(&ann, &script).await;

    old.put("old.md", "What only the old folder has");
    publish(&old, 2);
    gate.send_replace(false);
    script.take();
    ann.post("sources/sync", json!({"id": source.id}))
        .await
        .ok();
    eventually("the old folder is being read", async || {
        (script.count("GET", "/7.md") > 0).then_some(())
    })
    .await;
    let other = Scripted::start(move |request| new.answer(request)).await;
    let body = json!({"id": source.id, "url": other.url});
    ann.post("sources/update", body).await.ok();
    gate.send_replace(true);

    let begun = Instant::now();
    source.sync().await;
    let waited = begun.elapsed();
    assert!(waited < Duration::from_secs(8), "it waited for a lease");
    assert_eq!(edition(&ann).await, Some(3));
    let versions = source.history("0.md").await;
    assert_eq!(versions.len(), 2, "editions 1 and 3: {versions:?}");
}
