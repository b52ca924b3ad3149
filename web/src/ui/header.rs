//! The page's header: logo, navigation and what the page does.

use leptos::prelude::*;

/// The sections of the page, and the page about the methods.
const LINKS: [(&str, &str); 5] = [
    ("#try", "Try yours"),
    ("#reasons", "Explanation"),
    ("#quiz", "Quiz"),
    ("#compare", "Compare"),
    ("./how-it-works.html", "How it works"),
];

#[component]
pub fn Header() -> impl IntoView {
    view! {
        <header class="header">
            <div class="top-line">
                <p class="logo">
                    <span class="logo-icon" aria-hidden="true"><i></i><i></i><i></i><i></i></span>
                    "Haberdash"
                </p>
                <nav class="nav" aria-label="Main">
                    {LINKS.map(|(address, title)| view! { <a href=address>{title}</a> })}
                </nav>
            </div>
            <h1>"What is this garment, and how can a machine tell?"</h1>
            <p class="lead">
                "Seven models and a photo network classify the image in this tab. They vote, and heat maps explain their predictions."
            </p>
        </header>
    }
}
