//! Query arguments, parsed.

use std::{fmt::Display, str::FromStr};

use crate::protocol::Problem;

/// Parses a query argument; an error names it. Empty text counts as absent.
///
/// # Errors
/// 422 with the field and the rule it broke.
pub(super) fn query<T: FromStr<Err: Display>>(
    field: &str,
    text: Option<String>,
) -> Result<Option<T>, Problem> {
    text.filter(|text| !text.is_empty())
        .map(|text| {
            text.parse()
                .map_err(|rule: T::Err| Problem::field(field, rule))
        })
        .transpose()
}
