//! The page's footer: methods and their papers, how to run it, source and licence. The page "How it works" has the same one.

use leptos::prelude::*;

/// Without the address of the source and the licence.
const TEMPLATE: &str = include_str!("footer.html");
/// The address of the source, from Cargo.toml. Without one, it is that of the repository that GitHub builds the site from.
const REPOSITORY: &str = env!("CARGO_PKG_REPOSITORY");
const ON_GITHUB: Option<&str> = option_env!("GITHUB_REPOSITORY");
const LICENCE: &str = env!("CARGO_PKG_LICENSE");

#[component]
pub fn Footer() -> impl IntoView {
    view! { <footer class="footer" inner_html=markup(REPOSITORY, ON_GITHUB)></footer> }
}

fn markup(repository: &str, on_github: Option<&str>) -> String {
    let link = |address: &str| format!("<a href=\"{address}\" rel=\"noopener\">Source code</a>. ");
    let source = match (repository, on_github) {
        ("", None | Some("")) => String::new(),
        ("", Some(name)) => link(&format!("https://github.com/{name}")),
        (address, _) => link(address),
    };
    let text = TEMPLATE.replace("{{licence}}", LICENCE);
    text.replace("{{source}}", &source)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_source_is_linked_where_its_address_is_known() {
        assert!(!markup("", None).contains("Source code"));
        for (repository, on_github, address) in [
            ("https://example.org/h", None, "https://example.org/h"),
            ("", Some("owner/h"), "https://github.com/owner/h"),
        ] {
            let text = markup(repository, on_github);
            assert!(
                text.contains(&format!("href=\"{address}\"")) && !text.contains("{{"),
                "{text}"
            );
        }
    }
}
