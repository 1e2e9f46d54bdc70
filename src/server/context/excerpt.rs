//! Cutting a text to a number of tokens.

use super::parse::estimate_tokens;

/// The beginning of a text that has at most `budget` tokens: cut at the end of a
/// paragraph if one fits, else of a line, else of a word.
pub(super) fn cut_to_tokens(text: &str, budget: u64) -> &str {
    let budget = usize::try_from(budget).unwrap_or(usize::MAX);
    if estimate_tokens(text) <= budget {
        return text;
    }
    ["\n\n", "\n", " "]
        .iter()
        .map(|end| longest(text, end, budget))
        .find(|cut| !cut.is_empty())
        .unwrap_or("")
}

/// The longest beginning within a budget that ends where `end` is.
fn longest<'a>(text: &'a str, end: &str, budget: usize) -> &'a str {
    let ends: Vec<usize> = text.match_indices(end).map(|(at, _)| at).collect();
    // More text never has fewer tokens, so the ends that fit come first.
    let fitting = ends.partition_point(|&at| {
        text.get(..at)
            .is_some_and(|beginning| estimate_tokens(beginning) <= budget)
    });
    let cut = fitting.checked_sub(1).and_then(|last| ends.get(last));
    cut.and_then(|&at| text.get(..at)).unwrap_or("").trim_end()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "One two three.\n\nFour five six.\nSeven eight nine.\n\nTen.";

    #[test]
    fn what_fits_stays_whole() {
        assert_eq!(cut_to_tokens(TEXT, 1000), TEXT);
        assert_eq!(cut_to_tokens("", 0), "");
    }

    #[test]
    fn a_cut_comes_after_a_paragraph_then_a_line_then_a_word() {
        let tokens = |text: &str| estimate_tokens(text) as u64;
        let two = "One two three.\n\nFour five six.\nSeven eight nine.";
        assert_eq!(cut_to_tokens(TEXT, tokens(two)), two);
        assert_eq!(cut_to_tokens(TEXT, tokens(two) - 1), "One two three.");
        let lines = "Four five six.\nSeven eight nine ten.";
        assert_eq!(
            cut_to_tokens(lines, tokens("Four five six.")),
            "Four five six."
        );
        assert_eq!(
            cut_to_tokens("Four five six", tokens("Four five")),
            "Four five"
        );
        assert_eq!(cut_to_tokens("Four five", 0), "");
    }

    #[test]
    fn no_cut_is_over_the_budget() {
        let text = "ü€😀 word\n\n".repeat(50);
        for budget in 0..120 {
            let cut = cut_to_tokens(&text, budget);
            assert!(estimate_tokens(cut) as u64 <= budget, "{budget}");
        }
    }
}
