//! The images that the visitor missed: each is a link that shows it at the top of the page, with the predictions of all seven models.

use leptos::ev::MouseEvent;
use leptos::prelude::*;
use shared::Garment;
use shared::image::RgbaImage;

use super::images::QuizImage;
use super::standings::models_right;
use crate::address::{Address, AddressImage};
use crate::dom::focus_section;
use crate::requests::upload::show_test_image;
use crate::state::AppState;
use crate::ui::canvas::Canvas;
use crate::ui::compare::metrics_file::MetricsFile;

#[component]
pub fn MissedImage(
    image: QuizImage,
    answer: Garment,
    /// The metrics file of each contender, in their order.
    files: RwSignal<Vec<Option<MetricsFile>>>,
) -> impl IntoView {
    let app = expect_context::<AppState>();
    let QuizImage { index, truth, grey } = image;
    let sprite = RgbaImage::from(&grey);
    let grey = StoredValue::new(grey);
    let address = Address {
        image: Some(AddressImage::Test(index as u16)),
        ..Address::default()
    };
    let models = move || {
        let (right, all) = files.with(|files| models_right(index, truth.index(), files));
        (all > 0).then(|| format!("{right} of {all} models right"))
    };
    let show = move |event: MouseEvent| {
        // The browser opens the link elsewhere.
        if event.ctrl_key() || event.meta_key() || event.shift_key() {
            return;
        }
        event.prevent_default();
        show_test_image(app, grey.get_value(), truth, index as u16);
        focus_section("answers");
    };
    view! {
        <li>
            <a
                href=format!("#{}", address.fragment())
                data-testid="quiz-missed"
                data-index=index.to_string()
                data-label=truth.label()
                data-answer=answer.label()
                on:click=show
            >
                <Canvas image=Signal::stored(Some(sprite)) pixelated=true/>
                <span>
                    <strong>{truth.label()}</strong>
                    <span class="small">{format!("You: {answer}")}</span>
                    <span class="small" prop:textContent=models></span>
                    <span class="visually-hidden">"Show the seven predictions"</span>
                </span>
            </a>
        </li>
    }
}
