//! What proves to a server that we may read.

use std::fmt;

use secrecy::SecretString;

/// The credentials of one source. Its debug form shows only the scheme.
#[derive(Clone)]
pub enum Credentials {
    /// The folder is open to everyone.
    None,
    /// RFC 7617.
    Basic {
        /// Without a colon.
        user: String,
        /// Sent as it is: good over TLS only.
        password: SecretString,
    },
    /// RFC 7616.
    Digest {
        /// As the server knows it.
        user: String,
        /// Never sent.
        password: SecretString,
    },
    /// RFC 6750.
    Bearer(SecretString),
}

impl Credentials {
    /// The scheme's name in `WWW-Authenticate`; nothing without credentials.
    pub(super) fn scheme(&self) -> Option<&'static str> {
        match self {
            Self::None => None,
            Self::Basic { .. } => Some("Basic"),
            Self::Digest { .. } => Some("Digest"),
            Self::Bearer(_) => Some("Bearer"),
        }
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.scheme().unwrap_or("None"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_debug_form_tells_nothing() {
        let credentials = Credentials::Basic {
            user: "anna".to_owned(),
            password: "geheim".into(),
        };
        assert_eq!(format!("{credentials:?}"), "Basic");
    }
}
