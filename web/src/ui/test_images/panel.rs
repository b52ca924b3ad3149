//! The panels about single test images: the list with its filters, two images side by side, and the charts that need predictions
//! for single images or classes.

use std::rc::Rc;
use std::sync::Arc;

use leptos::html;
use leptos::prelude::*;
use leptos::task::spawn_local;
use plot::format::thousands;
use shared::Grey28;

use super::calibration::ReliabilityDiagrams;
use super::class_metrics::ClassMetrics;
use super::confidences::SharedConfidences;
use super::filters::Filters;
use super::image_list::{ImageList, LoadedTestSet};
use super::selection::{CONTENDERS, ListedImage, Predictions, describe, sort};
use super::side_by_side::SideBySide;
use crate::contender::Contender;
use crate::engine::TestSet;
use crate::requests::upload::choose_from_gallery;
use crate::state::AppState;
use crate::state::image::Origin;
use crate::state::stale_answers::RequestCounter;
use crate::state::test_images::Query;
use crate::ui::compare::metrics_file::{MetricsFile, MetricsFiles};

/// What the list shows.
#[derive(Clone, Default, PartialEq)]
enum Stage {
    /// Nothing was asked for.
    #[default]
    Empty,
    Loading,
    /// The images are shown, and this many of so many predictions are repeated for their confidence.
    Classifying(usize, usize),
    Listed,
    /// The images are shown, but this is why their confidences are not known.
    Unsorted(String),
    Failed(String),
}

impl Stage {
    /// The value of the `data-state` attribute.
    const fn name(&self) -> &'static str {
        match self {
            Self::Empty => "empty",
            Self::Loading => "loading",
            Self::Classifying(..) => "classifying",
            Self::Listed => "listed",
            Self::Unsorted(_) => "unsorted",
            Self::Failed(_) => "failed",
        }
    }
}

/// The list, and what it needs; all of it is `Copy`.
#[derive(Clone, Copy)]
struct List {
    app: AppState,
    files: RwSignal<Vec<Option<MetricsFile>>>,
    test_set: LoadedTestSet,
    confidences: SharedConfidences,
    stage: RwSignal<Stage>,
    images: RwSignal<Arc<Vec<ListedImage>>>,
    queries: RequestCounter,
}

#[component]
pub fn TestImages() -> impl IntoView {
    let app = expect_context::<AppState>();
    let MetricsFiles(files) = expect_context::<MetricsFiles>();
    let state = app.test_images;
    let list = List {
        app,
        files,
        test_set: StoredValue::new_local(None),
        confidences: StoredValue::new_local(Rc::default()),
        stage: RwSignal::default(),
        images: RwSignal::default(),
        queries: RequestCounter::default(),
    };
    Effect::new(move |_| {
        let query = state.query().get();
        // The latest run is listed again when there is a newer one.
        state.run().track();
        list.show(query);
    });
    let heading = NodeRef::<html::H3>::new();
    Effect::new(move |_| {
        if state.opened().get() > 0
            && let Some(heading) = heading.get()
        {
            heading.scroll_into_view();
            // The element can get the focus: it has a tabindex.
            let _ = heading.focus();
        }
    });
    // The image that was chosen last, while it is the one on the page.
    let last_chosen = RwSignal::new(None::<(usize, Grey28)>);
    let chosen = Memo::new(move |_| {
        let (index, grey) = last_chosen.get()?;
        let is_shown = app.upload.image().with(|image| {
            let image = image.as_ref();
            image.is_some_and(|i| matches!(i.origin, Origin::Gallery(_)) && i.grey == grey)
        });
        is_shown.then_some(index)
    });
    let choose = move |image: &ListedImage| {
        let test_set = list.test_set.get_value();
        let pixels = test_set.as_ref().and_then(|t| t.pixels(image.index));
        if let Some(grey) = pixels.and_then(Grey28::from_slice) {
            last_chosen.set(Some((image.index, grey.clone())));
            choose_from_gallery(app, grey, image.truth, image.index as u16);
        }
    };
    let stage = list.stage;
    let count = move || list.images.with(|images| images.len());
    let status = move || {
        let query = state.query().get();
        stage.with(|stage| match (stage, query) {
            (Stage::Empty, _) | (_, None) => INTRODUCTION.to_string(),
            (Stage::Loading, _) => "The test images are being loaded, about 4 MB.".to_string(),
            (Stage::Failed(error), _) => error.clone(),
            (Stage::Classifying(..), Some(query)) => describe(&query, count(), false),
            (Stage::Listed, Some(query)) => describe(&query, count(), true),
            (Stage::Unsorted(error), Some(query)) => {
                format!(
                    "{} Not sorted by confidence. {error}",
                    describe(&query, count(), false)
                )
            }
        })
    };
    let progress = move || match stage.get() {
        Stage::Classifying(done, total) => Some((done, total)),
        _ => None,
    };
    view! {
        <div
            class="panel test-images"
            role="region"
            aria-labelledby="test-images-title"
            data-testid="test-images"
            data-state=move || stage.with(Stage::name)
            data-count=move || count().to_string()
        >
            <h3 id="test-images-title" tabindex="-1" node_ref=heading>
                "Test images"
            </h3>
            <Filters/>
            <p
                class="small"
                role="status"
                data-testid="test-images-text"
                prop:textContent=status
            ></p>
            <p class="small sorting" hidden=move || progress().is_none()>
                <progress
                    aria-label="Images classified for their confidence"
                    max=move || progress().map_or(1, |p| p.1).to_string()
                    prop:value=move || progress().map_or(0, |p| p.0) as f64
                ></progress>
                <span prop:textContent=move || {
                    progress()
                        .map(|(done, total)| {
                            format!(
                                "Confidence: {} of {} predictions.",
                                thousands(done as u64),
                                thousands(total as u64),
                            )
                        })
                }></span>
            </p>
            <div class="list-and-pair">
                <div class="list" hidden=move || stage.with(|s| *s == Stage::Empty)>
                    <ImageList
                        images=Signal::from(list.images)
                        test_set=list.test_set
                        chosen=Signal::from(chosen)
                        choose
                    />
                </div>
                <SideBySide chosen=Signal::from(chosen)/>
            </div>
        </div>
        <div class="panel">
            <ClassMetrics files/>
        </div>
        <div class="panel">
            <ReliabilityDiagrams files confidences=list.confidences/>
        </div>
    }
}

