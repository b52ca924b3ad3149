//! The section of the quiz: its start, the image with the ten answers, and the result.

use std::time::Duration;

use leptos::ev;
use leptos::html;
use leptos::prelude::*;
use leptos::task::spawn_local;
use shared::Garment;
use shared::image::RgbaImage;
use shared::metrics::HUMAN_ACCURACY;
use wasm_bindgen::JsCast;
use web_sys::{HtmlElement, HtmlInputElement};

use super::game::Game;
use super::images::{IMAGES, images};
use super::keys::class_of_key;
use super::result::{self, QuizResult};
use crate::address::QuizCode;
use crate::dom::copy;
use crate::engine::sleep;
use crate::requests::address::quiz_link;
use crate::state::AppState;
use crate::state::stale_answers::RequestCounter;
use crate::ui::canvas::Canvas;
use crate::ui::compare::metrics_file::{self, MetricsFile};

/// The `id`s of elements that get the focus.
const SECTION: &str = "quiz";
const PROGRESS: &str = "quiz-progress";
const NEXT: &str = "quiz-next";
/// The `id` of the image with its answers.
const QUESTION: &str = "quiz-image";

/// Where the quiz stands.
#[derive(Clone, Default, PartialEq)]
enum Stage {
    /// It can be started.
    #[default]
    Idle,
    /// The test set is being loaded.
    Loading,
    /// Also when it is over.
    Playing(Game),
    Failed(String),
}

impl Stage {
    /// The value of the `data-state` attribute.
    fn name(&self) -> &'static str {
        match self {
            Self::Idle => "idle",
            Self::Loading => "loading",
            Self::Playing(game) if game.is_over() => "over",
            Self::Playing(game) if game.verdict().is_some() => "answered",
            Self::Playing(_) => "guessing",
            Self::Failed(_) => "failed",
        }
    }

    /// The game, while there is an image to answer or to look at.
    fn game(&self) -> Option<&Game> {
        match self {
            Self::Playing(game) if !game.is_over() => Some(game),
            _ => None,
        }
    }

    fn is_over(&self) -> bool {
        matches!(self, Self::Playing(game) if game.is_over())
    }
}

/// The quiz, and what it needs; all of it is `Copy`.
#[derive(Clone, Copy)]
struct Quizzing {
    app: AppState,
    stage: RwSignal<Stage>,
    /// The metrics file of each contender, in their order; empty before they are loaded.
    files: RwSignal<Vec<Option<MetricsFile>>>,
    /// The code of the quiz that was started.
    started: StoredValue<Option<QuizCode>>,
    starts: RequestCounter,
}

#[component]
pub fn Quiz() -> impl IntoView {
    let app = expect_context::<AppState>();
    let quiz = Quizzing {
        app,
        stage: RwSignal::default(),
        files: RwSignal::default(),
        started: StoredValue::default(),
        starts: RequestCounter::default(),
    };
    let code = app.quiz.code();
    // Another code in the address ends the quiz that is being played.
    Effect::new(move |_| {
        let code = code.get();
        if code != quiz.started.get_value() {
            quiz.started.set_value(None);
            quiz.starts.next();
            quiz.stage.set(Stage::Idle);
        }
    });
    let node = NodeRef::<html::Section>::new();
    let keys = window_event_listener(ev::keydown, move |event| {
        let section = node.get_untracked();
        let class = section.and_then(|section| class_of_key(&event, &section));
        if let Some(class) = class
            && quiz.answer(class)
        {
            event.prevent_default();
        }
    });
    on_cleanup(move || keys.remove());
    let stage = quiz.stage;
    let is_playing = Memo::new(move |_| stage.with(|stage| stage.game().is_some()));
    let is_over = Memo::new(move |_| stage.with(Stage::is_over));
    let is_idle = move || stage.with(|stage| matches!(stage, Stage::Idle | Stage::Failed(_)));
    let status = move || {
        stage.with(|stage| match stage {
            Stage::Loading => "The test images are being loaded, about 4 MB.".to_string(),
            Stage::Failed(error) => error.clone(),
            _ => String::new(),
        })
    };
    let finished = move || {
        stage.with(|stage| match stage {
            Stage::Playing(game) if game.is_over() => Some(game.clone()),
            _ => None,
        })
    };
    view! {
        <section
            class="quiz"
            id=SECTION
            tabindex="-1"
            aria-labelledby="quiz-title"
            data-testid="quiz"
            data-state=move || stage.with(Stage::name)
            node_ref=node
        >
            <div class="heading">
                <div>
                    <h2 id="quiz-title">"Beat the models"</h2>
                    <p class="lead">
                        {format!(
                            "Classify {IMAGES} test images yourself, as small as the models see them. People without training are right about {:.1}% of such images; how the seven models do on yours is shown at the end.",
                            HUMAN_ACCURACY * 100.0,
                        )}
                    </p>
                </div>
            </div>
            <p class="measure" hidden=move || !is_idle()>
                <button
                    type="button"
                    class="outlined-button"
                    data-testid="quiz-start"
                    on:click=move |_| quiz.start(code.get_untracked())
                >
                    "Start the quiz"
                </button>
            </p>
            <p role="status" data-testid="quiz-status" prop:textContent=status></p>
            <Show when=move || is_playing.get()>
                <Question quiz/>
            </Show>
            <Show when=move || is_over.get()>
                {move || finished().map(|game| view! { <QuizResult game files=quiz.files/> })}
                <p>
                    <button
                        type="button"
                        class="outlined-button"
                        data-testid="quiz-again"
                        on:click=move |_| quiz.start(None)
                    >
                        "Play again with other images"
                    </button>
                </p>
            </Show>
            <CodeAndLink code/>
        </section>
    }
}

