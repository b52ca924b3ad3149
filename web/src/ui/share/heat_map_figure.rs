//! The heat map as a picture: the input, the map and the overlay, with the model, the class and the colours.

use leptos::prelude::*;
use leptos::task::spawn_local;
use protocol::Method;

use super::drawing::{Drawing, Place, TextStyle};
use crate::address::class_name;
use crate::state::AppState;
use crate::state::explanation::Explanation;
use crate::ui::explanation::heat_map::{self, ScaledMap};
use crate::ui::explanation::scale;

/// The picture's size in pixels.
const WIDTH: u32 = 1200;
const HEIGHT: u32 = 560;
const MARGIN: f64 = 48.0;
const SIDE: f64 = 344.0;
const GAP: f64 = 36.0;

/// The button that saves the heat map on the page.
#[component]
pub fn SaveHeatMap() -> impl IntoView {
    let app = expect_context::<AppState>();
    let shown = app.explanation.shown();
    let status = RwSignal::new(String::new());
    let click = move |_| {
        if let Some(explanation) = shown.get_untracked() {
            spawn_local(async move { status.set(save(&explanation).await) });
        }
    };
    view! {
        <p class="share" hidden=move || shown.with(Option::is_none)>
            <button type="button" class="link-button" data-testid="save-heatmap" on:click=click>
                "Save heat map as PNG"
            </button>
            <span class="small" role="status" prop:textContent=move || status.get()></span>
        </p>
    }
}

/// Saves the picture. Returns what the visitor should know about it.
async fn save(explanation: &Explanation) -> String {
    let (model, class) = (explanation.map.model, class_name(explanation.map.class));
    let name = format!("haberdash-heat-map-{model}-{class}.png");
    if let Some(drawing) = draw(explanation)
        && drawing.save(&name).await.is_ok()
    {
        return format!("Saved as {name}.");
    }
    "This browser does not allow the page to save an image: take a screenshot instead.".into()
}

/// `None` if the browser has no memory for it.
fn draw(explanation: &Explanation) -> Option<Drawing> {
    let map = ScaledMap::from_raw(&explanation.map)?;
    let drawing = Drawing::new(WIDTH, HEIGHT)?;
    let (model, class) = (explanation.map.model, explanation.map.class);
    let method = match explanation.map.method {
        Method::GradCam => "Grad-CAM",
        Method::Occlusion => "Occlusion",
    };
    let title = format!("{class}: {}, {method}", model.title());
    drawing.text(&title, MARGIN, 60.0, TextStyle::new(32).serif());
    let place = |column: f64| Place::square(MARGIN + column * (SIDE + GAP), 88.0, SIDE);
    drawing.figure(
        &explanation.image.input(),
        place(0.0),
        false,
        "Input, 28 × 28",
    );
    drawing.figure(&heat_map::alone(&map), place(1.0), true, "Heat map");
    let overlay = heat_map::over_input(&map, &explanation.image);
    drawing.figure(&overlay, place(2.0), true, "Overlay");
    let note = TextStyle::new(18).muted();
    let y = f64::from(HEIGHT) - 60.0;
    let bar = Place {
        x: MARGIN + 110.0,
        y: y - 13.0,
        width: 240.0,
        height: 12.0,
    };
    let [lowest, highest] = scale::ends(map.is_signed());
    drawing.text(lowest, bar.x - 12.0, y, note.right());
    drawing.image(&heat_map::colour_bar(map.is_signed()), bar, true);
    drawing.text(highest, bar.x + bar.width + 12.0, y, note);
    let text = scale::text(map.is_signed(), class.label());
    let width = f64::from(WIDTH) - 2.0 * MARGIN;
    let text = drawing.fitted(&text, width, note);
    drawing.text(&text, MARGIN, y + 28.0, note);
    drawing.text("Haberdash", f64::from(WIDTH) - MARGIN, y, note.right());
    Some(drawing)
}
