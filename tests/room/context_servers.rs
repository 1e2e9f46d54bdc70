//! What is in a WebDAV folder is found, from every server that people run.

use std::{
    collections::BTreeSet,
    fs,
    process::Command,
    time::{SystemTime, UNIX_EPOCH},
};

use serde_json::{Value, json};

use crate::{
    context_source::{Source, assert_whole, body_of, is_stale, setup, skipped, source_ids},
    server::eventually,
    webdav::{
        Kind, PASSWORD, on_every_server, on_servers,
        tree::{Tree, Twins},
    },
};

async fn the_whole_tree_arrives(kind: Kind) {
    let tree = Tree::difficult();
    let program = kind.serve(tree.path()).await;
    let server = setup().start().await;
    let source = Source::of(&server.user("ann").await, kind, &program).await;
    assert_arrives(&tree, &source).await;
}
on_every_server!(the_whole_tree_arrives);

/// The built-in share is a WebDAV server too, and read as one.
#[tokio::test]
async fn the_whole_tree_arrives_from_the_built_in_share() {
    let tree = Tree::difficult().with_dangling_link();
    let server = setup().start().await;
    let source = Source {
        owner: server.user("ann").await,
        id: "share".to_owned(),
    };
    let share = server.setup().data_dir().join("share/default/ann");
    fs::create_dir_all(share.parent().unwrap()).unwrap();
    let copied = Command::new("cp")
        .arg("-a")
        .args([tree.path(), share.as_path()])
        .status()
        .unwrap();
    assert!(copied.success());
    assert_arrives(&tree, &source).await;
}

async fn assert_arrives(tree: &Tree, source: &Source) {
    let sync = source.sync().await;
    assert_whole(&sync);
    source.assert_has(&tree.files()).await;
    let skipped = skipped(&sync);
    for path in tree.skipped() {
        assert!(skipped.contains(path), "{path} is not in {skipped:?}");
        assert_eq!(source.file(path).await, None, "skipped, but found");
    }
    let twins = tree.twins().unwrap();
    let first = seen_of(twins, source).await;
    let one_is_named = first.len() == 1 && skipped.contains(&twins.path);
    assert!(first.len() == 2 || one_is_named, "{first:?}, {skipped:?}");
    // They are not taken for versions of one file, in turn.
    source.sync().await;
    assert_eq!(seen_of(twins, source).await, first);
}

/// The twins that are found: path, text and version. One has the path in normal form
/// C; the other, if it is not skipped, has its own.
async fn seen_of(twins: &Twins, source: &Source) -> BTreeSet<String> {
    let found = source.search("path:twins/").await;
    assert!(
        found.iter().any(|file| file["path"] == *twins.path),
        "{found:?}"
    );
    let seen: BTreeSet<String> = found
        .iter()
        .map(|file| format!("{} {} {}", file["path"], file["content"], file["version"]))
        .collect();
    let texts: BTreeSet<&str> = found
        .iter()
        .map(|file| file["content"].as_str().unwrap())
        .collect();
    assert_eq!(texts.len(), found.len(), "one is there twice: {found:?}");
    let known = |text: &&str| twins.texts.iter().any(|twin| twin == text);
    assert!(texts.iter().all(known), "{found:?}");
    seen
}

async fn what_changes_is_seen(kind: Kind) {
    let mut tree = Tree::new();
    tree.file("docs/same.md", "It stays");
    tree.file("docs/edited.md", "Before");
    tree.file("docs/removed.md", "It goes");
    let program = kind.serve(tree.path()).await;
    let server = setup().start().await;
    let source = Source::of(&server.user("ann").await, kind, &program).await;
    source.assert_has(&tree.files()).await;
    let before = source.sync().await;
    let same = source.file("docs/same.md").await.unwrap();
    let edited = source.file("docs/edited.md").await.unwrap();

    let change = || {
        tree.file("docs/edited.md", "Afterwards");
        tree.file("docs/new folder/added.md", "It came");
        tree.remove("docs/removed.md");
    };
    program.after(kind, "docs/", change).await;
    let sync = source.sync().await;
    assert_whole(&sync);
    assert_eq!(sync["files"], 3);
    source.assert_has(&tree.files()).await;
    assert_eq!(source.file("docs/removed.md").await, None);
    assert_eq!(
        source.file("docs/same.md").await.unwrap()["version"],
        same["version"]
    );
    let version = |file: &Value| file["version"].as_u64().unwrap();
    let now = source.file("docs/edited.md").await.unwrap();
    assert!(version(&now) > version(&edited), "{now} after {edited}");
    let generation = |sync: &Value| sync["generation"].as_u64().unwrap();
    assert!(generation(&sync) > generation(&before));
}
on_every_server!(what_changes_is_seen);

