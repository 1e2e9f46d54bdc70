//! The password or token of a source, on its way in. It is never an argument, since
//! everyone on the machine sees those.

use std::{
    env, fs,
    io::{IsTerminal, Read, stdin},
    path::{Path, PathBuf},
};

use anyhow::{Context, bail};

use crate::protocol::{Secret, SourceAuth};

/// Where to read it. Without one of these: the environment, then the terminal.
#[derive(clap::Args)]
#[group(multiple = false)]
pub struct SecretArguments {
    /// A file with your password there, or - for standard input [default:
    /// LEITL_SOURCE_PASSWORD in the environment, else you are asked]
    #[arg(long, value_name = "FILE")]
    password_file: Option<PathBuf>,
    /// Read the password from standard input
    #[arg(long)]
    password_stdin: bool,
    /// A file with your token there, or - for standard input [default:
    /// LEITL_SOURCE_TOKEN in the environment, else you are asked]
    #[arg(long, value_name = "FILE")]
    token_file: Option<PathBuf>,
}

impl SecretArguments {
    /// Whether a flag says where a password is.
    pub fn names_password(&self) -> bool {
        self.password_stdin || self.password_file.is_some()
    }

    /// Whether a flag says where a token is.
    pub fn names_token(&self) -> bool {
        self.token_file.is_some()
    }

    /// Reads what `auth` needs, if it needs something.
    ///
    /// # Errors
    /// If it is nowhere, cannot be read, or is too long.
    pub fn read(&self, auth: SourceAuth) -> anyhow::Result<Option<Secret>> {
        let (what, variable, flag) = match auth {
            SourceAuth::None => return Ok(None),
            SourceAuth::Basic | SourceAuth::Digest => {
                ("password", "LEITL_SOURCE_PASSWORD", "--password-file")
            }
            SourceAuth::Bearer => ("token", "LEITL_SOURCE_TOKEN", "--token-file"),
        };
        let text = if self.password_stdin {
            from_file(Path::new("-"))?
        } else if let Some(path) = self.password_file.as_ref().or(self.token_file.as_ref()) {
            from_file(path)?
        } else if let Ok(text) = env::var(variable) {
            text
        } else if stdin().is_terminal() {
            rpassword::prompt_password(format!("The {what} there: "))
                .with_context(|| format!("cannot ask for the {what}"))?
        } else {
            bail!("there is no {what}: give {flag}, or set {variable}");
        };
        Secret::try_from(text)
            .map(Some)
            .map_err(|rule| anyhow::anyhow!("the {what} {rule}"))
    }
}

/// The first and only line of a file.
fn from_file(path: &Path) -> anyhow::Result<String> {
    let text = if path == Path::new("-") {
        let mut text = String::new();
        stdin().read_to_string(&mut text).map(|_| text)
    } else {
        fs::read_to_string(path)
    };
    let mut text = text.with_context(|| format!("cannot read {}", path.display()))?;
    // The end that editors and `echo` put there is no part of it.
    if text.ends_with('\n') {
        text.pop();
        if text.ends_with('\r') {
            text.pop();
        }
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_end_of_the_line_is_cut() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("password");
        for (text, secret) in [
            ("a b ", "a b "),
            (" a\n", " a"),
            ("a\r\n", "a"),
            ("a\n\n", "a\n"),
        ] {
            fs::write(&path, text).unwrap();
            assert_eq!(from_file(&path).unwrap(), secret);
        }
    }

    #[test]
    fn what_is_read_is_named_and_not_shown() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("password");
        fs::write(&path, "very-secret".repeat(1000)).unwrap();
        let arguments = |path: &Path| SecretArguments {
            password_file: Some(path.to_owned()),
            password_stdin: false,
            token_file: None,
        };
        let error = arguments(&path).read(SourceAuth::Basic).unwrap_err();
        let error = format!("{error:#}");
        assert!(
            error.contains("4,096") && !error.contains("very-secret"),
            "{error}"
        );
        let missing = dir.path().join("missing");
        let error = arguments(&missing).read(SourceAuth::Basic).unwrap_err();
        assert!(format!("{error:#}").contains("missing"));
    }
}
