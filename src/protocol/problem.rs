//! The one error type (RFC 9457), for REST, socket `error` frames and the
//! command line, and the JSON codecs of the server functions.

use std::fmt;

use serde::{Deserialize, Serialize, de::DeserializeOwned};
use server_fn::{
    Bytes, ContentType, Decodes, Encodes, Format, FormatType,
    error::{FromServerFnError, ServerFnErrorErr},
};

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

    /// Parses JSON text.
    ///
    /// # Errors
    /// 400 for what is no JSON, 422 with field and rule for what breaks one.
    pub fn parse_json<T: DeserializeOwned>(json: &[u8]) -> Result<T, Self> {
        Refusal::parse(json).map_err(Self::from)
    }

    /// Reads a JSON value as a type.
    ///
    /// # Errors
    /// 422 with field and rule.
    pub fn read_json<T: DeserializeOwned>(value: serde_json::Value) -> Result<T, Self> {
        serde_path_to_error::deserialize(value).map_err(|error| Refusal::of(error).into())
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

/// `application/problem+json` (RFC 9457, section 3).
pub struct ProblemJson;

impl ContentType for ProblemJson {
    const CONTENT_TYPE: &'static str = "application/problem+json";
}

impl FormatType for ProblemJson {
    const FORMAT_TYPE: Format = Format::Text;
}

impl Encodes<Problem> for ProblemJson {
    type Error = serde_json::Error;

    fn encode(problem: &Problem) -> Result<Bytes, Self::Error> {
        serde_json::to_vec(problem).map(Bytes::from)
    }
}

impl Decodes<Problem> for ProblemJson {
    type Error = serde_json::Error;

    fn decode(bytes: Bytes) -> Result<Problem, Self::Error> {
        serde_json::from_slice(&bytes)
    }
}

impl FromServerFnError for Problem {
    type Encoder = ProblemJson;

    fn from_server_fn_error(error: ServerFnErrorErr) -> Self {
        match error {
            ServerFnErrorErr::Deserialization(text) => Refusal::read(&text).into(),
            ServerFnErrorErr::Args(text) => Self::field("", text),
            ServerFnErrorErr::MissingArg(field) => Self::field(field, "is missing"),
            ServerFnErrorErr::Request(text) => Self::new(ProblemKind::Unavailable, text),
            other => Self::new(ProblemKind::Internal, other.to_string()),
        }
    }
}

/// JSON whose errors name the field that broke the rule. An empty body reads as
/// `{}`, since every argument may be optional.
pub struct StrictJson;

impl ContentType for StrictJson {
    const CONTENT_TYPE: &'static str = "application/json";
}

impl FormatType for StrictJson {
    const FORMAT_TYPE: Format = Format::Text;
}

impl<T: Serialize> Encodes<T> for StrictJson {
    type Error = serde_json::Error;

    fn encode(value: &T) -> Result<Bytes, Self::Error> {
        serde_json::to_vec(value).map(Bytes::from)
    }
}

impl<T: DeserializeOwned> Decodes<T> for StrictJson {
    type Error = Refusal;

    fn decode(bytes: Bytes) -> Result<T, Refusal> {
        Refusal::parse(if bytes.is_empty() { b"{}" } else { &bytes })
    }
}

/// Why a JSON text was refused. `server_fn` hands only the error's text from the
/// codec to [`FromServerFnError`], so the text is JSON and is read back there.
#[derive(Debug, Serialize, Deserialize)]
pub struct Refusal {
    syntax: bool,
    field: String,
    rule: String,
}

impl Refusal {
    /// Parses JSON; an error names the field.
    pub fn parse<T: DeserializeOwned>(json: &[u8]) -> Result<T, Self> {
        let mut deserializer = serde_json::Deserializer::from_slice(json);
        let value = serde_path_to_error::deserialize(&mut deserializer).map_err(Self::of)?;
        deserializer.end().map_err(|error| Self {
            syntax: true,
            field: String::new(),
            rule: error.to_string(),
        })?;
        Ok(value)
    }

    fn of(error: serde_path_to_error::Error<serde_json::Error>) -> Self {
        let path = error.path().to_string();
        let inner = error.into_inner();
        let syntax = inner.is_syntax() || inner.is_eof();
        let text = without_position(&inner.to_string());
        match text
            .strip_prefix("missing field `")
            .and_then(|rest| rest.strip_suffix('`'))
        {
            Some(missing) => Self {
                syntax,
                field: missing.to_owned(),
                rule: "is missing".into(),
            },
            None => {
                let field = if path == "." { String::new() } else { path };
                Self {
                    syntax,
                    field,
                    rule: text,
                }
            }
        }
    }

    fn read(text: &str) -> Self {
        serde_json::from_str(text).unwrap_or_else(|_| Self {
            syntax: true,
            field: String::new(),
            rule: text.to_owned(),
        })
    }
}

/// Cuts serde_json's ` at line 1 column 20`: the field's name says more.
fn without_position(text: &str) -> String {
    text.rsplit_once(" at line ")
        .map_or(text, |(text, _)| text)
        .to_owned()
}

impl fmt::Display for Refusal {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = serde_json::to_string(self).map_err(|_| fmt::Error)?;
        formatter.write_str(&text)
    }
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        if refusal.syntax {
            Self::new(
                ProblemKind::BadRequest,
                format!("not valid JSON: {}", refusal.rule),
            )
        } else {
            Self::field(refusal.field, refusal.rule)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::{AgentName, Tags};

    #[derive(Debug, Deserialize)]
    struct Arguments {
        #[allow(dead_code)]
        agent_name: AgentName,
        #[allow(dead_code)]
        #[serde(default)]
        tags: Option<Tags>,
    }

    fn refused(json: &str) -> Problem {
        let error =
            StrictJson::decode(Bytes::copy_from_slice(json.as_bytes())).map(|_: Arguments| ());
        let text = error.unwrap_err().to_string();
        Problem::from_server_fn_error(ServerFnErrorErr::Deserialization(text))
    }

    #[test]
    fn a_broken_rule_names_field_and_rule() {
        let problem = refused(r#"{"agent_name": ""}"#);
        assert_eq!(problem.status, 422);
        assert_eq!(problem.errors[0].field, "agent_name");
        assert_eq!(
            problem.errors[0].rule,
            "must have 1 to 64 characters, has 0"
        );
        let problem = refused(r#"{"agent_name": "Cece", "tags": ["ok", 5]}"#);
        assert_eq!(problem.errors[0].field, "tags[1]");
        assert_eq!(
            problem.errors[0].rule,
            "invalid type: integer `5`, expected a string"
        );
    }

    #[test]
    fn a_missing_field_is_named_even_in_an_empty_body() {
        let problem = refused("");
        assert_eq!(
            (problem.status, problem.errors[0].field.as_str()),
            (422, "agent_name")
        );
        assert_eq!(problem.errors[0].rule, "is missing");
    }

    #[test]
    fn broken_json_is_a_bad_request() {
        for json in ["{", "nonsense", r#"{"agent_name": "Cece"} {}"#] {
            assert_eq!(refused(json).status, 400, "{json}");
        }
    }

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
