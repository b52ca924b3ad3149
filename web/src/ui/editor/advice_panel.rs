//! Advice about the image, with the controls that follow it: the objects to choose from, and the rotation.

use leptos::prelude::*;
use photo::Crop;
use shared::advice::{Advice, Reader};
use shared::image::RgbaImage;

use super::advice;
use super::controls::rotate_by;
use crate::engine::Novelty;
use crate::requests::edit;
use crate::state::AppState;
use crate::ui::canvas::Canvas;

/// The longest side of an object's thumbnail; it is shown at half of this size, for screens of high resolution.
const THUMBNAIL: u32 = 144;

#[component]
pub fn AdvicePanel() -> impl IntoView {
    let app = expect_context::<AppState>();
    let image = app.upload.image();
    let found = Memo::new(move |_| {
        let novelty = app.novelty_result().map(|novelty| Novelty {
            is_known: !app.is_unsure(),
            ..novelty
        });
        image.with(|image| advice::advice(image.as_ref()?, novelty))
    });
    // Screen readers announce every change of a live region, even one to the same text.
    let text = Memo::new(move |_| text(app, found.get()));
    let is_warning = move || {
        let is_warning = |found| advice::is_warning(found, !app.is_unsure());
        app.edits.error().is_some() || found.get().is_some_and(is_warning)
    };
    view! {
        <div class="advice-panel">
            <p
                class="advice"
                class:warning=is_warning
                role="status"
                data-testid="advice"
                prop:textContent=move || text.get()
            ></p>
            <Objects/>
            <RotateButton found/>
        </div>
    }
}

/// The error of the latest edits, or else advice and how the garment was found.
fn text(app: AppState, found: Option<Advice>) -> String {
    if let Some(error) = app.edits.error() {
        return error;
    }
    let note = app.upload.image().with(|image| {
        let preprocessing = image.as_ref()?.preprocessing.as_ref()?;
        advice::note(preprocessing, found.is_some())
    });
    let advice = found.map(|found| found.text(Reader::Visitor));
    match (note, advice) {
        (Some(note), Some(advice)) => format!("{note} {advice}"),
        (note, advice) => advice.or(note).unwrap_or_default(),
    }
}

/// A button for each object of a photo that shows several.
#[component]
fn Objects() -> impl IntoView {
    let app = expect_context::<AppState>();
    let image = app.upload.image();
    // The buttons stay as they are while the visitor chooses one after the other.
    let objects = Memo::new(move |_| {
        image.with(|image| {
            let image = image.as_ref()?;
            let preprocessing = image.preprocessing.as_ref()?;
            let objects = preprocessing.objects.clone();
            (!objects.is_empty()).then_some((image.photo, preprocessing.edits.rotation, objects))
        })
    });
    move || {
        let (.., objects) = objects.get()?;
        let photo = image.with_untracked(|i| i.as_ref().map(|i| i.thumbnail.clone()))?;
        let count = objects.len();
        let button = |(index, crop): (usize, Crop)| {
            let thumbnail = cropped(&photo, crop).downscaled(THUMBNAIL);
            let is_chosen = move || app.edits.edits().with(|e| e.crop == Some(crop));
            view! {
                <button
                    type="button"
                    class="object"
                    data-testid="object"
                    data-index=index.to_string()
                    aria-label=format!("Object {} of {count}", index + 1)
                    aria-pressed=move || if is_chosen() { "true" } else { "false" }
                    on:click=move |_| edit::change(app, |e| e.crop = Some(crop))
                >
                    <Canvas image=Signal::stored(Some(thumbnail))/>
                </button>
            }
        };
        Some(view! {
            <div class="objects" role="group" aria-label="Objects in the photo">
                {objects.into_iter().enumerate().map(button).collect_view()}
            </div>
        })
    }
}

/// Rotates the photo as advised.
#[component]
fn RotateButton(found: Memo<Option<Advice>>) -> impl IntoView {
    let app = expect_context::<AppState>();
    let can_rotate = move || {
        let image = app.upload.image();
        image.with(|i| i.as_ref().is_some_and(|i| i.preprocessing.is_some()))
    };
    // A second press before the rotated image is checked would rotate twice.
    let is_stale = move || {
        let image = app.upload.image_number();
        app.edits.is_busy() || image.and_then(|i| app.novelty.result.since(i)).is_none()
    };
    move || {
        let Some(Advice::Rotated(degrees)) = found.get().filter(|_| can_rotate()) else {
            return None;
        };
        Some(view! {
            <button
                type="button"
                class="secondary-button"
                data-testid="rotate-hint"
                data-degrees=degrees.to_string()
                disabled=is_stale
                on:click=move |_| rotate_by(app, f32::from(degrees))
            >
                "Rotate"
                <span class="visually-hidden" prop:textContent=format!(" by {degrees} degrees")></span>
            </button>
        })
    }
}

/// A part of a photo, of at least one pixel.
fn cropped(photo: &RgbaImage, crop: Crop) -> RgbaImage {
    // A cast saturates, and NaN becomes 0.
    let part = |start: f32, extent: f32, length: u32| {
        let pixels = |share: f32| (share * length as f32).round() as u32;
        let first = pixels(start).min(length.saturating_sub(1));
        (first, pixels(extent).clamp(1, (length - first).max(1)))
    };
    let (left, width) = part(crop.left, crop.width, photo.width());
    let (top, height) = part(crop.top, crop.height, photo.height());
    RgbaImage::from_fn(width, height, |x, y| {
        let index = (top + y) * photo.width() + left + x;
        photo
            .pixels()
            .get(index as usize)
            .copied()
            .unwrap_or_default()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_crop_is_cut_out_and_never_reaches_beyond_the_photo() {
        let photo = RgbaImage::from_fn(20, 10, |x, y| [x as u8, y as u8, 0, 255]);
        let crop = Crop {
            left: 0.25,
            top: 0.5,
            width: 0.5,
            height: 0.3,
        };
        let part = cropped(&photo, crop);
        assert_eq!((part.width(), part.height()), (10, 3));
        assert_eq!(part.pixels()[0], [5, 5, 0, 255]);
        assert_eq!(part.pixels()[29], [14, 7, 0, 255]);
        for wrong in [-1.0, 0.99, 7.0, f32::NAN] {
            let crop = Crop {
                left: wrong,
                top: wrong,
                width: wrong,
                height: wrong,
            };
            assert!(!cropped(&photo, crop).is_empty());
        }
        assert_eq!(cropped(&RgbaImage::default(), crop).pixels(), [[0; 4]]);
    }
}
