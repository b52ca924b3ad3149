//! The table of the measured speeds.

use plot::format::milliseconds;
use plot::markup::Markup;
use shared::ModelId;

use crate::engine::{Engine, EngineStatus, format_rate};

/// The networks that are measured.
pub const MEASURED: [ModelId; 2] = [ModelId::Cnn, ModelId::Resnet];

/// A row for each network on each engine; empty before the first measurement.
pub fn speed_table(status: &EngineStatus) -> String {
    let mut html = Markup::default();
    if status.speeds.is_empty() {
        return html.into_text();
    }
    html.put(format_args!(
        "<table class=\"speeds\"><caption class=\"visually-hidden\">Speed of the networks on this machine</caption><thead><tr><td></td>"
    ));
    for head in ["One image", "Images per second"] {
        html.head("col", head);
    }
    html.put(format_args!("</tr></thead><tbody>"));
    for engine in [Engine::Cpu, Engine::WebGpu] {
        for model in MEASURED {
            let Some(speed) = status.speed(engine, model) else {
                continue;
            };
            let (model_name, engine_name) = (model.name(), engine.name());
            html.put(format_args!(
                "<tr data-model=\"{model_name}\" data-engine=\"{engine_name}\" data-single=\"{:.1}\" data-many=\"{:.1}\">",
                speed.single, speed.many
            ));
            html.head("row", &format!("{}, {}", model.title(), engine.title()));
            html.put(format_args!(
                "<td>{}</td><td>{}</td></tr>",
                mean_time(speed.single),
                format_rate(speed.many)
            ));
        }
    }
    html.put(format_args!("</tbody></table>"));
    html.into_text()
}

/// With more digits than a single time, because it is a mean of many runs.
fn mean_time(micros: f64) -> String {
    match micros {
        m if m < 10_000.0 => format!("{:.2} ms", m / 1000.0),
        m => milliseconds(m as u32),
    }
}
