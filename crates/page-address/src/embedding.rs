//! The query of an embedded page: `?embed=1&panels=image,models`.

use super::names::Panel;
use super::problem::Problem;

/// Bytes of the longest query that is read.
const MAX_LENGTH: usize = 1024;

/// The panels of an embedded page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Embedding {
    pub panels: Vec<Panel>,
}

impl Embedding {
    /// The panels of a query that names none.
    const DEFAULT: [Panel; 3] = [Panel::Image, Panel::Models, Panel::Explanation];

    /// Reads a query without its `?`, and whether it names unknown panels; `None` for a page that is not embedded.
    pub fn parse(query: &str) -> Option<(Self, Option<Problem>)> {
        if query.len() > MAX_LENGTH {
            return None;
        }
        let value = |name: &str| {
            let parts = query.split('&').filter_map(|part| part.split_once('='));
            parts
                .into_iter()
                .find(|(key, _)| *key == name)
                .map(|(_, v)| v)
        };
        if value("embed") != Some("1") {
            return None;
        }
        let mut panels = Vec::new();
        let mut problem = None;
        let list = value("panels").unwrap_or_default();
        // Some programs encode the commas.
        for name in list.split(',').flat_map(|part| part.split("%2C")) {
            match Panel::ALL.into_iter().find(|panel| panel.name() == name) {
                Some(panel) if !panels.contains(&panel) => panels.push(panel),
                None if !name.is_empty() => problem = Some(Problem::UnknownPanel),
                _ => {}
            }
        }
        if panels.is_empty() {
            panels = Self::DEFAULT.to_vec();
        }
        Some((Self { panels }, problem))
    }

    pub fn shows(&self, panel: Panel) -> bool {
        self.panels.contains(&panel)
    }

    /// The names of the panels, separated by spaces.
    pub fn names(&self) -> String {
        let names = self.panels.iter().map(|panel| panel.name());
        names.collect::<Vec<_>>().join(" ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn without_embed_the_page_is_whole() {
        for query in ["", "embed", "embed=0", "panels=image", "xembed=1"] {
            assert_eq!(Embedding::parse(query), None, "{query}");
        }
        let long = format!("embed=1&panels={}", "image,".repeat(200));
        assert_eq!(Embedding::parse(&long), None);
    }

    #[test]
    fn the_panels_are_those_named_or_the_usual_ones() {
        let names = |query| {
            let (embedding, problem) = Embedding::parse(query).unwrap();
            (embedding.names(), problem)
        };
        let usual = "image models explanation".to_owned();
        assert_eq!(names("embed=1"), (usual.clone(), None));
        assert_eq!(names("embed=1&panels="), (usual.clone(), None));
        let unknown = Some(Problem::UnknownPanel);
        assert_eq!(names("embed=1&panels=hat"), (usual, unknown.clone()));
        let chosen = names("panels=compare,image%2Cimage,hat&embed=1");
        assert_eq!(chosen, ("compare image".to_owned(), unknown));
    }

    proptest! {
        #[test]
        fn no_query_panics(query in "(embed=1&panels=)?.{0,80}") {
            if let Some((embedding, _)) = Embedding::parse(&query) {
                prop_assert!(!embedding.panels.is_empty());
            }
        }
    }
}
