//! The mark at a prediction for a test image: whether it is correct.

use leptos::prelude::*;
use shared::model::PhotoClass;

use crate::state::AppState;

/// Nothing while there is no prediction, and for images whose true class is not known.
#[component]
pub fn PictureMark(#[prop(into)] predicted: Signal<Option<PhotoClass>>) -> impl IntoView {
    let app = expect_context::<AppState>();
    let is_right = Memo::new(move |_| {
        let truth = app.true_class()?;
        Some(predicted.get()? == PhotoClass::Garment(truth))
    });
    move || {
        is_right.get().map(|is_right| {
            let (value, text) = if is_right {
                ("true", "Correct")
            } else {
                ("false", "Wrong")
            };
            view! {
                <span class="mark" data-testid="picture-mark" data-right=value prop:textContent=text></span>
            }
        })
    }
}
