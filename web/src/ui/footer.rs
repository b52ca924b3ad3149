//! What this is, where nothing goes, and under which licence.

use leptos::prelude::*;

/// The source's address, from Cargo.toml; without one there is no link.
const REPOSITORY: &str = env!("CARGO_PKG_REPOSITORY");
const LICENCE: &str = env!("CARGO_PKG_LICENSE");

#[component]
pub fn Footer() -> impl IntoView {
    view! {
        <footer class="footer">
            <p>
                "Nothing leaves this machine: pictures are read, prepared and answered in this tab, and the site is static files."
            </p>
            <p>
                "Fashion-MNIST: Xiao, Rasul and Vollgraf, arXiv 1708.07747. Heat maps: Grad-CAM, arXiv 1610.02391, in the form of HiResCAM, arXiv 2011.08891, and occlusion, arXiv 1311.2901. "
                {(!REPOSITORY.is_empty())
                    .then(|| view! { <a href=REPOSITORY rel="noopener">"Source"</a> ", " })}
                {format!("{LICENCE}.")}
            </p>
        </footer>
    }
}
