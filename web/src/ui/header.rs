//! The page's header and footer.

use leptos::prelude::*;

/// The address of the source, from Cargo.toml. Without an address there is no link.
const REPOSITORY: &str = env!("CARGO_PKG_REPOSITORY");
const LICENCE: &str = env!("CARGO_PKG_LICENSE");

#[component]
pub fn Header() -> impl IntoView {
    view! {
        <header class="header">
            <p class="logo">
                <span class="logo-icon" aria-hidden="true"><i></i><i></i><i></i><i></i></span>
                "Haberdash"
            </p>
            <h1>"What is this garment, and how can a machine tell?"</h1>
            <p class="lead">
                "Seven models (three neural networks and four classical ones), trained in Rust on Fashion-MNIST, classify your image in this tab. They vote, and heat maps explain their predictions."
            </p>
        </header>
    }
}

#[component]
pub fn Footer() -> impl IntoView {
    view! {
        <footer class="footer">
            <p>
                "Nothing leaves this machine: images are read, preprocessed and classified in this tab, and the site consists of static files."
            </p>
            <p>
                "Fashion-MNIST: Xiao, Rasul and Vollgraf, arXiv 1708.07747. Heat maps: Grad-CAM, arXiv 1610.02391, in the form of HiResCAM, arXiv 2011.08891, and occlusion, arXiv 1311.2901. Photo network: EfficientNet-Lite0, arXiv 1905.11946, pretrained on ImageNet by Google (Apache-2.0), fine-tuned on photos of clothes (CC0). "
                {(!REPOSITORY.is_empty())
                    .then(|| view! { <a href=REPOSITORY rel="noopener">"Source"</a> ", " })}
                {format!("{LICENCE}.")}
            </p>
        </footer>
    }
}
