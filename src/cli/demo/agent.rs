//! One agent of the demo: joins, works, listens, answers, leaves.

use std::{
    collections::{HashMap, VecDeque},
    time::Duration,
};

use tokio::time::{Instant, sleep, sleep_until, timeout};
use tokio_util::sync::CancellationToken;

use super::{
    budget::Budget,
    report,
    script::Persona,
    work::{Action, Work},
};
use crate::{
    api::{SessionEnd, SessionRegister},
    cli::{
        backoff::Backoff,
        client::{Client, ClientError},
        socket::{End, News, Socket},
    },
    protocol::{AtMost, Event, EventType, Line, Registered, TextError},
};

/// How long an agent takes before it answers, at most.
const THINKING: Duration = Duration::from_secs(4);

/// How long leaving may take.
const LEAVE_LIMIT: Duration = Duration::from_secs(5);

/// How many messages wait for an answer; later ones go unanswered.
const UNANSWERED: usize = 4;

/// One agent.
pub(super) struct Agent {
    pub(super) persona: &'static Persona,
    registration: SessionRegister,
    client: Client,
    pace: Duration,
    pub(super) budget: Budget,
    /// What each other agent was last heard to work on.
    pub(super) heard: HashMap<String, String>,
    pub(super) plan: VecDeque<Action>,
    pub(super) next_job: usize,
    pub(super) work: Option<Work>,
    pub(super) unanswered: VecDeque<Question>,
    pub(super) answers_given: usize,
    /// Whether the connection broke and is not back yet.
    is_cut_off: bool,
}

/// A message that waits for an answer.
pub(super) struct Question {
    pub(super) sender: String,
    pub(super) id: Option<String>,
    due: Instant,
}

/// A session that is open.
pub(super) struct Presence {
    pub(super) registered: Registered,
    pub(super) socket: Socket,
}

impl Agent {
    /// An agent that has not joined yet.
    ///
    /// # Errors
    /// If the persona's name or type breaks the protocol's rules.
    pub(super) fn new(
        persona: &'static Persona,
        client: Client,
        pace: Duration,
    ) -> Result<Self, TextError> {
        let registration = SessionRegister {
            agent_name: persona.name.parse()?,
            agent_type: persona.agent_type.parse()?,
            tags: list(persona.tags),
            current_task: None,
            context_sources: list(persona.context_sources),
            session_id: None,
        };
        Ok(Self {
            persona,
            registration,
            client,
            pace,
            budget: Budget::default(),
            heard: HashMap::new(),
            plan: VecDeque::new(),
            next_job: 0,
            work: None,
            unanswered: VecDeque::new(),
            answers_given: 0,
            is_cut_off: false,
        })
    }

    /// Lives until `stop`, then ends its session. A session that the server ended
    /// is followed by a new one.
    ///
    /// # Errors
    /// If the server refuses the agent for good.
    pub(super) async fn run(mut self, stop: CancellationToken) -> Result<(), ClientError> {
        loop {
            // Not cut off: a registration in flight could leave a session behind.
            let Some(mut presence) = self.join(&stop).await? else {
                return Ok(());
            };
            let end = tokio::select! {
                () = stop.cancelled() => None,
                end = self.live(&mut presence) => Some(end),
            };
            match end {
                None => {
                    self.leave(&presence).await;
                    return Ok(());
                }
                Some(end) => self.report(&format!("is out: {end}; registers anew")),
            }
            self.is_cut_off = false;
            tokio::select! {
                () = stop.cancelled() => return Ok(()),
                () = sleep(self.pause() / 2) => {}
            }
        }
    }

    /// Registers, trying again while the server is away; `None` after `stop`.
    async fn join(&self, stop: &CancellationToken) -> Result<Option<Presence>, ClientError> {
        let registration = SessionRegister {
            current_task: self
                .work
                .as_ref()
                .and_then(|work| work.description.parse().ok()),
            ..self.registration.clone()
        };
        let mut backoff = Backoff::default();
        while !stop.is_cancelled() {
            match self.client.call(&registration).await {
                Ok(registered) => {
                    self.report(&format!("joined as {}", registered.session_id));
                    let socket = Socket::open(&registered);
                    return Ok(Some(Presence { registered, socket }));
                }
                Err(error) if error.is_passing() => {
                    self.report(&format!("cannot join yet: {error}"));
                    tokio::select! {
                        () = stop.cancelled() => {}
                        () = sleep(backoff.next()) => {}
                    }
                }
                Err(error) => return Err(error),
            }
        }
        Ok(None)
    }

