//! The one error type (RFC 9457), for REST, socket `error` frames and the
//! command line.

use std::fmt;

use serde::{Deserialize, Serialize};

/// What a request broke, in a form for programs and people.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{title}: {detail}{}", DisplayErrors(errors))]
pub struct Problem {
    /// `urn:leitl:problem:<kind>`.
    #[serde(rename = "type")]
    pub type_uri: String,
    /// The kind in words, the same for every occurrence.
    pub title: String,
    /// The HTTP status.
    pub status: u16,
    /// This occurrence in words.
    pub detail: String,
    /// The fields of the request that broke a rule.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<FieldError>,
    /// After how many seconds another try makes sense; also sent as `Retry-After`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_after_seconds: Option<u64>,
}

/// One field that broke a rule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FieldError {
    /// The field's path, such as `tags[3]`; empty for the whole body.
    pub field: String,
    /// What it must be.
    pub rule: String,
}

/// The kinds of problem, with their statuses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProblemKind {
    /// The body is no JSON.
    BadRequest,
    /// No token, or not a valid one.
    Unauthorized,
    /// A valid token, for something else.
    Forbidden,
    /// No such thing.
    NotFound,
    /// The path exists, the method does not.
    MethodNotAllowed,
    /// It would collide with what is there.
    Conflict,
    /// The body is larger than allowed.
    TooLarge,
    /// The body is not `application/json`.
    UnsupportedMediaType,
    /// A field broke a rule.
    Invalid,
    /// Too many of them in too short a time.
    RateLimited,
    /// A fault of ours.
    Internal,
    /// Redis is away, or the server is stopping.
    Unavailable,
}

impl ProblemKind {
    /// Status, last part of the type, and title.
    fn facts(self) -> (u16, &'static str, &'static str) {
        match self {
            Self::BadRequest => (400, "bad-request", "The request could not be read"),
            Self::Unauthorized => (401, "unauthorized", "A valid token is needed"),
            Self::Forbidden => (403, "forbidden", "The token does not allow this"),
            Self::NotFound => (404, "not-found", "There is no such thing"),
            Self::MethodNotAllowed => (405, "method-not-allowed", "The method is not allowed here"),
            Self::Conflict => (409, "conflict", "It collides with what is there"),
            Self::TooLarge => (413, "too-large", "The request is too large"),
            Self::UnsupportedMediaType => (415, "unsupported-media-type", "The body must be JSON"),
            Self::Invalid => (422, "invalid", "The request breaks a rule"),
            Self::RateLimited => (429, "rate-limited", "Too many requests"),
            Self::Internal => (500, "internal", "The server made a mistake"),
            Self::Unavailable => (503, "unavailable", "The server cannot do this now"),
        }
    }
}

impl Problem {
    /// A problem of a kind, with this occurrence in words.
    pub fn new(kind: ProblemKind, detail: impl Into<String>) -> Self {
        let (status, name, title) = kind.facts();
        Self {
            type_uri: format!("urn:leitl:problem:{name}"),
            title: title.to_owned(),
            status,
            detail: detail.into(),
            errors: Vec::new(),
            retry_after_seconds: None,
        }
    }

    /// A field that broke a rule.
    pub fn field(field: impl Into<String>, rule: impl fmt::Display) -> Self {
        let error = FieldError {
            field: field.into(),
            rule: rule.to_string(),
        };
        let detail = match error.field.as_str() {
            "" => error.rule.clone(),
            field => format!("{field} {}", error.rule),
        };
        Self {
            errors: vec![error],
            ..Self::new(ProblemKind::Invalid, detail)
        }
    }

    /// The same, with the time after which another try makes sense.
    pub fn retry_after(self, seconds: u64) -> Self {
        Self {
            retry_after_seconds: Some(seconds),
            ..self
        }
    }
}

struct DisplayErrors<'a>(&'a [FieldError]);

impl fmt::Display for DisplayErrors<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        // A single one is in the detail already.
        if self.0.len() > 1 {
            for error in self.0 {
                write!(formatter, "; {} {}", error.field, error.rule)?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_wire_form_is_that_of_rfc_9457() {
        let json = serde_json::to_value(Problem::field("limit", "must be 1 to 500")).unwrap();
        assert_eq!(json["type"], "urn:leitl:problem:invalid");
        assert_eq!(json["title"], "The request breaks a rule");
        assert_eq!(json["status"], 422);
        assert_eq!(json["detail"], "limit must be 1 to 500");
        assert_eq!(json["errors"][0]["field"], "limit");
    }
}
