//! Whether the programs serve what they should, and only to whom they should: or
//! tests of what reads from them would prove nothing.

use std::collections::BTreeSet;

use reqwest::{Method, StatusCode};
use rustix::process::Pid;

use super::{
    Kind, PASSWORD, USER, on_every_server, on_servers,
    program::{Program, command, propfind},
    tree::{Tree, contents},
};
use crate::server::{eventually, is_running};

/// The `href`s of a listing, as they stand in a URL. Enough XML for servers that are
/// known.
fn hrefs(multistatus: &str) -> Vec<String> {
    let parts = multistatus.split("href>").skip(1).step_by(2);
    parts
        .map(|part| part.split('<').next().unwrap().replace("&amp;", "&"))
        .collect()
}

/// Reads everything below a folder: each file's bytes, sorted.
async fn read_all(program: &Program) -> Vec<Vec<u8>> {
    let mut contents = Vec::new();
    let mut folders = vec!["/".to_owned()];
    let mut seen = BTreeSet::new();
    while let Some(folder) = folders.pop() {
        let listing = program.listing(&folder).send().await.unwrap();
        assert_eq!(listing.status(), StatusCode::MULTI_STATUS, "{folder}");
        for href in hrefs(&listing.text().await.unwrap()) {
            if href == folder || !seen.insert(href.clone()) {
                continue;
            }
            if href.ends_with('/') {
                folders.push(href);
                continue;
            }
            let file = program.authorized(Method::GET, &href).send().await.unwrap();
            assert_eq!(file.status(), StatusCode::OK, "{href}");
            contents.push(file.bytes().await.unwrap().to_vec());
        }
    }
    contents.sort();
    contents
}

async fn serves_to_whom_it_should(kind: Kind) {
    let mut tree = Tree::new();
    tree.file("docs/auth.md", "# Authentication");
    let program = kind.serve(tree.path()).await;
    for wrong in [None, Some("wrong")] {
        for method in [Method::GET, propfind()] {
            let mut request = program.request(method, "docs/auth.md");
            if wrong.is_some() {
                request = request.basic_auth(USER, wrong);
            }
            let refusal = request.send().await.unwrap();
            assert_eq!(refusal.status(), StatusCode::UNAUTHORIZED);
            let challenge = refusal.headers()["www-authenticate"].to_str().unwrap();
            let scheme = challenge.split(' ').next().unwrap();
            assert!(scheme.eq_ignore_ascii_case(kind.auth()), "{challenge}");
        }
    }
    // Digest is another test's subject.
    if kind != Kind::ApacheDigest {
        let listing = program.listing("docs/").send().await.unwrap();
        assert_eq!(listing.status(), StatusCode::MULTI_STATUS);
        let hrefs = hrefs(&listing.text().await.unwrap());
        assert!(hrefs.contains(&"/docs/auth.md".to_owned()), "{hrefs:?}");
        let file = program.authorized(Method::GET, "docs/auth.md");
        let file = file.send().await.unwrap();
        assert_eq!(file.status(), StatusCode::OK);
        assert_eq!(file.text().await.unwrap(), "# Authentication");
    }
}
on_every_server!(serves_to_whom_it_should);

async fn serves_the_difficult_tree(kind: Kind) {
    let tree = Tree::difficult();
    let program = kind.serve(tree.path()).await;
    let (served, written) = (read_all(&program).await, contents(tree.path()));
    assert!(served == written, "{} of {}", served.len(), written.len());
}
// Without Apache's Digest, which this client does not know: its folder is the same.
on_servers!(serves_the_difficult_tree:
    apache_basic = ApacheBasic,
    nginx = Nginx,
    lighttpd = Lighttpd,
    rclone = Rclone,
    wsgidav = Wsgidav,
);

async fn shows_what_has_changed(kind: Kind) {
    let mut tree = Tree::new();
    tree.file("docs/edited.md", "one");
    tree.file("docs/removed.md", "It goes");
    let program = kind.serve(tree.path()).await;
    assert_eq!(read_all(&program).await, contents(tree.path()));
    for text in ["two", "six"] {
        let edit = || tree.file("docs/edited.md", text);
        program.after(kind, "docs/", edit).await;
        assert_eq!(read_all(&program).await, contents(tree.path()));
    }
    let change = || {
        tree.file("docs/new folder/added.md", "It came");
        tree.remove("docs/removed.md");
    };
    program.after(kind, "docs/", change).await;
    assert_eq!(read_all(&program).await, contents(tree.path()));
}
on_servers!(shows_what_has_changed:
    apache_basic = ApacheBasic,
    nginx = Nginx,
    lighttpd = Lighttpd,
    rclone = Rclone,
    wsgidav = Wsgidav,
);

