//! Answers for the scripted server: the ordinary ones, and those that go wrong.

use std::{convert::Infallible, io, time::Duration};

use axum::{
    body::{Body, Bytes},
    http::{
        StatusCode,
        header::{CONTENT_LENGTH, CONTENT_TYPE, ETAG, LOCATION, RETRY_AFTER, WWW_AUTHENTICATE},
    },
    response::{IntoResponse, Response},
};
use futures::{StreamExt, stream};
use tokio::{task::yield_now, time::sleep};

/// A multistatus answer with this body, well-formed or not.
pub fn multistatus(body: impl Into<String>) -> Response {
    let headers = [(CONTENT_TYPE, "application/xml; charset=utf-8")];
    (StatusCode::MULTI_STATUS, headers, body.into()).into_response()
}

/// A multistatus body of these `response` elements.
pub fn multistatus_of(responses: impl IntoIterator<Item = String>) -> Response {
    let responses: String = responses.into_iter().collect();
    multistatus(format!(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?>\
         <D:multistatus xmlns:D=\"DAV:\">{responses}</D:multistatus>"
    ))
}

/// A `response` element with the properties that were found.
pub fn found(href: &str, properties: &str) -> String {
    let href = escape(href);
    format!(
        "<D:response><D:href>{href}</D:href><D:propstat><D:prop>{properties}</D:prop>\
         <D:status>HTTP/1.1 200 OK</D:status></D:propstat></D:response>"
    )
}

/// A `response` element of a folder.
pub fn folder(href: &str) -> String {
    found(href, "<D:resourcetype><D:collection/></D:resourcetype>")
}

/// A `response` element of a file with this entity tag, quotes included.
pub fn file(href: &str, etag: &str, length: usize) -> String {
    let etag = escape(etag);
    found(
        href,
        &format!(
            "<D:resourcetype/><D:getetag>{etag}</D:getetag>\
             <D:getcontentlength>{length}</D:getcontentlength>"
        ),
    )
}

/// A `response` element that is a status alone.
pub fn status(href: &str, status: &str) -> String {
    let href = escape(href);
    format!(
        "<D:response><D:href>{href}</D:href><D:status>HTTP/1.1 {status}</D:status></D:response>"
    )
}

/// Text for XML.
pub fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

/// A file's content.
pub fn content(bytes: impl Into<Bytes>, etag: &str) -> Response {
    let headers = [(CONTENT_TYPE, "application/octet-stream"), (ETAG, etag)];
    (headers, bytes.into()).into_response()
}

/// 429 or 503 with the seconds or the date after which to try again.
pub fn try_later(status: StatusCode, retry_after: &str) -> Response {
    (status, [(RETRY_AFTER, retry_after)]).into_response()
}

/// Wants a password, by this challenge (RFC 9110 section 11.6.1).
pub fn unauthorized(challenge: &str) -> Response {
    (StatusCode::UNAUTHORIZED, [(WWW_AUTHENTICATE, challenge)]).into_response()
}

/// Sends the client to another URL.
pub fn redirect(status: StatusCode, url: &str) -> Response {
    (status, [(LOCATION, url)]).into_response()
}

/// A body that breaks off after `at` bytes, though the header promises all of it.
pub fn cut(status: StatusCode, body: impl Into<Bytes>, at: usize) -> Response {
    let body = body.into();
    let length = body.len();
    let end = stream::once(async {
        // The server sends what it has when there is nothing more to read yet.
        yield_now().await;
        Err(io::Error::from(io::ErrorKind::ConnectionReset))
    });
    let parts = stream::iter([Ok(body.slice(..at))]).chain(end);
    let headers = [(CONTENT_LENGTH, length)];
    (status, headers, Body::from_stream(parts)).into_response()
}

/// A body that comes in pieces with a pause after each.
pub fn slowly(
    status: StatusCode,
    body: impl Into<Bytes>,
    piece: usize,
    pause: Duration,
) -> Response {
    let pieces: Vec<Bytes> = body
        .into()
        .chunks(piece)
        .map(Bytes::copy_from_slice)
        .collect();
    let pieces = stream::iter(pieces).then(move |piece| async move {
        sleep(pause).await;
        Ok::<_, Infallible>(piece)
    });
    (status, Body::from_stream(pieces)).into_response()
}

/// A body without an end and without a length.
pub fn endless(status: StatusCode) -> Response {
    let piece = Bytes::from_static(&[b'a'; 16 * 1024]);
    let pieces = stream::repeat_with(move || Ok::<_, Infallible>(piece.clone()));
    (status, Body::from_stream(pieces)).into_response()
}
