//! `leitl task`: what an agent tells of its work.

use clap::{Args, Subcommand, value_parser};
use serde::Serialize;

use super::{
    output,
    speaker::{Speaker, SpeakerArguments},
};
use crate::{
    api::SessionUpdate,
    protocol::{EventData, EventType, Task},
    server::task_id::{Description, TaskId, task_id},
};

/// What there is to tell.
#[derive(Subcommand)]
pub enum TaskCommand {
    /// A task begins. Prints its id. A session that is named is shown with it.
    Start {
        #[command(flatten)]
        task: TaskArguments,
    },
    /// A task goes on.
    Progress {
        #[command(flatten)]
        task: TaskArguments,
        /// How much of it is done
        #[arg(long, value_name = "0-100", value_parser = value_parser!(u8).range(..=100))]
        percent: Option<u8>,
        /// What there is to say
        #[arg(long, value_name = "TEXT")]
        message: Option<String>,
    },
    /// A task is finished.
    Done {
        #[command(flatten)]
        task: TaskArguments,
        /// What came of it
        #[arg(long, value_name = "TEXT")]
        result: Option<String>,
    },
    /// A task is given up.
    Fail {
        #[command(flatten)]
        task: TaskArguments,
        /// Why
        #[arg(long, value_name = "TEXT")]
        reason: Option<String>,
    },
}

/// Which task.
#[derive(Args)]
pub struct TaskArguments {
    /// What the task is; the same words always mean the same task
    #[arg(required_unless_present = "id")]
    description: Option<Description>,
    /// The task's id [default: one made from the description]
    #[arg(long)]
    id: Option<TaskId>,
    #[command(flatten)]
    speaker: SpeakerArguments,
}

/// The `data` of `task.*`.
#[derive(Default, Serialize)]
struct News {
    task_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    task_description: Option<Description>,
    #[serde(skip_serializing_if = "Option::is_none")]
    percent: Option<u8>,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    result: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
}

pub(super) async fn run(command: TaskCommand) -> anyhow::Result<()> {
    match command {
        TaskCommand::Start { task } => {
            let (speaker, news) = task.read()?;
            let (id, description) = (news.task_id.clone(), news.task_description.clone());
            tell(&speaker, EventType::TaskStarted, &news).await?;
            let shown = description.map_or(id.clone(), String::from);
            show(&speaker, &shown).await?;
            output::print(&(output::clean_line(&id) + "\n"))
        }
        TaskCommand::Progress {
            task,
            percent,
            message,
        } => {
            let (speaker, mut news) = task.read()?;
            (news.percent, news.message) = (percent, message);
            tell(&speaker, EventType::TaskProgress, &news).await
        }
        TaskCommand::Done { task, result } => {
            let (speaker, mut news) = task.read()?;
            news.result = result;
            tell(&speaker, EventType::TaskCompleted, &news).await?;
            show(&speaker, "").await
        }
        TaskCommand::Fail { task, reason } => {
            let (speaker, mut news) = task.read()?;
            news.reason = reason;
            tell(&speaker, EventType::TaskFailed, &news).await?;
            show(&speaker, "").await
        }
    }
}

impl TaskArguments {
    fn read(self) -> anyhow::Result<(Speaker, News)> {
        // clap asks for one of the two.
        let task_id = task_id(self.id, self.description.as_ref())?;
        let news = News {
            task_id,
            task_description: self.description,
            ..News::default()
        };
        Ok((self.speaker.speaker()?, news))
    }
}

async fn tell(speaker: &Speaker, event_type: EventType, news: &News) -> anyhow::Result<()> {
    speaker
        .publish(event_type, EventData::of(news), None)
        .await?;
    Ok(())
}

/// Has the session shown with this task. A person has none.
async fn show(speaker: &Speaker, task: &str) -> anyhow::Result<()> {
    let (Some(session_id), Ok(task)) = (speaker.session.clone(), task.parse::<Task>()) else {
        return Ok(());
    };
    let change = SessionUpdate {
        session_id: Some(session_id),
        status: None,
        current_task: Some(task),
        tags: None,
        context_sources: None,
    };
    speaker.client.call(&change).await?;
    Ok(())
}
