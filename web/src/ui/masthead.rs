//! The page's head.

use leptos::prelude::*;

#[component]
pub fn Masthead() -> impl IntoView {
    view! {
        <header class="masthead">
            <p class="mark">
                <span class="button" aria-hidden="true"><i></i><i></i><i></i><i></i></span>
                "Haberdash"
            </p>
            <h1>"What is this garment, and how can a network tell?"</h1>
            <p class="lead">
                "Two neural networks, trained in Rust on Fashion-MNIST, answer in this tab, side by side, and show where they looked."
            </p>
        </header>
    }
}
