//! The tools, one file a subject.
//!
//! Arguments are parsed like those of the REST API, so that an error names the field.
//! Every answer is bounded: its description says how, and it says what it left out.

mod activity;
mod context;
mod files;
mod inbox;
mod presence;
mod say;
mod shapes;
mod task;

use std::sync::{Arc, LazyLock};

use futures::future::BoxFuture;
use rmcp::{
    handler::server::tool::{schema_for_input, schema_for_output},
    model::{CallToolResult, ContentBlock, JsonObject, Tool as ToolDefinition, ToolAnnotations},
};
use schemars::JsonSchema;
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;

use super::{
    call::Call,
    mail::{self, Mail},
};
use crate::protocol::Problem;

/// A tool.
trait Tool: 'static {
    /// Its name.
    const NAME: &'static str;
    /// Its name for people.
    const TITLE: &'static str;
    /// What it does, for models.
    const DESCRIPTION: &'static str;
    /// Whether it only reads.
    const READS: bool;
    /// Its arguments.
    type Input: DeserializeOwned + JsonSchema + Send + 'static;
    /// Its answer.
    type Output: Serialize + JsonSchema + Send + 'static;

    /// Does it.
    fn run(
        call: &Call,
        input: Self::Input,
    ) -> impl Future<Output = Result<Self::Output, Problem>> + Send;

    /// Its answer as text, where that reads better than its JSON.
    fn text(_: &Self::Output) -> Option<String> {
        None
    }
}

/// A tool's answer, and what came for the agent meanwhile.
#[derive(Serialize, JsonSchema)]
struct Answer<T> {
    #[serde(flatten)]
    output: T,
    /// Messages to you that you have not read: at most 5, and 400 tokens if the first is
    /// no longer.
    #[serde(skip_serializing_if = "Option::is_none")]
    unread: Option<Mail>,
}

type Run = for<'a> fn(&'a Call, Value) -> BoxFuture<'a, CallToolResult>;

/// A tool among others.
struct Entry {
    definition: ToolDefinition,
    run: Run,
}

static TOOLS: LazyLock<Vec<Entry>> = LazyLock::new(|| {
    vec![
        entry::<presence::Join>(),
        entry::<presence::Leave>(),
        entry::<presence::Update>(),
        entry::<presence::Who>(),
        entry::<say::Say>(),
        entry::<inbox::Inbox>(),
        entry::<inbox::CatchUp>(),
        entry::<files::ClaimFiles>(),
        entry::<task::TaskStarted>(),
        entry::<task::TaskCompleted>(),
        entry::<activity::Activity>(),
        entry::<context::ContextSearch>(),
        entry::<context::ContextRead>(),
    ]
});

fn entry<T: Tool>() -> Entry {
    let annotations = ToolAnnotations::with_title(T::TITLE)
        .read_only(T::READS)
        .destructive(false)
        .open_world(false);
    let mut definition = ToolDefinition::new(T::NAME, T::DESCRIPTION, input_schema::<T::Input>());
    definition.title = Some(T::TITLE.to_owned());
    definition.output_schema = Some(common(schema_for_output::<Answer<T::Output>>()));
    definition.annotations = Some(annotations);
    let run: Run = |call, arguments| Box::pin(run::<T>(call, arguments));
    Entry { definition, run }
}

async fn run<T: Tool>(call: &Call, arguments: Value) -> CallToolResult {
    let outcome = match Problem::read_json(arguments) {
        Ok(input) => T::run(call, input).await,
        Err(problem) => Err(problem),
    };
    let unread = mail::unread(call).await;
    let heard = unread.as_ref().map(|mail| ContentBlock::text(mail.text()));
    let mut result = match outcome {
        Ok(output) => {
            let json = |value: &T::Output| serde_json::to_string(value).unwrap_or_default();
            let text = T::text(&output).unwrap_or_else(|| json(&output));
            let mut result = CallToolResult::success(vec![ContentBlock::text(text)]);
            result.structured_content = serde_json::to_value(Answer { output, unread }).ok();
            result
        }
        Err(problem) => CallToolResult::error(vec![ContentBlock::text(in_words(&problem))]),
    };
    result.content.extend(heard);
    result
}

