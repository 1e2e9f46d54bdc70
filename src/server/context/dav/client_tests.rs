//! What the client makes of a server's answers.

use super::super::{
    Client, Credentials, DavError, Etag, Fetched,
    scripted_server::{Asked, Reply, ScriptedServer, guard, quick},
};

fn folder(href: &str, properties: &str) -> Reply {
    Reply::multistatus(&format!(
        "<D:response><D:href>{href}</D:href><D:propstat><D:prop><D:resourcetype>\
         <D:collection/></D:resourcetype>{properties}</D:prop>\
         <D:status>HTTP/1.1 200 OK</D:status></D:propstat></D:response>"
    ))
}

fn methods(server: &ScriptedServer) -> Vec<String> {
    let line = |asked: Asked| format!("{} {}", asked.method, asked.target);
    server.asked().into_iter().map(line).collect()
}

#[tokio::test]
async fn a_redirect_within_the_origin_keeps_method_and_body() {
    let server = ScriptedServer::start(|asked| match asked.target.as_str() {
        "/dav/" => Reply::new(302, &["Location: /dav"], ""),
        _ => folder("/dav", ""),
    })
    .await;
    let client = server.client(&Credentials::None, quick());
    assert!(client.list(client.root()).await.unwrap().own.is_some());
    let asked = server.asked();
    assert_eq!(methods(&server), ["PROPFIND /dav/", "PROPFIND /dav"]);
    assert_eq!(asked[0].body, asked[1].body);
    assert!(asked[1].body.contains("getetag"));
    for asked in &asked {
        assert_eq!(asked.header("depth"), Some("1"));
        assert_eq!(
            asked.header("content-type"),
            Some("application/xml; charset=utf-8")
        );
    }
}

#[tokio::test]
async fn a_folder_that_has_moved_is_named() {
    let server = ScriptedServer::start(|asked| match asked.target.as_str() {
        "/dav/" => Reply::new(301, &["Location: /remote.php/dav/"], ""),
        _ => folder("/remote.php/dav/", ""),
    })
    .await;
    let error = server
        .client(&Credentials::None, quick())
        .probe()
        .await
        .unwrap_err()
        .to_string();
    assert!(
        error.contains(&format!("http://{}/remote.php/dav/", server.address)),
        "{error}"
    );
}

#[tokio::test]
async fn the_probe_tells_what_a_server_can_do() {
    let server = ScriptedServer::start(|_| {
        let properties = "<D:supported-report-set><D:supported-report><D:report>\
             <D:sync-collection/></D:report></D:supported-report></D:supported-report-set>\
             <fileid xmlns=\"http://owncloud.org/ns\">7</fileid>";
        let body = format!(
            "<D:multistatus xmlns:D=\"DAV:\"><D:response><D:href>/dav</D:href><D:propstat><D:prop>\
             {properties}</D:prop><D:status>HTTP/1.1 200 OK</D:status></D:propstat></D:response>\
             </D:multistatus>"
        );
        let date = "Date: Sun, 06 Nov 1994 08:49:37 GMT";
        Reply::new(207, &["Server: Cloud/1", date], &body)
    })
    .await;
    let found = server
        .client(&Credentials::None, quick())
        .probe()
        .await
        .unwrap();
    assert!(found.sync_collection && found.propagates_etags);
    assert_eq!(found.server_name.as_deref(), Some("Cloud/1"));
    assert_eq!(found.server_time.unwrap().millis(), 784_111_777_000);
    assert_eq!(server.asked()[0].header("depth"), Some("0"));

    let server = ScriptedServer::start(|_| folder("/dav/", "")).await;
    let found = server
        .client(&Credentials::None, quick())
        .probe()
        .await
        .unwrap();
    assert!(!found.sync_collection && !found.propagates_etags);
}

