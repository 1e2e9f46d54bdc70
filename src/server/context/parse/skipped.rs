//! Why a file has no text here.

/// The reason, in words for the status of the file's source. None of them names
/// the file: the status lists the path beside it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Skipped {
    /// Not text: a picture, an archive, a program.
    #[error("not text: {what}")]
    Binary {
        /// What it is, as far as its bytes tell.
        what: &'static str,
    },
    /// The text would be larger than [`Limits`](super::Limits) allow.
    #[error("too large: more than {limit} bytes of text")]
    TooLarge {
        /// The limit, in bytes.
        limit: usize,
    },
    /// A PDF or Word document that cannot be read.
    #[error("damaged: not a readable {what}")]
    Damaged {
        /// What it claims to be.
        what: &'static str,
    },
    /// A document that asks for a password.
    #[error("encrypted: a password is needed to read it")]
    Encrypted,
    /// A document of pages without words that can be read, such as a scan.
    #[error("no text in it: scanned pages, pictures, or fonts that do not tell their characters")]
    NoText,
}