    async fn leave(&self, presence: &Presence) {
        let farewell = SessionEnd {
            session_id: Some(presence.registered.session_id.clone()),
            reason: "the demo was stopped".parse().ok(),
        };
        match timeout(LEAVE_LIMIT, self.client.call(&farewell)).await {
            Ok(Ok(())) => self.report("left"),
            Ok(Err(error)) => self.report(&format!("could not say good-bye: {error}")),
            Err(_) => self.report("could not say good-bye in time"),
        }
    }

    /// Works and listens until the socket is closed for good.
    async fn live(&mut self, presence: &mut Presence) -> End {
        let mut next_action = Instant::now() + self.pause() / 2;
        loop {
            let next_answer = self.unanswered.front().map(|question| question.due);
            let due = next_answer.map_or(next_action, |answer| answer.min(next_action));
            let affordable = Instant::now() + self.budget.wait(Instant::now());
            tokio::select! {
                news = presence.socket.next() => match news {
                    News::Ended(end) => return end,
                    news => self.hear(news, presence).await,
                },
                () = sleep_until(due.max(affordable)) => {
                    if next_answer.is_some_and(|answer| answer <= next_action) {
                        self.answer(presence).await;
                    } else {
                        self.act(presence).await;
                        next_action = Instant::now() + self.pause();
                    }
                }
            }
        }
    }

    /// A pause around the pace, so that the agents do not act in step.
    fn pause(&self) -> Duration {
        self.pace.mul_f64(rand::random_range(0.75..=1.25))
    }

    async fn hear(&mut self, news: News, presence: &Presence) {
        match news {
            News::Event(event) => self.notice(&event, presence),
            News::Joined { recovered } => {
                if std::mem::take(&mut self.is_cut_off) {
                    self.report(match recovered {
                        true => "is back and has missed nothing",
                        false => "is back and may have missed something",
                    });
                }
                // What was said of oneself may have been lost with the connection.
                self.show_status(presence).await;
            }
            News::Lost => {
                self.is_cut_off = true;
                self.report("lost the connection and tries again");
            }
            News::Refused { problem, .. } => self.report(&format!("was refused: {problem}")),
            News::Acknowledged { .. } | News::Bus { .. } | News::Ended(_) => {}
        }
    }

    /// Takes in what others do and say.
    fn notice(&mut self, event: &Event, presence: &Presence) {
        if event.session_id.as_ref() == Some(&presence.registered.session_id) {
            return;
        }
        match (&event.event_type, &event.agent_name) {
            (
                EventType::TaskStarted | EventType::TaskCompleted | EventType::TaskFailed,
                Some(name),
            ) => {
                // Only what is fit to be quoted, in a terminal too.
                let task = event.data.text("task_description").map(str::parse);
                if let Some(Ok(task)) = task {
                    let task: Line<1, 200> = task;
                    self.heard.insert(name.to_string(), task.to_string());
                }
            }
            (EventType::BroadcastMessage, _) => {
                // An answer gets no answer, or two agents would never stop.
                let is_answer = event.data.text("reply_to").is_some();
                if !is_answer
                    && self.is_meant(event, presence)
                    && self.unanswered.len() < UNANSWERED
                {
                    self.unanswered.push_back(Question {
                        sender: event.sender().to_owned(),
                        id: event.id.map(|id| id.to_string()),
                        due: Instant::now() + THINKING.min(self.pause()).mul_f64(0.5),
                    });
                }
            }
            _ => {}
        }
    }

    /// Whether a message is for this agent. What a person says to everyone is.
    fn is_meant(&self, event: &Event, presence: &Presence) -> bool {
        if event.to.is_empty() {
            return event.session_id.is_none();
        }
        event.to.iter().any(|recipient| {
            let name = recipient.as_str();
            name == presence.registered.session_id.as_str()
                || name == self.persona.name
                || name
                    .strip_prefix('#')
                    .is_some_and(|tag| self.persona.tags.contains(&tag))
        })
    }

    pub(super) fn report(&self, what: &str) {
        report(self.persona.name, what);
    }
}

/// A list of lines, if all of them keep their rules.
pub(super) fn list<const MIN: usize, const MAX: usize, const ITEMS: usize>(
    texts: &[&str],
) -> Option<AtMost<Line<MIN, MAX>, ITEMS>> {
    let lines: Result<Vec<_>, _> = texts.iter().map(|text| text.parse()).collect();
    lines.ok()?.try_into().ok()
}
