//! The prompt `turn_on_leitl`: the protocol document's three prompts, with the steps as
//! calls of our tools.

use rmcp::model::{GetPromptResult, JsonObject, Prompt, PromptArgument, PromptMessage, Role};
use serde::Deserialize;
use serde_json::Value;

use crate::protocol::{AgentName, Line, Problem};

const NAME: &str = "turn_on_leitl";

const DESCRIPTION: &str = "Turns on LEITL: join the room, use the shared context, tell the \
    others what you do";

/// The name of agents that have none.
const NAMELESS: &str = "Cece";

/// The arguments as a client gives them.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Arguments {
    #[serde(default)]
    version: Version,
    name: Option<AgentName>,
    topic: Option<Line<1, 500>>,
    query: Option<Line<1, 4000>>,
}

/// Which of the protocol document's prompts.
#[derive(Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Version {
    #[default]
    Simple,
    Detailed,
    Cece,
}

/// The prompt, as it is listed.
pub fn definition() -> Prompt {
    let argument = |name: &str, description: &str| {
        PromptArgument::new(name)
            .with_description(description)
            .with_required(false)
    };
    let arguments = vec![
        argument("version", "simple (the default), detailed or cece"),
        argument("name", "The name to go by in the room (by default Cece)"),
        argument("topic", "What to look for in the shared context"),
        argument("query", "What the user asks"),
    ];
    Prompt::new(NAME, Some(DESCRIPTION), Some(arguments)).with_title("Turn on LEITL")
}

/// The prompt with its arguments filled in.
///
/// # Errors
/// 404 for another name, 422 for an argument that breaks a rule.
pub fn get(name: &str, arguments: JsonObject) -> Result<GetPromptResult, Problem> {
    if name != NAME {
        return Err(Problem::field("name", format!("must be {NAME}")));
    }
    // Clients send what was left empty as empty text.
    let given = arguments
        .into_iter()
        .filter(|(_, value)| value.as_str() != Some(""))
        .collect();
    let arguments: Arguments = Problem::read_json(Value::Object(given))?;
    let text = write(&arguments);
    let message = PromptMessage::new_text(Role::User, text);
    Ok(GetPromptResult::new(vec![message]).with_description(DESCRIPTION))
}

fn write(arguments: &Arguments) -> String {
    let name = arguments
        .name
        .as_ref()
        .map_or(NAMELESS, |name| name.as_str());
    let query = arguments.query.as_ref().map(|query| query.as_str());
    let topic = arguments.topic.as_ref().map(|topic| topic.as_str());
    let look_for = topic.or(query).map_or_else(
        || "the keywords of my question".to_owned(),
        |wanted| format!("{wanted:?}"),
    );
    let asked = query.map_or_else(String::new, |query| format!("\n\nQuery: {query}"));
    let steps = match arguments.version {
        Version::Simple => format!(
            "Use LEITL protocol.\n\
             Join the room with `join` (agent_name {name:?}).\n\
             Enable WebDAV context. Sync and load matching files: `context_search` for \
             {look_for}, with sync.\n\
             Broadcast my activity: `task_started`, `say`, `task_completed`.\n\
             Show me other active sessions: `who`."
        ),
        Version::Detailed => format!(
            "Turn on LEITL (Live Everyone In The Loop) protocol:\n\
             1. Register this session: `join` with agent_name {name:?}. Keep the session_id \
             and give it with every call.\n\
             2. Enable WebDAV context manager: `context_search` and `context_read` are it.\n\
             3. Sync files matching my query keywords: `context_search` for {look_for}, with \
             sync.\n\
             4. Load as context before answering: `context_read` what was cut.\n\
             5. Broadcast \"task.started\" event: `task_started`.\n\
             6. Monitor other active sessions: `who` and `catch_up`; messages to you come with \
             the answer of any tool.\n\
             7. Respond using both WebDAV context and my prompt.\n\
             8. Broadcast \"task.completed\" when done: `task_completed`.\n\
             9. Keep heartbeat alive: the server does that while you work. `leave` when you go."
        ),
        Version::Cece => format!(
            "Hey {name}! LEITL mode ON 🔥\n\
             - Pull WebDAV context for: {look_for} (`context_search`, with sync)\n\
             - Register: `join` as {name:?}\n\
             - Broadcast what you're doing: `task_started`, `say`, `task_completed`\n\
             - Show me other {name}s if any: `who`\n\
             - Use shared context: `context_read`\n\
             - Keep it live: `update` when what you do changes\n\
             Go!"
        ),
    };
    steps + &asked
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::server::mcp::tools;

    fn text(arguments: Value) -> String {
        let result = get(NAME, arguments.as_object().unwrap().clone()).unwrap();
        let message = serde_json::to_value(&result.messages[0]).unwrap();
        message["content"]["text"].as_str().unwrap().to_owned()
    }

    #[test]
    fn each_version_has_the_arguments_in_it() {
        for (version, begins) in [
            ("simple", "Use LEITL protocol."),
            (
                "detailed",
                "Turn on LEITL (Live Everyone In The Loop) protocol:",
            ),
            ("cece", "Hey Zoë! LEITL mode ON"),
        ] {
            let text = text(json!({
                "version": version, "name": "Zoë", "topic": "webdav", "query": "How do we sync?"
            }));
            assert!(text.starts_with(begins), "{text}");
            for part in ["\"Zoë\"", "\"webdav\"", "Query: How do we sync?"] {
                assert!(text.contains(part), "no {part} in {text}");
            }
        }
    }

    #[test]
    fn nothing_is_required() {
        assert_eq!(
            text(json!({})),
            text(json!({"version": "simple", "name": "", "topic": ""}))
        );
        assert!(text(json!({"query": "auth"})).contains("for \"auth\""));
    }

    #[test]
    fn it_names_only_tools_that_there_are() {
        for version in ["simple", "detailed", "cece"] {
            let text = text(json!({"version": version}));
            let named: Vec<_> = text.split('`').skip(1).step_by(2).collect();
            assert!(named.contains(&"join"), "{text}");
            for name in named {
                assert!(tools::find(name).is_some(), "there is no {name}");
            }
        }
    }

    #[test]
    fn a_broken_argument_is_named() {
        for (arguments, field) in [
            (json!({"version": "loud"}), "version"),
            (json!({"name": "a\nb"}), "name"),
        ] {
            let problem = get(NAME, arguments.as_object().unwrap().clone()).unwrap_err();
            assert_eq!(problem.errors[0].field, field);
        }
        assert!(get("other", JsonObject::new()).is_err());
    }
}
