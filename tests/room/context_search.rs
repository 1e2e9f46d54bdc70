//! Questions to the context: which files, in which order, how much of them.

use serde_json::Value;

use crate::{
    client::{Client, list},
    context_source::{Source, setup},
    server::Server,
    webdav::{collection::Collection, scripted::Scripted},
};

struct Room {
    _server: Server,
    script: Scripted,
    folder: Collection,
    source: Source,
    ann: Client,
}

async fn room(files: &[(&str, &str)]) -> Room {
    let folder = Collection::plain();
    for (path, text) in files {
        folder.put(path, *text);
    }
    let served = folder.clone();
    let script = Scripted::start(move |request| served.answer(request)).await;
    let server = setup().start().await;
    let ann = server.user("ann").await;
    let source = Source::of_scripted(&ann, &script).await;
    Room {
        _server: server,
        script,
        folder,
        source,
        ann,
    }
}

impl Room {
    async fn ask(&self, parameters: &[(&str, &str)]) -> Value {
        let parameters = serde_urlencoded::to_string(parameters).unwrap();
        self.ann.get(&format!("context?{parameters}")).await.ok()
    }

    async fn paths(&self, parameters: &[(&str, &str)]) -> Vec<String> {
        paths(&self.ask(parameters).await)
    }
}

fn paths(answer: &Value) -> Vec<String> {
    list(&answer["matched_files"])
        .iter()
        .map(|file| file["path"].as_str().unwrap().to_owned())
        .collect()
}

const FILES: &[(&str, &str)] = &[
    (
        "docs/login.md",
        "# Authentication\n\nHow a user signs in with a token.",
    ),
    (
        "docs/food.md",
        "# Breakfast\n\nEggs and a walrus, which has no authentication.",
    ),
    (
        "src/auth.py",
        "def authenticate_user(token):\n    return token\n",
    ),
    ("notes.txt", "Remember the milk."),
];

#[tokio::test]
async fn the_file_about_it_comes_first() {
    let room = room(FILES).await;
    let answer = room.ask(&[("query", "authentication token")]).await;
    assert_eq!(paths(&answer)[0], "docs/login.md");
    let relevance: Vec<f64> = list(&answer["matched_files"])
        .iter()
        .map(|file| file["relevance"].as_f64().unwrap())
        .collect();
    assert!(relevance.is_sorted_by(|a, b| a >= b), "{relevance:?}");
    assert!(relevance.iter().all(|share| (0.0..=1.0).contains(share)));
    // What is about something else is not called a good match.
    let off_topic = room.ask(&[("query", "quarterly revenue milk")]).await;
    let best = off_topic["matched_files"][0]["relevance"].as_f64().unwrap();
    assert!(best < 0.4, "{best}");
}

#[tokio::test]
async fn types_phrases_paths_and_slips_of_the_pen() {
    let room = room(FILES).await;
    let types = [("query", "token"), ("types", "py")];
    assert_eq!(room.paths(&types).await, ["src/auth.py"]);
    let types = [("query", "token"), ("types", ".PY, markdown")];
    assert_eq!(room.paths(&types).await.len(), 2);
    assert_eq!(
        room.paths(&[("query", "\"signs in\"")]).await,
        ["docs/login.md"]
    );
    assert_eq!(
        room.paths(&[("query", "path:docs/ walrus")]).await,
        ["docs/food.md"]
    );
    assert_eq!(
        room.paths(&[("query", "path:src/ walrus")]).await,
        Vec::<String>::new()
    );
    assert_eq!(
        room.paths(&[("query", "authenticate user")]).await[0],
        "src/auth.py"
    );
    assert_eq!(room.paths(&[("query", "brekfast")]).await, ["docs/food.md"]);
}

#[tokio::test]
async fn snippets_show_where_it_stands() {
    let room = room(&[("a.md", "Grüße 😀 an das Walross, mehr nicht.")]).await;
    let answer = room.ask(&[("query", "Walross")]).await;
    let snippet = &answer["matched_files"][0]["snippet"];
    let text: Vec<char> = snippet["text"].as_str().unwrap().chars().collect();
    let range = &snippet["highlights"][0];
    let at = |end: usize| usize::try_from(range[end].as_u64().unwrap()).unwrap();
    let marked: String = text[at(0)..at(1)].iter().collect();
    assert_eq!(marked, "Walross");
}

#[tokio::test]
async fn results_and_tokens_are_bounded() {
    let texts: Vec<(String, String)> = (0..12)
        .map(|number| {
            let paragraph = format!("Walrus number {number} sings. ").repeat(20);
            (
                format!("{number:02}.md"),
                [paragraph.as_str(); 5].join("\n\n"),
            )
        })
        .collect();
    let files: Vec<(&str, &str)> = texts
        .iter()
        .map(|(path, text)| (path.as_str(), text.as_str()))
        .collect();
    let room = room(&files).await;
    let answer = room.ask(&[("query", "walrus")]).await;
    assert_eq!(paths(&answer).len(), 10);
    assert_eq!(answer["total_matches"], 12);
    let answer = room.ask(&[("query", "walrus"), ("max_results", "3")]).await;
    assert_eq!(paths(&answer).len(), 3);

    let whole = &answer["matched_files"][0]["content"];
    let answer = room
        .ask(&[("query", "walrus"), ("max_tokens", "300")])
        .await;
    let found = list(&answer["matched_files"]);
    let first = found[0]["content"].as_str().unwrap();
    assert_eq!(found[0]["truncated"], true);
    assert!(!first.is_empty() && whole.as_str().unwrap().starts_with(first));
    assert!(
        first.ends_with("sings."),
        "cut at the end of a paragraph: {first}"
    );
    let length: usize = found
        .iter()
        .map(|file| file["content"].as_str().unwrap().len())
        .sum();
    assert!(length < 300 * 8, "{length} bytes in 300 tokens");
}

