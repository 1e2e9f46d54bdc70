//! What surrounds every request of the REST API.

use axum::{
    body::{Body, Bytes, to_bytes},
    extract::Request,
    http::{HeaderValue, Method, StatusCode, header},
    middleware::Next,
    response::Response,
};
use server_fn::{ContentType, axum::get_server_fn_service};

use super::problem_response;
use crate::protocol::{API_PREFIX, MAX_FRAME_BYTES, Problem, ProblemJson, ProblemKind};

/// The longest problem body that is read back to find its status.
const PROBLEM_LIMIT: usize = 64 * 1024;

/// Guards the server functions, which by themselves
/// - take any content type, so a page of another origin could post JSON as
///   `text/plain` with the cookie of a visitor;
/// - report a body over the limit as broken JSON;
/// - answer `Accept: text/html` with a redirect, for forms;
/// - answer every error with 500, and an unknown path with a page of HTML.
///
/// Every path under `/api/` is theirs, but for the sockets.
pub async fn guard_api(request: Request, next: Next) -> Response {
    let path = request.uri().path();
    let is_socket = path
        .strip_prefix(API_PREFIX)
        .is_some_and(|rest| rest == "/ws" || rest.starts_with("/ws/"));
    if is_socket || !path.starts_with("/api/") {
        return next.run(request).await;
    }
    if let Err(problem) = known_call(&request) {
        return problem_response(&problem);
    }
    let request = match checked_body(request).await {
        Ok(request) => request,
        Err(problem) => return problem_response(&problem),
    };
    let mut response = next.run(request).await;
    let is_problem = response.headers().get(header::CONTENT_TYPE)
        == Some(&HeaderValue::from_static(ProblemJson::CONTENT_TYPE));
    if is_problem {
        response = with_its_status(response).await;
    }
    // Answers are of one moment and one caller.
    response
        .headers_mut()
        .insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

fn known_call(request: &Request) -> Result<(), Problem> {
    let path = request.uri().path();
    let exists = |method: Method| get_server_fn_service(path, method).is_some();
    if exists(request.method().clone()) {
        return Ok(());
    }
    Err(if [Method::GET, Method::POST].into_iter().any(exists) {
        Problem::new(
            ProblemKind::MethodNotAllowed,
            format!("{path} has no {}", request.method()),
        )
    } else {
        Problem::new(
            ProblemKind::NotFound,
            format!("there is no {path} under {API_PREFIX}"),
        )
    })
}

async fn checked_body(request: Request) -> Result<Request, Problem> {
    let (mut parts, body) = request.into_parts();
    let bytes = to_bytes(body, MAX_FRAME_BYTES).await.map_err(|_| {
        Problem::new(
            ProblemKind::TooLarge,
            format!("a body may have at most {MAX_FRAME_BYTES} bytes"),
        )
    })?;
    let is_json = parts
        .headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.split(';').next())
        .is_some_and(|media| media.trim().eq_ignore_ascii_case("application/json"));
    // A page can send an empty POST to another origin too, but the cookie is
    // SameSite=Strict and does not come with it.
    if !bytes.is_empty() && !is_json {
        return Err(Problem::new(
            ProblemKind::UnsupportedMediaType,
            "send the body as Content-Type: application/json",
        ));
    }
    parts
        .headers
        .insert(header::ACCEPT, HeaderValue::from_static("application/json"));
    Ok(Request::from_parts(parts, Body::from(bytes)))
}

/// Gives a problem that a server function returned the status that it names.
async fn with_its_status(response: Response) -> Response {
    let (_, body) = response.into_parts();
    let bytes = to_bytes(body, PROBLEM_LIMIT)
        .await
        .unwrap_or_else(|_| Bytes::new());
    match serde_json::from_slice::<Problem>(&bytes) {
        Ok(problem) => problem_response(&problem),
        Err(_) => problem_response(&Problem::new(ProblemKind::Internal, "the answer was lost")),
    }
}

/// Headers of every response (OWASP Secure Headers Project).
pub async fn harden(request: Request, next: Next) -> Response {
    let is_asset = request.uri().path().starts_with("/pkg/");
    let mut response = next.run(request).await;
    let found = response.status() == StatusCode::OK;
    let headers = response.headers_mut();
    headers.insert(
        header::X_CONTENT_TYPE_OPTIONS,
        HeaderValue::from_static("nosniff"),
    );
    headers.insert(
        header::REFERRER_POLICY,
        HeaderValue::from_static("no-referrer"),
    );
    headers.insert(header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY"));
    if is_asset && found {
        // Asset names do not change with their content: ask each time.
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    }
    response
}
