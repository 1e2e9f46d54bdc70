//! What the index promises, on small corpora.

use super::*;

/// A file with nothing but a path and a text.
fn file<'a>(path: &'a str, text: &'a str) -> Document<'a> {
    Document {
        source: "share",
        path,
        file_type: path.rsplit_once('.').map_or("", |(_, ending)| ending),
        title: None,
        headings: &[],
        text,
    }
}

fn index(files: &[(&str, &str)]) -> Index {
    let index = Index::new().unwrap();
    put(&index, files);
    index
}

fn put(index: &Index, files: &[(&str, &str)]) {
    let mut change = index.change().unwrap();
    for (path, text) in files {
        change.add(&file(path, text)).unwrap();
    }
    change.commit().unwrap();
}

fn search(index: &Index, query: &str) -> Found {
    let query = Query::parse(query).unwrap();
    index.search(&query, &Filter::default(), 10).unwrap()
}

fn paths(index: &Index, query: &str) -> Vec<String> {
    let hits = search(index, query).hits.into_iter();
    hits.map(|hit| hit.path).collect()
}

#[test]
fn files_are_found_by_their_words() {
    let index = index(&[
        ("docs/auth.md", "Authentication with tokens."),
        ("docs/other.md", "Something else."),
    ]);
    let found = search(&index, "AUTHENTICATION");
    assert_eq!(found.total, 1);
    assert_eq!(found.hits[0].path, "docs/auth.md");
    assert_eq!(found.hits[0].source, "share");
    assert_eq!(search(&index, "nowhere").total, 0);
}

#[test]
fn an_empty_index_finds_nothing() {
    let index = Index::new().unwrap();
    assert_eq!(search(&index, "a \"b c\" path:d").total, 0);
    assert_eq!(index.files(), 0);
}

#[test]
fn the_word_itself_beats_its_other_forms() {
    let filler = "We describe how the service is run and who may call it.";
    let index = index(&[
        (
            "a.md",
            &format!("{filler} Users authenticate, then authenticate."),
        ),
        ("b.md", &format!("{filler} The auth module.")),
        ("c.md", &format!("{filler} Authentication is needed.")),
        ("d.md", filler),
    ]);
    assert_eq!(paths(&index, "authentication"), ["c.md", "a.md", "b.md"]);
    assert_eq!(paths(&index, "auth").len(), 3);
}

#[test]
fn identifiers_are_found_whole_and_by_their_parts() {
    let index = index(&[
        ("a.rs", "fn getUserName() {}"),
        ("b.rs", "let user_name = 1;"),
        ("c.md", "The name of a user."),
    ]);
    assert_eq!(paths(&index, "get_user_name")[0], "a.rs");
    assert_eq!(search(&index, "getUserName").total, 3);
    assert_eq!(paths(&index, "UserName")[0], "b.rs");
    assert_eq!(search(&index, "user").total, 3);
}

#[test]
fn files_with_all_words_beat_one_that_repeats_one() {
    let repeated = "token ".repeat(50);
    let index = index(&[
        ("a.md", &repeated),
        ("b.md", "How a token gets its rotation, in short."),
        ("c.md", &"rotation ".repeat(50)),
    ]);
    assert_eq!(paths(&index, "token rotation")[0], "b.md");
    assert_eq!(search(&index, "token rotation").total, 3);
}

#[test]
fn headings_and_names_weigh_more_than_text() {
    let text = "A page about many things, one of which is deployment, and others.";
    let index = Index::new().unwrap();
    let mut change = index.change().unwrap();
    let headings = ["Deployment".to_owned()];
    // Said twice in the text is less than once there and once in a heading.
    let twice = format!("{text} A deployment.");
    let once = format!("{text} Another thing.");
    change.add(&file("a.md", &twice)).unwrap();
    change
        .add(&Document {
            headings: &headings,
            ..file("b.md", &once)
        })
        .unwrap();
    change.add(&file("deployment.md", &once)).unwrap();
    change.add(&file("c.md", "Nothing.")).unwrap();
    change.commit().unwrap();
    let found = paths(&index, "deployment");
    assert_eq!(found.len(), 3);
    assert_eq!(found[2], "a.md");
}

#[test]
fn a_phrase_must_be_there() {
    let index = index(&[
        ("a.md", "The key ring holds keys."),
        ("b.md", "A ring for every key. A key for the ring."),
        ("c.rs", "struct KeyRing;"),
    ]);
    let mut found = paths(&index, "\"key ring\"");
    found.sort();
    assert_eq!(found, ["a.md", "c.rs"]);
    assert_eq!(paths(&index, "\"ring holds\" key"), ["a.md"]);
    assert_eq!(search(&index, "\"holds ring\"").total, 0);
    assert_eq!(search(&index, "\"key ring\" \"struct keyring\"").total, 1);
}

