//! A file gets a new version when what it says has changed, and only then.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::{
    context_source::{Source, setup},
    webdav::{collection::Collection, scripted::Scripted},
};

#[tokio::test]
async fn versions_follow_what_a_file_says() {
    let folder = Collection::plain();
    folder.put("docs/a.md", "One");
    let served = folder.clone();
    let script = Scripted::start(move |request| served.answer(request)).await;
    let server = setup().start().await;
    let source = Source::of_scripted(&server.user("ann").await, &script).await;
    assert_eq!(source.history("docs/a.md").await.len(), 1);

    // Written anew with the same text, or with other line ends: no new version.
    folder.put("docs/a.md", "One");
    source.sync().await;
    folder.put("docs/a.md", "One\r\n");
    source.sync().await;
    assert_eq!(source.history("docs/a.md").await.len(), 1);

    for text in ["Two", "Three"] {
        folder.put("docs/a.md", text);
        source.sync().await;
    }
    let history = source.history("docs/a.md").await;
    let different = |member: &str| {
        let values = history.iter().map(|version| version[member].to_string());
        values.collect::<BTreeSet<_>>().len()
    };
    assert_eq!(history.len(), 3, "{history:?}");
    assert_eq!((different("version"), different("hash")), (3, 3));
    let versions = history.iter().map(|version| version["version"].as_u64());
    let newest = versions.max().unwrap().unwrap();
    assert_eq!(source.file("docs/a.md").await.unwrap()["version"], newest);

    folder.remove("docs/a.md");
    source.sync().await;
    assert_eq!(source.file("docs/a.md").await, None);
    let history = source.history("docs/a.md").await;
    // That it was gone is a version, too, without a hash.
    let deleted = history
        .iter()
        .filter(|version| version["hash"] == Value::Null);
    assert_eq!(deleted.count(), 1, "{history:?}");
}

/// What is gone for a month is forgotten; nothing else is.
#[tokio::test]
async fn versions_of_what_is_long_gone_are_forgotten() {
    let folder = Collection::plain();
    for path in ["a.md", "b.md", "c.md"] {
        folder.put(path, format!("Text of {path}"));
    }
    let served = folder.clone();
    let script = Scripted::start(move |request| served.answer(request)).await;
    let server = setup().start().await;
    let ann = server.user("ann").await;
    let source = Source::of_scripted(&ann, &script).await;
    folder.remove("a.md");
    folder.remove("b.md");
    source.sync().await;
    let mut connection = server.redis().await;
    let keys: Vec<String> = redis::cmd("KEYS")
        .arg(format!("*:{}:gone", source.id))
        .query_async(&mut connection)
        .await
        .unwrap();
    redis::cmd("ZADD")
        .arg(&keys)
        .arg(0)
        .arg("a.md")
        .query_async::<()>(&mut connection)
        .await
        .unwrap();
    folder.put("c.md", "More");
    source.sync().await;
    let history = |path| format!("context/history?path={path}&source={}", source.id);
    ann.get(&history("a.md")).await.problem(404);
    assert_eq!(source.history("b.md").await.len(), 2);
    assert_eq!(source.history("c.md").await.len(), 2);
}
