//! The live camera's answer: the label and the heat map over the video, and the bars beside it.

use leptos::html;
use leptos::prelude::*;
use plot::format::probability;

use crate::engine::WeightsState;
use crate::state::AppState;
use crate::state::live::{LiveHeatMap, LiveState};
use crate::state::smoothing::Label;
use crate::ui::canvas::paint;
use crate::ui::ensemble_text::{none_of_ten, not_sure};
use crate::ui::probability_bars::ProbabilityBars;

/// Over the video: the heat map, and the label below it.
#[component]
pub fn LiveOverlay(live: LiveState) -> impl IntoView {
    let label = Memo::new(move |_| live.answer().map(|answer| answer.label));
    let confidence = move || live.answer().map(|answer| probability(answer.confidence));
    view! {
        <HeatMapLayer live/>
        <div class="live-label" hidden=move || !live.is_on().get()>
            <p
                role="status"
                data-testid="live-label"
                data-label=move || label.get().map(|label| label.class.label())
                data-known=move || {
                    label.get().and_then(|label| label.is_known).map(|known| known.to_string())
                }
                prop:textContent=move || match (label.get(), live.note()) {
                    (Some(label), _) => label_text(label),
                    (None, Some(note)) => note.into(),
                    (None, None) => "…".into(),
                }
            ></p>
            <span class="number" prop:textContent=confidence></span>
        </div>
    }
}

fn label_text(Label { class, is_known }: Label) -> String {
    match class.garment() {
        None => none_of_ten(class),
        Some(closest) if is_known == Some(false) => not_sure(closest),
        Some(garment) => garment.label().into(),
    }
}

/// The heat map, where its square lies in the video.
#[component]
fn HeatMapLayer(live: LiveState) -> impl IntoView {
    let canvas = NodeRef::<html::Canvas>::new();
    let map = live.heat_map();
    Effect::new(move |_| {
        if let Some(canvas) = canvas.get() {
            map.with(|shown| paint(&canvas, shown.as_ref().map(|shown| &shown.map.colours)));
        }
    });
    let inset = move || map.with(|shown| shown.as_ref().map(video_inset));
    let place = Memo::new(move |_| map.with(|shown| shown.as_ref().map(map_place)));
    let share = move |index: usize| {
        move || {
            let share = place.get().map(|place| place[index]);
            share.map(|share| format!("{share:.2}%"))
        }
    };
    view! {
        <div
            class="live-heat-map"
            data-testid="live-heat-map"
            aria-hidden="true"
            hidden=move || map.with(Option::is_none)
            style:inset=inset
        >
            <canvas
                node_ref=canvas
                width="1"
                height="1"
                style:left=share(0)
                style:top=share(1)
                style:width=share(2)
                style:height=share(3)
            ></canvas>
        </div>
    }
}

/// The place of the video in its square: one side as long as the square's, and centred.
fn video_inset(shown: &LiveHeatMap) -> String {
    let (width, height) = shown.frame;
    let longest = f64::from(width.max(height));
    let margin = |length: u32| 50.0 * (1.0 - f64::from(length) / longest);
    format!("{:.2}% {:.2}%", margin(height), margin(width))
}

/// The place of the heat map in the video, as left, top, width and height in percent of the video's.
fn map_place(shown: &LiveHeatMap) -> [f32; 4] {
    let (width, height) = (shown.frame.0 as f32, shown.frame.1 as f32);
    let square = shown.map.square;
    [
        square.x / width,
        square.y / height,
        square.side / width,
        square.side / height,
    ]
    .map(|share| 100.0 * share)
}

/// Beside the video: the bars, the choice of the heat map, and how many frames are answered.
#[component]
pub fn LivePanel(live: LiveState) -> impl IntoView {
    let app = expect_context::<AppState>();
    let probabilities = move || live.answer().map(|answer| answer.probabilities);
    let is_pressed = move || {
        if live.shows_heat_map() {
            "true"
        } else {
            "false"
        }
    };
    view! {
        <div class="live-panel" hidden=move || !live.is_on().get()>
            <div data-testid="live-bars">
                <ProbabilityBars probabilities=Signal::derive(probabilities)/>
            </div>
            <button
                type="button"
                class="secondary-button"
                data-testid="live-heat-map-choice"
                aria-pressed=is_pressed
                on:click=move |_| live.toggle_heat_map()
            >
                "Heat map"
            </button>
            <p class="small">
                <span
                    data-testid="live-rate"
                    data-value=move || live.rate().map(|rate| format!("{rate:.2}"))
                    prop:textContent=move || {
                        live.rate().map(|rate| format!("{rate:.1} answers a second. "))
                    }
                ></span>
                <span prop:textContent=move || photo_network_text(app)></span>
            </p>
        </div>
    }
}

/// Who answers.
fn photo_network_text(app: AppState) -> &'static str {
    app.photo_network.weights().with(|weights| match weights {
        WeightsState::Ready(_) => "The photo network and the seven models answer.",
        WeightsState::Queued | WeightsState::Loading(_) => {
            "The seven models answer, until the photo network is loaded."
        }
        WeightsState::Deferred | WeightsState::Absent | WeightsState::Failed(_) => {
            "The seven models answer, without the photo network."
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use photo::Frame;
    use protocol::FrameHeatMap;
    use shared::Garment;
    use shared::image::RgbaImage;
    use shared::model::PhotoClass;

    #[test]
    fn the_heat_map_lies_on_its_part_of_the_video() {
        let shown = LiveHeatMap {
            map: FrameHeatMap {
                colours: RgbaImage::default(),
                square: Frame {
                    x: 100.0,
                    y: -20.0,
                    side: 200.0,
                },
            },
            frame: (400, 200),
        };
        assert_eq!(video_inset(&shown), "25.00% 0.00%");
        assert_eq!(map_place(&shown), [25.0, -10.0, 50.0, 100.0]);
    }

    #[test]
    fn a_label_says_whether_it_is_known() {
        let text = |class, is_known| label_text(Label { class, is_known });
        let bag = PhotoClass::Garment(Garment::Bag);
        assert_eq!(text(bag, Some(true)), "Bag");
        assert_eq!(text(bag, None), "Bag");
        assert_eq!(text(bag, Some(false)), "Not sure. Closest: Bag");
        assert_eq!(
            text(PhotoClass::Hat, Some(false)),
            "Hat: none of the ten classes"
        );
    }
}
