//! `leitl who`

use super::{connection::ConnectionArguments, output, table::Table};
use crate::{
    api::ActiveSessions,
    protocol::{ActiveSession, SessionId},
};

/// Whom to list, and how.
#[derive(clap::Args)]
pub struct WhoArguments {
    /// Only sessions with this tag
    #[arg(long)]
    tag: Option<String>,
    /// Mark this session as yours
    #[arg(long, env = "LEITL_SESSION_ID", value_name = "ID")]
    session: Option<SessionId>,
    /// Print the server's answer as JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    connection: ConnectionArguments,
}

pub(super) async fn run(arguments: WhoArguments) -> anyhow::Result<()> {
    let call = ActiveSessions {
        tag: arguments.tag,
        agent_type: None,
    };
    let sessions = arguments.connection.client()?.call(&call).await?;
    if arguments.json {
        output::print_json(&sessions)
    } else {
        output::print(&render(&sessions, arguments.session.as_ref()))
    }
}

fn render(sessions: &[ActiveSession], own: Option<&SessionId>) -> String {
    if sessions.is_empty() {
        return "Nobody is here.\n".to_owned();
    }
    let mut table = Table::new(["NAME", "STATUS", "UPTIME", "SESSION", "TAGS", "TASK"]);
    for session in sessions {
        let you = match own == Some(&session.session_id) {
            true => " (you)",
            false => "",
        };
        let tags: Vec<_> = session.tags.iter().map(|tag| tag.as_str()).collect();
        table.row(
            [
                format!("{}{you}", session.agent_name),
                session.status.as_str().to_owned(),
                session.uptime.clone(),
                session.session_id.to_string(),
                tags.join(","),
                session.current_task.to_string(),
            ],
            [],
        );
    }
    table.to_string()
}