/// So that no question brings everything.
#[tokio::test]
async fn an_answer_is_bounded_where_nobody_says_how_much() {
    let text = "The walrus sings.\n\n".repeat(40_000);
    let room = room(&[("a.md", &text), ("b.md", &text)]).await;
    let answer = room.ask(&[("query", "walrus")]).await;
    let found = list(&answer["matched_files"]);
    let truncated: Vec<bool> = found
        .iter()
        .map(|file| file["truncated"].as_bool().unwrap())
        .collect();
    assert!(truncated.contains(&true), "{truncated:?}");
}

#[tokio::test]
async fn one_source_can_be_asked_alone() {
    let room = room(FILES).await;
    let source = Source::of_scripted(&room.ann, &room.script).await;
    let answer = room.ask(&[("query", "milk")]).await;
    assert_eq!(answer["total_matches"], 2);
    for id in [&room.source.id, &source.id] {
        let answer = room.ask(&[("query", "milk"), ("source", id)]).await;
        assert_eq!(answer["total_matches"], 1, "{answer}");
        assert_eq!(answer["matched_files"][0]["source"], **id);
    }
}

#[tokio::test]
async fn bad_questions_are_told_what_is_wrong() {
    let room = room(FILES).await;
    for (parameters, field) in [
        ("", "query"),
        ("query=", "query"),
        ("query=%20", "query"),
        ("query=a&max_results=0", "max_results"),
        ("query=a&max_results=101", "max_results"),
        ("query=a&max_tokens=-1", "max_tokens"),
        ("query=a&sync=perhaps", "sync"),
        ("query=a&source=nowhere", "source"),
    ] {
        let problem = room
            .ann
            .get(&format!("context?{parameters}"))
            .await
            .problem(422);
        assert_eq!(problem["errors"][0]["field"], field, "{parameters}");
    }
    let long = format!("context?query={}", "walrus+".repeat(300));
    room.ann.get(&long).await.problem(422);
    // Odd signs are words like any other: never a fault of ours.
    for odd in [
        "%22",
        "*",
        "AND+OR",
        "path:",
        "path:..%2F",
        "😀",
        "%00",
        "(((",
    ] {
        let answer = room.ann.get(&format!("context?query={odd}")).await;
        assert!(
            [200, 422].contains(&answer.status),
            "{odd}: {}",
            answer.text
        );
    }
}

#[tokio::test]
async fn sync_true_reads_first_and_says_so() {
    let room = room(FILES).await;
    room.folder.put("new.md", "A brand new narwhal");
    let answer = room.ask(&[("query", "narwhal")]).await;
    assert_eq!((&answer["cached"], paths(&answer).len()), (&true.into(), 0));
    let before = answer["generation"].as_u64().unwrap();
    let answer = room.ask(&[("query", "narwhal"), ("sync", "true")]).await;
    assert_eq!(answer["cached"], false);
    assert_eq!(paths(&answer), ["new.md"]);
    assert!(answer["generation"].as_u64().unwrap() > before);
}

#[tokio::test]
async fn an_old_version_can_be_read() {
    let room = room(&[("a.md", "First text")]).await;
    room.folder.put("a.md", "Second text");
    room.source.sync().await;
    let history = room.ann.get("context/history?path=a.md").await.ok();
    let numbers: Vec<u64> = list(&history["versions"])
        .iter()
        .map(|version| version["version"].as_u64().unwrap())
        .collect();
    assert_eq!(numbers, [2, 1]);
    assert!(history.get("content").is_none());
    for (version, text) in [(1, "First text"), (2, "Second text")] {
        let call = format!("context/history?path=a.md&version={version}");
        assert_eq!(room.ann.get(&call).await.ok()["content"], text);
    }
    room.ann
        .get("context/history?path=a.md&version=3")
        .await
        .problem(404);
    room.ann.get("context/history?path=b.md").await.problem(404);
    room.ann.get("context/history").await.problem(422);
}

/// Whoever only watches is told that there is news, and not which.
#[tokio::test]
async fn news_of_files_goes_to_their_owner_alone() {
    let room = room(FILES).await;
    let bob = room._server.user("bob").await;
    let (mut anns, mut bobs) = (room.ann.observe().await, bob.observe().await);
    let mut agent = room.ann.register("Cece").await.join().await;
    room.folder.put("plans/secret.md", "A narwhal");
    room.source.sync().await;
    for socket in [&mut anns, &mut agent] {
        let event = socket.event("context.updated").await;
        assert_eq!(event["data"]["changes"]["added"], 1, "{event}");
        assert_eq!(event["data"]["changes"]["paths"][0], "plans/secret.md");
    }
    let event = bobs.event("context.updated").await;
    assert_eq!(event["data"]["source"], "Script");
    assert!(event["data"].get("changes").is_none(), "{event}");
    assert!(!event.to_string().contains("secret"), "{event}");
    // The same in what is read later.
    let log = bob.get("activity?limit=500").await.text;
    assert!(
        log.contains("context.updated") && !log.contains("secret"),
        "{log}"
    );
    let log = room.ann.get("activity?limit=500").await.text;
    assert!(log.contains("plans/secret.md"));
}
