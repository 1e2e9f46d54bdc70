//! `leitl mcp`: MCP over standard input and output, for clients that start a program
//! instead of speaking HTTP.
//!
//! Messages are handed through to the server's `/mcp` and back, so that there is one
//! implementation of what they mean. What HTTP has and a pipe has not is done here: the
//! MCP session, its renewal after the server was restarted, and an answer when the
//! server is away.

mod event_stream;
mod message;
mod upstream;

use std::{collections::HashMap, sync::Arc};

use serde_json::Value;
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader, stdin, stdout},
    sync::{mpsc, oneshot},
    task::{AbortHandle, JoinSet},
};

use self::{
    message::{Message, error},
    upstream::Upstream,
};
use super::connection::ConnectionArguments;

/// How many messages wait to be written.
const WAITING: usize = 64;

/// Which server, and as whom.
#[derive(clap::Args)]
pub struct McpArguments {
    #[command(flatten)]
    connection: ConnectionArguments,
}

pub(super) async fn run(arguments: McpArguments) -> anyhow::Result<()> {
    let client = arguments.connection.client()?;
    let (answers, written) = mpsc::channel(WAITING);
    let upstream = Arc::new(Upstream::new(&client, answers.clone())?);
    let writing = tokio::spawn(write(written));
    let mut lines = BufReader::new(stdin()).lines();
    let mut calls = Calls::default();
    while let Some(line) = lines.next_line().await? {
        if line.trim().is_empty() {
            continue;
        }
        match serde_json::from_str(&line) {
            Ok(value) => calls.take(&upstream, Message::new(value)).await,
            Err(fault) => {
                // JSON-RPC 2.0, section 5.1.
                let refusal = error(Value::Null, -32700, &format!("not valid JSON: {fault}"));
                let _ = answers.send(refusal).await;
            }
        }
    }
    // The client has gone.
    calls.running.shutdown().await;
    upstream.close().await;
    drop((upstream, answers));
    writing.await?
}

/// The calls that are being answered.
#[derive(Default)]
struct Calls {
    running: JoinSet<()>,
    /// By the id of the request.
    by_id: HashMap<String, AbortHandle>,
}

impl Calls {
    async fn take(&mut self, upstream: &Arc<Upstream>, message: Message) {
        while self.running.try_join_next().is_some() {}
        self.by_id.retain(|_, call| !call.is_finished());
        // Without an MCP session, a request is given up by not listening any more
        // (specification 2026-07-28, "Cancellation").
        if let Some(cancelled) = message.cancels()
            && !upstream.has_session()
        {
            if let Some(call) = self.by_id.remove(&cancelled.to_string()) {
                call.abort();
            }
            return;
        }
        // What comes next needs to know which MCP session this opens.
        if message.is_handshake() {
            let (taken, _) = oneshot::channel();
            return upstream.pass(message, taken).await;
        }
        let id = message.id().map(Value::to_string);
        let (taken, has_taken) = oneshot::channel();
        let passing = {
            let upstream = Arc::clone(upstream);
            async move { upstream.pass(message, taken).await }
        };
        let call = self.running.spawn(passing);
        if let Some(id) = id {
            self.by_id.insert(id, call);
        }
        // In an MCP session order matters: what gives a request up must not come before it.
        // There the server takes a request at once and answers when it can; elsewhere
        // taking it is answering it.
        if upstream.has_session() {
            // It ends with an error, since nothing is ever sent.
            let _ = has_taken.await;
        }
    }
}

/// Writes messages, one a line (specification 2025-11-25, "stdio").
async fn write(mut messages: mpsc::Receiver<Value>) -> anyhow::Result<()> {
    let mut output = stdout();
    while let Some(message) = messages.recv().await {
        output.write_all(format!("{message}\n").as_bytes()).await?;
        output.flush().await?;
    }
    Ok(())
}