const INTRODUCTION: &str = "Choose which predictions to list, or press a cell of a confusion matrix to list its images. Each image opens with the predictions of all seven models.";

impl List {
    /// Lists the images of a query, at first in the order of the test set, and sorts them when their confidences are known.
    fn show(self, query: Option<Query>) {
        let number = self.queries.next();
        let Some(query) = query else {
            self.images.set(Arc::default());
            self.stage.set(Stage::Empty);
            return;
        };
        spawn_local(async move {
            if let Err(error) = self.select(query, number).await
                && !self.queries.is_stale(number)
            {
                self.images.set(Arc::default());
                self.stage.set(Stage::Failed(error));
            }
        });
    }

    async fn select(self, query: Query, number: u32) -> Result<(), String> {
        let test_set = match self.test_set.get_value() {
            Some(test_set) => test_set,
            None => {
                self.stage.set(Stage::Loading);
                let client = self.app.engines.client();
                let loaded = client.load_test_set().await;
                let loaded = loaded.map_err(|error| error.to_string())?;
                self.test_set.set_value(Some(loaded.clone()));
                loaded
            }
        };
        if self.queries.is_stale(number) {
            return Ok(());
        }
        let mut images = self.matching(&query, &test_set)?;
        let result = self.classify(&query, &test_set, &images, number).await;
        if self.queries.is_stale(number) {
            return Ok(());
        }
        self.add_confidences(&query, &mut images);
        if result.is_ok() {
            images.retain(|i| i.confidence.is_some_and(|c| c >= query.least_confidence));
            sort(&mut images);
        }
        self.images.set(Arc::new(images));
        self.stage.set(match result {
            Ok(()) => Stage::Listed,
            Err(error) => Stage::Unsorted(error),
        });
        Ok(())
    }

    fn matching(self, query: &Query, test_set: &TestSet) -> Result<Vec<ListedImage>, String> {
        let run = self.app.test_images.run().get_untracked();
        self.files.with_untracked(|files| {
            let recorded: [Vec<u8>; CONTENDERS] = std::array::from_fn(|place| {
                let file = files.get(place).and_then(Option::as_ref);
                file.map(|file| file.answers.clone()).unwrap_or_default()
            });
            let predictions = Predictions {
                labels: test_set.labels(),
                recorded: &recorded,
                run: run.as_deref(),
            };
            predictions.select(query)
        })
    }

    /// Has the images classified by the models whose confidence counts; lists them meanwhile.
    async fn classify(
        self,
        query: &Query,
        test_set: &Rc<TestSet>,
        images: &[ListedImage],
        number: u32,
    ) -> Result<(), String> {
        let confidences = self.confidences.get_value();
        let needed: Vec<(Contender, Vec<usize>)> = Contender::all()
            .map(|contender| {
                let needs = |i: &&ListedImage| {
                    i.classified_by(query.subject).contains(&contender)
                        && confidences.get(contender, i.index).is_none()
                };
                let images = images.iter().filter(needs);
                (contender, images.map(|i| i.index).collect())
            })
            .collect();
        let total = needed.iter().map(|(_, images)| images.len()).sum();
        if total == 0 {
            return Ok(());
        }
        self.images.set(Arc::new(images.to_vec()));
        let mut done = 0;
        self.stage.set(Stage::Classifying(done, total));
        for (contender, images) in &needed {
            let go_on = |count| {
                done += count;
                let goes_on = !self.queries.is_stale(number);
                if goes_on {
                    self.stage.set(Stage::Classifying(done, total));
                }
                goes_on
            };
            let request = confidences.request(self.app, test_set, *contender, images, go_on);
            request.await.map_err(|error| error.to_string())?;
            if self.queries.is_stale(number) {
                break;
            }
        }
        Ok(())
    }

    /// Gives each image the lowest confidence of its models, if all are known.
    fn add_confidences(self, query: &Query, images: &mut [ListedImage]) {
        let confidences = self.confidences.get_value();
        for image in images {
            let models = image.classified_by(query.subject);
            let known = models
                .iter()
                .map(|model| confidences.get(*model, image.index));
            let known: Option<Vec<f32>> = known.collect();
            let lowest = known.and_then(|known| known.into_iter().reduce(f32::min));
            image.confidence = lowest.or(image.confidence);
        }
    }
}
