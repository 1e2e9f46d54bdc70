//! A minute-by-minute line without axes.

/// The width of a drawing, in its own units.
const WIDTH: usize = 590;
/// The height of a drawing, in its own units.
const HEIGHT: usize = 100;
/// The `viewBox` of a drawing.
pub const VIEW: &str = "0 0 590 100";
/// What stays free above the highest and below the lowest value, for half a stroke.
const MARGIN: f64 = 6.0;

/// The data of an SVG path (SVG 2, section 9.3) through `values`, spread over the
/// width, from 0 to `top` over the height. What is absent is a gap; a value between
/// two gaps is a dot, if the stroke's ends are round.
pub fn path(values: &[Option<f64>], top: f64) -> String {
    let step = WIDTH / values.len().saturating_sub(1).max(1);
    let height = HEIGHT as f64 - 2.0 * MARGIN;
    let mut path = String::new();
    let mut pen = "M";
    for (minute, value) in values.iter().enumerate() {
        let Some(value) = value else {
            pen = "M";
            continue;
        };
        let share = if top > 0.0 {
            (value / top).min(1.0)
        } else {
            0.0
        };
        // Whole units are finer than a pixel.
        let (x, y) = (
            minute * step,
            (HEIGHT as f64 - MARGIN - share * height) as u32,
        );
        path += &format!("{pen}{x} {y}");
        if pen == "M" {
            path += "h0";
        }
        pen = "L";
    }
    path
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_absent_is_a_gap() {
        let values = [None, Some(0.0), Some(2.0), None, Some(4.0)];
        assert_eq!(path(&values, 4.0), "M147 94h0L294 50M588 6h0");
    }

    #[test]
    fn nothing_and_zeros_have_a_line_of_their_own() {
        assert_eq!(path(&[None, None], 1.0), "");
        assert_eq!(path(&[], 1.0), "");
        assert_eq!(path(&[Some(0.0), Some(0.0)], 0.0), "M0 94h0L590 94");
        assert_eq!(path(&[Some(3.0)], 1.0), "M0 6h0");
    }
}
