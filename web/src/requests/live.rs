//! Requests for the frames of the live camera: one after the other, so that each frame is the newest and none waits.

use std::time::Duration;

use leptos::prelude::*;
use leptos::task::spawn_local;
use protocol::{FrameAnswer, RequestError, WeightsFile};
use shared::image::RgbaImage;

use super::photo_network;
use super::startup::load_weights;
use crate::engine::{EngineError, WeightsState, saves_data, sleep};
use crate::state::AppState;
use crate::state::batch::{Available, ItemPredictions};
use crate::state::live::{AnswerRate, LiveHeatMap, LiveState};
use crate::state::smoothing::Smoothing;

/// At least so many milliseconds are between two frames: more answers cannot be read, and would only drain a phone's battery.
const INTERVAL: f64 = 60.0;

const NOTHING: &str = "Nothing stands out from the background.";
const LOADING: &str = "The models are being loaded.";

/// Answers the frames that `capture` takes, until the live camera is paused or switched off. The first time, the photo network is loaded.
pub fn start(app: AppState, live: LiveState, capture: impl Fn() -> Option<RgbaImage> + 'static) {
    if app.photo_network.weights().get_untracked() == WeightsState::Deferred && !saves_data() {
        photo_network::load(app);
    }
    // After the CPU engine has stopped for good, this starts it again.
    if matches!(
        app.ensemble.weights().get_untracked(),
        WeightsState::Failed(_)
    ) {
        load_weights(app, WeightsFile::Ensemble);
    }
    let run = live.start();
    spawn_local(async move {
        let mut smoothing = Smoothing::default();
        let mut rate = AnswerRate::default();
        while !live.is_stale(run) {
            let start = now();
            if let Some(frame) = capture() {
                let size = (frame.width(), frame.height());
                let client = app.engines.client();
                let answer = client.classify_frame(frame, live.explained_class()).await;
                if live.is_stale(run) {
                    return;
                }
                if let Some(rate) = rate.count(now()) {
                    live.set_rate(rate);
                }
                if let Err(error) = show(live, &mut smoothing, answer, size) {
                    return live.fail(sentence(&error));
                }
            }
            let rest = (INTERVAL - (now() - start)).clamp(0.0, INTERVAL);
            sleep(Duration::from_millis(rest as u64)).await;
        }
    });
}

/// Shows the answer to a frame of this size.
///
/// # Errors
/// The engine cannot answer frames.
fn show(
    live: LiveState,
    smoothing: &mut Smoothing,
    answer: Result<FrameAnswer, EngineError>,
    frame: (u32, u32),
) -> Result<(), EngineError> {
    let answered = match answer {
        Ok(answered) => answered,
        Err(EngineError::Refused(RequestError::Photo { .. })) => {
            let answer = smoothing.skip(now());
            live.set_answer(answer, answer.is_none().then_some(NOTHING));
            live.set_heat_map(None);
            return Ok(());
        }
        Err(error) => return Err(error),
    };
    let predictions = ItemPredictions::new(answered.answer, Available::default());
    let predictions = predictions.ok_or(EngineError::UnexpectedReply)?;
    let answer = smoothing.add(predictions, now());
    live.set_answer(answer, answer.is_none().then_some(LOADING));
    live.set_heat_map(answered.heat_map.map(|map| LiveHeatMap { map, frame }));
    Ok(())
}

/// Why the live camera stopped.
fn sentence(error: &EngineError) -> String {
    match error {
        EngineError::Terminated | EngineError::NotBegun | EngineError::TooLong(_) => {
            "The CPU engine stopped and was started again: switch Live on again.".into()
        }
        error => error.to_string(),
    }
}

/// Milliseconds since the page was opened.
fn now() -> f64 {
    window().performance().map_or(0.0, |clock| clock.now())
}
