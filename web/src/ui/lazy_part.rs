//! A part of the page whose code, and the styles of all such parts, are downloaded when the part is shown for the first time.

use std::pin::Pin;

use futures_util::future::join;
use leptos::prelude::*;
use leptos::task::spawn_local;
use wasm_split_helpers::SplitLoaderError;

use super::later_styles;
use crate::state::AppState;

/// What draws the part, once its code is there.
pub type Draw = fn() -> AnyView;

/// The download of a part's code. The function behind it has the attribute `wasm_split`, and returns what draws the part rather than the
/// drawn part: that belongs to the owner and has the context of the place where it is shown.
pub type Loading = Pin<Box<dyn Future<Output = Result<Draw, SplitLoaderError>>>>;

/// Where the download stands.
#[derive(Clone, Copy)]
enum Code {
    Awaited,
    Failed,
    Loaded(Draw),
}

/// Shows the part after its code is downloaded, and a sentence with a button if the download fails.
#[component]
pub fn LazyPart(
    /// The part, as the start of a sentence: "The comparison of the models".
    name: &'static str,
    load: fn() -> Loading,
) -> impl IntoView {
    let app = expect_context::<AppState>();
    let code = RwSignal::new(Code::Awaited);
    let start = move || {
        code.set(Code::Awaited);
        spawn_local(async move {
            let loaded = match join(load(), later_styles::load(app)).await {
                (Ok(draw), true) => Code::Loaded(draw),
                _ => Code::Failed,
            };
            // The part may have been closed meanwhile.
            code.try_set(loaded);
        });
    };
    start();
    move || match code.get() {
        Code::Awaited => view! {
            <p class="part-awaited" prop:textContent=format!("{name} is loading.")></p>
        }
        .into_any(),
        Code::Failed => view! {
            <div class="part-failed" role="alert" data-testid="part-failed">
                <p prop:textContent=format!(
                    "{name} could not be loaded: check the connection and try again."
                )></p>
                <button type="button" on:click=move |_| start()>"Try again"</button>
            </div>
        }
        .into_any(),
        Code::Loaded(draw) => draw(),
    }
}
