//! The one-time login link and the dashboard's cookie.
//!
//! The link carries a code, not a token: the code is good once and for a minute,
//! and what is good for longer never stands in a URL, where histories, logs and
//! Referer headers would keep it.

use std::time::Duration;

use axum::{
    extract::{Query, State},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Redirect, Response},
};
use serde::Deserialize;

use super::{Audience, Claims, KeyRing, User, Workspace, unauthorized};
use crate::{
    protocol::{Problem, ProblemKind},
    server::{Server, problem_response},
};

/// The dashboard's cookie.
pub const COOKIE: &str = "leitl";

/// How long a login link is good for.
const CODE_LIFE: Duration = Duration::from_secs(60);

/// How long the browser stays signed in.
const COOKIE_LIFE: Duration = Duration::from_secs(30 * 24 * 3600);

impl KeyRing {
    /// Makes a one-time login link for a server at `url`.
    ///
    /// # Errors
    /// Only if the key ring is unusable.
    pub fn login_link(
        &self,
        url: &str,
        user: User,
        workspace: Workspace,
    ) -> anyhow::Result<String> {
        let code = self.sign(&Claims::new(Audience::Login, user, workspace, CODE_LIFE))?;
        Ok(format!("{}/login?code={code}", url.trim_end_matches('/')))
    }
}

/// The query of a login link.
#[derive(Deserialize)]
pub struct LoginQuery {
    code: Option<String>,
}

/// `GET /login?code=…`: trades the code for the cookie and goes to the dashboard.
pub async fn login(
    State(server): State<Server>,
    Query(query): Query<LoginQuery>,
    headers: HeaderMap,
) -> Response {
    match trade(&server, query.code.as_deref(), &headers).await {
        Ok(cookie) => {
            let mut response = Redirect::to("/leitl-dashboard").into_response();
            response.headers_mut().insert(header::SET_COOKIE, cookie);
            response
                .headers_mut()
                .insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
            response
        }
        // A person followed a link: the dashboard says how to get a new one.
        Err(problem) if problem.status == StatusCode::UNAUTHORIZED => {
            Redirect::to("/leitl-dashboard?login=refused").into_response()
        }
        Err(problem) => problem_response(&problem),
    }
}

async fn trade(
    server: &Server,
    code: Option<&str>,
    headers: &HeaderMap,
) -> Result<HeaderValue, Problem> {
    let code = code.ok_or_else(|| unauthorized("the login link has no code"))?;
    let claims = server.auth.keys().verify(code, &[Audience::Login])?;
    if !server
        .store
        .use_login_code(&claims.jti, CODE_LIFE * 2)
        .await?
    {
        return Err(unauthorized("this login link was used before"));
    }
    let session = Claims::new(Audience::User, claims.sub, claims.workspace, COOKIE_LIFE);
    let token = server.auth.sign(&session)?;
    // Behind a proxy that speaks TLS the cookie must not travel without it.
    let public_https = server
        .config
        .server
        .public_url
        .as_deref()
        .is_some_and(|url| url.starts_with("https://"));
    let forwarded_https = headers
        .get("x-forwarded-proto")
        .is_some_and(|protocol| protocol.as_bytes() == b"https");
    let secure = if public_https || forwarded_https {
        "; Secure"
    } else {
        ""
    };
    let cookie = format!(
        "{COOKIE}={token}; Path=/; Max-Age={}; HttpOnly; SameSite=Strict{secure}",
        COOKIE_LIFE.as_secs()
    );
    HeaderValue::try_from(cookie)
        .map_err(|_| Problem::new(ProblemKind::Internal, "the cookie cannot be written"))
}

/// The token in the dashboard's cookie (RFC 6265, section 4.2).
pub(super) fn cookie(headers: &HeaderMap) -> Option<&str> {
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find_map(|(name, value)| (name == COOKIE).then_some(value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_our_cookie_among_others() {
        let mut headers = HeaderMap::new();
        headers.append(
            header::COOKIE,
            "theme=dark; leitl=abc.def.ghi".parse().unwrap(),
        );
        assert_eq!(cookie(&headers), Some("abc.def.ghi"));
        headers.clear();
        headers.append(header::COOKIE, "notleitl=x".parse().unwrap());
        assert_eq!(cookie(&headers), None);
    }
}