#[test]
fn a_path_restricts_and_lists() {
    let index = index(&[
        ("docs/b.md", "token"),
        ("docs/a.md", "token"),
        ("docsX.md", "token"),
        ("src/a.rs", "token"),
    ]);
    assert_eq!(
        paths(&index, "path:docs/ token"),
        ["docs/a.md", "docs/b.md"]
    );
    assert_eq!(paths(&index, "path:docs/"), ["docs/a.md", "docs/b.md"]);
    assert_eq!(search(&index, "path:docs/ path:src/ token").total, 3);
    assert_eq!(search(&index, "path:").total, 4);
    for nowhere in ["path:../docs", "path:docs/../src", "path:\u{10ffff}"] {
        assert_eq!(search(&index, nowhere).total, 0, "{nowhere}");
    }
}

#[test]
fn filters_restrict() {
    let index = index(&[("a.md", "token"), ("a.py", "token"), ("a.rs", "token")]);
    let mut change = index.change().unwrap();
    let other = Document {
        source: "other",
        ..file("a.md", "token")
    };
    change.add(&other).unwrap();
    change.commit().unwrap();
    let total = |file_types: &[&str], source| {
        let file_types: Vec<_> = file_types.iter().map(ToString::to_string).collect();
        let filter = Filter {
            file_types: &file_types,
            source,
        };
        let query = Query::parse("token").unwrap();
        index.search(&query, &filter, 10).unwrap().total
    };
    assert_eq!(total(&[], None), 4);
    assert_eq!(total(&["md", "py"], None), 3);
    assert_eq!(total(&["md"], Some("other")), 1);
    assert_eq!(total(&["py"], Some("other")), 0);
    assert_eq!(total(&["m"], None), 0);
    assert_eq!(total(&[], Some("")), 0);
}

#[test]
fn a_misspelt_word_finds_what_was_meant() {
    let index = index(&[
        ("a.md", "The configuration of the server."),
        ("b.md", "Something else of the server."),
    ]);
    for slip in [
        "confguration",
        "cofniguration",
        "konfiguration",
        "configurashion",
    ] {
        let expected: &[&str] = if slip.starts_with('k') {
            &[]
        } else {
            &["a.md"]
        };
        assert_eq!(paths(&index, slip), expected, "{slip}");
    }
    let right = search(&index, "configuration").hits[0].relevance;
    let wrong = search(&index, "confguration");
    // Less than another form of the word would: it is but a guess.
    assert!(wrong.hits[0].relevance < 0.3 * right);
    let shown = wrong.highlighter.snippet("The configuration.", 50);
    assert_eq!(shown.highlights, [(4, 17)]);
    // Short words, and words that do occur, are taken at their word.
    assert_eq!(search(&index, "thy").total, 0);
    put(&index, &[("c.md", "confguration")]);
    assert_eq!(paths(&index, "confguration"), ["c.md"]);
}

#[test]
fn diacritics_may_be_left_out_on_either_side() {
    let index = index(&[("a.md", "Die Größe zählt."), ("b.md", "grosse Worte")]);
    assert_eq!(paths(&index, "größe"), ["a.md", "b.md"]);
    assert_eq!(search(&index, "grosse").total, 2);
    assert_eq!(paths(&index, "zahlt"), ["a.md"]);
}

#[test]
fn relevance_is_a_share_of_the_best_possible() {
    let index = index(&[
        ("a.md", &"rotation ".repeat(200)),
        (
            "b.md",
            "rotation is one word of this text among many others",
        ),
        ("c.md", "nothing"),
        ("d.md", "neither"),
    ]);
    let both = search(&index, "rotation").hits;
    assert!(
        both[0].relevance > 0.9 && both[0].relevance <= 1.0,
        "{both:?}"
    );
    assert!(both[1].relevance < both[0].relevance);
    // Words that no file has count too: this file is hardly what was asked for.
    let off = search(&index, "rotation xylophone quartz zeppelin").hits;
    assert!(off[0].relevance < 0.25, "{off:?}");
}

#[test]
fn equally_good_files_come_by_path() {
    let names: Vec<String> = (0..40)
        .map(|n| format!("f{:02}.md", (n * 7) % 40))
        .collect();
    let index = Index::new().unwrap();
    // Several segments, so that neither order of adding nor of segments decides.
    for some in names.chunks(9) {
        let files: Vec<_> = some.iter().map(|name| (name.as_str(), "token")).collect();
        put(&index, &files);
    }
    let mut sorted = names.clone();
    sorted.sort();
    let query = Query::parse("token").unwrap();
    for limit in [0, 1, 5, 39, 40, 41] {
        let found = index.search(&query, &Filter::default(), limit).unwrap();
        let paths: Vec<_> = found.hits.iter().map(|hit| &hit.path).collect();
        assert_eq!(paths, sorted.iter().take(limit).collect::<Vec<_>>());
        assert_eq!(found.total, 40);
    }
}

