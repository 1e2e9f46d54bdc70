//! Which web pages may open sockets.
//!
//! A browser sends the cookie with a socket's opening request whatever page asks,
//! so the page's origin must be checked here (RFC 6455, section 10.2). Layers
//! against request forgery do not help: they let every GET pass.

use axum::http::{HeaderMap, header};

use crate::protocol::{Problem, ProblemKind};

/// Lets a socket's opening request pass if no page sent it, or one of our own
/// origin, or one of `allowed`.
///
/// # Errors
/// 403 that names the setting.
pub fn check_origin(headers: &HeaderMap, allowed: &[String]) -> Result<(), Problem> {
    let Some(origin) = headers.get(header::ORIGIN) else {
        return Ok(());
    };
    let origin = origin.to_str().unwrap_or_default();
    let host = headers
        .get(header::HOST)
        .and_then(|host| host.to_str().ok());
    let own = origin.split_once("://").map(|(_, authority)| authority);
    if (own.is_some() && own == host) || allowed.iter().any(|known| known == origin) {
        return Ok(());
    }
    Err(Problem::new(
        ProblemKind::Forbidden,
        "pages of this origin may not open sockets here; server.allowed_origins lists those that may",
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checked(origin: Option<&str>, allowed: &[&str]) -> bool {
        let mut headers = HeaderMap::new();
        headers.insert(header::HOST, "localhost:8000".parse().unwrap());
        if let Some(origin) = origin {
            headers.insert(header::ORIGIN, origin.parse().unwrap());
        }
        let allowed: Vec<String> = allowed.iter().map(|origin| origin.to_string()).collect();
        check_origin(&headers, &allowed).is_ok()
    }

    #[test]
    fn only_our_own_pages_and_listed_ones_pass() {
        assert!(checked(None, &[]));
        assert!(checked(Some("http://localhost:8000"), &[]));
        assert!(checked(
            Some("https://room.example"),
            &["https://room.example"]
        ));
        for foreign in [
            "https://evil.example",
            "http://localhost:8001",
            "null",
            "",
            "http://localhost:8000.evil.example",
        ] {
            assert!(
                !checked(Some(foreign), &["https://room.example"]),
                "{foreign:?} passed"
            );
        }
    }
}
