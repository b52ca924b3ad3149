//! The live camera: whether it is on, the answer to its last frames, and how many are answered a second.

use leptos::prelude::*;
use protocol::FrameHeatMap;
use shared::model::PhotoClass;

use super::smoothing::LiveAnswer;
use super::stale_answers::RequestCounter;

/// The state of the live camera.
#[derive(Clone, Copy, Default)]
pub struct LiveState {
    is_on: RwSignal<bool>,
    /// Counts how often frames began to be answered; the answers of an earlier time are stale.
    runs: RequestCounter,
    shows_heat_map: RwSignal<bool>,
    answer: RwSignal<Option<LiveAnswer>>,
    heat_map: RwSignal<Option<LiveHeatMap>>,
    rate: RwSignal<Option<f64>>,
    note: RwSignal<Option<&'static str>>,
    error: RwSignal<Option<String>>,
}

/// A heat map and the size of its frame in pixels.
#[derive(Clone, PartialEq)]
pub struct LiveHeatMap {
    pub map: FrameHeatMap,
    pub frame: (u32, u32),
}

impl LiveState {
    /// Whether the visitor has switched it on, though it may pause.
    pub fn is_on(self) -> ReadSignal<bool> {
        self.is_on.read_only()
    }

    pub fn answer(self) -> Option<LiveAnswer> {
        self.answer.get()
    }

    pub fn heat_map(self) -> ReadSignal<Option<LiveHeatMap>> {
        self.heat_map.read_only()
    }

    /// Answers a second; `None` before they were counted.
    pub fn rate(self) -> Option<f64> {
        self.rate.get()
    }

    /// Why there is no answer now, as a sentence.
    pub fn note(self) -> Option<&'static str> {
        self.note.get()
    }

    /// Why it stopped, as a sentence.
    pub fn error(self) -> Option<String> {
        self.error.get()
    }

    pub fn shows_heat_map(self) -> bool {
        self.shows_heat_map.get()
    }

    /// Shows or hides the heat map.
    pub fn toggle_heat_map(self) {
        self.shows_heat_map.update(|shows| *shows = !*shows);
        self.heat_map.set(None);
    }

    /// The class whose heat map the next frame needs.
    pub fn explained_class(self) -> Option<PhotoClass> {
        let answer = self.answer.get_untracked()?;
        self.shows_heat_map
            .get_untracked()
            .then_some(answer.label.class)
    }

    /// Begins to answer frames. Returns the number of this time.
    pub fn start(self) -> u32 {
        self.error.set(None);
        self.is_on.set(true);
        self.runs.next()
    }

    /// Whether frames are no longer answered since the [`start`](Self::start) of that number.
    pub fn is_stale(self, run: u32) -> bool {
        self.runs.is_stale(run)
    }

    /// Answers no further frames until the next [`start`](Self::start), and drops the answer under way.
    pub fn pause(self) {
        self.runs.next();
        self.rate.set(None);
    }

    /// Switches it off.
    pub fn stop(self) {
        self.pause();
        self.is_on.set(false);
        self.answer.set(None);
        self.heat_map.set(None);
        self.note.set(None);
        self.error.set(None);
    }

    /// Switches it off, because of this error.
    pub fn fail(self, error: String) {
        self.stop();
        self.error.set(Some(error));
    }

    pub fn set_answer(self, answer: Option<LiveAnswer>, note: Option<&'static str>) {
        if self.answer.get_untracked() != answer {
            self.answer.set(answer);
        }
        if self.note.get_untracked() != note {
            self.note.set(note);
        }
    }

    pub fn set_heat_map(self, heat_map: Option<LiveHeatMap>) {
        let heat_map = heat_map.filter(|_| self.shows_heat_map.get_untracked());
        if heat_map.is_some() || self.heat_map.with_untracked(Option::is_some) {
            self.heat_map.set(heat_map);
        }
    }

    pub fn set_rate(self, rate: f64) {
        self.rate.set(Some(rate));
    }
}

/// Counts answers a second.
#[derive(Default)]
pub struct AnswerRate {
    /// When the count began, in milliseconds.
    start: Option<f64>,
    answers: u32,
}

impl AnswerRate {
    /// For how long answers are counted, in milliseconds.
    const WINDOW: f64 = 1000.0;

    /// Counts an answer at this time in milliseconds; gives the rate about once a second.
    pub fn count(&mut self, millis: f64) -> Option<f64> {
        let start = *self.start.get_or_insert(millis);
        let elapsed = millis - start;
        if elapsed < Self::WINDOW {
            self.answers += 1;
            return None;
        }
        let rate = f64::from(self.answers) * 1000.0 / elapsed;
        // This answer begins the next second.
        *self = Self {
            start: Some(millis),
            answers: 1,
        };
        Some(rate)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rate_is_counted_about_once_a_second() {
        let mut rate = AnswerRate::default();
        let counted: Vec<f64> = (0..=20)
            .filter_map(|i| rate.count(f64::from(i) * 125.0))
            .collect();
        assert_eq!(counted, [8.0, 8.0]);
        // A long gap is part of it.
        assert_eq!(rate.count(2500.0 + 4000.0), Some(5.0 * 1000.0 / 4500.0));
    }
}
