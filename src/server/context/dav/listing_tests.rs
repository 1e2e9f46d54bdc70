//! Answers of many kinds of server, and of none.

use super::super::{
    href::{Base, Href},
    listing::{Changes, ChangesBuilder, Entry, Listing, listing},
    multistatus::{self, says_token_is_invalid},
};
use crate::protocol::Timestamp;

fn base() -> Base {
    Base::new(&"http://files.example/dav/".parse().unwrap()).unwrap()
}

fn read_bytes(folder: &str, bytes: &[u8]) -> Listing {
    let folder = Href::parse(folder, "files.example").unwrap();
    let document = multistatus::parse(bytes).unwrap().unwrap();
    listing(&base(), &folder, document, None).unwrap()
}

fn read(body: &str) -> Listing {
    read_bytes("/dav/", body.as_bytes())
}

/// A multistatus with `D:` for `DAV:`.
fn wrap(responses: &str) -> String {
    format!("<?xml version=\"1.0\"?><D:multistatus xmlns:D=\"DAV:\">{responses}</D:multistatus>")
}

fn file(href: &str, properties: &str) -> String {
    format!(
        "<D:response><D:href>{href}</D:href><D:propstat><D:prop>{properties}</D:prop>\
         <D:status>HTTP/1.1 200 OK</D:status></D:propstat></D:response>"
    )
}

fn paths(listing: &Listing) -> Vec<&str> {
    listing
        .entries
        .iter()
        .map(|entry| entry.path.as_str())
        .collect()
}

fn only(listing: &Listing) -> &Entry {
    assert_eq!(listing.entries.len(), 1, "{listing:?}");
    &listing.entries[0]
}

fn refused(bytes: &[u8]) -> String {
    multistatus::parse(bytes).unwrap_err().to_string()
}

#[test]
fn apache() {
    let listing = read(
        r#"<?xml version="1.0" encoding="utf-8"?>
<D:multistatus xmlns:D="DAV:" xmlns:ns0="DAV:">
<D:response xmlns:lp1="DAV:" xmlns:lp2="http://apache.org/dav/props/">
<D:href>/dav/</D:href>
<D:propstat>
<D:prop>
<lp1:resourcetype><D:collection/></lp1:resourcetype>
<lp1:getetag>"1000-62d0"</lp1:getetag>
<lp1:getlastmodified>Tue, 24 Nov 2026 10:00:00 GMT</lp1:getlastmodified>
<D:getcontenttype>httpd/unix-directory</D:getcontenttype>
</D:prop>
<D:status>HTTP/1.1 200 OK</D:status>
</D:propstat>
<D:propstat>
<D:prop>
<D:getcontentlength/>
</D:prop>
<D:status>HTTP/1.1 404 Not Found</D:status>
</D:propstat>
</D:response>
<D:response xmlns:lp1="DAV:" xmlns:lp2="http://apache.org/dav/props/">
<D:href>/dav/a%20%23%20b.md</D:href>
<D:propstat>
<D:prop>
<lp1:resourcetype/>
<lp1:getetag>W/"5-62d0"</lp1:getetag>
<lp1:getlastmodified>Tue, 24 Nov 2026 10:00:01 GMT</lp1:getlastmodified>
<lp1:getcontentlength>5</lp1:getcontentlength>
</D:prop>
<D:status>HTTP/1.1 200 OK</D:status>
</D:propstat>
<D:propstat>
<D:prop>
<D:getcontenttype/>
</D:prop>
<D:status>HTTP/1.1 404 Not Found</D:status>
</D:propstat>
</D:response>
</D:multistatus>"#,
    );
    let own = listing.own.as_ref().unwrap();
    assert!(own.is_folder && own.path.is_empty() && own.size.is_none());
    let entry = only(&listing);
    assert_eq!(
        (entry.path.as_str(), entry.href.as_str()),
        ("a # b.md", "/dav/a%20%23%20b.md")
    );
    let tag = entry.etag.as_ref().unwrap();
    assert_eq!((tag.value.as_str(), tag.weak), ("5-62d0", true));
    assert_eq!(
        (entry.size, entry.is_folder, &entry.content_type),
        (Some(5), false, &None)
    );
    assert_eq!(
        entry.modified,
        Some(Timestamp::from_millis(1_795_514_401_000))
    );
    assert!(listing.unreadable.is_empty());
}

