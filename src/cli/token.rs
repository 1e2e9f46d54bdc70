//! `leitl token`

use std::{path::PathBuf, time::Duration};

use anyhow::{bail, ensure};

use crate::server::auth::{KeyRing, User, Workspace};

/// Whose token, and for how long.
#[derive(clap::Args)]
pub struct TokenArguments {
    /// The user
    #[arg(long)]
    user: User,
    /// The workspace
    #[arg(long, default_value = "default")]
    workspace: Workspace,
    /// How long it is good: a number and s, m, h or d
    #[arg(long, default_value = "30d", value_parser = parse_life)]
    ttl: Duration,
    /// The server's data directory
    #[arg(long, default_value = "data")]
    data_dir: PathBuf,
}

pub(super) fn run(arguments: TokenArguments) -> anyhow::Result<()> {
    let keys = KeyRing::open(&arguments.data_dir)?;
    println!(
        "{}",
        keys.user_token(arguments.user, arguments.workspace, arguments.ttl)?
    );
    Ok(())
}

/// Reads `30d`, `12h`, `5m` or `90s`; at most ten years.
fn parse_life(text: &str) -> anyhow::Result<Duration> {
    const RULE: &str = "must be a whole number and s, m, h or d, such as 30d";
    let Some((at, unit)) = text.char_indices().last() else {
        bail!(RULE)
    };
    let unit_seconds = match unit {
        's' => 1,
        'm' => 60,
        'h' => 3600,
        'd' => 24 * 3600,
        _ => bail!(RULE),
    };
    let Ok(number) = text[..at].parse::<u32>() else {
        bail!(RULE)
    };
    let life = Duration::from_secs(u64::from(number) * unit_seconds);
    ensure!(
        !life.is_zero() && life <= Duration::from_secs(3650 * 24 * 3600),
        "must be more than 0 and at most 3650d"
    );
    Ok(life)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lives_read_as_people_write_them() {
        assert_eq!(parse_life("90s").unwrap(), Duration::from_secs(90));
        assert_eq!(parse_life("30d").unwrap(), Duration::from_secs(30 * 86_400));
        for wrong in ["", "d", "30", "-1d", "1.5h", "0s", "99999d", "1ü"] {
            assert!(parse_life(wrong).is_err(), "{wrong:?} was taken");
        }
    }
}
