//! Changes a JSON file by its syntax tree, so that what others wrote there stays as
//! they wrote it: order, indentation and comments.

use anyhow::{Context, bail};
use jsonc_parser::{
    ParseOptions,
    cst::{CstArray, CstInputValue, CstObject, CstRootNode},
};
use serde_json::Value;

/// A JSON file whose value is an object.
pub struct Document {
    root: CstRootNode,
    top: CstObject,
}

impl Document {
    /// Reads a file's text; an empty one as `{}`.
    ///
    /// # Errors
    /// If it is no JSON object.
    pub fn parse(text: &str) -> anyhow::Result<Self> {
        let text = if text.trim().is_empty() { "{}\n" } else { text };
        let root = CstRootNode::parse(text, &ParseOptions::default()).context("it is no JSON")?;
        let top = root.object_value().context("it is no JSON object")?;
        Ok(Self { root, top })
    }

    /// The text. Nothing if nothing is in it.
    pub fn text(&self) -> String {
        let text = self.root.to_string();
        match text.trim() == "{}" {
            true => String::new(),
            false => text,
        }
    }

    /// The object that is a member of the file's, made if it is not there.
    ///
    /// # Errors
    /// If the member is something else.
    pub fn object(&self, name: &str) -> anyhow::Result<CstObject> {
        self.top
            .object_value_or_create(name)
            .with_context(|| format!("{name:?} is no object"))
    }

    /// Takes a member away if nothing is left in it.
    pub fn tidy(&self, name: &str) {
        if let Some(member) = self.top.get(name)
            && let Some(object) = member.object_value()
            && object.properties().is_empty()
        {
            member.remove();
            if self.top.properties().is_empty() {
                self.root.set_value(CstInputValue::Object(Vec::new()));
            }
        }
    }

    /// Sets a member of a member, or takes it away.
    ///
    /// # Errors
    /// If the outer member is no object.
    pub fn set(&self, outer: &str, name: &str, value: Option<&Value>) -> anyhow::Result<()> {
        let object = match (self.top.get(outer), value) {
            (None, None) => return Ok(()),
            _ => self.object(outer)?,
        };
        match (object.get(name), value) {
            (Some(member), Some(value))
                if member
                    .value()
                    .and_then(|old| plain(&old.to_string()))
                    .as_ref()
                    == Some(value) => {}
            (Some(member), Some(value)) => member.set_value(input(value)),
            (Some(member), None) => member.remove(),
            (None, Some(value)) => drop(object.append(name, input(value))),
            (None, None) => {}
        }
        self.tidy(outer);
        Ok(())
    }
}

/// The list that is a member of an object, made if it is not there.
///
/// # Errors
/// If the member is something else.
pub fn list(object: &CstObject, name: &str) -> anyhow::Result<CstArray> {
    match object.array_value_or_create(name) {
        Some(list) => Ok(list),
        None => bail!("{name:?} is no list"),
    }
}

/// A value of a file without its comments; `None` if it has some.
pub fn plain(text: &str) -> Option<Value> {
    serde_json::from_str(text).ok()
}

/// A value as it is put into a file.
pub fn input(value: &Value) -> CstInputValue {
    match value {
        Value::Null => CstInputValue::Null,
        Value::Bool(bool) => CstInputValue::Bool(*bool),
        Value::Number(number) => CstInputValue::Number(number.to_string()),
        Value::String(text) => CstInputValue::String(text.clone()),
        Value::Array(items) => CstInputValue::Array(items.iter().map(input).collect()),
        Value::Object(members) => CstInputValue::Object(
            members
                .iter()
                .map(|(name, value)| (name.clone(), input(value)))
                .collect(),
        ),
    }
}