#[test]
fn nginx_has_no_tags_and_lighttpd_no_names_for_folders() {
    let listing = read(
        r#"<?xml version="1.0" encoding="utf-8" ?>
<D:multistatus xmlns:D="DAV:">
<D:response>
<D:href>/dav/sub</D:href>
<D:propstat>
<D:prop>
<D:getlastmodified>Tue, 24 Nov 2026 10:00:00 GMT</D:getlastmodified>
<D:resourcetype><D:collection/></D:resourcetype>
</D:prop>
<D:status>HTTP/1.1 200 OK</D:status>
</D:propstat>
</D:response>
<D:response>
<D:href>/dav/x.md</D:href>
<D:propstat>
<D:prop>
<D:getcontentlength>12</D:getcontentlength>
<D:getlastmodified>Tue, 24 Nov 2026 10:00:00 GMT</D:getlastmodified>
<D:resourcetype></D:resourcetype>
</D:prop>
<D:status>HTTP/1.1 200 OK</D:status>
</D:propstat>
</D:response>
</D:multistatus>"#,
    );
    assert_eq!(paths(&listing), ["sub", "x.md"]);
    assert!(listing.entries[0].is_folder && !listing.entries[1].is_folder);
    assert_eq!(listing.entries[0].href.to_folder().as_str(), "/dav/sub/");
    assert!(listing.entries[1].etag.is_none());
}

#[test]
fn wsgidav_does_not_quote_and_uses_a_prefix_of_its_own() {
    let listing = read(
        "<?xml version='1.0' encoding='UTF-8'?>\n<ns0:multistatus xmlns:ns0=\"DAV:\">\
         <ns0:response><ns0:href>/dav/x.md</ns0:href><ns0:propstat><ns0:prop>\
         <ns0:resourcetype /><ns0:getcontentlength>3</ns0:getcontentlength>\
         <ns0:getetag>1f7c-1795514400-3</ns0:getetag></ns0:prop>\
         <ns0:status>HTTP/1.1 200 OK</ns0:status></ns0:propstat></ns0:response></ns0:multistatus>",
    );
    assert_eq!(
        only(&listing).etag.as_ref().unwrap().value,
        "1f7c-1795514400-3"
    );
}

#[test]
fn npm_webdav_server_sends_absolute_raw_addresses() {
    let listing = read(&wrap(&file(
        "http://files.example/dav/a#b.md",
        "<D:getlastmodified>2026-11-24T10:00:00.123Z</D:getlastmodified>",
    )));
    let entry = only(&listing);
    assert_eq!(
        (entry.path.as_str(), entry.href.as_str()),
        ("a#b.md", "/dav/a%23b.md")
    );
    assert_eq!(
        entry.modified,
        Some(Timestamp::from_millis(1_795_514_400_123))
    );
}

#[test]
fn nextcloud_tells_itself_by_its_id() {
    let body = r#"<?xml version="1.0"?>
<d:multistatus xmlns:d="DAV:" xmlns:s="http://sabredav.org/ns" xmlns:oc="http://owncloud.org/ns" xmlns:nc="http://nextcloud.org/ns"><d:response><d:href>/dav/</d:href><d:propstat><d:prop><d:resourcetype><d:collection/></d:resourcetype><oc:fileid>42</oc:fileid></d:prop><d:status>HTTP/1.1 200 OK</d:status></d:propstat></d:response></d:multistatus>"#;
    let found = |body: &str| {
        let mut document = multistatus::parse(body.as_bytes()).unwrap().unwrap();
        document.responses.remove(0).found.unwrap()
    };
    assert!(found(body).own_cloud_id);
    // Named as not found, or another's property of the same name.
    let missing = body.replace("<oc:fileid>42</oc:fileid>", "<oc:fileid/>");
    assert!(!found(&missing).own_cloud_id);
    let foreign = body.replace("http://owncloud.org/ns", "http://example.com/ns");
    assert!(!found(&foreign).own_cloud_id);
}