/// With curl, since Digest takes a client that knows it.
#[tokio::test]
async fn apache_lets_in_by_digest_and_its_nonces_expire() {
    let mut tree = Tree::new();
    tree.file("auth.md", "# Authentication");
    let program = Kind::ApacheDigest.serve(tree.path()).await;
    let curl = command("curl")
        .args(["--silent", "--verbose", "--noproxy", "*", "--digest"])
        .args(["--user", &format!("{USER}:{PASSWORD}")])
        .arg(format!("{}auth.md", program.url))
        .output()
        .unwrap();
    assert_eq!(String::from_utf8_lossy(&curl.stdout), "# Authentication");
    let sent = String::from_utf8_lossy(&curl.stderr);
    let credentials = sent
        .lines()
        .find_map(|line| line.strip_prefix("> Authorization: "))
        .expect("curl shows what it sends");
    let challenge = eventually("the nonce has expired", async || {
        let request = program.request(Method::GET, "auth.md");
        let request = request.header("authorization", credentials);
        let answer = request.send().await.unwrap();
        let challenge = answer.headers().get("www-authenticate")?;
        Some(challenge.to_str().unwrap().to_owned())
    })
    .await;
    assert!(challenge.contains("stale=true"), "{challenge}");
}

/// Every other one does, so it is not in the difficult tree.
#[tokio::test]
async fn nginx_does_not_list_hidden_files() {
    let mut tree = Tree::new();
    tree.file("docs/.hidden.md", "Hidden");
    let program = Kind::Nginx.serve(tree.path()).await;
    let listing = program.listing("docs/").send().await.unwrap();
    assert_eq!(hrefs(&listing.text().await.unwrap()), ["/docs/"]);
}

async fn lists_hidden_files(kind: Kind) {
    let mut tree = Tree::new();
    tree.file("docs/.hidden.md", "Hidden");
    let program = kind.serve(tree.path()).await;
    assert_eq!(read_all(&program).await, [b"Hidden"]);
}
on_servers!(lists_hidden_files:
    apache_basic = ApacheBasic,
    lighttpd = Lighttpd,
    rclone = Rclone,
    wsgidav = Wsgidav,
);

/// What nginx with dav-ext is known for, and why the link lies in a folder of its own.
#[tokio::test]
async fn nginx_does_not_list_a_folder_with_a_dangling_link() {
    let tree = Tree::new().with_dangling_link();
    let program = Kind::Nginx.serve(tree.path()).await;
    let listing = program.listing("link/").send().await.unwrap();
    assert_eq!(listing.status(), StatusCode::INTERNAL_SERVER_ERROR);
    let top = program.listing("/").send().await.unwrap();
    assert_eq!(top.status(), StatusCode::MULTI_STATUS);
}

async fn lists_beside_a_dangling_link(kind: Kind) {
    let tree = Tree::new().with_dangling_link();
    let program = kind.serve(tree.path()).await;
    let listing = program.listing("link/").send().await.unwrap();
    assert_eq!(listing.status(), StatusCode::MULTI_STATUS);
    let hrefs = hrefs(&listing.text().await.unwrap());
    assert!(hrefs.contains(&"/link/beside.md".to_owned()), "{hrefs:?}");
}
on_servers!(lists_beside_a_dangling_link:
    apache_basic = ApacheBasic,
    lighttpd = Lighttpd,
    rclone = Rclone,
    wsgidav = Wsgidav,
);

async fn is_gone_when_dropped(kind: Kind) {
    let tree = Tree::new();
    let program = kind.serve(tree.path()).await;
    let process = Pid::from_raw(program.id().cast_signed()).unwrap();
    assert!(is_running(process));
    let panics = std::panic::AssertUnwindSafe(async move {
        let _program = program;
        panic!("as a test that fails");
    });
    assert!(tokio::spawn(panics).await.is_err());
    assert!(!is_running(process));
}
on_every_server!(is_gone_when_dropped);