/// The image that is shown, the ten answers, and the way to the next image.
#[component]
fn Question(quiz: Quizzing) -> impl IntoView {
    let stage = quiz.stage;
    let of_game = move |pick: fn(&Game) -> String| {
        move || stage.with(|stage| stage.game().map(pick).unwrap_or_default())
    };
    let image = move || {
        stage.with(|stage| {
            let image = stage.game()?.image()?;
            Some(RgbaImage::from(&image.grey))
        })
    };
    let verdict = Memo::new(move |_| stage.with(|stage| stage.game().and_then(Game::verdict)));
    let is_last =
        move || stage.with(|s| s.game().is_some_and(|g| g.place() + 1 == g.images().len()));
    view! {
        <div class="question" id=QUESTION>
            <div class="question-image">
                <p
                    class="question-progress"
                    id=PROGRESS
                    tabindex="-1"
                    data-testid="quiz-progress"
                    prop:textContent=of_game(|game| {
                        format!("{} of {}", game.place() + 1, game.images().len())
                    })
                ></p>
                <div class="frame">
                    <Canvas
                        image=Signal::derive(image)
                        testid="quiz-image"
                        pixelated=true
                        label=Signal::stored("The image to classify".to_string())
                    />
                </div>
                <p class="small" prop:textContent=of_game(|game| {
                    format!("{} right so far", game.right())
                })></p>
            </div>
            <div class="question-answers">
                <h3 id="quiz-question">"Which class is it?"</h3>
                <div class="quiz-keys" role="group" aria-labelledby="quiz-question">
                    {Garment::ALL
                        .map(|garment| {
                            let mark = move || {
                                let (truth, answer) = verdict.get()?;
                                match garment {
                                    g if g == truth => Some("right"),
                                    g if g == answer => Some("wrong"),
                                    _ => None,
                                }
                            };
                            view! {
                                <button
                                    type="button"
                                    data-testid="quiz-key"
                                    data-label=garment.label()
                                    data-mark=mark
                                    aria-disabled=move || verdict.get().map(|_| "true")
                                    aria-keyshortcuts=garment.index().to_string()
                                    on:click=move |_| {
                                        quiz.answer(garment);
                                    }
                                >
                                    <kbd aria-hidden="true">{garment.index()}</kbd>
                                    <span>{garment.label()}</span>
                                </button>
                            }
                        })}
                </div>
                <p class="small" hidden=move || verdict.get().is_some()>
                    "Press a button, or its digit on the keyboard."
                </p>
                <p
                    class="quiz-verdict"
                    id="quiz-verdict"
                    role="status"
                    data-testid="quiz-verdict"
                    data-right=move || {
                        verdict.get().map(|(truth, answer)| (truth == answer).to_string())
                    }
                    prop:textContent=move || {
                        verdict
                            .get()
                            .map(|(truth, answer)| {
                                if truth == answer {
                                    format!("Right: {truth}.")
                                } else {
                                    format!("Wrong: this is {truth}, and you chose {answer}.")
                                }
                            })
                            .unwrap_or_default()
                    }
                ></p>
                // The place is kept, so that nothing moves when the button comes.
                <p class="quiz-next">
                    <button
                        type="button"
                        class="outlined-button"
                        id=NEXT
                        hidden=move || verdict.get().is_none()
                        data-testid="quiz-next"
                        aria-describedby="quiz-verdict"
                        on:click=move |_| quiz.go_on()
                        prop:textContent=move || {
                            if is_last() { "Show the result" } else { "Next image" }
                        }
                    ></button>
                </p>
            </div>
        </div>
    }
}

