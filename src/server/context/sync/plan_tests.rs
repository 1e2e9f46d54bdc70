//! The rules of a plan, one by one.

use super::*;
use crate::{
    protocol::FileVersion,
    server::{
        context::dav::Etag,
        store::{FileRecord, VersionRecord},
    },
};

const NOW: i64 = 1_763_467_200_000;

fn at(millis: i64) -> Option<Timestamp> {
    Some(Timestamp::from_millis(millis))
}

fn entry(path: &str, etag: &str, modified: i64, size: u64) -> Entry {
    Entry {
        href: Href::from_stored(&format!("/dav/{path}")),
        path: path.to_owned(),
        is_folder: false,
        etag: Etag::parse(etag),
        modified: at(modified),
        size: Some(size),
        content_type: None,
    }
}

fn known(entry: &Entry, settled: bool) -> FileEntry {
    FileEntry {
        href: entry.href.to_string(),
        etag: entry.etag.as_ref().map(ToString::to_string),
        modified: entry.modified,
        size: entry.size,
        settled,
        omitted: None,
        record: FileRecord::Text(VersionRecord {
            version: FileVersion {
                version: 1,
                hash: Some("h".into()),
                updated_at: Timestamp::from_millis(NOW),
                bytes: 1,
            },
            tokens: 1,
        }),
    }
}

fn manifest(entries: &[(&str, FileEntry)]) -> HashMap<String, FileEntry> {
    entries
        .iter()
        .map(|(path, entry)| ((*path).to_owned(), entry.clone()))
        .collect()
}

fn seen(entries: Vec<Entry>) -> Seen {
    Seen {
        files: entries
            .into_iter()
            .map(|entry| (entry.path.clone(), entry))
            .collect(),
        at: at(NOW),
        ..Seen::default()
    }
}

fn paths(plan: &Plan) -> Vec<&str> {
    plan.wanted
        .iter()
        .map(|wanted| wanted.path.as_str())
        .collect()
}

#[test]
fn what_is_as_it_was_is_left_alone() {
    let old = entry("a.md", "\"1\"", NOW - 60_000, 5);
    let files = manifest(&[("a.md", known(&old, true))]);
    assert!(paths(&plan(&files, &seen(vec![old.clone()]), None)).is_empty());
    // Apache's tag turns from weak to strong with the file's age.
    let weak = entry("a.md", "W/\"1\"", NOW - 60_000, 5);
    assert!(paths(&plan(&files, &seen(vec![weak]), None)).is_empty());
}

#[test]
fn a_change_of_any_sign_is_read() {
    let old = entry("a.md", "\"1\"", NOW - 60_000, 5);
    let files = manifest(&[("a.md", known(&old, true))]);
    for changed in [
        entry("a.md", "\"2\"", NOW - 60_000, 5),
        entry("a.md", "\"1\"", NOW - 50_000, 5),
        entry("a.md", "\"1\"", NOW - 60_000, 6),
        entry("a.md", "", NOW - 60_000, 5),
    ] {
        let plan = plan(&files, &seen(vec![changed]), None);
        assert_eq!(paths(&plan), ["a.md"]);
        assert_eq!(plan.wanted[0].known_etag.as_deref(), Some("\"1\""));
    }
}

#[test]
fn what_was_read_within_the_second_of_its_change_is_read_again() {
    let fresh = entry("a.md", "\"1\"", NOW - 500, 5);
    let first = plan(&HashMap::new(), &seen(vec![fresh.clone()]), None);
    assert!(!first.wanted[0].settled);
    let files = manifest(&[("a.md", known(&fresh, false))]);
    let mut later = seen(vec![fresh.clone()]);
    later.at = at(NOW + 60_000);
    let second = plan(&files, &later, None);
    assert_eq!(paths(&second), ["a.md"]);
    assert!(second.wanted[0].settled);
    // A condition would be answered with "not modified" by a server that sees seconds.
    assert_eq!(second.wanted[0].known_etag, None);
}

