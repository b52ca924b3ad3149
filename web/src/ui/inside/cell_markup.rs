//! The parts of a value as HTML.

use plot::markup::Markup;
use shared::image::{MEAN, STANDARD_DEVIATION};
use shared::inside::{Cell, LayerKind, WeightedSum, Window};

use super::words::number;

/// The windows of so many values are shown in numbers, larger ones as pictures.
const MAX_NUMBERS: usize = 9;
/// Shades of the numbers' background on each side of 0.
const SHADES: f32 = 4.0;

/// The layer before: the value's inputs.
pub struct Inputs<'a> {
    pub name: &'a str,
    pub kind: LayerKind,
    pub rows: u16,
    pub columns: u16,
}

impl Inputs<'_> {
    fn channel(&self, channel: u16) -> String {
        let name = self.name;
        match (self.kind, self.rows) {
            (LayerKind::Input, _) => "The image".into(),
            (_, 1) => format!("{name}, number {}", channel + 1),
            _ => format!("{name}, channel {}", channel + 1),
        }
    }

    /// The channels by number.
    fn others(&self, count: u16) -> String {
        let unit = if self.rows == 1 { "number" } else { "channel" };
        let plural = if count == 1 { "" } else { "s" };
        format!("The other {count} {unit}{plural}")
    }
}

/// The parts of a value, and how they are combined. Each window has a canvas for every picture, with the window's index and what it
/// shows.
pub fn markup(cell: &Cell, inputs: &Inputs) -> String {
    let mut html = Markup::default();
    match cell {
        Cell::Pixel { pixel, value } => html.put(format_args!(
            "<p>The pixel is {pixel} of 255: ({pixel} − {MEAN}) ÷ {STANDARD_DEVIATION} = {}.</p>",
            number(*value)
        )),
        Cell::Largest {
            inputs: four,
            value,
        } => {
            html.put(format_args!(
                "<p>The largest of these four values of the layer before is {}.</p><div class=\"cell-windows\">",
                number(*value)
            ));
            table(&mut html, "Inputs", four, 2, Some(*value));
            html.put(format_args!("</div>"));
        }
        Cell::Mean {
            columns,
            inputs: all,
            value,
        } => {
            html.put(format_args!(
                "<p>The sum of these {} values is {}. Divided by {0}, it is {}.</p><div class=\"cell-windows\">",
                all.len(),
                number(all.iter().sum()),
                number(*value)
            ));
            table(&mut html, "Inputs", all, usize::from(*columns), None);
            html.put(format_args!("</div>"));
        }
        Cell::Sum(sum) => weighted_sum(&mut html, sum, inputs),
    }
    html.into_text()
}

fn weighted_sum(html: &mut Markup, sum: &WeightedSum, inputs: &Inputs) {
    html.put(format_args!("<p>{}</p>", introduction(sum)));
    let size = sum.windows.first().map_or(0, |w| w.inputs.len());
    if size == 1 {
        single_values(html, sum, inputs);
        return;
    }
    html.put(format_args!("<div class=\"cell-windows\">"));
    for (i, window) in sum.windows.iter().enumerate() {
        html.put(format_args!(
            "<div class=\"cell-window\" data-testid=\"cell-window\" data-channel=\"{}\" role=\"group\" aria-label=\"{1}\">\
             <p class=\"small\">{1}</p><div class=\"window-row\">",
            window.channel,
            inputs.channel(window.channel)
        ));
        if size > MAX_NUMBERS {
            pictures(html, i);
        } else {
            source(html, i, window, inputs);
            numbers(html, window);
        }
        html.put(format_args!("</div></div>"));
    }
    html.put(format_args!(
        "</div><table class=\"cell-sum\"><caption class=\"visually-hidden\">The sum</caption><tbody>"
    ));
    for window in &sum.windows {
        part(html, &inputs.channel(window.channel), window.sum());
    }
    last_parts(html, sum, inputs);
    html.put(format_args!("</tbody></table>"));
}

/// What the value is the sum of.
fn introduction(sum: &WeightedSum) -> String {
    let count = sum.windows.len() + usize::from(sum.others);
    let size = sum.windows.first().map_or(0, |w| w.inputs.len());
    let columns = sum.windows.first().map_or(1, |w| usize::from(w.columns));
    let rows = size / columns.max(1);
    let listed = sum.windows.len();
    match (size, count) {
        (1, _) => format!(
            "The value is a weighted sum of the {count} numbers before it. These {listed} add or subtract the most:"
        ),
        (_, 1) => {
            format!("The value is a weighted sum of {rows} × {columns} values:")
        }
        _ => format!(
            "The value is a weighted sum of {rows} × {columns} values of each of the {count} channels before it. These {listed} channels add or subtract the most:"
        ),
    }
}

