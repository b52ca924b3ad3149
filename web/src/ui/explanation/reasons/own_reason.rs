//! The reason that a model itself gives: nearest training images, support vectors, votes of trees, or maps.

use std::fmt::Write;

use leptos::prelude::*;
use leptos::task::spawn_local;
use plot::format::{probability, thousands};
use shared::explain::{EvidenceMap, MapMethod, Reason};
use shared::model::forest::TreeVotes;
use shared::model::knn::Neighbour;
use shared::model::svm::{ClassDecision, SupportVector};
use shared::model::{argmax, top_two};
use shared::{Garment, ModelId};

use super::signed_map::{SignedMap, SignedMapView};
use super::thumbnails::{self, Thumbnails};
use crate::state::AppState;
use crate::ui::explanation::words;

/// A reason, and what it is for.
#[derive(Clone, PartialEq)]
pub struct OwnReason {
    pub model: ModelId,
    pub class: Garment,
    pub reason: Reason,
}

/// Where the download of the thumbnails of a reason stands.
#[derive(Clone)]
enum Download {
    Awaited,
    Failed,
    Loaded(Thumbnails),
}

/// The reason as text and pictures.
#[component]
pub fn OwnReasonView(#[prop(into)] shown: Signal<Option<OwnReason>>) -> impl IntoView {
    let chosen = RwSignal::new(0_usize);
    // Another model has other maps.
    let count = Memo::new(move |_| shown.with(|s| s.as_ref().map_or(0, |s| maps(s).len())));
    let choice = move || chosen.get().min(count.get().saturating_sub(1));
    let options =
        Memo::new(move |_| shown.with(|s| s.as_ref().map(map_options).unwrap_or_default()));
    Effect::new(move |_| {
        options.track();
        chosen.set(0);
    });
    let map = Signal::derive(move || {
        shown.with(|s| {
            let shown = s.as_ref()?;
            let map = maps(shown).get(choice())?;
            Some(signed_map(map, shown.class))
        })
    });
    let app = expect_context::<AppState>();
    let download = RwSignal::new_local(None::<Download>);
    let start = move |reason: OwnReason| {
        if !thumbnails::are_there(app, &reason.reason) {
            return download.set(None);
        }
        download.set(Some(Download::Awaited));
        spawn_local(async move {
            let loaded = thumbnails::load(app, &reason.reason).await;
            // Another reason may be shown by now, or none.
            if shown.try_get_untracked() == Some(Some(reason)) {
                download.set(Some(loaded.map_or(Download::Failed, Download::Loaded)));
            }
        });
    };
    Effect::new(move |_| match shown.get() {
        Some(reason) => start(reason),
        None => download.set(None),
    });
    let has_failed = move || download.with(|d| matches!(d, Some(Download::Failed)));
    view! {
        <article
            class="own-reason"
            data-testid="reason"
            data-model=move || shown.with(|s| s.as_ref().map(|s| s.model.name()))
            data-method=move || shown.with(|s| s.as_ref().map(|s| method(s, choice())))
        >
            <h3 prop:textContent=move || shown.with(|s| s.as_ref().map_or(String::new(), title))></h3>
            <p prop:textContent=move || {
                shown.with(|s| s.as_ref().map(|s| lead(s, choice())).unwrap_or_default())
            }></p>
            <Show when=move || { count.get() > 1 }>
                <label class="choice">
                    <span class="small">"Method"</span>
                    <select
                        data-testid="reason-method"
                        prop:value=move || choice().to_string()
                        on:change=move |event| {
                            chosen.set(event_target_value(&event).parse().unwrap_or(0));
                        }
                        inner_html=move || options.get()
                    ></select>
                </label>
            </Show>
            <Show when=move || { count.get() > 0 }>
                <SignedMapView shown=map/>
            </Show>
            <p class="small" role="status" data-testid="thumbnails-state" prop:textContent=move || {
                download.with(|d| d.as_ref().map_or("", state))
            }></p>
            <Show when=has_failed>
                <button
                    type="button"
                    class="outlined-button"
                    on:click=move |_| {
                        if let Some(reason) = shown.get_untracked() {
                            start(reason);
                        }
                    }
                >
                    "Try again"
                </button>
            </Show>
            <div inner_html=move || {
                download.with(|download| {
                    let thumbnails = match download {
                        Some(Download::Loaded(thumbnails)) => Some(thumbnails),
                        _ => None,
                    };
                    shown.with(|s| s.as_ref().map(|s| lists(&s.reason, thumbnails)).unwrap_or_default())
                })
            }></div>
        </article>
    }
}

/// What the visitor is told about the thumbnails.
fn state(download: &Download) -> &'static str {
    match download {
        Download::Awaited => "The training images are loading.",
        Download::Failed => {
            "The training images could not be loaded: check the connection and try again."
        }
        Download::Loaded(_) => {
            "The images are those of the training set. “Photo” stands for one of the other photos that the models were trained on too, which the site does not contain."
        }
    }
}

