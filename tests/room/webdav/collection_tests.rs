//! Whether the folder in memory is true to RFC 6578.

use super::{collection::Collection, program::propfind, scripted::Scripted};
use reqwest::Method;

/// A folder and the server that serves it.
struct Served {
    folder: Collection,
    server: Scripted,
}

/// What a report says.
#[derive(Debug, PartialEq, Eq)]
struct Report {
    /// The members that are there, sorted.
    found: Vec<String>,
    gone: Vec<String>,
    /// Whether there is more.
    cut: bool,
    token: String,
}

impl Served {
    async fn new() -> Self {
        Self::of(Collection::new()).await
    }

    async fn of(folder: Collection) -> Self {
        let served = folder.clone();
        let server = Scripted::start(move |request| served.answer(request)).await;
        Self { folder, server }
    }

    async fn ask(&self, method: Method, depth: &str, path: &str, body: String) -> (u16, String) {
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        let url = format!("{}{path}", self.server.url);
        let request = client
            .request(method, url)
            .header("depth", depth)
            .body(body);
        let answer = request.send().await.unwrap();
        (answer.status().as_u16(), answer.text().await.unwrap())
    }

    async fn try_report(&self, token: &str, level: &str) -> (u16, String) {
        let body = format!(
            "<?xml version=\"1.0\"?><x:sync-collection xmlns:x=\"DAV:\">\
             <x:sync-token>{token}</x:sync-token><x:sync-level>{level}</x:sync-level>\
             <x:prop><x:getetag/></x:prop></x:sync-collection>"
        );
        let report = Method::from_bytes(b"REPORT").unwrap();
        self.ask(report, "0", "", body).await
    }

    async fn report(&self, token: &str, level: &str) -> Report {
        let (status, text) = self.try_report(token, level).await;
        assert_eq!(status, 207, "{text}");
        let between = |text: &str, from: &str, to: &str| {
            let (_, rest) = text.split_once(from).unwrap();
            rest.split_once(to).unwrap().0.to_owned()
        };
        let (responses, end) = text.rsplit_once("</D:response>").unwrap_or(("", &text));
        let (mut found, mut gone, mut cut) = (Vec::new(), Vec::new(), false);
        for response in responses.split("<D:response>").skip(1) {
            let href = between(response, "<D:href>", "</D:href>");
            match between(response, "HTTP/1.1 ", " ").as_str() {
                "200" => found.push(href),
                "404" => gone.push(href),
                "507" => cut = true,
                other => panic!("{other} for {href}"),
            }
        }
        found.sort();
        let token = between(end, "<D:sync-token>", "</D:sync-token>");
        Report {
            found,
            gone,
            cut,
            token,
        }
    }
}

#[tokio::test]
async fn it_is_listed_and_read() {
    let served = Served::new().await;
    served.folder.put("docs/a & b.md", "text");
    let (status, text) = served.ask(propfind(), "1", "", String::new()).await;
    assert_eq!(status, 207);
    assert!(text.contains("<D:href>/docs/</D:href>"), "{text}");
    assert!(!text.contains("a%20"), "deeper than asked: {text}");
    let (_, text) = served.ask(propfind(), "1", "docs/", String::new()).await;
    let href = "/docs/a%20&amp;%20b.md";
    assert!(text.contains(&format!("<D:href>{href}</D:href>")), "{text}");
    let path = "docs/a%20&%20b.md";
    let (status, text) = served.ask(Method::GET, "", path, String::new()).await;
    assert_eq!((status, text.as_str()), (200, "text"));
    let (status, text) = served.ask(propfind(), "infinity", "", String::new()).await;
    assert_eq!(status, 403);
    assert!(text.contains("propfind-finite-depth"), "{text}");
}

#[tokio::test]
async fn a_token_gives_what_has_changed_since() {
    let served = Served::new().await;
    served.folder.put("a.md", "a");
    served.folder.put("docs/b.md", "b");
    served.folder.put("docs/c.md", "c");
    let all = served.report("", "infinite").await;
    assert_eq!(all.found, ["/a.md", "/docs/", "/docs/b.md", "/docs/c.md"]);
    assert_eq!(served.report("", "1").await.found, ["/a.md", "/docs/"]);

    let nothing = served.report(&all.token, "infinite").await;
    assert_eq!((nothing.found.len(), nothing.gone.len()), (0, 0));
    assert_eq!(nothing.token, all.token);

    served.folder.put("docs/b.md", "B");
    served.folder.remove("a.md");
    let changes = served.report(&all.token, "infinite").await;
    assert_eq!(changes.found, ["/docs/b.md"]);
    assert_eq!(changes.gone, ["/a.md"]);
    served.folder.remove("docs/");
    let changes = served.report(&changes.token, "infinite").await;
    assert_eq!(changes.gone, ["/docs/", "/docs/b.md", "/docs/c.md"]);
    // A first report does not speak of what was.
    let first = served.report("", "infinite").await;
    assert_eq!((first.found.len(), first.gone.len()), (0, 0));
}

#[tokio::test]
async fn a_long_report_goes_on_where_it_was_cut() {
    let served = Served::new().await;
    served.folder.page(2);
    for n in 1..=5 {
        served.folder.put(&format!("{n}.md"), "text");
    }
    let (mut found, mut token, mut pages) = (Vec::new(), String::new(), 0);
    loop {
        let page = served.report(&token, "infinite").await;
        found.extend(page.found);
        token = page.token;
        pages += 1;
        if !page.cut {
            break;
        }
    }
    assert_eq!(found, ["/1.md", "/2.md", "/3.md", "/4.md", "/5.md"]);
    assert_eq!((pages, token), (3, served.folder.token()));
}

#[tokio::test]
async fn a_forgotten_token_is_refused() {
    let served = Served::new().await;
    served.folder.put("a.md", "a");
    let token = served.report("", "infinite").await.token;
    served.folder.forget_tokens();
    for token in [&token, "http://collection.test/revision/999", "nonsense"] {
        let (status, text) = served.try_report(token, "infinite").await;
        assert_eq!(status, 403);
        assert!(text.contains("<D:valid-sync-token/>"), "{text}");
    }
    assert_eq!(served.report("", "infinite").await.found, ["/a.md"]);
}

#[tokio::test]
async fn a_plain_one_has_no_tokens() {
    let served = Served::of(Collection::plain()).await;
    served.folder.put("a.md", "a");
    let (status, text) = served.ask(propfind(), "1", "", String::new()).await;
    assert_eq!(status, 207);
    assert!(text.contains("/a.md") && !text.contains("sync-"), "{text}");
    assert_eq!(served.try_report("", "infinite").await.0, 405);
}
