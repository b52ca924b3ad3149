//! The smoothed answer to the frames of the live camera: means of the probabilities over time, and a label that is steady enough to be
//! read.

use shared::garment::CLASSES;
use shared::model::PhotoClass;

use super::batch::ItemPredictions;

/// The time constant of the means in milliseconds: the weight of a frame falls to 37% after it.
const MEMORY: f64 = 350.0;
/// Another label has to be the smoothed answer's for so many milliseconds before it is shown.
const PATIENCE: f64 = 250.0;
/// By so much its probability has to be larger than that of the shown label.
const LEAD: f32 = 0.08;
/// After so many milliseconds without an answer, the earlier ones are dropped.
const EXPIRY: f64 = 800.0;

/// What is said of the last frames.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LiveAnswer {
    pub label: Label,
    /// The label's smoothed probability.
    pub confidence: f32,
    /// Of the ten classes, smoothed, in label order.
    pub probabilities: [f32; CLASSES],
}

/// A class, and whether the frames show one of the ten.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Label {
    /// As in [`Answer`](shared::model::Answer).
    pub class: PhotoClass,
    /// `None` if that was not checked.
    pub is_known: Option<bool>,
}

/// The means so far, and the label that is shown.
#[derive(Default)]
pub struct Smoothing {
    means: Option<Means>,
    shown: Option<LiveAnswer>,
    /// Another label, and since when it has been the smoothed answer's.
    candidate: Option<(Label, f64)>,
}

/// Exponential moving averages of what the frames' predictions consist of.
struct Means {
    /// When the last frame was answered.
    millis: f64,
    /// The last frame's predictions, with mean probabilities.
    predictions: ItemPredictions,
    /// The share of frames that the novelty detector accepts.
    accepted: Option<f32>,
    /// The share of frames with a plain background.
    plain: f32,
}

impl Smoothing {
    /// Adds the predictions for a frame that was answered at this time. `None` as long as there is no ensemble.
    pub fn add(&mut self, frame: ItemPredictions, millis: f64) -> Option<LiveAnswer> {
        self.expire(millis);
        let means = match self.means.take() {
            Some(means) => means.updated(frame, millis),
            None => Means::new(frame, millis),
        };
        let predictions = &means.predictions;
        let smoothed = predictions.answer().map(|answer| {
            let label = Label {
                class: answer.class,
                is_known: predictions.known(),
            };
            let confidence = |class: PhotoClass| match (class.garment(), predictions.photo) {
                (Some(garment), _) => answer.probabilities[garment.index()],
                (None, Some(photo)) => photo[class.index()],
                (None, None) => 0.0,
            };
            let label = self.steady(label, confidence, millis);
            LiveAnswer {
                label,
                confidence: confidence(label.class),
                probabilities: answer.probabilities,
            }
        });
        self.means = Some(means);
        self.shown = smoothed;
        smoothed
    }

    /// Notes that a frame has no answer. Gives what is said of the frames before it, for a short time.
    pub fn skip(&mut self, millis: f64) -> Option<LiveAnswer> {
        self.expire(millis);
        self.shown
    }

    fn expire(&mut self, millis: f64) {
        if self
            .means
            .as_ref()
            .is_some_and(|m| millis - m.millis > EXPIRY)
        {
            *self = Self::default();
        }
    }

    /// The label to show, where the smoothed answer's is `label`.
    fn steady(
        &mut self,
        label: Label,
        confidence: impl Fn(PhotoClass) -> f32,
        millis: f64,
    ) -> Label {
        let Some(shown) = self.shown.map(|answer| answer.label) else {
            return label;
        };
        if shown == label {
            self.candidate = None;
            return label;
        }
        let since = self.candidate.filter(|(candidate, _)| *candidate == label);
        let since = since.map_or(millis, |(_, since)| since);
        let leads =
            shown.class == label.class || confidence(label.class) - confidence(shown.class) >= LEAD;
        if leads && millis - since >= PATIENCE {
            self.candidate = None;
            return label;
        }
        self.candidate = Some((label, since));
        shown
    }
}

