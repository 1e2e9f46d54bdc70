//! The ids of tasks whose agents give them none.

use sha2::{Digest, Sha256};

use crate::protocol::{Line, Problem};

/// What a task is, in words.
pub type Description = Line<1, 500>;

/// A task's id.
pub type TaskId = Line<1, 128>;

/// A task's id: the one it was given, or one made from its description, so that the same
/// words always mean the same task.
///
/// # Errors
/// 422 if there is neither.
pub fn task_id(
    given: Option<TaskId>,
    description: Option<&Description>,
) -> Result<String, Problem> {
    match (given, description) {
        (Some(id), _) => Ok(id.into()),
        (None, Some(description)) => Ok(made_from(description)),
        (None, None) => Err(Problem::field(
            "task_id",
            "is missing; without it the task's description is needed",
        )),
    }
}

fn made_from(description: &Description) -> String {
    let digest = Sha256::digest(description.as_str());
    let start: String = digest
        .iter()
        .take(6)
        .map(|byte| format!("{byte:02x}"))
        .collect();
    format!("task-{start}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_words_are_the_same_task() {
        let id = |text: &str| made_from(&text.parse().unwrap());
        // SHA-256 of "abc" begins so (FIPS 180-4, example).
        assert_eq!(id("abc"), "task-ba7816bf8f01");
        assert_eq!(id(" abc "), id("abc"));
        assert_ne!(id("abc"), id("abd"));
    }

    #[test]
    fn an_id_of_its_own_comes_first() {
        let description: Description = "abc".parse().unwrap();
        let given = task_id("task-001".parse().ok(), Some(&description));
        assert_eq!(given.as_deref(), Ok("task-001"));
        assert_eq!(task_id(None, None).unwrap_err().errors[0].field, "task_id");
    }
}