#[test]
fn adding_replaces_and_removing_removes() {
    let index = index(&[("a.md", "first"), ("b.md", "first")]);
    put(&index, &[("a.md", "second")]);
    assert_eq!(paths(&index, "first"), ["b.md"]);
    assert_eq!(paths(&index, "second"), ["a.md"]);
    let mut change = index.change().unwrap();
    change.remove("share", "b.md").unwrap();
    change.remove("share", "never.md").unwrap();
    change.remove("other", "a.md").unwrap();
    change.commit().unwrap();
    assert_eq!(index.files(), 1);
    assert_eq!(search(&index, "first").total, 0);
}

#[test]
fn a_file_touched_twice_in_one_change_is_as_it_was_left() {
    let index = index(&[("a.md", "first")]);
    let mut change = index.change().unwrap();
    change.add(&file("a.md", "second")).unwrap();
    change.add(&file("b.md", "second")).unwrap();
    change.add(&file("a.md", "third")).unwrap();
    change.remove("share", "b.md").unwrap();
    change.commit().unwrap();
    assert_eq!(index.files(), 1);
    assert_eq!(search(&index, "first").total, 0);
    assert_eq!(search(&index, "second").total, 0);
    assert_eq!(paths(&index, "third"), ["a.md"]);
}

#[test]
fn a_change_is_seen_as_a_whole_or_not_at_all() {
    let index = index(&[("a.md", "first")]);
    let mut change = index.change().unwrap();
    change.add(&file("a.md", "second")).unwrap();
    change.add(&file("b.md", "second")).unwrap();
    assert_eq!(search(&index, "first").total, 1);
    assert_eq!(search(&index, "second").total, 0);
    drop(change);
    assert_eq!(search(&index, "first").total, 1);
    put(&index, &[("c.md", "third")]);
    assert_eq!(index.files(), 2);
    assert_eq!(search(&index, "second").total, 0);
}

#[test]
fn many_small_changes_leave_few_segments_and_no_rubbish() {
    let index = Index::new().unwrap();
    for round in 0..60 {
        put(
            &index,
            &[(&format!("{}.md", round % 20), &format!("token r{round}"))],
        );
    }
    assert_eq!(index.files(), 20);
    let segments = index.view().segments.len();
    assert!(segments <= 16, "{segments} segments");
    assert_eq!(search(&index, "r39").total, 0);
    assert_eq!(search(&index, "r59").total, 1);
    let once = index.bytes().unwrap();
    for _ in 0..20 {
        put(&index, &[("0.md", "token r0")]);
    }
    assert!(index.bytes().unwrap() < 2 * once);
}

#[test]
fn searches_go_on_during_changes_and_see_whole_ones() {
    let index = index(&[("a.md", "round0"), ("b.md", "round0")]);
    std::thread::scope(|scope| {
        let changes = scope.spawn(|| {
            for round in 1..30 {
                let text = format!("round{round}");
                put(&index, &[("a.md", &text), ("b.md", &text)]);
            }
        });
        let query = Query::parse("path:").unwrap();
        while !changes.is_finished() {
            let found = index.search(&query, &Filter::default(), 10).unwrap();
            assert_eq!(found.total, 2);
        }
    });
    assert_eq!(search(&index, "round29").total, 2);
}

#[test]
fn no_query_is_too_odd() {
    let index = index(&[
        ("a.md", "the of and to a in"),
        ("ä/ü.md", "用户 🎉 x\u{308}y _ __a--b__ \0"),
        ("empty", ""),
    ]);
    let mut odd: Vec<String> = [
        "the of and",
        "🎉",
        "\"",
        "\"\"",
        "\"a",
        "\"!!!\"",
        "*",
        "a*",
        "?",
        "path:\"",
        "path:\"a",
        "path:path:",
        "\"path:a\"",
        "-a",
        "--",
        "_",
        "a_",
        "\u{308}",
        "用户",
        "\"用户\"",
        "ß",
        "AND OR NOT",
        "[a TO b]",
        "a:b",
        "\\",
        "\0",
        "/",
        "\u{10ffff}",
        "İ",
        "path:\0",
    ]
    .map(str::to_owned)
    .to_vec();
    odd.push("ab ".repeat(333));
    odd.push("a_b".repeat(333));
    odd.push("aB".repeat(500));
    odd.push("\"a".repeat(500));
    odd.push("z".repeat(1000));
    // From pieces that mean something, in an order that a seed gives.
    let pieces = [
        "\"", "path:", " ", "a", "Ä", "_", "-", "用", "the", "9", "\u{308}", "🎉", "xY",
    ];
    let mut seed: u32 = 1;
    for length in 1..400 {
        let mut text = String::new();
        for _ in 0..length % 20 + 1 {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            text.push_str(pieces[(seed >> 16) as usize % pieces.len()]);
        }
        odd.push(text);
    }
    for text in odd {
        let Ok(query) = Query::parse(&text) else {
            continue;
        };
        let found = index.search(&query, &Filter::default(), 10).unwrap();
        for hit in &found.hits {
            assert!((0.0..=1.0).contains(&hit.relevance), "{text:?}: {hit:?}");
        }
        found.highlighter.snippet("the Ä用_a xY 9", 5);
    }
}
