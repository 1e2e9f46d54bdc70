//! JSON on its way in and out: the codecs of the server functions.
//!
//! Arguments are read with care, so that an error names the field. Answers are
//! read by way of [`serde_json::Value`]: then the reader of each type is compiled once for all
//! its uses, which halves what the dashboard downloads for it.

use std::fmt;

use leptos::server::codee::{Decoder, Encoder};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::Value;
use server_fn::{
    Bytes, ContentType, Decodes, Encodes, Format, FormatType,
    error::{FromServerFnError, ServerFnErrorErr},
};

use super::{Problem, ProblemKind, plain};

/// A codec's content type, and that it writes JSON text.
macro_rules! json_codec {
    ($(#[$comment:meta])* $codec:ident, $content_type:literal) => {
        $(#[$comment])*
        pub struct $codec;

        impl ContentType for $codec {
            const CONTENT_TYPE: &'static str = $content_type;
        }

        impl FormatType for $codec {
            const FORMAT_TYPE: Format = Format::Text;
        }

        impl<T: Serialize> Encodes<T> for $codec {
            type Error = serde_json::Error;

            fn encode(value: &T) -> Result<Bytes, Self::Error> {
                serde_json::to_vec(value).map(Bytes::from)
            }
        }
    };
}

json_codec! {
    /// Arguments. An empty body reads as `{}`, since every argument may be optional.
    ArgumentJson, "application/json"
}

json_codec! {
    /// Answers.
    AnswerJson, "application/json"
}

json_codec! {
    /// Problems (RFC 9457, section 3).
    ProblemJson, "application/problem+json"
}

impl<T: DeserializeOwned> Decodes<T> for ArgumentJson {
    type Error = Refusal;

    fn decode(bytes: Bytes) -> Result<T, Refusal> {
        Refusal::parse(if bytes.is_empty() { b"{}" } else { &bytes })
    }
}

impl<T: DeserializeOwned> Decodes<T> for AnswerJson {
    type Error = serde_json::Error;

    fn decode(bytes: Bytes) -> Result<T, Self::Error> {
        serde_json::from_value(serde_json::from_slice(&bytes)?)
    }
}

/// What the server hands to the browser inside the page: an answer as plain JSON, or
/// why there is none.
pub struct PlainJson;

impl Encoder<Result<Value, Problem>> for PlainJson {
    type Error = serde_json::Error;
    type Encoded = String;

    fn encode(answer: &Result<Value, Problem>) -> Result<String, Self::Error> {
        // Only the server hands over. The browser never comes here, and need not
        // download the writers.
        if cfg!(feature = "ssr") {
            serde_json::to_string(answer)
        } else {
            Ok(String::new())
        }
    }
}

impl Decoder<Result<Value, Problem>> for PlainJson {
    type Error = serde_json::Error;
    type Encoded = str;

    fn decode(text: &str) -> Result<Result<Value, Problem>, Self::Error> {
        let mut answer: Value = serde_json::from_slice(text.as_bytes())?;
        // The names of `Result`'s variants are those that serde gives it.
        Ok(match answer.get_mut("Ok") {
            Some(answer) => Ok(answer.take()),
            None => Err(plain::problem(&answer["Err"])
                .unwrap_or_else(|| Problem::new(ProblemKind::Unavailable, "no answer"))),
        })
    }
}

impl Decodes<Problem> for ProblemJson {
    type Error = serde_json::Error;

    fn decode(bytes: Bytes) -> Result<Problem, Self::Error> {
        <AnswerJson as Decodes<Problem>>::decode(bytes)
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

impl Problem {
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
    pub fn read_json<T: DeserializeOwned>(value: Value) -> Result<T, Self> {
        serde_path_to_error::deserialize(value).map_err(|error| Refusal::of(error).into())
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
        let value = serde_json::from_slice(text.as_bytes()).and_then(serde_json::from_value);
        value.unwrap_or_else(|_| Self {
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
            ArgumentJson::decode(Bytes::copy_from_slice(json.as_bytes())).map(|_: Arguments| ());
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
    fn what_is_handed_over_arrives() {
        for answer in [
            Ok(serde_json::json!({"n": 1})),
            Err(Problem::field("limit", "must be 1 to 500")),
        ] {
            let text = PlainJson::encode(&answer).unwrap();
            assert_eq!(PlainJson::decode(&text).unwrap(), answer);
        }
    }

    #[test]
    fn broken_json_is_a_bad_request() {
        for json in ["{", "nonsense", r#"{"agent_name": "Cece"} {}"#] {
            assert_eq!(refused(json).status, 400, "{json}");
        }
    }
}
