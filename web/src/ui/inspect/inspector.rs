//! The five steps of a visitor's photo, and what there is to say of them.

use leptos::prelude::*;
use shared::image::SIDE;

use super::adjust::Adjust;
use super::advice;
use super::outline::outlined;
use crate::ui::bitmap::Bitmap;
use crate::ui::canvas::Canvas;
use crate::ui::page::Page;
use crate::ui::picture::{Development, Picture, rgba};

/// A plate is shown at some 150 pixels a side, on screens of two pixels a pixel.
const PLATE: u32 = 300;

/// There for a visitor's photo, and for nothing else.
#[component]
pub fn Inspector() -> impl IntoView {
    let page = expect_context::<Page>();
    let is_photo = Memo::new(move |_| {
        page.picture
            .with(|p| p.as_ref().is_some_and(|p| p.development.is_some()))
    });
    view! {
        <Show when=move || is_photo.get()>
            <Steps/>
        </Show>
    }
}

#[component]
fn Steps() -> impl IntoView {
    let page = expect_context::<Page>();
    let shown = move |draw: fn(&Picture, &Development) -> Option<Bitmap>| {
        Signal::derive(move || {
            page.picture.with(|p| {
                let picture = p.as_ref()?;
                draw(picture, picture.development.as_ref()?)
            })
        })
    };
    let said = move |say: fn(&Development) -> String| {
        Signal::derive(move || {
            page.picture.with(|p| {
                let development = p.as_ref().and_then(|p| p.development.as_ref());
                development.map(say).unwrap_or_default()
            })
        })
    };
    let still = |text: &'static str| Signal::stored(text.to_string());
    let poor = move || {
        page.picture.with(|p| {
            let development = p.as_ref().and_then(|p| p.development.as_ref());
            development.is_some_and(advice::is_poor)
        })
    };
    let open = RwSignal::new(false);
    view! {
        <div
            class="inspector"
            data-testid="inspector"
            data-picture=move || page.picture.with(|p| p.as_ref().map(|p| p.number.to_string()))
            aria-busy=move || if page.bench.is_busy() { "true" } else { "false" }
            data-quality=said(|d| d.quality.to_string())
            data-poor=move || poor().then_some("true")
        >
            <h3>"From photo to picture"</h3>
            <ol class="steps">
                <Step hook="step-upright" name="Upright" detail=said(turned)
                    bitmap=shown(|p, _| Some(Bitmap::from(&p.thumbnail)))/>
                <Step hook="step-mask" name="Found" detail=still("the garment's outline")
                    bitmap=shown(|p, _| outlined(p, PLATE))/>
                <Step hook="step-cutout" name="Cut out" detail=still("brought into the square")
                    bitmap=shown(|_, d| Some(Bitmap::from(&d.cutout)))/>
                <Step hook="step-grey" name="Grey" detail=said(|d| advice::polarity(d.route).into())
                    bitmap=shown(|_, d| Some(Bitmap::from(&d.toned)))/>
                <Step hook="step-input" name="28 × 28" detail=still("sharpened, what the models see")
                    bitmap=shown(|p, _| Some(input(p))) pixelated=true/>
            </ol>
            <p
                class="advice"
                class:poor=move || poor() || page.bench.complaint().is_some()
                role="status"
                data-testid="advice"
            >
                {move || {
                    page.bench.complaint().unwrap_or_else(|| said(sentences).get())
                }}
            </p>
            <button
                type="button"
                class="opener"
                data-testid="adjust"
                aria-expanded=move || if open.get() { "true" } else { "false" }
                aria-controls="adjust"
                on:click=move |_| open.update(|o| *o = !*o)
            >
                <span class="chevron" aria-hidden="true"></span>
                <span>"Crop, turn or paint it by hand"</span>
            </button>
            <div id="adjust" hidden=move || !open.get()>
                <Show when=move || open.get()>
                    <Adjust/>
                </Show>
            </div>
        </div>
    }
}

#[component]
fn Step(
    hook: &'static str,
    name: &'static str,
    detail: Signal<String>,
    bitmap: Signal<Option<Bitmap>>,
    #[prop(optional)] pixelated: bool,
) -> impl IntoView {
    view! {
        <li>
            <figure>
                <div class="frame">
                    <Canvas
                        bitmap
                        hook
                        pixelated
                        label=Signal::derive(move || format!("{name}: {}", detail.get()))
                    />
                </div>
                <figcaption>
                    <strong>{name}</strong>
                    " "
                    {move || detail.get()}
                </figcaption>
            </figure>
        </li>
    }
}

/// The 28x28 picture, to be shown enlarged.
pub fn input(picture: &Picture) -> Bitmap {
    Bitmap {
        width: SIDE as u32,
        height: SIDE as u32,
        rgba: rgba(&picture.grey),
    }
}

fn turned(development: &Development) -> String {
    match development.edits.rotation {
        0.0 => "as it was taken".to_string(),
        degrees => format!("turned by {:.0}°", degrees.rem_euclid(360.0)),
    }
}

fn sentences(development: &Development) -> String {
    let finding = advice::finding(development);
    match advice::whiteness(development) {
        Some(whiteness) => format!("{finding} {whiteness}"),
        None => finding.to_string(),
    }
}