fn maps(shown: &OwnReason) -> &[EvidenceMap] {
    match &shown.reason {
        Reason::Maps(maps) => maps,
        _ => &[],
    }
}

fn signed_map(map: &EvidenceMap, class: Garment) -> SignedMap {
    let grid = map.grid.clone();
    let full = grid
        .values
        .iter()
        .fold(0.0, |full: f32, v| full.max(v.abs()));
    SignedMap {
        text: words::evidence_text(&grid, class.label()),
        map: grid,
        full,
        value_text: |value| format!("Evidence here: {}.", words::signed(value)),
    }
}

fn method(shown: &OwnReason, choice: usize) -> &'static str {
    match &shown.reason {
        Reason::Maps(maps) => maps.get(choice).map_or("", |map| map.method.name()),
        Reason::Neighbours(_) => "neighbours",
        Reason::SupportVectors(_) => "support-vectors",
        Reason::Trees(_) => "trees",
    }
}

fn title(shown: &OwnReason) -> String {
    format!("{}: its own reason", shown.model.title())
}

/// How to read the reason.
fn lead(shown: &OwnReason, choice: usize) -> String {
    let class = shown.class;
    match &shown.reason {
        Reason::Neighbours(neighbours) => format!(
            "The {} training images whose features are most similar to this image's vote for their classes. The smaller the distance, the larger the weight. The chosen class makes no difference.",
            neighbours.len()
        ),
        Reason::SupportVectors(decision) => format!(
            "Each support vector is a training image. It contributes its coefficient times its similarity to this image (the kernel) to the nine decisions between {class} and another class; the sum of all contributions is {}.",
            words::signed(decision.sum)
        ),
        Reason::Trees(trees) => {
            let count: u32 = trees.votes.iter().sum();
            format!(
                "Each of {count} trees votes for the class that is most frequent in the leaf that this image reaches. Below the votes: the path through tree {}, which gives {class} the highest share.",
                trees.path.tree + 1
            )
        }
        Reason::Maps(maps) => maps
            .get(choice)
            .map(|map| map_lead(map, class))
            .unwrap_or_default(),
    }
}

fn map_lead(map: &EvidenceMap, class: Garment) -> String {
    let how = match map.method {
        MapMethod::HiResCam => {
            "At each position of the layer: activation times the gradient of the class's logit, summed over the channels."
        }
        MapMethod::GradCam => {
            "As HiResCAM, with each channel's gradient averaged over the image first."
        }
        MapMethod::GradientTimesInput => {
            "At each pixel: its brightness times the gradient of the class's logit."
        }
        MapMethod::IntegratedGradients => {
            "The gradient is averaged over images between black and this one, then multiplied by the brightness: the sum over the pixels is the change of the logit."
        }
        MapMethod::LinearEvidence => {
            "The score is a weighted sum of features. Each term, minus its mean over the ten classes, is distributed over the pixels that its feature is computed from."
        }
        MapMethod::Occlusion => "A black patch covers one region after the other.",
    };
    format!("{how} Orange: for {class}. Blue: against it.")
}

/// The options of the choice between maps.
fn map_options(shown: &OwnReason) -> String {
    let mut html = String::new();
    for (i, map) in maps(shown).iter().enumerate() {
        let layer = match map.method {
            MapMethod::HiResCam | MapMethod::GradCam => {
                format!(
                    ", layer {} ({} x {})",
                    map.layer + 1,
                    map.grid.rows,
                    map.grid.columns
                )
            }
            _ => String::new(),
        };
        // Writing to a string cannot fail.
        let _ = write!(
            html,
            "<option value=\"{i}\">{}{layer}</option>",
            map.method.title()
        );
    }
    html
}

/// The lists of a reason that is not a map.
fn lists(reason: &Reason, thumbnails: Option<&Thumbnails>) -> String {
    match reason {
        Reason::Maps(_) => String::new(),
        Reason::Neighbours(neighbours) => neighbour_list(neighbours, thumbnails),
        Reason::SupportVectors(decision) => vector_lists(decision, thumbnails),
        Reason::Trees(trees) => tree_lists(trees),
    }
}

fn label(index: u8) -> &'static str {
    Garment::from_index(usize::from(index)).map_or("unknown", Garment::label)
}

fn neighbour_list(neighbours: &[Neighbour], thumbnails: Option<&Thumbnails>) -> String {
    let mut html = String::from("<ol class=\"reason-list with-images\">");
    for n in neighbours {
        let image = thumbnails.map(|t| t.neighbour(n.label, n.of_class));
        let _ = write!(
            html,
            "<li data-testid=\"neighbour\" data-label=\"{0}\" data-distance=\"{1}\"><div>{4}<span><b>{0}</b> \
             <span class=\"small\">distance {1:.2}, {2} of the vote, training image {3} of the model</span></span></div></li>",
            label(n.label),
            n.distance,
            probability(n.share),
            thousands(u64::from(n.point) + 1),
            image.unwrap_or_default(),
        );
    }
    html + "</ol>"
}

