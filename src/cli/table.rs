//! Aligned columns for people.

use std::fmt;

use super::output::clean_line;

/// Between two columns.
const GAP: usize = 2;

/// A table with a line of headings. What is in it is shown without control
/// characters.
pub struct Table<const COLUMNS: usize> {
    rows: Vec<Row<COLUMNS>>,
}

struct Row<const COLUMNS: usize> {
    cells: [String; COLUMNS],
    notes: Vec<String>,
}

impl<const COLUMNS: usize> Table<COLUMNS> {
    /// A table with these headings and no rows.
    pub fn new(headings: [&str; COLUMNS]) -> Self {
        let mut table = Self { rows: Vec::new() };
        table.row(headings.map(str::to_owned), []);
        table
    }

    /// Adds a row, and lines of notes below it.
    pub fn row(&mut self, cells: [String; COLUMNS], notes: impl IntoIterator<Item = String>) {
        self.rows.push(Row {
            cells: cells.map(|cell| clean_line(&cell)),
            notes: notes.into_iter().map(|note| clean_line(&note)).collect(),
        });
    }

    /// Whether there is nothing but headings.
    pub fn is_empty(&self) -> bool {
        self.rows.len() == 1
    }
}

impl<const COLUMNS: usize> fmt::Display for Table<COLUMNS> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut widths = [0; COLUMNS];
        for row in &self.rows {
            for (width, cell) in widths.iter_mut().zip(&row.cells) {
                *width = cell.chars().count().max(*width);
            }
        }
        for row in &self.rows {
            let line: String = widths
                .iter()
                .zip(&row.cells)
                .map(|(width, cell)| format!("{cell:<width$}{:GAP$}", ""))
                .collect();
            writeln!(formatter, "{}", line.trim_end())?;
            for note in &row.notes {
                writeln!(formatter, "{:GAP$}{note}", "")?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_aligned_by_characters() {
        let mut table = Table::new(["NAME", "FILES"]);
        table.row(["Zoë's notes".into(), "3".into()], []);
        table.row(["a".into(), "12".into()], ["a note".into()]);
        assert_eq!(
            table.to_string(),
            "NAME         FILES\nZoë's notes  3\na            12\n  a note\n"
        );
    }
}
