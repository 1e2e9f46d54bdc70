//! `leitl leave`

use std::time::Duration;

use tokio::time::timeout;

use super::{
    connection::ConnectionArguments,
    keeper::{self, state::Folder},
};
use crate::{
    api::SessionEnd,
    protocol::{Reason, SessionId},
};

/// How long a keeper has to end its session: what a [`Membership`] takes, and a little.
///
/// [`Membership`]: super::membership::Membership
const KEEPER_LIMIT: Duration = Duration::from_secs(6);

/// Which session leaves, and why.
#[derive(clap::Args)]
pub struct LeaveArguments {
    /// The session, as `leitl join` printed it
    #[arg(long, env = "LEITL_SESSION_ID", value_name = "ID")]
    session: SessionId,
    /// Why
    #[arg(long, value_name = "TEXT")]
    reason: Option<Reason>,
    #[command(flatten)]
    connection: ConnectionArguments,
}

/// Ends a session and stops what keeps it alive. One that has ended already is left.
///
/// # Errors
/// If the server cannot be reached or refuses it.
pub(super) async fn run(arguments: LeaveArguments) -> anyhow::Result<()> {
    let client = arguments.connection.client()?;
    // Without a folder nothing was started here.
    if let Ok(folder) = Folder::open()
        && let Some(keeper) = keeper::stop(&folder, &arguments.session, arguments.reason.clone())?
    {
        // It would register the session anew, so it goes first.
        timeout(KEEPER_LIMIT, keeper.ended()).await??;
    }
    let farewell = SessionEnd {
        session_id: Some(arguments.session),
        reason: arguments.reason,
    };
    match client.call(&farewell).await {
        // As the keeper has left it.
        Err(error) if error.status() == Some(404) => Ok(()),
        outcome => Ok(outcome?),
    }
}
