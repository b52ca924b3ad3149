//! The work on a photo: the photo itself, large, the tools for it, and what comes of it.

use leptos::prelude::*;

use super::controls::Controls;
use super::steps::input;
use super::surface::Surface;
use super::tool::Tool;
use crate::state::page::Page;
use crate::ui::canvas::Canvas;

/// The brush's radius at first, as a share of the photo's longer side.
const BRUSH: f32 = 0.04;

#[component]
pub fn Adjust(open: RwSignal<bool>) -> impl IntoView {
    let page = expect_context::<Page>();
    let tool = RwSignal::new(Tool::Crop);
    let radius = RwSignal::new(BRUSH);
    let picture = Signal::derive(move || page.picture.with(|p| p.as_ref().map(|p| input(p))));
    view! {
        <div class="adjust">
            <div class="easel">
                <Surface open tool radius/>
                <p class="small manual">{move || tool.get().manual()}</p>
                <div class="outcome">
                    <div class="frame">
                        <Canvas bitmap=picture pixelated=true/>
                    </div>
                    // The verdicts announce themselves.
                    <p>{move || page.summary()}</p>
                </div>
            </div>
            <Controls tool radius/>
        </div>
    }
}