/// A small picture of the input channel, with the window's place on it.
fn source(html: &mut Markup, index: usize, window: &Window, inputs: &Inputs) {
    let Inputs { rows, columns, .. } = inputs;
    html.put(format_args!(
        "<span class=\"window-source\"><canvas class=\"pixelated\" data-window=\"{index}\" data-of=\"inputs\" aria-hidden=\"true\"></canvas>\
         <svg aria-hidden=\"true\" viewBox=\"0 0 {columns} {rows}\"><rect x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\"/></svg></span>",
        window.column,
        window.row,
        window.columns,
        window.inputs.len() / usize::from(window.columns.max(1)),
    ));
}

/// Inputs, weights and products in numbers.
fn numbers(html: &mut Markup, window: &Window) {
    let columns = usize::from(window.columns);
    let products: Vec<f32> = window.products().collect();
    table(html, "Inputs", &window.inputs, columns, None);
    for (sign, title, values) in [
        ("×", "Weights", &window.weights),
        ("=", "Products", &products),
    ] {
        html.put(format_args!("<span class=\"signed\"><span>{sign}</span>"));
        table(html, title, values, columns, None);
        html.put(format_args!("</span>"));
    }
}

/// Inputs, weights and products as pictures.
fn pictures(html: &mut Markup, index: usize) {
    for (sign, of, title) in [
        ("", "inputs", "Inputs"),
        ("×", "weights", "Weights"),
        ("=", "products", "Products"),
    ] {
        html.put(format_args!(
            "<span class=\"sign\">{sign}</span><figure><canvas class=\"pixelated\" data-window=\"{index}\" data-of=\"{of}\" \
             aria-hidden=\"true\"></canvas><figcaption>{title}</figcaption></figure>"
        ));
    }
}

/// The windows of one value each as the rows of a table.
fn single_values(html: &mut Markup, sum: &WeightedSum, inputs: &Inputs) {
    html.put(format_args!(
        "<table class=\"cell-sum\"><thead><tr><td></td><th scope=\"col\">Input × weight</th>\
         <th scope=\"col\">Product</th></tr></thead><tbody>"
    ));
    for window in &sum.windows {
        let (Some(input), Some(weight)) = (window.inputs.first(), window.weights.first()) else {
            continue;
        };
        html.put(format_args!(
            "<tr data-testid=\"cell-part\" data-value=\"{2}\"><th scope=\"row\">{3}</th><td>{0} × {1}</td><td>{4}</td></tr>",
            number(*input),
            number(*weight),
            window.sum(),
            inputs.channel(window.channel),
            number(window.sum())
        ));
    }
    last_parts(html, sum, inputs);
    html.put(format_args!("</tbody></table>"));
}

/// The parts after the listed windows, the sum, and what follows it.
fn last_parts(html: &mut Markup, sum: &WeightedSum, inputs: &Inputs) {
    if sum.others > 0 {
        part(html, &inputs.others(sum.others), sum.others_sum);
    }
    part(html, "Bias", sum.bias);
    if let Some(added) = sum.added {
        part(html, "The block’s input at this place", added);
    }
    row(html, "cell-total", "Sum", sum.sum, " class=\"total\"");
    let mut now = sum.sum;
    if sum.has_relu {
        now = now.max(0.0);
        let text = if sum.sum < 0.0 {
            "ReLU: below 0, so it becomes 0"
        } else {
            "ReLU: not below 0, so it stays"
        };
        row(html, "cell-relu", text, now, "");
    }
    if let Some([scale, shift]) = sum.affine {
        let text = format!("× scale {} + shift {}", number(scale), number(shift));
        row(html, "cell-affine", &text, now * scale + shift, "");
    }
}

fn part(html: &mut Markup, name: &str, value: f32) {
    row(html, "cell-part", name, value, "");
}

fn row(html: &mut Markup, hook: &str, name: &str, value: f32, class: &str) {
    html.put(format_args!(
        "<tr{class} data-testid=\"{hook}\" data-value=\"{value}\"><th scope=\"row\" colspan=\"2\">{name}</th><td>{}</td></tr>",
        number(value)
    ));
}