impl Means {
    fn new(frame: ItemPredictions, millis: f64) -> Self {
        Self {
            millis,
            accepted: frame.is_accepted.map(share),
            plain: share(frame.is_plain),
            predictions: frame,
        }
    }

    fn updated(self, frame: ItemPredictions, millis: f64) -> Self {
        let weight = 1.0 - ((self.millis - millis) / MEMORY).exp() as f32;
        let mean = |before: f32, now: f32| before + (now - before) * weight;
        let accepted = match (self.accepted, frame.is_accepted.map(share)) {
            (Some(before), Some(now)) => Some(mean(before, now)),
            (_, now) => now,
        };
        let plain = mean(self.plain, share(frame.is_plain));
        Self {
            millis,
            accepted,
            plain,
            predictions: ItemPredictions {
                is_accepted: accepted.map(|share| share >= 0.5),
                is_plain: plain >= 0.5,
                ensemble: means(self.predictions.ensemble, frame.ensemble, mean),
                photo: means(self.predictions.photo, frame.photo, mean),
                ..frame
            },
        }
    }
}

/// The means of two arrays; what is there now, if it was not there before.
fn means<const N: usize>(
    before: Option<[f32; N]>,
    now: Option<[f32; N]>,
    mean: impl Fn(f32, f32) -> f32,
) -> Option<[f32; N]> {
    match (before, now) {
        (Some(before), Some(now)) => {
            Some(std::array::from_fn(|class| mean(before[class], now[class])))
        }
        (_, now) => now,
    }
}

