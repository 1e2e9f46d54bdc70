//! Who is in the demo, and what each of them does.
//!
//! `{Cece}`, `{Claude}` and `{Codex}` in a text stand for the task that agent was
//! last heard to begin or end, so that what is said refers to what was done.

use std::collections::HashMap;

use crate::protocol::ReportedStatus;

/// One agent of the demo.
pub(super) struct Persona {
    pub name: &'static str,
    pub agent_type: &'static str,
    pub tags: &'static [&'static str],
    pub context_sources: &'static [&'static str],
    /// Done one after the other, over and over.
    pub jobs: &'static [Job],
    /// What it says when it is spoken to at work: `{sender}`, `{own}` and
    /// `{percent}` are filled in.
    pub answers: &'static [&'static str],
    /// What it says between two pieces of work.
    pub idle_answer: &'static str,
}

/// A piece of work.
pub(super) struct Job {
    pub task: &'static str,
    pub estimate: &'static str,
    pub status: ReportedStatus,
    pub steps: &'static [&'static str],
    pub outcome: Outcome,
    pub before: Option<Remark>,
    pub after: Option<Remark>,
}

/// How a piece of work ends.
pub(super) enum Outcome {
    Done(&'static str),
    Failed(&'static str),
}

/// A message; left out while an agent it refers to has not been heard.
pub(super) struct Remark {
    /// Names, `#tags`, or nobody for everyone.
    pub to: &'static [&'static str],
    pub text: &'static str,
}

/// The agents.
pub(super) static CAST: [Persona; 3] = [CECE, CLAUDE, CODEX];

const CECE: Persona = Persona {
    name: "Cece",
    agent_type: "code_assistant",
    tags: &["development", "backend"],
    context_sources: &["webdav://docs/", "redis://context"],
    jobs: &[
        Job {
            task: "Limit sign-in attempts to five a minute",
            estimate: "15m",
            status: ReportedStatus::Busy,
            steps: &[
                "read docs/auth.md and the middleware that is there",
                "attempts are counted in a sliding window",
                "the sixth attempt gets 429 with Retry-After",
            ],
            outcome: Outcome::Done("five attempts pass, the sixth waits; 84 lines"),
            before: None,
            after: Some(Remark {
                to: &["Codex"],
                text: "The sign-in limit is on my branch. Can you put load on it?",
            }),
        },
        Job {
            task: "Send password reset links that work once",
            estimate: "25m",
            status: ReportedStatus::Active,
            steps: &[
                "the link carries a random code, stored hashed",
                "a used code is refused, and so is one of an hour ago",
            ],
            outcome: Outcome::Done("links work once and for an hour"),
            before: Some(Remark {
                to: &["Claude"],
                text: "Saw your “{Claude}”. I keep to it in the reset links.",
            }),
            after: Some(Remark {
                to: &["#review"],
                text: "Reset links are ready for a look.",
            }),
        },
        Job {
            task: "Move sessions from files to Redis",
            estimate: "40m",
            status: ReportedStatus::Busy,
            steps: &[
                "new sessions go to Redis",
                "1,204 old files read, 37 of them without a workspace",
            ],
            outcome: Outcome::Failed(
                "37 old sessions have no workspace; moving them would be a guess",
            ),
            before: None,
            after: Some(Remark {
                to: &["Claude", "Codex"],
                text: "I stopped moving sessions: 37 of them belong to no workspace. Codex, did \
                       “{Codex}” show where they come from?",
            }),
        },
        Job {
            task: "Export the audit log as CSV",
            estimate: "20m",
            status: ReportedStatus::Active,
            steps: &[
                "rows are streamed, so a year fits",
                "cells that begin with = are quoted",
            ],
            outcome: Outcome::Done("one million rows in 4 s, 6 MB of memory"),
            before: None,
            after: Some(Remark {
                to: &[],
                text: "The audit log can be had as CSV now. Who reads it in a spreadsheet, please try.",
            }),
        },
    ],
    answers: &[
        "Got it, {sender}. I am at {percent} % of “{own}” and take that up next.",
        "Thanks, {sender}. It goes into “{own}”.",
        "Good point, {sender}. I look at it as soon as “{own}” is through.",
    ],
    idle_answer: "Thanks, {sender}. I am between two tasks and look at it now.",
};

const CLAUDE: Persona = Persona {
    name: "Claude",
    agent_type: "reviewer",
    tags: &["review", "architecture"],
    context_sources: &["webdav://docs/decisions/"],
    jobs: &[
        Job {
            task: "Write down how signing keys are rotated",
            estimate: "10m",
            status: ReportedStatus::Active,
            steps: &[
                "listed who holds a key and for how long",
                "old keys verify until their last token is spent",
            ],
            outcome: Outcome::Done("docs/decisions/0007-keys.md"),
            before: None,
            after: Some(Remark {
                to: &[],
                text: "docs/decisions/0007-keys.md says how keys are rotated. Objections until tonight.",
            }),
        },
        Job {
            task: "Review: {Cece}",
            estimate: "15m",
            status: ReportedStatus::Busy,
            steps: &[
                "the happy path is right",
                "tried it with a clock that goes back",
                "compared the errors with RFC 9457",
            ],
            outcome: Outcome::Done("approved with two remarks"),
            before: Some(Remark {
                to: &["Cece"],
                text: "I take “{Cece}” for review now.",
            }),
            after: Some(Remark {
                to: &["Cece"],
                text: "Reviewed. Two remarks: name the limit in the error, and test a clock that goes back.",
            }),
        },
        Job {
            task: "Compare two designs for the audit log",
            estimate: "30m",
            status: ReportedStatus::Active,
            steps: &[
                "a table a day: cheap to drop, dear to search",
                "one stream: dear to drop, cheap to search",
            ],
            outcome: Outcome::Done("one stream, trimmed by age"),
            before: None,
            after: Some(Remark {
                to: &["#testing"],
                text: "The audit log becomes one stream, trimmed by age. “{Codex}” should cover the trimming.",
            }),
        },
        Job {
            task: "Check the API against its documentation",
            estimate: "20m",
            status: ReportedStatus::Active,
            steps: &[
                "31 of 34 examples run as printed",
                "two of the other three are typing errors",
            ],
            outcome: Outcome::Failed("the third needs a decision: is an empty tag allowed?"),
            before: None,
            after: Some(Remark {
                to: &["Cece"],
                text: "Before you end “{Cece}”: is an empty tag allowed? The documentation says both.",
            }),
        },
    ],
    answers: &[
        "Understood, {sender}. “{own}” first ({percent} %), then that.",
        "Agreed, {sender}. I note it beside “{own}”.",
        "{sender}, I would rather finish “{own}” before. Give me a few minutes.",
    ],
    idle_answer: "Read, {sender}. My last task is done, so this is next.",
};

const CODEX: Persona = Persona {
    name: "Codex",
    agent_type: "test_engineer",
    tags: &["testing", "ci"],
    context_sources: &["webdav://docs/testing.md", "redis://context"],
    jobs: &[
        Job {
            task: "Find the test that fails one time in fifty",
            estimate: "20m",
            status: ReportedStatus::Busy,
            steps: &[
                "ran the suite 200 times, 4 failures",
                "all four in the resume tests",
                "it waited for a time instead of an event",
            ],
            outcome: Outcome::Done("waits for the event now; 1,000 runs without a failure"),
            before: None,
            after: Some(Remark {
                to: &[],
                text: "The flaky resume test is fixed. It waited for a time and not for the event.",
            }),
        },
        Job {
            task: "Put load on: {Cece}",
            estimate: "15m",
            status: ReportedStatus::Busy,
            steps: &[
                "500 requests a second for a minute",
                "p99 is 3.1 ms, memory stays level",
            ],
            outcome: Outcome::Done("holds 500 requests a second, p99 3.1 ms"),
            before: Some(Remark {
                to: &["Cece"],
                text: "“{Cece}” gets its load test now.",
            }),
            after: Some(Remark {
                to: &["Cece", "Claude"],
                text: "500 requests a second, p99 3.1 ms, nothing lost. From my side it can go in.",
            }),
        },
        Job {
            task: "Make the nightly build faster",
            estimate: "45m",
            status: ReportedStatus::Active,
            steps: &[
                "two thirds of the time is linking",
                "another linker saves 40 s",
            ],
            outcome: Outcome::Failed(
                "the cache is per branch; nothing left to gain without changing that",
            ),
            before: None,
            after: Some(Remark {
                to: &["Claude"],
                text: "The build cache is per branch, which costs 6 minutes a night. Does “{Claude}” speak \
                       against sharing it?",
            }),
        },
        Job {
            task: "Write property tests for the token parser",
            estimate: "25m",
            status: ReportedStatus::Active,
            steps: &[
                "10,000 broken tokens, none accepted",
                "a token of 64 KiB took 2 s to refuse",
                "the length is checked first now",
            ],
            outcome: Outcome::Done("one slow path found and closed"),
            before: None,
            after: Some(Remark {
                to: &["#backend"],
                text: "Long tokens are refused before they are parsed. “{Cece}” may want the same check.",
            }),
        },
    ],
    answers: &[
        "On it after “{own}”, {sender}; that one is at {percent} %.",
        "Thanks, {sender}. I add a test for that to “{own}”.",
        "Noted, {sender}. “{own}” tells us more in a minute.",
    ],
    idle_answer: "Seen, {sender}. Nothing else is waiting here, so I begin with it.",
};

/// Fills in what was heard; `None` if an agent that the text refers to was not.
pub(super) fn refer(text: &str, heard: &HashMap<String, String>) -> Option<String> {
    let mut filled = text.to_owned();
    for persona in &CAST {
        let mark = format!("{{{}}}", persona.name);
        if filled.contains(&mark) {
            filled = filled.replace(&mark, heard.get(persona.name)?);
        }
    }
    Some(filled)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::{AgentName, AgentType, ContextSource, Recipient, Tag, Task};

    #[test]
    fn every_part_of_the_script_keeps_the_rules_of_the_protocol() {
        for persona in &CAST {
            persona.name.parse::<AgentName>().unwrap();
            persona.agent_type.parse::<AgentType>().unwrap();
            for tag in persona.tags {
                tag.parse::<Tag>().unwrap();
            }
            for source in persona.context_sources {
                source.parse::<ContextSource>().unwrap();
            }
            for job in persona.jobs {
                job.task.parse::<Task>().unwrap();
                for remark in job.before.iter().chain(&job.after) {
                    for recipient in remark.to {
                        recipient.parse::<Recipient>().unwrap();
                    }
                }
            }
        }
    }

    #[test]
    fn every_recipient_is_in_the_cast() {
        let known = |recipient: &str| {
            CAST.iter().any(|persona| {
                recipient
                    .strip_prefix('#')
                    .map_or(recipient == persona.name, |tag| persona.tags.contains(&tag))
            })
        };
        for job in CAST.iter().flat_map(|persona| persona.jobs) {
            for remark in job.before.iter().chain(&job.after) {
                assert!(
                    remark.to.iter().all(|recipient| known(recipient)),
                    "{}",
                    remark.text
                );
            }
        }
    }

    #[test]
    fn what_was_not_heard_is_not_referred_to() {
        let mut heard = HashMap::new();
        assert_eq!(
            refer("no reference", &heard).as_deref(),
            Some("no reference")
        );
        assert_eq!(refer("Review: {Cece}", &heard), None);
        heard.insert("Cece".to_owned(), "the limit".to_owned());
        assert_eq!(
            refer("Review: {Cece}", &heard).as_deref(),
            Some("Review: the limit")
        );
    }
}