/// Nginx and wsgidav show nothing of it: neither ETag nor time nor size differ.
async fn a_change_within_the_second_that_leaves_the_size_is_seen(kind: Kind) {
    let mut tree = Tree::new();
    tree.file("docs/a.md", "text 000");
    let program = kind.serve(tree.path()).await;
    let server = setup().start().await;
    let source = Source::of(&server.user("ann").await, kind, &program).await;
    let second = |tree: &Tree| {
        let file = fs::metadata(tree.path().join("docs/a.md")).unwrap();
        let since = file.modified().unwrap().duration_since(UNIX_EPOCH);
        since.unwrap().as_secs()
    };
    // Until a sync fits between two changes within one second.
    for attempt in 1.. {
        assert!(attempt < 50, "no sync took less than a second");
        eventually("a second begins", async || {
            let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
            (now.subsec_millis() < 100).then_some(())
        })
        .await;
        let first = format!("text {attempt}a");
        program
            .after(kind, "docs/", || tree.file("docs/a.md", &first))
            .await;
        let began = second(&tree);
        source.sync().await;
        let last = format!("text {attempt}b");
        program
            .after(kind, "docs/", || tree.file("docs/a.md", &last))
            .await;
        if second(&tree) == began {
            source.sync().await;
            source.sync().await;
            assert_eq!(source.text("docs/a.md").await, Some(last));
            return;
        }
    }
}
on_every_server!(a_change_within_the_second_that_leaves_the_size_is_seen);

async fn a_wrong_password_is_told_at_once(kind: Kind) {
    let tree = Tree::new();
    let program = kind.serve(tree.path()).await;
    let server = setup().start().await;
    let ann = server.user("ann").await;
    let mut body = body_of(kind, &program);
    body["password"] = json!("not hers");
    let before = source_ids(&ann).await;
    let refusal = ann.post("sources", body).await;
    refusal.problem(422);
    assert!(refusal.text.contains("401"), "{}", refusal.text);
    assert!(!refusal.text.contains("not hers"), "{}", refusal.text);
    assert_eq!(source_ids(&ann).await, before, "it was added");
    // Nor is a good one exchanged for it.
    let source = Source::of(&ann, kind, &program).await;
    let update = json!({"id": source.id, "password": "not hers"});
    ann.post("sources/update", update).await.problem(422);
    assert_whole(&source.sync().await);
    let answer = ann.get("sources").await;
    answer.ok();
    assert!(!answer.text.contains(PASSWORD), "{}", answer.text);
}
on_every_server!(a_wrong_password_is_told_at_once);

async fn what_lies_beside_a_dangling_link_is_found(kind: Kind) {
    let tree = Tree::new().with_dangling_link();
    let program = kind.serve(tree.path()).await;
    let server = setup().start().await;
    let source = Source::of(&server.user("ann").await, kind, &program).await;
    source.assert_has(&tree.files()).await;
    assert_eq!(source.sync().await["files"], 1);
}
on_servers!(what_lies_beside_a_dangling_link_is_found:
    apache_basic = ApacheBasic,
    apache_digest = ApacheDigest,
    lighttpd = Lighttpd,
    rclone = Rclone,
    wsgidav = Wsgidav,
);

/// Nginx refuses to list it from then on; what was in it stays, and the rest goes on.
#[tokio::test]
async fn a_folder_that_gets_a_dangling_link_keeps_its_files() {
    let mut tree = Tree::new();
    tree.file("link/beside.md", "Beside a link to nowhere");
    tree.file("docs/a.md", "Before");
    let program = Kind::Nginx.serve(tree.path()).await;
    let server = setup().start().await;
    let source = Source::of(&server.user("ann").await, Kind::Nginx, &program).await;
    source.assert_has(&tree.files()).await;
    let mut tree = tree.with_dangling_link();
    tree.file("docs/a.md", "Afterwards");
    let sync = source.sync().await;
    assert!(is_stale(&sync, "link/beside.md"), "{sync}");
    assert!(!is_stale(&sync, "docs/a.md"), "{sync}");
    source.assert_has(&tree.files()).await;
}
