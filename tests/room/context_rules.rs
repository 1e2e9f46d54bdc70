//! What sources accept, and what may be changed of them.

use serde_json::{Value, json};

use crate::{
    context_source::{Source, setup},
    webdav::{Kind, PASSWORD, USER, collection::Collection, scripted::Scripted, tree::Tree},
};

async fn script_of(folder: &Collection) -> Scripted {
    let served = folder.clone();
    Scripted::start(move |request| served.answer(request)).await
}

#[tokio::test]
async fn bad_fields_are_named() {
    let script = script_of(&Collection::plain()).await;
    let server = setup().start().await;
    let ann = server.user("ann").await;
    let good = json!({"name": "Docs", "url": script.url});
    let with = |more: Value| {
        let mut body = good.clone();
        let more = more.as_object().unwrap().clone();
        body.as_object_mut().unwrap().extend(more);
        body
    };
    for (body, field) in [
        (json!({"name": "Docs"}), "url"),
        (with(json!({"name": ""})), "name"),
        (with(json!({"name": "a\nb"})), "name"),
        (with(json!({"url": "ftp://a.example/"})), "url"),
        (with(json!({"url": "no address"})), "url"),
        (with(json!({"url": "http://a:b@127.0.0.1/"})), "url"),
        (with(json!({"auth": "magic"})), "auth"),
        (with(json!({"auth": "basic", "username": "u"})), "password"),
        (with(json!({"auth": "basic", "password": "p"})), "username"),
        (with(json!({"auth": "bearer"})), "token"),
        (with(json!({"interval_seconds": 29})), "interval_seconds"),
        (with(json!({"include": ["a["]})), "include"),
        (with(json!({"exclude": ["{a"]})), "exclude"),
        (with(json!({"max_files": 0})), "max_files"),
        (with(json!({"max_file_bytes": 0})), "max_file_bytes"),
    ] {
        let problem = ann.post("sources", body.clone()).await.problem(422);
        assert_eq!(problem["errors"][0]["field"], field, "{body}: {problem}");
    }
    // None of them left anything behind.
    assert_eq!(ann.get("sources").await.ok().as_array().unwrap().len(), 1);
    let added = ann.post("sources", good).await.ok();
    // An agent does not change what its user set up.
    let session = ann.register("Cece").await.client;
    let body = json!({"name": "Mine", "url": script.url});
    session.post("sources", body).await.problem(403);
    let body = json!({"id": added["id"], "name": "Mine"});
    session
        .post("sources/update", body.clone())
        .await
        .problem(403);
    session.post("sources/delete", body).await.problem(403);
}

#[tokio::test]
async fn there_is_an_end_to_how_many_sources_one_has() {
    let script = script_of(&Collection::plain()).await;
    let server = setup().start().await;
    let ann = server.user("ann").await;
    let before = ann.get("sources").await.ok().as_array().unwrap().len();
    let body = json!({"name": "Docs", "url": script.url});
    for _ in before..32 {
        ann.post("sources", body.clone()).await.ok();
    }
    ann.post("sources", body).await.problem(409);
}

#[tokio::test]
async fn a_password_goes_to_no_other_server_than_the_one_it_was_given_for() {
    let mut tree = Tree::new();
    tree.file("a.md", "A walrus");
    let program = Kind::ApacheBasic.serve(tree.path()).await;
    let server = setup().start().await;
    let ann = server.user("ann").await;
    let source = Source::of(&ann, Kind::ApacheBasic, &program).await;
    let thief = script_of(&Collection::plain()).await;
    let body = json!({"id": source.id, "url": thief.url});
    let problem = ann.post("sources/update", body).await.problem(422);
    assert_eq!(problem["errors"][0]["field"], "password");
    assert!(
        thief.requests().is_empty(),
        "it was asked with the password"
    );
    // Nor is it shown to the server itself in a way that it was not given for.
    for (auth, field) in [("bearer", "token"), ("digest", "password")] {
        let body = json!({"id": source.id, "auth": auth});
        let problem = ann.post("sources/update", body).await.problem(422);
        assert_eq!(problem["errors"][0]["field"], field, "{problem}");
    }
    // On the same server it may stay.
    let body = json!({"id": source.id, "url": program.url, "name": "Renamed"});
    let changed = ann.post("sources/update", body).await.ok();
    assert_eq!(changed["name"], "Renamed");
    assert!(changed.get("password").is_none() && changed["username"] == USER);
    assert_eq!(source.search("walrus").await.len(), 1);
    let body = json!({"id": source.id, "password": "wrong"});
    let problem = ann.post("sources/update", body).await.problem(422);
    assert!(
        problem["detail"].as_str().unwrap().contains("401"),
        "{problem}"
    );
    let body = json!({"id": source.id, "password": PASSWORD});
    ann.post("sources/update", body).await.ok();
}

