//! Where a synchronisation left off, for the next one to go on.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// What the next synchronisation needs of this one.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Cursor {
    /// Which folder this was. Of another one nothing is known.
    pub identity: String,
    /// Whether a synchronisation of it has ended well.
    pub complete: bool,
    /// The token of RFC 6578, section 3.2.
    pub token: Option<String>,
    /// The ETags of folders whose whole content was read, where these change with
    /// anything below.
    pub folders: BTreeMap<String, String>,
    /// How many files were missing that a second look must confirm.
    pub missing: Option<usize>,
}

impl Cursor {
    /// Reads one; what cannot be read is as good as none, and costs one complete
    /// listing.
    pub fn read(json: &str, identity: &str) -> Self {
        let cursor: Self = serde_json::from_str(json).unwrap_or_default();
        if cursor.identity == identity {
            cursor
        } else {
            Self {
                identity: identity.to_owned(),
                ..Self::default()
            }
        }
    }

    /// Whether no synchronisation of this folder has ended well yet.
    pub fn is_new(&self) -> bool {
        !self.complete
    }

    /// As it is stored.
    pub fn write(&self) -> String {
        // Text and numbers alone, which JSON can write.
        serde_json::to_string(self).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_is_good_for_its_folder_alone() {
        let cursor = Cursor {
            token: Some("t".into()),
            complete: true,
            ..Cursor::read("", "https://a.example/")
        };
        let json = cursor.write();
        assert_eq!(Cursor::read(&json, "https://a.example/"), cursor);
        assert!(!Cursor::read(&json, "https://a.example/").is_new());
        let other = Cursor::read(&json, "https://b.example/");
        assert!(other.is_new() && other.token.is_none());
        assert_eq!(
            Cursor::read("broken", "x"),
            Cursor {
                identity: "x".into(),
                ..Cursor::default()
            }
        );
    }
}
