//! Versions, histories and counts of the next generation.

use super::*;
use crate::{
    protocol::Timestamp,
    server::context::{
        dav::Href,
        parse::{Limits, extract},
    },
};

fn wanted(path: &str) -> Wanted {
    Wanted {
        path: path.to_owned(),
        href: Href::from_stored(path),
        known_etag: None,
        etag: Some("\"1\"".into()),
        modified: Some(Timestamp::from_millis(1_763_467_200_000)),
        size: None,
        content_type: None,
        settled: true,
    }
}

fn read(text: &str) -> Outcome {
    Outcome::Text {
        text: extract("a.md", None, text.as_bytes(), &Limits::default()).unwrap(),
        etag: None,
        modified: None,
        bytes: text.len() as u64,
    }
}

/// One file through several generations, as [`super::super`] does it.
struct File {
    known: HashMap<String, FileEntry>,
    history: Vec<VersionRecord>,
    counts: HashMap<String, i64>,
}

impl File {
    fn new() -> Self {
        Self {
            known: HashMap::new(),
            history: Vec::new(),
            counts: HashMap::new(),
        }
    }

    fn next(&mut self, outcome: Option<Outcome>) -> NextGeneration {
        let plan = Plan {
            removed: match outcome {
                None => vec!["a.md".to_owned()],
                Some(_) => Vec::new(),
            },
            ..Plan::default()
        };
        let mut next = NextGeneration::new(3, self.known.clone(), &plan);
        if let Some(outcome) = outcome {
            next.take(&wanted("a.md"), outcome);
        }
        let paths = next.paths_with_new_versions();
        let histories = paths.iter().map(|_| self.history.clone()).collect();
        next.write_histories(paths, histories);
        for (path, entry) in next.manifest_changes() {
            match entry {
                Some(entry) => self.known.insert(path.to_owned(), entry.clone()),
                None => self.known.remove(path),
            };
        }
        if let Some((_, history)) = next.histories().next() {
            self.history = history.to_vec();
        }
        for (hash, count) in next.blob_counts() {
            *self.counts.entry(hash.clone()).or_default() += count;
        }
        next
    }

    fn numbers(&self) -> Vec<u64> {
        self.history
            .iter()
            .map(|record| record.version.version)
            .collect()
    }
}

#[test]
fn a_version_is_new_only_if_its_text_is() {
    let mut file = File::new();
    let first = file.next(Some(read("one")));
    assert_eq!(first.changes().added, 1);
    let again = file.next(Some(read("one\r\n")));
    assert!(!again.is_new(), "only line ends differ");
    let second = file.next(Some(read("two")));
    assert_eq!((second.changes().changed, second.changes().added), (1, 0));
    assert_eq!(file.numbers(), [2, 1]);
}

#[test]
fn old_versions_leave_and_their_texts_with_them() {
    let mut file = File::new();
    for text in ["one", "two", "one", "three", "four"] {
        file.next(Some(read(text)));
    }
    assert_eq!(file.numbers(), [5, 4, 3]);
    let mut needed: Vec<i64> = file.counts.values().copied().collect();
    needed.sort_unstable();
    // "two" is not needed any more, "one" still once.
    assert_eq!(needed, [0, 1, 1, 1]);
}

#[test]
fn a_file_that_comes_back_goes_on_counting() {
    let mut file = File::new();
    file.next(Some(read("one")));
    let gone = file.next(None);
    assert_eq!(gone.changes().removed, 1);
    assert_eq!(file.history[0].version.hash, None);
    file.next(Some(read("one")));
    assert_eq!(file.numbers(), [3, 2, 1]);
}

#[test]
fn a_file_of_another_size_than_listed_is_read_again() {
    let mut file = File::new();
    let mut next = NextGeneration::new(3, HashMap::new(), &Plan::default());
    let listed = Wanted {
        size: Some(10),
        ..wanted("a.md")
    };
    next.take(&listed, read("cut off"));
    assert!(next.files().all(|entry| !entry.settled));
    file.next(Some(read("whole")));
    assert!(file.known["a.md"].settled);
}

#[test]
fn what_is_gone_for_long_is_forgotten_with_its_texts() {
    let mut file = File::new();
    file.next(Some(read("one")));
    file.next(None);
    let mut next = NextGeneration::new(3, HashMap::new(), &Plan::default());
    next.forget(vec!["a.md".into()], vec![file.history.clone()]);
    assert_eq!(next.histories().next(), Some(("a.md", [].as_slice())));
    assert!(next.blob_counts().values().all(|count| *count == -1));
    // One that has come back meanwhile is not.
    file.next(Some(read("one")));
    let mut next = NextGeneration::new(3, file.known.clone(), &Plan::default());
    next.forget(vec!["a.md".into()], vec![file.history.clone()]);
    let kept = next.histories().next().map(|(_, history)| history.len());
    assert_eq!(kept, Some(file.history.len()));
}

#[test]
fn a_failure_keeps_what_is_known() {
    let mut file = File::new();
    file.next(Some(read("one")));
    let before = file.known.clone();
    let next = file.next(Some(Outcome::Failed("503".into())));
    assert!(!next.is_new());
    assert_eq!(next.failed.len(), 1);
    assert_eq!(file.known, before);
}

#[test]
fn a_skipped_file_is_named_with_its_reason() {
    let mut file = File::new();
    let next = file.next(Some(Outcome::Skipped("not text".into())));
    assert!(next.is_new());
    assert_eq!(next.skipped()[0].reason, "not text");
    assert!(file.history.is_empty(), "it has no version");
    let again = file.next(Some(Outcome::Skipped("not text".into())));
    assert!(!again.is_new());
}