#[test]
fn supported_reports_are_read_at_their_place() {
    let found = |properties: &str| {
        let body = wrap(&file("/dav/", properties));
        let mut document = multistatus::parse(body.as_bytes()).unwrap().unwrap();
        document.responses.remove(0).found.unwrap().sync_collection
    };
    let report = |name: &str| {
        format!("<D:supported-report><D:report><D:{name}/></D:report></D:supported-report>")
    };
    let set = |reports: &str| format!("<D:supported-report-set>{reports}</D:supported-report-set>");
    assert!(found(&set(
        &(report("expand-property") + &report("sync-collection"))
    )));
    assert!(!found(&set(&report("expand-property"))));
    assert!(!found("<D:sync-collection/>"));
}

#[test]
fn the_default_namespace_and_foreign_ones() {
    let listing = read(
        "<multistatus xmlns=\"DAV:\"><response xmlns:x=\"urn:x\"><x:href>/dav/wrong</x:href>\
         <href>/dav/right</href><propstat><prop><getetag xmlns=\"urn:x\">\"no\"</getetag>\
         <x:resourcetype><collection/></x:resourcetype><resourcetype/>\
         <getcontentlength>7</getcontentlength></prop><status>HTTP/1.1 200 OK</status></propstat>\
         </response><x:response xmlns:x=\"urn:x\"><href>/dav/other</href></x:response></multistatus>",
    );
    let entry = only(&listing);
    assert_eq!((entry.path.as_str(), entry.size), ("right", Some(7)));
    assert!(!entry.is_folder && entry.etag.is_none());
}

#[test]
fn odd_values_cost_only_themselves() {
    let listing = read(&wrap(
        &(file(
            "/dav/x.md",
            "<D:resourcetype/><D:getlastmodified>recently</D:getlastmodified>\
         <D:getcontentlength>-1</D:getcontentlength><D:getetag></D:getetag>",
        ) + &file("/dav/y/", "<D:displayname>y &nbsp;</D:displayname>")
            + "<D:response><D:href>\n  /dav/z.md\n</D:href></D:response>"),
    ));
    assert_eq!(paths(&listing), ["x.md", "y", "z.md"]);
    let [x, y, z] = &listing.entries[..] else {
        panic!("{listing:?}")
    };
    assert_eq!((x.modified, x.size, &x.etag), (None, None, &None));
    assert!(y.is_folder && !z.is_folder, "by the form of the address");
}

#[test]
fn a_bad_entry_is_named_and_the_others_stay() {
    let bad = [
        ("/dav/../x", "\"..\""),
        ("/dav/%2e%2e/x", "\"..\""),
        ("/dav/a%2fb", "slash"),
        ("/dav/a%00b", "control character"),
        ("/dav/caf%E9.md", "UTF-8"),
        ("/elsewhere/x", "outside"),
        ("http://other.example/dav/x", "another server"),
        ("x.md", "absolute path"),
        ("/dav/&nbsp;.md", "&nbsp;"),
        ("/dav/deep/er.md", "not in the folder"),
    ];
    for (href, reason) in bad {
        let body =
            wrap(&(file(href, "<D:resourcetype/>") + &file("/dav/good.md", "<D:resourcetype/>")));
        let listing = read(&body);
        assert_eq!(paths(&listing), ["good.md"], "{href}");
        assert_eq!(listing.unreadable.len(), 1, "{href}");
        let unreadable = &listing.unreadable[0];
        assert_eq!(unreadable.path, None, "{href}");
        assert!(
            unreadable.reason.contains(reason),
            "{href}: {}",
            unreadable.reason
        );
    }
}

