use super::*;

/// A folder with a repository in `repo`, made as git would, and its real path.
fn repository_in(home: &Path, config: &str) -> PathBuf {
    let top = fs::canonicalize(home).unwrap().join("repo");
    fs::create_dir_all(top.join(".git")).unwrap();
    fs::write(top.join(".git/HEAD"), "ref: refs/heads/main\n").unwrap();
    fs::write(top.join(".git/config"), config).unwrap();
    fs::create_dir_all(top.join("src")).unwrap();
    top
}

const ORIGIN: &str = "[remote \"origin\"]\n\turl = git@github.com:ann/leitl.git\n";

#[test]
fn a_file_is_named_by_its_repository_and_path() {
    let home = tempfile::tempdir().unwrap();
    let top = repository_in(home.path(), ORIGIN);
    let expected = Some(Place {
        repository: "github.com/ann/leitl".into(),
        path: "src/new/a.rs".into(),
    });
    assert_eq!(place(&top.join("src/new/a.rs")), expected);
    assert_eq!(place(&top.join("src/gone/../new/./a.rs")), expected);
    let link = top.parent().unwrap().join("link");
    std::os::unix::fs::symlink(&top, &link).unwrap();
    assert_eq!(place(&link.join("src/new/a.rs")), expected);
    assert_eq!(place(Path::new("src/new/a.rs")), None);
    assert_eq!(name(&top.join("src")).as_deref(), Some("leitl"));
}

#[test]
fn work_trees_are_of_one_repository() {
    let home = tempfile::tempdir().unwrap();
    let top = repository_in(home.path(), ORIGIN);
    let second = top.with_file_name("second");
    fs::create_dir(&second).unwrap();
    let own = top.join(".git/worktrees/second");
    fs::create_dir_all(&own).unwrap();
    fs::write(own.join("HEAD"), "ref: refs/heads/other\n").unwrap();
    fs::write(own.join("commondir"), "../..\n").unwrap();
    fs::write(second.join(".git"), format!("gitdir: {}\n", own.display())).unwrap();
    assert_eq!(place(&second.join("a.rs")), place(&top.join("a.rs")));

    // A submodule has a git folder of its own there.
    let sub = top.join("sub");
    fs::create_dir(&sub).unwrap();
    let own = top.join(".git/modules/sub");
    fs::create_dir_all(&own).unwrap();
    fs::write(own.join("HEAD"), "ref: refs/heads/main\n").unwrap();
    fs::write(
        own.join("config"),
        "[remote \"origin\"]\nurl = https://a.b/c/d\n",
    )
    .unwrap();
    fs::write(sub.join(".git"), "gitdir: ../.git/modules/sub").unwrap();
    let found = place(&sub.join("a.rs")).unwrap();
    assert_eq!(
        (found.repository.as_str(), found.path.as_str()),
        ("a.b/c/d", "a.rs")
    );
}

#[test]
fn without_a_remote_or_git_the_machine_is_named() {
    let home = tempfile::tempdir().unwrap();
    let top = repository_in(home.path(), "[core]\n");
    let found = place(&top.join("a.rs")).unwrap();
    let git = format!("file://{}{}/.git", host(), top.display());
    assert_eq!((found.repository, found.path), (git, "a.rs".to_owned()));
    assert_eq!(name(&top).as_deref(), Some("repo"));

    let outside = top.with_file_name("notes.md");
    let found = place(&outside).unwrap();
    assert_eq!(found.repository, format!("file://{}", host()));
    assert_eq!(found.path, outside.to_str().unwrap());
    assert_eq!(name(home.path()), None);
}
