//! Entity tags, as servers write them.

use std::fmt;

/// An entity tag (RFC 9110, section 8.8.3). Some servers leave its quotes away
/// (wsgidav), some send it weak while a file is fresh and strong later (Apache).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Etag {
    /// What stands between the quotes.
    pub value: String,
    /// Whether the server says that equal tags do not mean equal bytes.
    pub weak: bool,
}

impl Etag {
    /// Reads a tag with or without quotes, weak or strong; nothing if it is empty.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let (weak, text) = match text.strip_prefix("W/").or_else(|| text.strip_prefix("w/")) {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let value = text
            .strip_prefix('"')
            .and_then(|rest| rest.strip_suffix('"'))
            .unwrap_or(text);
        (!value.is_empty()).then(|| Self {
            value: value.to_owned(),
            weak,
        })
    }

    /// Weak comparison (RFC 9110, section 8.8.3.2), which `If-None-Match` uses too:
    /// a tag that turns from weak to strong has not changed.
    pub fn matches(&self, other: &Etag) -> bool {
        self.value == other.value
    }
}

/// As headers carry it, always quoted.
impl fmt::Display for Etag {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let prefix = if self.weak { "W/" } else { "" };
        write!(formatter, "{prefix}\"{}\"", self.value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_every_spelling() {
        for (text, value, weak) in [
            ("\"2d-5f\"", "2d-5f", false),
            ("W/\"2d-5f\"", "2d-5f", true),
            ("w/\"2d-5f\"", "2d-5f", true),
            ("1f7c-5e-17", "1f7c-5e-17", false),
            (" \"a b\" ", "a b", false),
            ("\"", "\"", false),
        ] {
            let tag = Etag::parse(text).unwrap();
            assert_eq!((tag.value.as_str(), tag.weak), (value, weak), "{text}");
        }
        assert_eq!(Etag::parse("\"\""), None);
        assert_eq!(Etag::parse(" "), None);
    }

    #[test]
    fn a_tag_that_becomes_strong_is_the_same_tag() {
        let (fresh, later) = (
            Etag::parse("W/\"a\"").unwrap(),
            Etag::parse("\"a\"").unwrap(),
        );
        assert!(fresh.matches(&later) && fresh != later);
        assert_eq!(fresh.to_string(), "W/\"a\"");
        assert_eq!(Etag::parse("a").unwrap().to_string(), "\"a\"");
    }
}
