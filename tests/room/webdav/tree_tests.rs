//! Whether the difficult tree is what it says it is, on the disk of whoever runs the
//! tests: some file systems normalize names.

use std::{collections::BTreeSet, fs};

use super::tree::{CROWD, LONG, Tree, contents};

#[test]
fn what_is_expected_is_on_disk() {
    let tree = Tree::difficult();
    let files = tree.files();
    let twins = tree.twins().unwrap();
    let on_disk = contents(tree.path());
    assert_eq!(files.len() + tree.skipped().len() + 2, on_disk.len());
    assert!(files.iter().all(|file| file.path != twins.path));
    for text in &twins.texts {
        assert!(on_disk.iter().any(|bytes| bytes == text.as_bytes()));
    }
    // What is not written as it reads, and what is not named as it is expected.
    let special = |path: &str| path.starts_with("encodings/") || path.starts_with("decomposed/");
    for file in files.iter().filter(|file| !special(&file.path)) {
        let bytes = fs::read(tree.path().join(&file.path)).unwrap();
        assert_eq!(bytes, file.text.as_bytes(), "{}", file.path);
    }
    let crowd = tree.path().join("crowd").read_dir().unwrap();
    assert_eq!(crowd.count(), CROWD);
    let long = fs::metadata(tree.path().join("skipped/long.txt")).unwrap();
    assert_eq!(usize::try_from(long.len()).unwrap(), LONG);
    // Tests tell files apart by their text.
    let texts: BTreeSet<&str> = files.iter().map(|file| file.text.as_str()).collect();
    let same = ["encodings/marked.txt", "encodings/utf-16.txt"].len() - 1;
    assert_eq!(texts.len() + same, files.len());
}

#[test]
fn a_file_that_was_removed_is_not_expected() {
    let mut tree = Tree::new();
    tree.file("docs/a.md", "a");
    tree.file("docs/a.md", "b");
    assert_eq!(tree.files()[0].text, "b");
    tree.remove("docs/a.md");
    assert!(tree.files().is_empty() && contents(tree.path()).is_empty());
}