#[test]
fn an_entry_with_a_status_keeps_its_path() {
    let listing = read(&wrap(
        "<D:response><D:href>/dav/a.md</D:href><D:href>/dav/b.md</D:href>\
         <D:status>HTTP/1.1 403 Forbidden</D:status></D:response>\
         <D:response><D:href>/dav/c.md</D:href><D:propstat><D:prop><D:getetag/></D:prop>\
         <D:status>HTTP/1.1 500 Oops</D:status></D:propstat></D:response>\
         <D:response><D:href>/dav/d.md</D:href><D:propstat><D:prop><D:getetag/></D:prop>\
         <D:status>HTTP/1.1 404 Not Found</D:status></D:propstat></D:response>\
         <D:response></D:response>",
    ));
    let known: Vec<_> = listing
        .unreadable
        .iter()
        .map(|bad| bad.path.as_deref())
        .collect();
    assert_eq!(known, [Some("a.md"), Some("b.md"), Some("c.md"), None]);
    assert!(listing.unreadable[0].reason.contains("403"));
    // A file that only lacks the properties is a file.
    assert_eq!(paths(&listing), ["d.md"]);
}

#[test]
fn the_folder_is_told_from_its_children() {
    for own in [
        "/dav/a%20b/",
        "/dav/a%20b",
        "/dav/a b",
        "http://files.example/dav//a%20b/",
    ] {
        let body = wrap(&(file(own, "") + &file("/dav/a%20b/x", "<D:resourcetype/>")));
        let listing = read_bytes("/dav/a%20b/", body.as_bytes());
        assert_eq!(listing.own.as_ref().unwrap().path, "a b", "{own}");
        assert_eq!(paths(&listing), ["a b/x"]);
        assert!(listing.unreadable.is_empty());
    }
}

#[test]
fn an_entry_sent_twice_is_one() {
    let twice = file("/dav/x", "<D:resourcetype/>") + &file("/dav/%78", "<D:resourcetype/>");
    let both_forms = file("/dav/%C3%BC", "") + &file("/dav/u%CC%88", "");
    assert_eq!(
        paths(&read(&wrap(&(twice + &both_forms)))),
        ["x", "ü", "u\u{308}"]
    );
}

#[test]
fn text_comes_in_many_forms() {
    let listing = read(&wrap(
        &(file("/dav/a&amp;b &#252;&#xFC;", "<D:resourcetype/>")
            + &file("<![CDATA[/dav/c&d]]>", "<D:resourcetype/>")
            + &file("/dav/e<!-- x -->&f", "<D:resourcetype/>")),
    ));
    assert_eq!(paths(&listing), ["a&b üü", "c&d", "e&f"]);
}

#[test]
fn a_name_in_another_encoding_costs_only_itself() {
    let mut body = wrap(&(file("/dav/caf@.md", "") + &file("/dav/x.md", ""))).into_bytes();
    let at = body.iter().position(|byte| *byte == b'@').unwrap();
    body[at] = 0xe9;
    let listing = read_bytes("/dav/", &body);
    assert_eq!(paths(&listing), ["x.md"]);
    assert!(listing.unreadable[0].reason.contains("UTF-8"));
}