const fn share(holds: bool) -> f32 {
    if holds { 1.0 } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::batch::Available;
    use protocol::{FileAnswer, Pixels};
    use shared::Garment::{self, Bag, Coat, Shirt};
    use shared::Grey28;
    use shared::model::PHOTO_CLASSES;

    /// A tenth of a second, as between the frames of a slow machine.
    const STEP: f64 = 100.0;

    /// A frame of which the ensemble gives this class so much, and the next class the rest.
    fn frame(garment: Garment, confidence: f32) -> ItemPredictions {
        let mut ensemble = [0.0; CLASSES];
        ensemble[garment.index()] = confidence;
        ensemble[(garment.index() + 1) % CLASSES] = 1.0 - confidence;
        let answer = FileAnswer {
            grey: Pixels::from(&Grey28::new([0; 784])),
            is_photo: true,
            is_plain: false,
            is_damaged: false,
            predictions: Vec::new(),
            is_known: Some(true),
            ensemble: Some(ensemble),
            photo: None,
        };
        ItemPredictions::new(answer, Available::default()).unwrap()
    }

    /// The answers to these frames, one each step.
    fn answers(frames: impl IntoIterator<Item = ItemPredictions>) -> Vec<LiveAnswer> {
        let mut smoothing = Smoothing::default();
        let frames = frames.into_iter().enumerate();
        frames
            .map(|(i, frame)| smoothing.add(frame, i as f64 * STEP).unwrap())
            .collect()
    }

    fn class(answer: &LiveAnswer) -> Option<Garment> {
        answer.label.class.garment()
    }

    #[test]
    fn the_first_frame_is_said_at_once() {
        let first = answers([frame(Bag, 0.9)])[0];
        assert_eq!(
            (class(&first), first.label.is_known),
            (Some(Bag), Some(true))
        );
        assert_eq!(first.confidence, 0.9);
    }

    #[test]
    fn the_means_approach_what_the_frames_say() {
        let frames = std::iter::once(frame(Bag, 1.0)).chain(vec![frame(Bag, 0.5); 20]);
        let answers = answers(frames);
        let confidences: Vec<f32> = answers.iter().map(|a| a.confidence).collect();
        assert!(confidences.is_sorted_by(|a, b| a > b), "{confidences:?}");
        // One time constant later, 37% of the difference is left.
        assert!((0.5 + 0.5 * 0.37..0.75).contains(&confidences[3]));
        assert!(confidences[20] < 0.51);
        for answer in answers {
            assert!((answer.probabilities.iter().sum::<f32>() - 1.0).abs() < 1e-5);
        }
    }

    #[test]
    fn one_different_frame_changes_no_label() {
        let mut frames = vec![frame(Bag, 0.95); 20];
        for i in [5, 9, 15] {
            frames[i] = frame(Coat, 0.95);
        }
        assert!(answers(frames).iter().all(|a| class(a) == Some(Bag)));
    }

    #[test]
    fn two_classes_that_are_as_likely_do_not_alternate() {
        // Shirt, and the class after it, which is a sneaker.
        let frames = (0..60).map(|i| frame(Shirt, [0.52, 0.52, 0.45, 0.45, 0.45][i % 5]));
        assert!(answers(frames).iter().all(|a| class(a) == Some(Shirt)));
    }

    #[test]
    fn another_garment_is_said_within_a_second() {
        let frames = [vec![frame(Bag, 0.95); 10], vec![frame(Coat, 0.95); 10]].concat();
        let answers = answers(frames);
        assert_eq!(class(&answers[10]), Some(Bag));
        let first = answers.iter().position(|a| class(a) == Some(Coat)).unwrap();
        assert!((12..18).contains(&first), "{first}");
        assert!(answers[first..].iter().all(|a| class(a) == Some(Coat)));
        // The confidence is the shown label's, from the start.
        assert!(answers[first].confidence > 0.5 && answers[19].confidence > 0.8);
    }

    #[test]
    fn a_frame_that_is_not_known_does_not_make_the_others_unknown() {
        let unknown = || ItemPredictions {
            is_accepted: Some(false),
            ..frame(Bag, 0.9)
        };
        let mut frames = vec![frame(Bag, 0.9); 10];
        frames[4] = unknown();
        let known = |a: &LiveAnswer| a.label.is_known == Some(true);
        assert!(answers(frames).iter().all(known));
        let frames = [vec![frame(Bag, 0.9); 5], vec![unknown(); 10]].concat();
        assert_eq!(answers(frames).last().unwrap().label.is_known, Some(false));
    }

    #[test]
    fn the_photo_network_joins_when_it_is_loaded() {
        let mut photo = [0.0; PHOTO_CLASSES];
        photo[PhotoClass::Hat.index()] = 0.9;
        let hat = ItemPredictions {
            photo: Some(photo),
            ..frame(Bag, 0.9)
        };
        let answers = answers([vec![frame(Bag, 0.9); 3], vec![hat; 6]].concat());
        assert_eq!(class(&answers[3]), Some(Bag));
        let last = answers.last().unwrap();
        assert_eq!(last.label.class, PhotoClass::Hat);
        assert_eq!((last.label.is_known, last.confidence), (Some(false), 0.9));
    }

    #[test]
    fn after_a_while_without_answers_nothing_is_said() {
        let mut smoothing = Smoothing::default();
        assert_eq!(smoothing.skip(0.0), None);
        let first = smoothing.add(frame(Bag, 0.9), 0.0);
        assert_eq!(smoothing.skip(STEP), first);
        assert_eq!(smoothing.skip(EXPIRY + 1.0), None);
        // What comes then has nothing to do with it.
        let next = smoothing.add(frame(Coat, 0.9), EXPIRY + STEP).unwrap();
        assert_eq!((class(&next), next.confidence), (Some(Coat), 0.9));
    }

    #[test]
    fn without_an_ensemble_there_is_no_answer() {
        let frame = ItemPredictions {
            ensemble: None,
            ..frame(Bag, 0.9)
        };
        assert_eq!(Smoothing::default().add(frame, 0.0), None);
    }
}
