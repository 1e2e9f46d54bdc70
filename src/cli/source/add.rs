//! `leitl source add`

use std::time::Duration;

use reqwest::Url;

use super::secret::SecretArguments;
use crate::{
    api::AddSource,
    cli::{Misuse, client::TRY_OUT_LIMIT, connection::ConnectionArguments, duration, output},
    protocol::{Line, Pattern, Secret, SourceAuth, SourceName},
};

/// Which folder, and how to come in there.
#[derive(clap::Args)]
pub struct AddArguments {
    /// What you call it
    name: SourceName,
    /// The WebDAV folder, such as https://cloud.example.org/dav/notes/
    #[arg(value_name = "URL")]
    folder: Line<1, 2000>,
    /// none, basic, digest or bearer [default: by what else is given]
    #[arg(long)]
    auth: Option<SourceAuth>,
    /// Your user name there
    #[arg(long)]
    username: Option<Line<1, 256>>,
    #[command(flatten)]
    secret: SecretArguments,
    /// How often to synchronise: a number and s, m, h or d, such as 5m
    #[arg(long, value_parser = duration::parse)]
    interval: Option<Duration>,
    /// Only files that match, such as 'docs/**/*.md'; may be given more than once
    #[arg(long, value_name = "GLOB")]
    include: Vec<Pattern>,
    /// No files that match; may be given more than once
    #[arg(long, value_name = "GLOB")]
    exclude: Vec<Pattern>,
    /// Print the server's answer as JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    connection: ConnectionArguments,
}

impl AddArguments {
    /// How to come in, as said or as the other flags suggest.
    fn auth(&self) -> SourceAuth {
        self.auth.unwrap_or(if self.secret.names_token() {
            SourceAuth::Bearer
        } else if self.username.is_some() || self.secret.names_password() {
            SourceAuth::Basic
        } else {
            SourceAuth::None
        })
    }

    /// The rules between flags.
    fn check(&self, auth: SourceAuth) -> Result<(), Misuse> {
        let (username, secret) = (self.username.is_some(), &self.secret);
        let fault = match auth {
            SourceAuth::None if username || secret.names_password() || secret.names_token() => {
                "--auth none goes with no user name, password or token"
            }
            SourceAuth::Basic | SourceAuth::Digest if secret.names_token() => {
                "--token-file goes with --auth bearer alone"
            }
            SourceAuth::Basic | SourceAuth::Digest if !username => "--username is missing",
            SourceAuth::Bearer if username || secret.names_password() => {
                "--auth bearer goes with --token-file, and with no user name or password"
            }
            _ if has_user_info(self.folder.as_str()) => {
                "the URL must hold no user and password, since others on this machine see \
                 it; give --username, and --password-file or another way"
            }
            _ => return Ok(()),
        };
        Err(Misuse(fault))
    }
}

fn has_user_info(url: &str) -> bool {
    Url::parse(url).is_ok_and(|url| !url.username().is_empty() || url.password().is_some())
}

pub(super) async fn run(arguments: AddArguments) -> anyhow::Result<()> {
    let auth = arguments.auth();
    arguments.check(auth)?;
    let client = arguments.connection.client()?;
    let secret: Option<Secret> = arguments.secret.read(auth)?;
    let (password, token) = match auth {
        SourceAuth::Bearer => (None, secret),
        _ => (secret, None),
    };
    let username = arguments.username.map(|name| name.to_string().parse());
    let call = AddSource {
        name: arguments.name,
        url: arguments.folder,
        auth: Some(auth),
        username: username.transpose()?,
        password,
        token,
        interval_seconds: arguments.interval.map(|interval| interval.as_secs()),
        include: Some(patterns(arguments.include)?),
        exclude: Some(patterns(arguments.exclude)?),
        max_file_bytes: None,
        max_files: None,
    };
    let added = client.call_within(TRY_OUT_LIMIT, &call).await?;
    if arguments.json {
        return output::print_json(&added);
    }
    output::print(&format!(
        "{} is added as {} and is being read; `leitl source list` shows how that goes\n",
        output::clean_line(&added.name),
        added.id
    ))
}

fn patterns(given: Vec<Pattern>) -> anyhow::Result<crate::protocol::Patterns> {
    given.try_into().map_err(anyhow::Error::msg)
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Command {
        #[command(flatten)]
        add: AddArguments,
    }

    fn outcome(flags: &str) -> Result<SourceAuth, String> {
        let line = format!("add notes https://cloud.example.org/ {flags}");
        let command =
            Command::try_parse_from(line.split_whitespace()).map_err(|error| error.to_string())?;
        let auth = command.add.auth();
        let checked = command.add.check(auth).map(|()| auth);
        checked.map_err(|fault| fault.to_string())
    }

    #[test]
    fn flags_suggest_how_to_come_in() {
        for (flags, auth) in [
            ("", SourceAuth::None),
            ("--username ann", SourceAuth::Basic),
            ("--username ann --password-stdin", SourceAuth::Basic),
            ("--username ann --auth digest", SourceAuth::Digest),
            ("--token-file t", SourceAuth::Bearer),
        ] {
            assert_eq!(outcome(flags), Ok(auth), "{flags}");
        }
    }

    #[test]
    fn flags_that_do_not_go_together_are_named() {
        for (flags, named) in [
            ("--auth none --username ann", "--auth none"),
            ("--auth basic", "--username"),
            ("--password-stdin", "--username"),
            ("--auth digest --username a --token-file t", "--token-file"),
            ("--auth bearer --username ann", "--auth bearer"),
            ("--auth kerberos", "kerberos"),
            ("--password-stdin --password-file f", "--password-file"),
            ("--interval soon", "soon"),
        ] {
            let error = outcome(flags).unwrap_err();
            assert!(error.contains(named), "{flags}: {error}");
        }
    }

    #[test]
    fn a_password_in_the_address_is_seen() {
        for url in ["https://a:b@c/", "https://a@c/", "https://:b@c/"] {
            assert!(has_user_info(url), "{url}");
        }
        assert!(!has_user_info("https://c/a:b@d/"));
    }
}
