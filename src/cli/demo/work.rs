//! What an agent of the demo does: its plan, its work and what it says of it.

use serde_json::{Value, json};
use tokio::time::Instant;

use super::{
    agent::{Agent, Presence, list},
    script::{Job, Outcome, Remark, refer},
};
use crate::protocol::{
    BroadcastFrame, ClientFrame, EventData, EventType, HeartbeatFrame, ReportedStatus, Task,
};

/// The next thing on the agent's list.
pub(super) enum Action {
    Say {
        to: &'static [&'static str],
        text: String,
    },
    /// A remark on what others do at that moment.
    Remark(&'static Remark),
    Start {
        job: &'static Job,
        description: String,
    },
    Step {
        text: &'static str,
        percent: usize,
    },
    Finish(&'static Outcome),
}

/// The task at hand.
pub(super) struct Work {
    task_id: String,
    pub(super) description: String,
    status: ReportedStatus,
    percent: usize,
}

impl Agent {
    /// Answers the message that waits longest.
    pub(super) async fn answer(&mut self, presence: &Presence) {
        let Some(question) = self.unanswered.pop_front() else {
            return;
        };
        let answers = self.persona.answers;
        let pattern = answers[self.answers_given % answers.len()];
        self.answers_given += 1;
        let text = match &self.work {
            Some(work) => pattern
                .replace("{own}", &work.description)
                .replace("{percent}", &work.percent.to_string()),
            None => self.persona.idle_answer.to_owned(),
        }
        .replace("{sender}", &question.sender);
        let reply_to = question.id.unwrap_or_default();
        let data = json!({"text": text, "reply_to": reply_to});
        self.report(&format!("to {}: {text}", question.sender));
        self.broadcast(
            presence,
            EventType::BroadcastMessage,
            data,
            &[&question.sender],
        )
        .await;
    }

    /// Does the next thing on the list. A remark about an agent that was not
    /// heard yet is left out, and the thing after it done instead.
    pub(super) async fn act(&mut self, presence: &Presence) {
        loop {
            let action = match self.plan.pop_front() {
                Some(action) => action,
                None => {
                    self.make_plan();
                    continue;
                }
            };
            match action {
                Action::Say { to, text } => self.say(to, &text, presence).await,
                Action::Remark(remark) => match refer(remark.text, &self.heard) {
                    Some(text) => self.say(remark.to, &text, presence).await,
                    None => continue,
                },
                Action::Start { job, description } => {
                    self.start(job, description, presence).await;
                }
                Action::Step { text, percent } => self.step(text, percent, presence).await,
                Action::Finish(outcome) => self.finish(outcome, presence).await,
            }
            return;
        }
    }

    /// Lists what the next job consists of. What it is about is settled now: it
    /// must not change between the announcement and the start.
    fn make_plan(&mut self) {
        let jobs = self.persona.jobs;
        let job = &jobs[self.next_job % jobs.len()];
        self.next_job += 1;
        if let Some(remark) = &job.before
            && let Some(text) = refer(remark.text, &self.heard)
        {
            self.plan.push_back(Action::Say {
                to: remark.to,
                text,
            });
        }
        let description =
            refer(job.task, &self.heard).unwrap_or_else(|| "Read what the others did".to_owned());
        self.plan.push_back(Action::Start { job, description });
        let parts = job.steps.len() + 1;
        let steps = job.steps.iter().enumerate();
        self.plan.extend(steps.map(|(done, text)| Action::Step {
            text,
            percent: (done + 1) * 100 / parts,
        }));
        self.plan.push_back(Action::Finish(&job.outcome));
        self.plan.extend(job.after.as_ref().map(Action::Remark));
    }

    async fn say(&mut self, to: &[&str], text: &str, presence: &Presence) {
        let audience = match to {
            [] => "everyone".to_owned(),
            names => names.join(", "),
        };
        self.report(&format!("to {audience}: {text}"));
        let data = json!({"text": text});
        self.broadcast(presence, EventType::BroadcastMessage, data, to)
            .await;
    }

    async fn start(&mut self, job: &Job, description: String, presence: &Presence) {
        let work = Work {
            task_id: format!(
                "task-{}-{:03}",
                self.persona.name.to_lowercase(),
                self.next_job
            ),
            description,
            status: job.status,
            percent: 0,
        };
        self.report(&format!("started “{}”", work.description));
        let data = json!({
            "task_id": work.task_id,
            "task_description": work.description,
            "estimated_duration": job.estimate,
        });
        self.work = Some(work);
        self.show_status(presence).await;
        self.broadcast(presence, EventType::TaskStarted, data, &[])
            .await;
    }

    async fn step(&mut self, text: &str, percent: usize, presence: &Presence) {
        let Some(work) = &mut self.work else {
            return;
        };
        work.percent = percent;
        let data = json!({
            "task_id": work.task_id,
            "task_description": work.description,
            "percent": percent,
            "message": text,
        });
        self.report(&format!("{percent} %: {text}"));
        self.broadcast(presence, EventType::TaskProgress, data, &[])
            .await;
    }

    async fn finish(&mut self, outcome: &Outcome, presence: &Presence) {
        let Some(work) = self.work.take() else {
            return;
        };
        let (event_type, member, text, verb) = match outcome {
            Outcome::Done(result) => (EventType::TaskCompleted, "result", result, "finished"),
            Outcome::Failed(reason) => (EventType::TaskFailed, "reason", reason, "gave up"),
        };
        self.report(&format!("{verb} “{}”: {text}", work.description));
        let data = json!({
            "task_id": work.task_id,
            "task_description": work.description,
            member: text,
        });
        self.show_status(presence).await;
        self.broadcast(presence, event_type, data, &[]).await;
    }

    /// Says what it does: a heartbeat with news, which costs no broadcast.
    pub(super) async fn show_status(&self, presence: &Presence) {
        let frame = HeartbeatFrame {
            session_id: Some(presence.registered.session_id.clone()),
            status: Some(
                self.work
                    .as_ref()
                    .map_or(ReportedStatus::Idle, |work| work.status),
            ),
            current_task: match &self.work {
                Some(work) => work.description.parse().ok(),
                None => Some(Task::default()),
            },
        };
        presence.socket.send(ClientFrame::Heartbeat(frame)).await;
    }

    async fn broadcast(
        &mut self,
        presence: &Presence,
        event_type: EventType,
        data: Value,
        to: &[&str],
    ) {
        self.budget.spend(Instant::now());
        let frame = BroadcastFrame {
            event_type,
            data: EventData::of(&data),
            to: list(to),
            reference: None,
            idempotency_key: None,
        };
        presence.socket.send(ClientFrame::Broadcast(frame)).await;
    }
}
