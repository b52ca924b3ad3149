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
            <h1>"What is this garment, and how can a machine tell?"</h1>
            <p class="lead">
                "Seven models, three neural networks and four classical ones, trained in Rust on Fashion-MNIST: they answer in this tab, side by side, vote, and show why."
            </p>
        </header>
    }
}