/// The quiz's code, and a button that copies its link.
#[component]
fn CodeAndLink(code: ReadSignal<Option<QuizCode>>) -> impl IntoView {
    let status = RwSignal::new("");
    let link = move || code.get().and_then(quiz_link).unwrap_or_default();
    let is_shown = RwSignal::new(false);
    let field = NodeRef::<html::Input>::new();
    // What was said of another quiz.
    Effect::new(move |_| {
        code.track();
        status.set("");
        is_shown.set(false);
    });
    let copy_link = move |_| {
        spawn_local(async move {
            let is_copied = copy(&untrack(link)).await.is_some();
            is_shown.set(!is_copied);
            status.set(if is_copied {
                "Link copied."
            } else {
                "The browser does not allow the page to copy: copy the link from the field below."
            });
            if !is_copied {
                sleep(Duration::ZERO).await;
                if let Some(field) = field.get_untracked() {
                    let field: &HtmlInputElement = &field;
                    // An element that is shown can get the focus.
                    let _ = field.focus();
                    field.select();
                }
            }
        });
    };
    view! {
        <div class="quiz-code" hidden=move || code.get().is_none()>
            <p class="button-row">
                <span>
                    "Quiz "
                    <strong data-testid="quiz-code" prop:textContent=move || {
                        code.get().map(|code| code.to_string())
                    }></strong>
                </span>
                <button
                    type="button"
                    class="link-button"
                    data-testid="quiz-copy"
                    on:click=copy_link
                >
                    "Copy link"
                </button>
                <span class="small">"Whoever opens it gets the same images in the same order."</span>
            </p>
            <p
                class="small"
                role="status"
                data-testid="quiz-copied"
                prop:textContent=move || status.get()
            ></p>
            <label class="share-link" hidden=move || !is_shown.get()>
                <span class="small">"The link to this quiz"</span>
                <input
                    type="text"
                    readonly
                    data-testid="quiz-link"
                    node_ref=field
                    prop:value=link
                />
            </label>
        </div>
    }
}

impl Quizzing {
    /// Starts the quiz of this code; without one, that of a new code.
    fn start(self, code: Option<QuizCode>) {
        let code = code.unwrap_or_else(random_code);
        self.started.set_value(Some(code));
        self.app.quiz.set_code(code);
        let start = self.starts.next();
        self.stage.set(Stage::Loading);
        spawn_local(async move {
            let test_set = self.app.engines.client().load_test_set().await;
            if self.starts.is_stale(start) {
                return;
            }
            match test_set {
                Ok(test_set) => {
                    self.stage
                        .set(Stage::Playing(Game::new(images(code, &test_set))));
                    focus_later(PROGRESS);
                    self.load_predictions().await;
                }
                Err(error) => self.stage.set(Stage::Failed(error.to_string())),
            }
        });
    }

    /// Answers the image that is shown. Returns whether it was not answered before.
    fn answer(self, garment: Garment) -> bool {
        let mut is_open = false;
        self.change(|game| {
            is_open = game.answer(garment);
            is_open
        });
        if is_open {
            focus_later(NEXT);
        }
        is_open
    }

    /// Goes on from an answered image.
    fn go_on(self) {
        self.change(Game::go_on);
        if self.stage.with_untracked(Stage::is_over) {
            focus_later(result::HEADING);
            spawn_local(self.load_predictions());
        } else {
            focus_later(PROGRESS);
        }
    }

    /// Changes the game; `change` returns whether it has.
    fn change(self, change: impl FnOnce(&mut Game) -> bool) {
        self.stage.maybe_update(|stage| match stage {
            Stage::Playing(game) => change(game),
            _ => false,
        });
    }

    /// Loads the models' predictions for the test images, unless all are there.
    async fn load_predictions(self) {
        let is_complete = |files: &Vec<Option<MetricsFile>>| {
            !files.is_empty() && files.iter().all(Option::is_some)
        };
        if !self.files.with_untracked(is_complete) {
            self.files.set(metrics_file::fetch_all(self.app).await);
        }
    }
}

/// Scrolls to the image, unless all of it and its answers can be seen.
fn scroll_to_question() {
    let height = window().inner_height().ok().and_then(|h| h.as_f64());
    let question = document().get_element_by_id(QUESTION);
    if let Some((question, height)) = question.zip(height) {
        let place = question.get_bounding_client_rect();
        if place.top() < 0.0 || place.bottom() > height {
            question.scroll_into_view();
        }
    }
}

fn random_code() -> QuizCode {
    QuizCode::new((js_sys::Math::random() * f64::from(QuizCode::COUNT)) as u32)
}

/// Moves the focus to an element of the quiz after the page has changed, unless the visitor has moved it out of the quiz.
fn focus_later(id: &'static str) {
    spawn_local(async move {
        sleep(Duration::ZERO).await;
        let section = document().get_element_by_id(SECTION);
        let focused = document().active_element();
        let is_elsewhere = section.zip(focused).is_some_and(|(section, focused)| {
            focused.tag_name() != "BODY" && !section.contains(Some(&focused))
        });
        let element = document().get_element_by_id(id);
        let element = element.and_then(|element| element.dyn_into::<HtmlElement>().ok());
        if let Some(element) = element.filter(|_| !is_elsewhere) {
            // An element that cannot get the focus leaves it where it is.
            let _ = element.focus();
            if id == PROGRESS {
                scroll_to_question();
            }
        }
    });
}
