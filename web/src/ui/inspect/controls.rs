//! The tools beside the photo: each can be reached and used by the keyboard.

use leptos::prelude::*;
use shared::photo::{Crop, Edits};

use super::edge::{Edge, is_meant};
use super::tool::Tool;
use super::turn::turn;
use crate::ui::page::Page;

/// The fine slider turns by less than half a right angle, from the last right angle.
const FINE: f32 = 44.0;
/// The brush's radius, in percent of the photo's longer side.
const BRUSH: (f32, f32) = (1.0, 15.0);
/// What to do with the greys: as the engine's word and the visitor's.
const INVERSIONS: [(&str, &str, Option<bool>); 3] = [
    ("auto", "As the photo asks for", None),
    ("on", "Negated", Some(true)),
    ("off", "Not negated", Some(false)),
];

#[component]
pub fn Controls(tool: RwSignal<Tool>, radius: RwSignal<f32>) -> impl IntoView {
    let page = expect_context::<Page>();
    let edits = page.bench.edits;
    let strokes = Memo::new(move |_| edits.with(|e| e.strokes.len()));
    let untouched = Memo::new(move |_| edits.with(|e| *e == Edits::default()));
    view! {
        <div class="controls">
            <fieldset>
                <legend class="small">"The pointer on the photo"</legend>
                <div class="segments">
                    {Tool::ALL
                        .map(|choice| {
                            view! {
                                <label>
                                    <input
                                        type="radio"
                                        name="tool"
                                        class="unseen"
                                        data-testid="tool"
                                        value=choice.name()
                                        prop:checked=move || tool.get() == choice
                                        on:change=move |_| tool.set(choice)
                                    />
                                    <span>{choice.title()}</span>
                                </label>
                            }
                        })
                        .collect_view()}
                </div>
                <Slider
                    hook="brush-size"
                    title="Brush"
                    range=BRUSH
                    value=Signal::derive(move || radius.get() * 100.0)
                    unit="%"
                    set=move |percent| radius.set(percent / 100.0)
                />
                <button
                    type="button"
                    class="plain"
                    data-testid="undo"
                    disabled=move || strokes.get() == 0
                    on:click=move |_| page.edit(|e| {
                        e.strokes.pop();
                    })
                >
                    "Undo the last stroke"
                </button>
            </fieldset>
            <Edges/>
            <Rotation/>
            <label class="choice">
                <span class="small">"Greys"</span>
                <select
                    data-testid="inversion"
                    prop:value=move || inversion(edits.with(|e| e.inverted))
                    on:change=move |event| {
                        let chosen = event_target_value(&event);
                        let found = INVERSIONS.iter().find(|(name, ..)| *name == chosen);
                        if let Some((_, _, inverted)) = found {
                            page.edit(|e| e.inverted = *inverted);
                        }
                    }
                >
                    {INVERSIONS
                        .map(|(name, title, _)| view! { <option value=name>{title}</option> })
                        .collect_view()}
                </select>
            </label>
            <button
                type="button"
                class="plain"
                data-testid="reset"
                disabled=move || untouched.get()
                on:click=move |_| page.edit(|e| *e = Edits::default())
            >
                "Reset everything"
            </button>
        </div>
    }
}

#[component]
fn Edges() -> impl IntoView {
    let page = expect_context::<Page>();
    let crop = move || page.bench.edits.with(|e| e.crop.unwrap_or(Crop::WHOLE));
    view! {
        <fieldset>
            <legend class="small">"Edges of the crop"</legend>
            {Edge::ALL
                .map(|edge| {
                    view! {
                        <Slider
                            hook=edge.name()
                            title=edge.title()
                            range=(0.0, 100.0)
                            value=Signal::derive(move || edge.of(crop()) * 100.0)
                            unit="%"
                            set=move |percent| page.edit(|e| {
                                let crop = edge.moved(e.crop.unwrap_or(Crop::WHOLE), percent / 100.0);
                                e.crop = (crop != Crop::WHOLE && is_meant(crop)).then_some(crop);
                            })
                        />
                    }
                })
                .collect_view()}
        </fieldset>
    }
}

#[component]
fn Rotation() -> impl IntoView {
    let page = expect_context::<Page>();
    let rotation = move || page.bench.edits.with(|e| e.rotation);
    let turned = move |degrees: f32| {
        let size = page.bench.size.get_untracked();
        page.edit(|e| turn(e, size, degrees));
    };
    let quarter = move |by: f32| {
        let degrees = page.bench.edits.with_untracked(|e| e.rotation);
        turned((degrees + by + 180.0).rem_euclid(360.0) - 180.0);
    };
    view! {
        <fieldset>
            <legend class="small">"Rotation"</legend>
            <div class="pair">
                <button type="button" class="plain" data-testid="turn-left" on:click=move |_| quarter(-90.0)>
                    <span aria-hidden="true">"↺ "</span>
                    "90° left"
                </button>
                <button type="button" class="plain" data-testid="turn-right" on:click=move |_| quarter(90.0)>
                    <span aria-hidden="true">"↻ "</span>
                    "90° right"
                </button>
            </div>
            <Slider
                hook="tilt"
                title="Fine"
                range=(-FINE, FINE)
                value=Signal::derive(move || rotation() - straight(rotation()))
                unit="°"
                set=move |degrees| {
                    let from = page.bench.edits.with_untracked(|e| e.rotation);
                    turned(straight(from) + degrees);
                }
            />
        </fieldset>
    }
}

/// A labelled range input that says its value.
#[component]
fn Slider(
    /// The page's hook for tests.
    hook: &'static str,
    title: &'static str,
    range: (f32, f32),
    value: Signal<f32>,
    unit: &'static str,
    set: impl Fn(f32) + 'static,
) -> impl IntoView {
    let text = move || format!("{:.0}{unit}", value.get());
    view! {
        <label class="slider">
            <span>{title}</span>
            <input
                type="range"
                data-testid=hook
                min=range.0.to_string()
                max=range.1.to_string()
                step="1"
                prop:value=move || format!("{:.0}", value.get())
                aria-valuetext=text
                on:input=move |event| {
                    if let Ok(value) = event_target_value(&event).parse() {
                        set(value);
                    }
                }
            />
            <output>{text}</output>
        </label>
    }
}

/// The right angle that a rotation is nearest to.
fn straight(degrees: f32) -> f32 {
    (degrees / 90.0).round() * 90.0
}

fn inversion(inverted: Option<bool>) -> &'static str {
    INVERSIONS
        .iter()
        .find(|(_, _, value)| *value == inverted)
        .map_or("auto", |(name, ..)| name)
}
