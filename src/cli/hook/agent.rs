//! The agent that a hook acts for.

use std::{
    env,
    path::{Path, PathBuf},
};

use serde::{Serialize, de::DeserializeOwned};
use server_fn::ServerFn;

use super::input::Input;
use crate::{
    api::SessionRegister,
    cli::{
        client::{Client, ClientError},
        keeper::{
            self, Assignment, StartError,
            process::Process,
            state::{Folder, FolderError},
        },
        repository,
    },
    protocol::{AgentName, AgentType, SessionId, Tag, Tags},
};

/// How often a keeper gives a sign of life if the server did not say: what is usual
/// there, in seconds.
const USUAL_HEARTBEAT: u64 = 30;

/// How much of a folder's name is in the agent's, in characters.
const LONGEST_FOLDER_NAME: usize = 50;

/// Why a hook did not do its work.
#[derive(Debug, thiserror::Error)]
pub enum Trouble {
    /// The server did not answer in time.
    #[error("the server did not answer in time")]
    TooSlow,
    /// A call failed.
    #[error(transparent)]
    Call(#[from] ClientError),
    /// Nothing keeps the session alive.
    #[error(transparent)]
    Keeper(#[from] StartError),
    /// There is nowhere to note what is kept.
    #[error(transparent)]
    Folder(#[from] FolderError),
    /// There is nothing that could leave.
    #[error("cannot find the agent's process")]
    NoProcess,
}

/// The agent, with its session.
pub struct Agent {
    /// Calls the server.
    pub client: Client,
    /// Its session.
    pub session_id: SessionId,
    /// The name it goes by.
    pub name: AgentName,
    agent_type: AgentType,
    /// Where it works.
    folder: PathBuf,
}

impl Agent {
    /// The one that a hook's input speaks of; `None` if its id cannot be one.
    pub fn of(input: &Input, client: Client) -> Option<Self> {
        Some(Self {
            client,
            session_id: input.session_id()?,
            name: name(&input.cwd)?,
            agent_type: "code_assistant".parse().ok()?,
            folder: input.cwd.clone(),
        })
    }

    /// Calls the server, after joining anew if the session has ended meanwhile.
    pub async fn call<F>(&self, arguments: &F) -> Result<F::Output, Trouble>
    where
        F: ServerFn + Serialize,
        F::Output: DeserializeOwned,
    {
        match self.client.call(arguments).await {
            Err(error) if error.status() == Some(404) => {
                self.join().await?;
                Ok(self.client.call(arguments).await?)
            }
            outcome => Ok(outcome?),
        }
    }

    /// Registers the session, unless it lives, and has it kept while the agent lives.
    pub async fn join(&self) -> Result<(), Trouble> {
        let registration = self.registration();
        let heartbeat_seconds = match self.client.call(&registration).await {
            Ok(registered) => registered.heartbeat_seconds,
            // It lives: the agent has only begun a new conversation, or resumed one.
            Err(error) if error.status() == Some(409) => USUAL_HEARTBEAT,
            Err(error) => return Err(error.into()),
        };
        let assignment = Assignment {
            session_id: self.session_id.clone(),
            registration,
            heartbeat_seconds,
            process: Process::calling_agent().ok_or(Trouble::NoProcess)?,
        };
        Ok(keeper::start(&Folder::open()?, &self.client, &assignment)?)
    }

    fn registration(&self) -> SessionRegister {
        let repository = repository::name(&self.folder).and_then(|name| name.parse::<Tag>().ok());
        SessionRegister {
            agent_name: self.name.clone(),
            agent_type: self.agent_type.clone(),
            tags: repository.and_then(|tag| Tags::try_from(vec![tag]).ok()),
            current_task: None,
            context_sources: None,
            session_id: Some(self.session_id.clone()),
        }
    }
}

/// LEITL_AGENT_NAME, or a name after the folder that the agent works in.
fn name(folder: &Path) -> Option<AgentName> {
    let given = env::var("LEITL_AGENT_NAME").ok();
    let folder: String = folder
        .file_name()
        .and_then(|name| name.to_str())
        .unwrap_or_default()
        .chars()
        .take(LONGEST_FOLDER_NAME)
        .collect();
    given
        .and_then(|name| name.parse().ok())
        .or_else(|| format!("Claude {folder}").parse().ok())
        .or_else(|| "Claude".parse().ok())
}