#[tokio::test]
async fn the_probe_tells_what_is_wrong() {
    type Case = (fn() -> Reply, &'static str);
    let cases: [Case; 10] = [
        (
            || Reply::new(200, &[], "<html>It works!</html>"),
            "no WebDAV folder",
        ),
        (|| Reply::new(405, &[], ""), "no WebDAV folder"),
        (|| Reply::new(501, &[], ""), "no WebDAV folder"),
        (|| Reply::new(404, &[], ""), "has no /dav/"),
        (|| Reply::new(207, &[], "oops"), "cannot be read"),
        (
            || Reply::new(207, &["Content-Encoding: gzip"], "oops"),
            "compressed",
        ),
        (|| folder("/", ""), "as /: is there a proxy"),
        (|| Reply::multistatus(""), "lists nothing"),
        (
            || {
                Reply::multistatus(
                    "<D:response><D:href>/dav/</D:href><D:status>HTTP/1.1 403 No</D:status>\
                     </D:response>",
                )
            },
            "answers 403",
        ),
        (
            || {
                let file = "<D:response><D:href>/dav</D:href><D:propstat><D:prop><D:resourcetype/>\
                            </D:prop><D:status>HTTP/1.1 200 OK</D:status></D:propstat></D:response>";
                Reply::multistatus(file)
            },
            "that of a file",
        ),
    ];
    for (reply, words) in cases {
        let server = ScriptedServer::start(move |_| reply()).await;
        let error = server
            .client(&Credentials::None, quick())
            .probe()
            .await
            .unwrap_err();
        assert!(
            error.to_string().contains(words) && !error.is_passing(),
            "{error}"
        );
    }
}

#[tokio::test]
async fn a_file_is_no_source() {
    let file = "<D:response><D:href>/dav</D:href><D:propstat><D:prop><D:resourcetype/></D:prop>\
                <D:status>HTTP/1.1 200 OK</D:status></D:propstat></D:response>";
    // Apache's way to say so is 400, others' is 404.
    for status in [400, 404] {
        let server = ScriptedServer::start(move |asked| match asked.target.as_str() {
            "/dav" => Reply::multistatus(file),
            _ => Reply::new(status, &[], ""),
        })
        .await;
        let error = server
            .client(&Credentials::None, quick())
            .probe()
            .await
            .unwrap_err();
        assert!(matches!(error, DavError::NotAFolder), "{error}");
    }
}

#[tokio::test]
async fn files_are_fetched_by_the_address_that_was_listed() {
    let server = ScriptedServer::start(|asked| match asked.method.as_str() {
        "PROPFIND" => Reply::multistatus(
            "<D:response><D:href>/dav/a#b?c%20d%e4%bd%a0 50%.md</D:href></D:response>",
        ),
        _ if asked.header("if-none-match") == Some("\"v1\"") => Reply::new(304, &[], ""),
        _ => Reply::new(200, &["ETag: W/\"v1\"", "Content-Type: text/markdown"], "x"),
    })
    .await;
    let client = server.client(&Credentials::None, quick());
    let listing = client.list(client.root()).await.unwrap();
    let href = &listing.entries[0].href;
    assert_eq!(listing.entries[0].path, "a#b?c d你 50%.md");
    let Fetched::File(file) = client.fetch(href, 1, None).await.unwrap() else {
        panic!("it is new");
    };
    assert_eq!(
        (file.bytes, file.content_type.as_deref()),
        (b"x".to_vec(), Some("text/markdown"))
    );
    assert_eq!(file.etag, Etag::parse("W/\"v1\""));
    let again = client
        .fetch(href, 1, Etag::parse("v1").as_ref())
        .await
        .unwrap();
    assert_eq!(again, Fetched::NotModified);
    let target = "GET /dav/a%23b%3Fc%20d%e4%bd%a0%2050%25.md";
    assert_eq!(methods(&server)[1..], [target, target]);
}

#[tokio::test]
async fn changes_come_in_pages() {
    let server = ScriptedServer::start(|asked| {
        if asked.body.contains("<D:sync-token>a&amp;b</D:sync-token>") {
            Reply::multistatus(
                "<D:response><D:href>/dav/x</D:href></D:response>\
                 <D:response><D:href>/dav/</D:href><D:status>HTTP/1.1 507 More</D:status></D:response>\
                 <D:sync-token>p2</D:sync-token>",
            )
        } else if asked.body.contains("<D:sync-token>p2</D:sync-token>") {
            Reply::multistatus(
                "<D:response><D:href>/dav/y</D:href><D:status>HTTP/1.1 404 Gone</D:status></D:response>\
                 <D:sync-token>p3</D:sync-token>",
            )
        } else {
            let body = "<D:error xmlns:D=\"DAV:\"><D:valid-sync-token/></D:error>";
            Reply::new(403, &["Content-Type: application/xml"], body)
        }
    })
    .await;
    let client = server.client(&Credentials::None, quick());
    let changes = client.sync_collection(Some("a&b")).await.unwrap();
    assert_eq!(
        (changes.changed[0].path.as_str(), changes.token.as_str()),
        ("x", "p3")
    );
    assert_eq!(changes.removed, ["y"]);
    assert_eq!(server.asked()[0].header("depth"), Some("0"));
    let error = client.sync_collection(Some("old")).await.unwrap_err();
    assert!(matches!(error, DavError::TokenInvalid));
}

#[tokio::test]
async fn a_report_without_an_end_is_an_error() {
    let more = || {
        Reply::multistatus(
            "<D:response><D:href>/dav/</D:href><D:status>HTTP/1.1 507 More</D:status></D:response>\
             <D:sync-token>same</D:sync-token>",
        )
    };
    let server = ScriptedServer::start(move |_| more()).await;
    let error = server
        .client(&Credentials::None, quick())
        .sync_collection(None)
        .await
        .unwrap_err()
        .to_string();
    assert!(error.contains("does not come to an end"), "{error}");
    assert_eq!(server.asked().len(), 2);
}

#[tokio::test]
async fn addresses_that_cannot_be_a_source() {
    for (url, words) in [
        ("ftp://files.example/dav", "http:// or https://"),
        (
            "http://anna:geheim@files.example/dav",
            "fields of their own",
        ),
        ("http://files.example/dav?key=geheim", "query"),
        ("http://files.example/dav#geheim", "fragment"),
        ("http://files.example/caf%E9", "UTF-8"),
    ] {
        let made = Client::new(&url.parse().unwrap(), &Credentials::None, &guard(), quick());
        let error = made.err().unwrap().to_string();
        assert!(
            error.contains(words) && !error.contains("geheim"),
            "{error}"
        );
    }
}