#[tokio::test]
async fn patterns_and_limits_decide_what_is_read() {
    let folder = Collection::plain();
    folder.put("docs/a.md", "A walrus");
    folder.put("docs/b.txt", "A walrus");
    folder.put("drafts/c.md", "A walrus");
    folder.put("docs/long.md", "walrus ".repeat(1000));
    let script = script_of(&folder).await;
    let server = setup().start().await;
    let ann = server.user("ann").await;
    let body = json!({
        "name": "Docs", "url": script.url,
        "include": ["*.md"], "exclude": ["drafts/**"], "max_file_bytes": 1000,
    });
    let source = Source::add(&ann, body).await;
    let found = source.search("walrus").await;
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(found[0]["path"], "docs/a.md");
    assert_eq!(
        script.count("PROPFIND", "/drafts/"),
        0,
        "it is not even listed"
    );
    assert_eq!(
        script.count("GET", "/docs/long.md"),
        0,
        "its size was listed"
    );
    let sync = source.sync().await;
    assert_eq!(sync["skipped"][0]["path"], "docs/long.md");
    assert_eq!(sync["files"], 1);

    // Another limit: what was too large is read, though it did not change.
    let body = json!({"id": source.id, "max_file_bytes": 100_000});
    ann.post("sources/update", body).await.ok();
    assert_eq!(source.sync().await["files"], 2);

    // Other patterns: other files, without those that do not match any more.
    let body = json!({"id": source.id, "include": ["*.txt"], "exclude": []});
    ann.post("sources/update", body).await.ok();
    source.sync().await;
    let found = source.search("walrus").await;
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(found[0]["path"], "docs/b.txt");

    let body = json!({"id": source.id, "include": [], "max_files": 2});
    ann.post("sources/update", body).await.ok();
    let sync = source.sync().await;
    assert_eq!(sync["state"], "failed");
    let error = sync["error"].as_str().unwrap();
    assert!(
        error.contains("more than 2 files") && error.contains("max_files"),
        "{error}"
    );
    assert_eq!(
        source.search("walrus").await.len(),
        1,
        "what was there stays"
    );
}

/// Another folder may have files of the same names, times and sizes, and none of the
/// many others.
#[tokio::test]
async fn another_address_is_another_folder() {
    let folders = ["first", "other"].map(|word| {
        let folder = Collection::plain();
        folder.put("same.md", format!("A {word} walrus"));
        folder
    });
    for number in 0..40 {
        folders[0].put(&format!("{number}.md"), "An old narwhal");
    }
    let scripts = [script_of(&folders[0]).await, script_of(&folders[1]).await];
    let server = setup().start().await;
    let ann = server.user("ann").await;
    let source = Source::of_scripted(&ann, &scripts[0]).await;
    let before = source.sync().await["generation"].as_u64().unwrap();
    assert_eq!(source.search("narwhal").await.len(), 40);
    let body = json!({"id": source.id, "url": scripts[1].url});
    ann.post("sources/update", body).await.ok();
    let after = source.sync().await["generation"].as_u64().unwrap();
    assert_eq!(after, before + 1, "one look is enough");
    assert_eq!(source.search("narwhal").await.len(), 0);
    let text = source.text("same.md").await;
    assert_eq!(text.as_deref(), Some("A other walrus"));
}

#[tokio::test]
async fn a_removed_source_leaves_nothing_behind() {
    let folder = Collection::plain();
    folder.put("a.md", "A walrus");
    let script = script_of(&folder).await;
    let server = setup().start().await;
    let ann = server.user("ann").await;
    let source = Source::of_scripted(&ann, &script).await;
    assert_eq!(source.search("walrus").await.len(), 1);
    ann.post("sources/delete", json!({"id": source.id}))
        .await
        .ok();
    let answer = ann.get("context?query=walrus").await.ok();
    assert_eq!(answer["total_matches"], 0);
    ann.get("context/history?path=a.md").await.problem(404);
    ann.post("sources/delete", json!({"id": source.id}))
        .await
        .problem(404);
    let keys: Vec<String> = redis::cmd("KEYS")
        .arg(format!("*{}*", source.id))
        .query_async(&mut server.redis().await)
        .await
        .unwrap();
    assert_eq!(keys, Vec::<String>::new());
    script.take();
    ann.get("context?query=walrus&sync=true").await.ok();
    assert!(script.requests().is_empty(), "it is still read");
}