#[test]
fn a_clock_that_is_a_little_ahead_settles_nothing() {
    let ahead = entry("a.md", "\"1\"", NOW + 500, 5);
    let plan = plan(&HashMap::new(), &seen(vec![ahead]), None);
    assert!(!plan.wanted[0].settled);
}

#[test]
fn without_time_and_tag_it_is_read_each_time() {
    let mut bare = entry("a.md", "", NOW, 5);
    bare.modified = None;
    assert!(!plan(&HashMap::new(), &seen(vec![bare]), None).wanted[0].settled);
}

#[test]
fn what_is_not_listed_is_gone_but_not_below_what_could_not_be_listed() {
    let old = entry("x", "\"1\"", NOW - 60_000, 5);
    let files = manifest(&[
        ("gone.md", known(&old, true)),
        ("dark/a.md", known(&old, true)),
        ("dark/deep/b.md", known(&old, true)),
        ("darker.md", known(&old, true)),
        ("bad.md", known(&old, true)),
        ("same/c.md", known(&old, true)),
        ("locked/d.md", known(&old, true)),
    ]);
    let mut seen = seen(Vec::new());
    seen.unread.insert("dark/".into(), "500".into());
    seen.unread.insert("bad.md".into(), "no such date".into());
    // A status alone does not tell that it is a folder.
    seen.unread.insert("locked".into(), "423".into());
    seen.unchanged.push("same/".into());
    let plan = plan(&files, &seen, None);
    assert_eq!(plan.removed, ["darker.md", "gone.md"]);
    assert_eq!(
        plan.stale,
        ["bad.md", "dark/a.md", "dark/deep/b.md", "locked/d.md"]
    );
}

#[test]
fn a_source_whose_own_folder_cannot_be_listed_keeps_everything() {
    let old = entry("x", "\"1\"", NOW - 60_000, 5);
    let files = manifest(&[("a.md", known(&old, true)), ("b/c.md", known(&old, true))]);
    let mut seen = seen(Vec::new());
    seen.unread.insert(String::new(), "403".into());
    let plan = plan(&files, &seen, None);
    assert_eq!((plan.removed.len(), plan.stale.len()), (0, 2));
}

#[test]
fn a_report_of_changes_removes_only_what_it_names() {
    let old = entry("x", "\"1\"", NOW - 60_000, 5);
    let files = manifest(&[
        ("a.md", known(&old, true)),
        ("folder/b.md", known(&old, true)),
        ("folder2/c.md", known(&old, true)),
        ("d.md", known(&old, false)),
    ]);
    let mut seen = seen(Vec::new());
    seen.removed = Some(vec!["folder".into()]);
    let plan = plan(&files, &seen, None);
    assert_eq!(plan.removed, ["folder/b.md"]);
    // One that may have changed without a trace is read even so.
    assert_eq!(paths(&plan), ["d.md"]);
    assert_eq!(plan.wanted[0].href.as_str(), "/dav/x");
}

#[test]
fn a_big_drop_needs_a_second_look() {
    let old = entry("x", "\"1\"", NOW - 60_000, 5);
    let files: HashMap<_, _> = (0..50)
        .map(|number| (format!("{number}.md"), known(&old, true)))
        .collect();
    let empty = seen(Vec::new());
    let first = plan(&files, &empty, None);
    assert_eq!((first.removed.len(), first.stale.len()), (0, 50));
    assert_eq!(first.missing, Some(50));
    let second = plan(&files, &empty, first.missing);
    assert_eq!((second.removed.len(), second.missing), (50, None));
    // Of a few files, or less than half, no second look is needed.
    let few: HashMap<_, _> = files.clone().into_iter().take(20).collect();
    assert_eq!(plan(&few, &empty, None).removed.len(), 20);
    let most: Vec<Entry> = (0..26)
        .map(|number| entry(&format!("{number}.md"), "\"1\"", NOW, 1))
        .collect();
    assert_eq!(plan(&files, &seen(most), None).removed.len(), 24);
}