fn vector_lists(decision: &ClassDecision, thumbnails: Option<&Thumbnails>) -> String {
    let mut html = String::from("<div class=\"reason-columns\">");
    for (title, vectors) in [
        ("Strongest for the class", &decision.supporting),
        ("Strongest against the class", &decision.opposing),
    ] {
        let _ = write!(
            html,
            "<div><h4>{title}</h4><ol class=\"reason-list with-images\">"
        );
        vectors
            .iter()
            .for_each(|vector| vector_item(&mut html, vector, thumbnails));
        html.push_str("</ol></div>");
    }
    html + "</div>"
}

fn vector_item(html: &mut String, vector: &SupportVector, thumbnails: Option<&Thumbnails>) {
    let image = thumbnails.map(|t| t.support_vector(vector.label, vector.of_class));
    let _ = write!(
        html,
        "<li data-testid=\"support-vector\" data-label=\"{0}\" data-value=\"{1}\"><div>{6}<span><b>{0}</b> \
         <span class=\"small\">{2} = {3} × {4:.2}, vector {5}</span></span></div></li>",
        label(vector.label),
        vector.contribution,
        words::signed(vector.contribution),
        words::signed(vector.coefficient),
        vector.kernel,
        thousands(u64::from(vector.vector) + 1),
        image.unwrap_or_default(),
    );
}

fn tree_lists(trees: &TreeVotes) -> String {
    let count: u32 = trees.votes.iter().sum();
    let mut html = String::from("<ol class=\"reason-list\" data-testid=\"tree-votes\">");
    let mut classes: Vec<usize> = (0..trees.votes.len()).collect();
    classes.sort_by_key(|&class| core::cmp::Reverse(trees.votes[class]));
    for class in classes.into_iter().filter(|&class| trees.votes[class] > 0) {
        let _ = write!(
            html,
            "<li data-label=\"{0}\" data-votes=\"{1}\"><b>{0}</b> <span class=\"small\">{1} of {count} trees</span></li>",
            Garment::ALL[class].label(),
            trees.votes[class],
        );
    }
    let path = &trees.path;
    let _ = write!(
        html,
        "</ol><h4>The path through tree {}</h4><ol class=\"reason-list\" data-testid=\"tree-path\">",
        path.tree + 1
    );
    for step in &path.comparisons {
        let relation = if step.value <= step.threshold {
            "is at most"
        } else {
            "is above"
        };
        let [first, second] = top_two(&step.reachable);
        let _ = write!(
            html,
            "<li>Projected feature {} is {}, which {relation} {}. <span class=\"small\">Leaves below: {} {}, {} {}.</span></li>",
            step.feature + 1,
            step.value,
            step.threshold,
            Garment::ALL[first].label(),
            probability(step.reachable[first]),
            Garment::ALL[second].label(),
            probability(step.reachable[second]),
        );
    }
    let best = argmax(&path.leaf);
    let _ = write!(
        html,
        "<li>The leaf: <b>{}</b> {}.</li></ol>",
        Garment::ALL[best].label(),
        probability(path.leaf[best])
    );
    html
}

#[cfg(test)]
mod tests {
    use super::*;
    use shared::model::forest::{Comparison, TreePath};

    #[test]
    fn a_neighbour_has_its_label_distance_and_share() {
        let neighbour = Neighbour {
            point: 1233,
            of_class: 120,
            label: 8,
            distance: 1.5,
            share: 0.25,
        };
        let html = neighbour_list(&[neighbour], None);
        assert!(
            html.contains("data-label=\"Bag\" data-distance=\"1.5\""),
            "{html}"
        );
        assert!(
            html.contains("25.0% of the vote, training image 1,234"),
            "{html}"
        );
    }

    #[test]
    fn a_path_is_sentences() {
        let mut leaf = [0.0; 10];
        (leaf[8], leaf[0]) = (0.75, 0.25);
        let mut votes = [0; 10];
        votes[8] = 3;
        let html = tree_lists(&TreeVotes {
            votes,
            distribution: leaf,
            path: TreePath {
                tree: 4,
                comparisons: vec![Comparison {
                    feature: 1,
                    value: 9,
                    threshold: 9,
                    reachable: leaf,
                }],
                leaf,
            },
        });
        for part in [
            "data-label=\"Bag\" data-votes=\"3\"",
            "The path through tree 5",
            "Projected feature 2 is 9, which is at most 9.",
            "Leaves below: Bag 75.0%",
            "The leaf: <b>Bag</b> 75.0%.",
        ] {
            assert!(html.contains(part), "{part}: {html}");
        }
    }
}
