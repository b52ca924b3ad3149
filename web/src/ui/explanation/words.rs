//! Maps in words: where a map is strongest, and what its values mean.

use shared::explain::HeatMap;

/// Below this loss of probability nothing is shown: half a point.
const LEAST: f32 = 0.005;

/// A change of probability in points, with its sign: `31 points`, `less than 1 point`.
pub fn points(change: f32) -> String {
    let points = (change.abs() * 100.0).round();
    match points {
        p if p < 1.0 => "less than 1 point".into(),
        1.0 => "1 point".into(),
        p => format!("{p:.0} points"),
    }
}

/// What covering a region does to the probability, as a sentence.
pub fn cost(loss: f32) -> String {
    match loss {
        l if l.abs() < LEAST => "Covering this region changes almost nothing.".into(),
        l if l > 0.0 => format!(
            "Covering this region lowers the probability by {}.",
            points(l)
        ),
        l => format!(
            "Covering this region raises the probability by {}.",
            points(l)
        ),
    }
}

/// Where a cell of a grid is, by thirds of the image: `upper left`, `centre`.
pub fn place(row: usize, column: usize, rows: usize, columns: usize) -> &'static str {
    const NAMES: [[&str; 3]; 3] = [
        ["upper left", "top", "upper right"],
        ["left", "centre", "right"],
        ["lower left", "bottom", "lower right"],
    ];
    let third = |at: usize, count: usize| ((2 * at + 1) * 3 / (2 * count.max(1))).min(2);
    NAMES[third(row, rows)][third(column, columns)]
}

/// The cell with the largest absolute value: its place and its value; `None` if all values are zero.
pub fn strongest(map: &HeatMap) -> Option<(&'static str, f32)> {
    let cells = map.values.iter().enumerate();
    let (at, &value) = cells.max_by(|a, b| a.1.abs().total_cmp(&b.1.abs()))?;
    let name = place(at / map.columns, at % map.columns, map.rows, map.columns);
    (value != 0.0).then_some((name, value))
}

/// The text equivalent of an occlusion map.
pub fn occlusion_text(map: &HeatMap) -> String {
    match strongest(map) {
        Some((_, loss)) if loss.abs() < LEAST => {
            "No region is important: covering one changes the probability by less than 1 point."
                .into()
        }
        Some((place, loss)) if loss > 0.0 => {
            format!(
                "Strongest: {place}. Covering it lowers the probability by {}.",
                points(loss)
            )
        }
        Some((place, loss)) => format!(
            "Strongest: {place}. Covering it raises the probability by {}.",
            points(loss)
        ),
        None => "No region is important: covering one changes nothing.".into(),
    }
}

/// The text equivalent of a map of evidence.
pub fn evidence_text(map: &HeatMap, class: &str) -> String {
    let Some((place, value)) = strongest(map) else {
        return format!("No pixel is evidence for or against {class}: the map is zero everywhere.");
    };
    let side = if value > 0.0 { "for" } else { "against" };
    let sum: f32 = map.values.iter().sum();
    format!(
        "Strongest: {place}, {side} {class}. The sum over the image is {}.",
        signed(sum)
    )
}

/// A number with its sign: `+1.25`, `−0.40`.
pub fn signed(value: f32) -> String {
    let sign = if value < 0.0 { '−' } else { '+' };
    format!("{sign}{:.2}", value.abs())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn map(at: usize, value: f32) -> HeatMap {
        let mut values = vec![0.0; 784];
        values[at] = value;
        HeatMap {
            rows: 28,
            columns: 28,
            values,
        }
    }

    #[test]
    fn the_strongest_place_and_its_points_are_named() {
        for (row, column, place) in [
            (2, 3, "upper left"),
            (13, 14, "centre"),
            (27, 14, "bottom"),
            (20, 27, "lower right"),
        ] {
            let text = occlusion_text(&map(row * 28 + column, 0.31));
            assert_eq!(
                text,
                format!("Strongest: {place}. Covering it lowers the probability by 31 points.")
            );
        }
        assert!(occlusion_text(&map(0, -0.2)).ends_with("raises the probability by 20 points."));
        assert!(occlusion_text(&map(0, 0.001)).starts_with("No region is important"));
        assert!(occlusion_text(&map(0, 0.0)).starts_with("No region is important"));
    }

    #[test]
    fn a_grid_of_three_has_all_nine_places() {
        assert_eq!(place(0, 0, 3, 3), "upper left");
        assert_eq!(place(1, 1, 3, 3), "centre");
        assert_eq!(place(2, 2, 3, 3), "lower right");
        assert_eq!(place(0, 0, 1, 1), "centre");
    }

    #[test]
    fn evidence_has_a_side_and_a_sum() {
        let text = evidence_text(&map(0, -1.5), "Bag");
        assert_eq!(
            text,
            "Strongest: upper left, against Bag. The sum over the image is −1.50."
        );
    }

    #[test]
    fn costs_are_sentences() {
        assert_eq!(
            cost(0.306),
            "Covering this region lowers the probability by 31 points."
        );
        assert_eq!(
            cost(-0.01),
            "Covering this region raises the probability by 1 point."
        );
        assert_eq!(cost(0.004), "Covering this region changes almost nothing.");
    }
}
