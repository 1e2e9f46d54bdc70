//! `inbox` and `catch_up`.

use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Tool, shapes::bounded};
use crate::{
    protocol::{
        EventId, EventIds, Inbox as Unread, PageSize, Problem, ProblemKind, SessionId, WaitSeconds,
    },
    server::{
        bus::PageLimit,
        inbox::Drain,
        mcp::{call::Call, mail::Mail},
    },
};

/// How many messages an answer has, where nobody says, and at most.
const LIMIT: (usize, usize) = (10, 50);

/// How many tokens catching up costs where nobody says.
const TOKENS: u64 = 500;

/// `inbox`
pub struct Inbox;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct InboxInput {
    /// Your session, as `join` returned it.
    #[schemars(with = "Option<String>")]
    session_id: Option<SessionId>,
    /// How many seconds to wait for a message where there is none: 0 to 30, by default 0.
    #[schemars(with = "Option<u64>")]
    wait_seconds: Option<WaitSeconds>,
    /// At most so many messages: 1 to 50, by default 10.
    limit: Option<u64>,
    /// Messages you have taken note of, by id, up to 100: their senders are told.
    #[schemars(with = "Option<Vec<String>>")]
    acknowledge: Option<EventIds>,
}

/// What `inbox` answers.
#[derive(Serialize, JsonSchema)]
pub struct Received {
    /// The messages.
    #[serde(flatten)]
    mail: Mail,
    /// How many of those to acknowledge you had been handed, and are acknowledged now.
    acknowledged: u64,
}

impl Tool for Inbox {
    const NAME: &'static str = "inbox";
    const TITLE: &'static str = "Read your messages";
    const DESCRIPTION: &'static str = "Hands you the messages to you that you have not read, \
        and warnings that another works on the same file: at most 50, oldest first. Messages \
        come with the answers of the other tools too; use this to wait for one, to read many, \
        and to acknowledge.";
    const READS: bool = false;
    type Input = InboxInput;
    type Output = Received;

    async fn run(call: &Call, input: InboxInput) -> Result<Received, Problem> {
        let (default, most) = LIMIT;
        let limit = bounded("limit", input.limit, default, most)?;
        let size =
            PageSize::try_from(limit as u64).map_err(|rule| Problem::field("limit", rule))?;
        let session = call.session(input.session_id).await?;
        let inbox = &call.server().inbox;
        let acknowledged = match input.acknowledge {
            Some(ids) => {
                inbox
                    .acknowledge(&call.caller, &session, &ids)
                    .await?
                    .acknowledged
            }
            None => 0,
        };
        let wait = input.wait_seconds.unwrap_or_default().duration();
        let limit = PageLimit::from(size);
        let drain = |wait, peek| {
            let drain = Drain { limit, wait, peek };
            inbox.drain(&call.caller, &session, drain)
        };
        if !wait.is_zero() {
            // Looked at only: who gives up waiting must not have been handed anything.
            tokio::select! {
                seen = drain(wait, true) => {
                    seen?;
                }
                () = call.given_up.cancelled() => {
                    return Err(Problem::new(ProblemKind::BadRequest, "the call was given up"));
                }
            }
        }
        let unread: Unread = drain(Duration::ZERO, false).await?;
        // What came is in the answer already.
        call.fall_silent();
        Ok(Received {
            mail: Mail::new(unread),
            acknowledged,
        })
    }

    fn text(output: &Received) -> Option<String> {
        Some(output.mail.text())
    }
}

/// `catch_up`
pub struct CatchUp;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CatchUpInput {
    /// Your session, as `join` returned it.
    #[schemars(with = "Option<String>")]
    session_id: Option<SessionId>,
    /// From which event on, as `next` of an answer; by default from where you last looked.
    #[schemars(with = "Option<String>")]
    since: Option<EventId>,
    /// At most so many tokens: 100 to 10,000, by default 500.
    max_tokens: Option<u64>,
}

/// What `catch_up` answers.
#[derive(Serialize, JsonSchema)]
pub struct CaughtUp {
    /// What happened, most relevant first: who is here, what is for you, what was finished.
    text: String,
    /// About how many tokens that has.
    tokens: u64,
    /// Give it as `since` to have the same again from here.
    next: String,
    /// How many lines did not fit.
    left_out: u64,
}

impl Tool for CatchUp {
    const NAME: &'static str = "catch_up";
    const TITLE: &'static str = "Catch up";
    const DESCRIPTION: &'static str = "Tells what you need to know of the room since you last \
        looked, most relevant first, in at most `max_tokens` tokens (by default 500). Cheaper \
        than `activity`.";
    const READS: bool = true;
    type Input = CatchUpInput;
    type Output = CaughtUp;

    async fn run(call: &Call, input: CatchUpInput) -> Result<CaughtUp, Problem> {
        let budget = input
            .max_tokens
            .unwrap_or(TOKENS)
            .to_string()
            .parse()
            .map_err(|rule| Problem::field("max_tokens", rule))?;
        let session = call.session(input.session_id).await?;
        let told = call
            .server()
            .digest
            .catch_up(&call.caller, &session, input.since, budget)
            .await?;
        Ok(CaughtUp {
            text: told.text,
            tokens: told.tokens,
            next: told.next.to_string(),
            left_out: told.left_out,
        })
    }

    fn text(output: &CaughtUp) -> Option<String> {
        Some(output.text.clone())
    }
}