/// A tool's arguments are an object; the test below asks each tool whether they are.
fn input_schema<T: JsonSchema + 'static>() -> Arc<JsonObject> {
    common(schema_for_input::<T>().unwrap_or_default())
}

/// A schema without the formats of numbers that schemars makes of Rust's types, such as
/// `uint64`: JSON Schema has none for numbers (2020-12, validation, section 7.3), and
/// clients complain of what they do not know.
fn common(schema: Arc<JsonObject>) -> Arc<JsonObject> {
    fn clean(value: &mut Value) {
        match value {
            Value::Object(members) => {
                let is_number = members
                    .get("type")
                    .is_some_and(|kind| kind.to_string().contains("integer") || kind == "number");
                if is_number {
                    members.remove("format");
                }
                members.values_mut().for_each(clean);
            }
            Value::Array(values) => values.iter_mut().for_each(clean),
            _ => {}
        }
    }
    let mut value = Value::Object(Arc::unwrap_or_clone(schema));
    clean(&mut value);
    match value {
        Value::Object(schema) => Arc::new(schema),
        _ => Arc::default(),
    }
}

/// All tools.
pub fn all() -> Vec<ToolDefinition> {
    TOOLS.iter().map(|entry| entry.definition.clone()).collect()
}

/// The tool of this name.
pub fn find(name: &str) -> Option<ToolDefinition> {
    find_entry(name).map(|entry| entry.definition.clone())
}

fn find_entry(name: &str) -> Option<&'static Entry> {
    TOOLS.iter().find(|entry| entry.definition.name == name)
}

/// Calls a tool; `None` if there is none of this name. What it refuses it says in words,
/// as an answer that the model reads.
pub async fn call(call: &Call, name: &str, arguments: JsonObject) -> Option<CallToolResult> {
    let entry = find_entry(name)?;
    Some((entry.run)(call, Value::Object(arguments)).await)
}

/// What `who` answers to whoever asks for everyone.
///
/// # Errors
/// 503 if Redis is away.
pub async fn who(call: &Call) -> Result<impl Serialize, Problem> {
    presence::Who::run(call, Default::default()).await
}

/// What `activity` answers to whoever asks for the newest.
///
/// # Errors
/// 503 if Redis is away.
pub async fn newest_activity(call: &Call) -> Result<impl Serialize, Problem> {
    activity::Activity::run(call, Default::default()).await
}

fn in_words(problem: &Problem) -> String {
    match problem.retry_after_seconds {
        Some(seconds) => format!("{problem}; try again in {seconds} s"),
        None => problem.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn each_tool_says_what_it_takes_and_what_it_answers() {
        let mut names = HashSet::new();
        for tool in all() {
            assert!(
                names.insert(tool.name.clone()),
                "{} is there twice",
                tool.name
            );
            let description = tool.description.unwrap_or_default();
            assert!(description.len() > 40, "{}: {description}", tool.name);
            let schemas = [
                ("input", Some(tool.input_schema)),
                ("output", tool.output_schema),
            ];
            for (which, schema) in schemas {
                let schema = schema.unwrap_or_default();
                assert_eq!(
                    schema.get("type"),
                    Some(&"object".into()),
                    "{} {which}",
                    tool.name
                );
                let text = serde_json::to_string(&schema).unwrap();
                assert!(!text.contains("\"uint"), "{} {which}: {text}", tool.name);
                let properties = schema.get("properties").and_then(Value::as_object);
                for (field, property) in properties.into_iter().flatten() {
                    // One that refers to a definition is described there.
                    let described = ["description", "$ref", "anyOf"]
                        .iter()
                        .any(|key| property.get(key).is_some());
                    assert!(described, "{} {which} {field}", tool.name);
                }
            }
        }
    }
}
