//! The built-in share: WebDAV at `/dav/<user>/`, so that a fresh installation has
//! context with no other server. Files lie in the data directory.
//!
//! Any WebDAV client signs in with the user's name and, as password, a user token
//! (RFC 7617); `Authorization: Bearer` works too. The dashboard's cookie does not: a
//! page must not be able to write here.

use std::{
    io::ErrorKind,
    path::{Path, PathBuf},
};

use axum::{
    body::Body,
    extract::{Request, State},
    http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header},
    response::{IntoResponse, Response},
};
use base64::{Engine, prelude::BASE64_STANDARD};
use dav_server::{DavHandler, davpath::DavPath, fakels::FakeLs, localfs::LocalFs};
use tokio::fs::DirBuilder;
use tower_http::limit::RequestBodyLimitLayer;

use super::{Context, search::address_of};
use crate::{
    protocol::{Problem, ProblemKind, SourceId},
    server::{Server, auth::Caller, problem_response},
};

/// What a client is asked for that does not say who it is.
const CHALLENGE: HeaderValue =
    HeaderValue::from_static("Basic realm=\"LEITL share\", charset=\"UTF-8\"");

/// A file put here by one may be opened in the browser by another program's link: it
/// must not run as a page of ours.
const SANDBOX: HeaderValue = HeaderValue::from_static("sandbox; default-src 'none'");

/// Bounds what can be put into the share.
pub fn share_limit(server: &Server) -> RequestBodyLimitLayer {
    RequestBodyLimitLayer::new(server.config.context.share_file_bytes)
}

/// Everything below `/dav/`.
pub async fn share(State(server): State<Server>, request: Request) -> Response {
    let mut response = match serve(&server, request).await {
        Ok(response) => response,
        Err(problem) => {
            let unauthorized = problem.status == StatusCode::UNAUTHORIZED.as_u16();
            let mut response = problem_response(&problem);
            if unauthorized {
                response
                    .headers_mut()
                    .insert(header::WWW_AUTHENTICATE, CHALLENGE);
            }
            response
        }
    };
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_SECURITY_POLICY, SANDBOX);
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    response
}

async fn serve(server: &Server, request: Request) -> Result<Response, Problem> {
    let caller = sign_in(server, request.headers()).await?;
    let prefix = format!("/dav/{}", caller.user);
    let path = request.uri().path();
    let own = path
        .strip_prefix(&prefix)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
    if !own {
        return Err(Problem::new(
            ProblemKind::Forbidden,
            format!("your share is at {prefix}/, and no other is yours"),
        ));
    }
    let root = server.context.share_root(&caller).await?;
    server.context.ensure_share(&caller).await?;
    if request.method() == Method::PUT {
        make_parents(&root, &prefix, request.uri()).await?;
    }
    let changes = !matches!(
        request.method().as_str(),
        "GET" | "HEAD" | "OPTIONS" | "PROPFIND" | "LOCK" | "UNLOCK"
    );
    let handler = DavHandler::builder()
        .filesystem(LocalFs::new(&root, false, false, false))
        // Files and Finder write only where they can lock. Nothing is really locked:
        // the last writer wins.
        .locksystem(FakeLs::new())
        .strip_prefix(prefix)
        .build_handler();
    let response = handler.handle(request).await;
    if changes && response.status().is_success() {
        let share = address_of(&caller, SourceId::share());
        server.context.request_sync(&share).await?;
    }
    Ok(response.map(Body::new).into_response())
}

/// Who sent a request, by Basic or Bearer.
async fn sign_in(server: &Server, headers: &HeaderMap) -> Result<Caller, Problem> {
    let refuse = |detail: &str| Problem::new(ProblemKind::Unauthorized, detail);
    let given = headers
        .get(header::AUTHORIZATION)
        .and_then(|value| value.to_str().ok())
        .ok_or_else(|| refuse("sign in with your user name and a user token as password"))?;
    let (user, token) = match given.split_once(' ') {
        Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") => {
            (None, token.trim().to_owned())
        }
        Some((scheme, encoded)) if scheme.eq_ignore_ascii_case("basic") => {
            let decoded = BASE64_STANDARD
                .decode(encoded.trim())
                .ok()
                .and_then(|bytes| String::from_utf8(bytes).ok());
            let Some((user, password)) = decoded.as_deref().and_then(|text| text.split_once(':'))
            else {
                return Err(refuse("the Authorization header is not Basic credentials"));
            };
            (Some(user.to_owned()), password.to_owned())
        }
        _ => return Err(refuse("sign in with Basic or Bearer")),
    };
    let caller = server.auth.identify(&token).await?;
    caller.require_user()?;
    if user.is_some_and(|user| user != caller.user.as_str()) {
        return Err(refuse("this token is another user's"));
    }
    Ok(caller)
}

impl Context {
    /// The folder of a user's share, made where it is missing.
    async fn share_root(&self, caller: &Caller) -> Result<PathBuf, Problem> {
        let root = self
            .0
            .config
            .server
            .data_dir
            .join("share")
            .join(caller.workspace.to_string())
            .join(caller.user.as_str());
        make_folder(&root).await?;
        Ok(root)
    }
}

/// Makes the folders of a file that is put. RFC 4918, section 9.7.1, would have 409
/// for a missing one; but then `curl -T auth.md …/docs/auth.md` needs a `MKCOL` before
/// that hardly anybody knows, and nothing is lost by making it.
async fn make_parents(root: &Path, prefix: &str, uri: &Uri) -> Result<(), Problem> {
    let refuse = || Problem::new(ProblemKind::BadRequest, "this is no path of a file");
    // The library's own reading of the path: it refuses one that leads out.
    let mut path = DavPath::from_uri(uri).map_err(|_| refuse())?;
    path.set_prefix(prefix).map_err(|_| refuse())?;
    let parent = path.parent();
    let parent = parent.as_rel_ospath();
    if parent.as_os_str().is_empty() {
        return Ok(());
    }
    make_folder(&root.join(parent)).await
}

async fn make_folder(path: &Path) -> Result<(), Problem> {
    let made = DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(path)
        .await;
    match made {
        Ok(()) => Ok(()),
        Err(error)
            if matches!(
                error.kind(),
                ErrorKind::AlreadyExists | ErrorKind::NotADirectory
            ) =>
        {
            Err(Problem::new(
                ProblemKind::Conflict,
                "a file is in the way of this folder",
            ))
        }
        Err(error)
            if matches!(
                error.kind(),
                ErrorKind::InvalidFilename | ErrorKind::InvalidInput
            ) =>
        {
            Err(Problem::new(
                ProblemKind::BadRequest,
                "this is no name of a folder",
            ))
        }
        Err(error) => {
            tracing::error!("cannot make a folder of a share: {error}");
            Err(Problem::new(
                ProblemKind::Internal,
                "the server cannot write to the share",
            ))
        }
    }
}