#[test]
fn documents_that_are_refused() {
    let bomb = "<!DOCTYPE lolz [<!ENTITY lol \"lol\">]>".to_owned() + &wrap("");
    assert!(refused(bomb.as_bytes()).contains("document type"));
    let latin = wrap("").replace("1.0\"", "1.0\" encoding=\"ISO-8859-1\"");
    assert!(refused(latin.as_bytes()).contains("ISO-8859-1"));
    let wide: Vec<u8> = wrap("").encode_utf16().flat_map(u16::to_be_bytes).collect();
    assert!(refused(&wide).contains("UTF-16"));
    let whole = wrap(&file("/dav/x", ""));
    for end in [
        "</D:multistatus>",
        "</D:response></D:multistatus>",
        "sponse></D:multistatus>",
    ] {
        let cut = whole.strip_suffix(end).unwrap();
        multistatus::parse(cut.as_bytes()).unwrap_err();
    }
    let long = wrap(&format!(
        "<D:response>{}",
        "<D:href>/</D:href>".repeat(200_001)
    ));
    assert!(refused(long.as_bytes()).contains("more than 200000 entries"));
    let deep = wrap(&"<a>".repeat(100_000));
    assert!(refused(deep.as_bytes()).contains("deep"));
    assert!(
        multistatus::parse(b"<html><body/></html>")
            .unwrap()
            .is_none()
    );
    assert!(
        multistatus::parse(b"<multistatus/>").unwrap().is_none(),
        "another namespace"
    );
    multistatus::parse(b"").unwrap_err();
    multistatus::parse(b"It works!").unwrap_err();
    multistatus::parse(b"\xef\xbb\xbf<D:multistatus xmlns:D=\"DAV:\"/>")
        .unwrap()
        .unwrap();
}

#[test]
fn nothing_that_is_sent_makes_it_panic() {
    let whole = wrap(&(file("/dav/%c3%bc&amp;x", "<D:getetag>W/\"x\"</D:getetag>")));
    for end in 0..whole.len() {
        let _ = multistatus::parse(&whole.as_bytes()[..end]);
        for junk in [b"<", b">", b"&", b"%", b"\xff", b"\0"] {
            let mut bytes = whole.clone().into_bytes();
            bytes.splice(end..end + 1, junk.iter().copied());
            if let Ok(Some(document)) = multistatus::parse(&bytes) {
                let _ = listing(&base(), base().href(), document, None);
            }
        }
    }
}

#[test]
fn changes_of_several_pages() {
    let gone = |href: &str| {
        format!(
            "<D:response><D:href>{href}</D:href><D:status>HTTP/1.1 404 Not Found</D:status></D:response>"
        )
    };
    let more = "<D:response><D:href>/dav/</D:href><D:status>HTTP/1.1 507 Insufficient Storage</D:status></D:response>";
    let first = wrap(&(file("/dav/a", "") + &file("/dav/b", "") + &gone("/dav/c/") + more));
    let second = wrap(
        &(gone("/dav/a")
            + &file("/dav/c/", "")
            + "<D:response><D:href>/dav/d/</D:href><D:status>HTTP/1.1 403 Forbidden</D:status>\
               <D:error><D:sync-traversal-supported/></D:error></D:response>\
               <D:sync-token>urn:2</D:sync-token>"),
    );
    let mut builder = ChangesBuilder::default();
    let document = |body: &str| multistatus::parse(body.as_bytes()).unwrap().unwrap();
    assert!(builder.add(&base(), document(&first)));
    let last = document(&second);
    assert_eq!(last.sync_token.as_deref(), Some("urn:2"));
    assert!(!builder.add(&base(), last));
    let Changes {
        changed,
        removed,
        unreadable,
        ..
    } = builder.finish(String::new(), None);
    let changed: Vec<_> = changed.iter().map(|entry| entry.path.as_str()).collect();
    assert_eq!((changed, removed), (vec!["b", "c"], vec!["a".to_owned()]));
    assert_eq!(unreadable[0].path.as_deref(), Some("d"));
}

#[test]
fn the_error_for_an_old_token() {
    assert!(says_token_is_invalid(
        b"<?xml version=\"1.0\"?><D:error xmlns:D=\"DAV:\"><D:valid-sync-token/></D:error>"
    ));
    for body in [
        &b"<D:error xmlns:D=\"DAV:\"><D:number-of-matches-within-limits/></D:error>"[..],
        b"<x:error xmlns:x=\"urn:x\"><x:valid-sync-token/></x:error>",
        b"valid-sync-token",
        b"",
    ] {
        assert!(!says_token_is_invalid(body));
    }
}