/// A window's numbers. `marked` is the value that stands out, if there is one.
fn table(html: &mut Markup, title: &str, values: &[f32], columns: usize, marked: Option<f32>) {
    let full = values.iter().fold(0.0, |full: f32, v| full.max(v.abs()));
    let mut is_marked = false;
    html.put(format_args!(
        "<table class=\"window-numbers\" data-of=\"{title}\"><caption>{title}</caption><tbody>"
    ));
    for line in values.chunks(columns.max(1)) {
        html.put(format_args!("<tr>"));
        for &value in line {
            let shade = shade(value, full);
            // Only the first one in a tie.
            let mark = if !is_marked && marked == Some(value) {
                is_marked = true;
                " data-largest=\"true\""
            } else {
                ""
            };
            html.put(format_args!(
                "<td{shade}{mark} data-value=\"{value}\">{}</td>",
                number(value)
            ));
        }
        html.put(format_args!("</tr>"));
    }
    html.put(format_args!("</tbody></table>"));
}

/// The class attribute of a number: its side of 0, and its strength beside the strongest of the table.
fn shade(value: f32, full: f32) -> String {
    let strength = if full > 0.0 {
        (value.abs() / full * SHADES).round()
    } else {
        0.0
    };
    let side = if value < 0.0 { "below" } else { "above" };
    if strength > 0.0 {
        format!(" class=\"{side}-{strength}\"")
    } else {
        String::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const INPUTS: Inputs = Inputs {
        name: "Max pooling 1",
        kind: LayerKind::MaxPooling,
        rows: 13,
        columns: 13,
    };

    fn window(channel: u16, inputs: &[f32], weights: &[f32]) -> Window {
        Window {
            channel,
            row: -1,
            column: 4,
            columns: if inputs.len() == 1 { 1 } else { 3 },
            inputs: inputs.into(),
            weights: weights.into(),
        }
    }

    fn sum(windows: Vec<Window>) -> WeightedSum {
        WeightedSum {
            windows,
            others: 29,
            others_sum: -1.0,
            bias: 0.25,
            added: None,
            sum: -0.5,
            has_relu: true,
            affine: Some([2.0, 0.125]),
            value: 0.125,
        }
    }

    #[test]
    fn a_window_shows_inputs_weights_and_products() {
        let html = markup(
            &Cell::Sum(sum(vec![window(4, &[0.5; 9], &[-2.0; 9])])),
            &INPUTS,
        );
        for text in [
            "3 × 3 values of each of the 30 channels before it",
            "<p class=\"small\">Max pooling 1, channel 5</p>",
            "<rect x=\"4\" y=\"-1\" width=\"3\" height=\"3\"/>",
            "data-value=\"-1\">−1.000</td>",
            "The other 29 channels</th><td>−1.000",
            "Bias</th><td>0.250",
            "ReLU: below 0, so it becomes 0</th><td>0.000",
            "× scale 2.000 + shift 0.125</th><td>0.125",
        ] {
            assert!(html.contains(text), "{text}: {html}");
        }
        assert_eq!(html.matches("<caption>").count(), 3);
    }

    #[test]
    fn windows_of_one_value_are_rows() {
        let inputs = Inputs {
            name: "Dense layer",
            kind: LayerKind::Dense,
            rows: 1,
            columns: 1,
        };
        let html = markup(&Cell::Sum(sum(vec![window(6, &[3.0], &[0.5])])), &inputs);
        assert!(
            html.contains("Dense layer, number 7</th><td>3.000 × 0.500</td><td>1.500"),
            "{html}"
        );
        assert!(html.contains("The other 29 numbers"), "{html}");
    }

    #[test]
    fn a_large_window_is_pictures() {
        let window = Window {
            columns: 28,
            ..window(0, &[0.5; 784], &[0.1; 784])
        };
        let html = markup(&Cell::Sum(sum(vec![window])), &INPUTS);
        assert_eq!(html.matches("<canvas").count(), 3);
        assert!(!html.contains("window-numbers"), "{html}");
    }

    #[test]
    fn the_largest_of_four_is_marked_once() {
        let cell = Cell::Largest {
            inputs: [0.0, 2.0, 2.0, 1.0],
            value: 2.0,
        };
        let html = markup(&cell, &INPUTS);
        assert_eq!(html.matches("data-largest").count(), 1);
        assert!(html.contains("these four values of the layer before is 2.000"));
    }

    #[test]
    fn shades_have_a_side_and_a_strength() {
        assert_eq!(shade(2.0, 2.0), " class=\"above-4\"");
        assert_eq!(shade(-1.0, 2.0), " class=\"below-2\"");
        assert_eq!(shade(0.0, 2.0), "");
        assert_eq!(shade(0.0, 0.0), "");
    }
}
