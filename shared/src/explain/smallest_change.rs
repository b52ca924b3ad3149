//! Few pixels whose change makes a model predict another class, found one pixel at a time.
//!
//! The search is greedy: of the pixels that promise most it changes the one that lowers the lead of the predicted class most, until
//! another class leads, and then takes back every change that is not needed. So it finds a small change, not always the smallest.
//! What a pixel promises is the gradient for a network; for the other models each second pixel is tried once, and the neighbours of
//! a pixel that was changed are tried later.

use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

use crate::garment::{CLASSES, Garment};
use crate::image::{Grey28, PIXELS, SIDE};

/// The search ends without a result after this number of changed pixels.
pub const MAX_PIXELS: usize = 60;
/// How many of the pixels that promise most are tried before one of them is changed.
const CANDIDATES: usize = 12;
/// The search ends without a result when this number of rounds in a row found no pixel that helps.
const ROUNDS: usize = 16;
/// Images that a model classifies in one [step](ChangeSearch::step), about.
const TRIALS: usize = 14;

/// What the search asks of a model.
pub trait Examined {
    /// The scores of each image, in label order, and the class that is predicted for it.
    fn examine(&mut self, images: &[Grey28]) -> Vec<([f32; CLASSES], Garment)>;

    /// The gradient of a weighted sum of the scores with respect to the pixels, up to a positive factor; `None` if the model has
    /// none.
    ///
    /// # Shapes
    /// `[28 * 28]`, row-major.
    fn gradient(&mut self, image: &Grey28, weights: &[f32; CLASSES]) -> Option<Vec<f32>>;
}

/// A changed pixel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChangedPixel {
    /// The index, row by row.
    pub at: u16,
    /// The new grey level.
    pub level: u8,
}

/// A change of an image after which a model predicts another class.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SmallestChange {
    /// The class that is predicted for the image.
    pub before: Garment,
    /// The class that is predicted after the change.
    pub after: Garment,
    /// In their order in the image.
    pub pixels: Vec<ChangedPixel>,
}

impl SmallestChange {
    /// The image with the change. Pixels outside of an image are left out.
    pub fn apply(&self, image: &Grey28) -> Grey28 {
        let mut pixels = *image.pixels();
        for change in &self.pixels {
            if let Some(pixel) = pixels.get_mut(usize::from(change.at)) {
                *pixel = change.level;
            }
        }
        Grey28::new(pixels)
    }
}

/// Where a search stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum SearchState {
    /// It is not finished; so many pixels are changed so far.
    Running {
        pixels: u16,
    },
    Found(SmallestChange),
    /// Nothing was found with so many changed pixels.
    NotFound {
        pixels: u16,
    },
}

/// A pixel that can be changed, and what that promises.
#[derive(Clone, Copy)]
struct Candidate {
    change: ChangedPixel,
    /// By how much the lead falls, or is expected to fall.
    gain: f32,
    /// Whether it was tried on the present image.
    is_tried: bool,
}

/// The image with one more pixel changed.
struct Trial {
    /// The candidate's index.
    index: usize,
    image: Grey28,
    lead: f32,
    rival: usize,
    class: Garment,
}

/// What a search does next.
enum Phase {
    /// Tries the pixels one after the other, from this candidate on.
    Scan(usize),
    /// Changes one more pixel, after so many rounds of trials that found none.
    Add(usize),
    /// Takes back changes that are not needed, from this one on.
    Prune(usize),
    Found,
    NotFound,
}

/// A search, which is continued step by step: the caller may do other things between two steps. The result does not depend on when
/// that is.
pub struct ChangeSearch {
    original: Grey28,
    before: Garment,
    after: Garment,
    /// The image with the changes so far, and the lead of the class that was predicted at first over the best other one.
    image: Grey28,
    lead: f32,
    /// The class with the best score among the others.
    rival: usize,
    changed: Vec<ChangedPixel>,
    candidates: Vec<Candidate>,
    phase: Phase,
}

impl ChangeSearch {
    /// A search that begins at an image.
    pub fn new(image: Grey28, model: &mut impl Examined) -> Self {
        let (scores, before) = examine(model, &image);
        let (lead, rival) = lead(&scores, before);
        let mut search = Self {
            original: image.clone(),
            before,
            after: before,
            image,
            lead,
            rival,
            changed: Vec::new(),
            candidates: Vec::new(),
            phase: Phase::Add(0),
        };
        if !search.rank_by_gradient(model) {
            // A chessboard: every other pixel has a neighbour on it.
            let scanned = (0..PIXELS).filter(|at| (at / SIDE + at % SIDE).is_multiple_of(2));
            search.candidates = scanned.map(|at| search.candidate(at, 0.0)).collect();
            search.phase = Phase::Scan(0);
        }
        search
    }

    /// The image that the search began at.
    pub fn original(&self) -> &Grey28 {
        &self.original
    }

    /// Continues the search by about fourteen images that the model classifies.
    pub fn step(&mut self, model: &mut impl Examined) {
        match self.phase {
            Phase::Scan(from) => self.scan(from, model),
            Phase::Add(round) => self.add(round, model),
            Phase::Prune(from) => self.prune(from, model),
            Phase::Found | Phase::NotFound => {}
        }
    }

    /// Where the search stands.
    pub fn state(&self) -> SearchState {
        let pixels = self.changed.len() as u16;
        match self.phase {
            Phase::Found => {
                let mut pixels = self.changed.clone();
                pixels.sort_by_key(|change| change.at);
                SearchState::Found(SmallestChange {
                    before: self.before,
                    after: self.after,
                    pixels,
                })
            }
            Phase::NotFound => SearchState::NotFound { pixels },
            _ => SearchState::Running { pixels },
        }
    }

    /// A pixel and the end of the grey scale that is farther from its level.
    fn candidate(&self, at: usize, gain: f32) -> Candidate {
        let level = if self.original.pixels()[at] < 128 {
            255
        } else {
            0
        };
        let at = at as u16;
        Candidate {
            change: ChangedPixel { at, level },
            gain,
            is_tried: false,
        }
    }

    /// Tries the next candidates of the chessboard.
    fn scan(&mut self, from: usize, model: &mut impl Examined) {
        let to = (from + TRIALS).min(self.candidates.len());
        let images = self.candidates[from..to].iter();
        let images: Vec<Grey28> = images.map(|c| with(&self.image, c.change)).collect();
        let examined = model.examine(&images);
        for (candidate, (scores, _)) in self.candidates[from..to].iter_mut().zip(&examined) {
            candidate.gain = self.lead - lead(scores, self.before).0;
        }
        self.phase = if to < self.candidates.len() {
            Phase::Scan(to)
        } else {
            Phase::Add(0)
        };
    }

    /// Tries the candidates that promise most, and changes the best of them.
    fn add(&mut self, round: usize, model: &mut impl Examined) {
        if self.changed.len() == MAX_PIXELS || round == ROUNDS {
            self.phase = Phase::NotFound;
            return;
        }
        if round == 0 {
            self.rank_by_gradient(model);
        }
        // Equal gains in the order of the candidates, so that every machine finds the same.
        self.candidates.sort_by(|a, b| {
            let tried_last = a.is_tried.cmp(&b.is_tried);
            tried_last.then(b.gain.total_cmp(&a.gain))
        });
        let untried = self.candidates.partition_point(|c| !c.is_tried);
        let mut best: Option<Trial> = None;
        let images = self.candidates[..CANDIDATES.min(untried)].iter();
        let images: Vec<Grey28> = images.map(|c| with(&self.image, c.change)).collect();
        let examined = model.examine(&images);
        for (index, (image, (scores, class))) in images.into_iter().zip(examined).enumerate() {
            let (lead, rival) = lead(&scores, self.before);
            self.candidates[index].gain = self.lead - lead;
            self.candidates[index].is_tried = true;
            if best.as_ref().is_none_or(|best| lead < best.lead) {
                best = Some(Trial {
                    index,
                    image,
                    lead,
                    rival,
                    class,
                });
            }
        }
        // Also where the lead is no number, which neither falls nor rises.
        let Some(best) = best.filter(|best| best.lead < self.lead) else {
            self.phase = Phase::Add(round + 1);
            return;
        };
        let change = self.candidates.remove(best.index).change;
        self.add_neighbours(usize::from(change.at), self.lead - best.lead);
        self.changed.push(change);
        (self.image, self.lead, self.rival) = (best.image, best.lead, best.rival);
        for candidate in &mut self.candidates {
            candidate.is_tried = false;
        }
        self.phase = Phase::Add(0);
        if best.class != self.before {
            self.after = best.class;
            self.phase = Phase::Prune(0);
        }
    }

    /// The neighbours of a changed pixel promise as much as it gained, where they are not known better.
    fn add_neighbours(&mut self, at: usize, gain: f32) {
        let (row, column) = (at / SIDE, at % SIDE);
        let neighbours = [
            (row > 0).then(|| at - SIDE),
            (row + 1 < SIDE).then(|| at + SIDE),
            (column > 0).then(|| at - 1),
            (column + 1 < SIDE).then(|| at + 1),
        ];
        for neighbour in neighbours.into_iter().flatten() {
            let is_it = |change: &ChangedPixel| usize::from(change.at) == neighbour;
            let is_known = self.candidates.iter().any(|c| is_it(&c.change));
            if !is_known && !self.changed.iter().any(is_it) {
                self.candidates.push(self.candidate(neighbour, gain));
            }
        }
    }

    /// Takes back some of the changes, as long as the class stays another one.
    fn prune(&mut self, from: usize, model: &mut impl Examined) {
        let mut index = from;
        for _ in 0..TRIALS {
            let Some(change) = self.changed.get(index) else {
                self.phase = Phase::Found;
                return;
            };
            let level = self.original.pixels()[usize::from(change.at)];
            let image = with(&self.image, ChangedPixel { level, ..*change });
            let (_, class) = examine(model, &image);
            if class == self.before {
                index += 1;
            } else {
                self.changed.remove(index);
                (self.image, self.after) = (image, class);
            }
        }
        self.phase = Phase::Prune(index);
    }

    /// Ranks all pixels that are not changed yet by the gradient. Returns whether the model has one.
    fn rank_by_gradient(&mut self, model: &mut impl Examined) -> bool {
        let mut weights = [0.0; CLASSES];
        weights[self.before.index()] = -1.0;
        weights[self.rival] += 1.0;
        let Some(gradient) = model.gradient(&self.image, &weights) else {
            return false;
        };
        let free = (0..PIXELS).filter(|at| {
            let is_it = |change: &ChangedPixel| usize::from(change.at) == *at;
            !self.changed.iter().any(is_it)
        });
        self.candidates = free
            .map(|at| {
                let slope = gradient[at];
                let level = if slope > 0.0 { 255 } else { 0 };
                let change = f32::from(level) - f32::from(self.original.pixels()[at]);
                let at = at as u16;
                Candidate {
                    change: ChangedPixel { at, level },
                    gain: slope * change,
                    is_tried: false,
                }
            })
            .collect();
        true
    }
}

/// The scores of one image, and the class that is predicted for it.
fn examine(model: &mut impl Examined, image: &Grey28) -> ([f32; CLASSES], Garment) {
    let examined = model.examine(core::slice::from_ref(image));
    examined
        .into_iter()
        .next()
        .expect("invariant: one result for each image")
}

/// The image with one pixel changed.
fn with(image: &Grey28, change: ChangedPixel) -> Grey28 {
    let mut pixels = *image.pixels();
    pixels[usize::from(change.at)] = change.level;
    Grey28::new(pixels)
}

/// By how much a class's score leads the best of the others, and the index of that one.
fn lead(scores: &[f32; CLASSES], class: Garment) -> (f32, usize) {
    let others = (0..CLASSES).filter(|other| *other != class.index());
    let rival = others.reduce(|best, i| if scores[i] > scores[best] { i } else { best });
    let rival = rival.expect("invariant: there are ten classes");
    (scores[class.index()] - scores[rival], rival)
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec;

    /// Class 0 leads by the threshold, and class 1 gains the weighted sum of the pixels.
    struct Linear {
        weights: Vec<f32>,
        threshold: f32,
        has_gradient: bool,
        examined: usize,
    }

    impl Examined for Linear {
        fn examine(&mut self, images: &[Grey28]) -> Vec<([f32; CLASSES], Garment)> {
            self.examined += images.len();
            let examine = |image: &Grey28| {
                let pairs = image.pixels().iter().zip(&self.weights);
                let sum: f32 = pairs.map(|(&p, w)| f32::from(p) * w).sum();
                let mut scores = [-1e9; CLASSES];
                (scores[0], scores[1]) = (self.threshold, sum);
                let class = usize::from(sum > self.threshold);
                (scores, Garment::ALL[class])
            };
            images.iter().map(examine).collect()
        }

        fn gradient(&mut self, _: &Grey28, weights: &[f32; CLASSES]) -> Option<Vec<f32>> {
            assert_eq!((weights[0], weights[1]), (-1.0, 1.0));
            self.has_gradient.then(|| self.weights.clone())
        }
    }

    /// Weights that fall from pixel to pixel of the list; negative ones favour black.
    fn model(pixels: &[(usize, f32)], threshold: f32, has_gradient: bool) -> Linear {
        let mut weights = vec![0.0; PIXELS];
        for (at, weight) in pixels {
            weights[*at] = *weight;
        }
        Linear {
            weights,
            threshold,
            has_gradient,
            examined: 0,
        }
    }

    fn run(image: &Grey28, model: &mut Linear) -> SearchState {
        let mut search = ChangeSearch::new(image.clone(), model);
        for _ in 0..10_000 {
            if !matches!(search.state(), SearchState::Running { .. }) {
                return search.state();
            }
            let before = model.examined;
            search.step(model);
            assert!(model.examined - before <= TRIALS, "a step is short");
        }
        panic!("the search does not end");
    }

    #[test]
    fn the_pixels_that_count_are_found_in_both_directions() {
        let image = Grey28::new([100; PIXELS]);
        // The sum is 0. White on the first adds 310, on the second 155, black on the third 300.
        let pixels = [(2, 2.0), (4, 1.0), (400, -3.0)];
        for (has_gradient, expected) in
            [(true, [(2, 255), (400, 0)]), (false, [(2, 255), (4, 255)])]
        {
            let found = run(&image, &mut model(&pixels, 460.0, has_gradient));
            let SearchState::Found(change) = found else {
                panic!("{found:?}");
            };
            // A scan tries only the end of the scale that is farther away.
            let found = change.pixels.iter().map(|c| (c.at, c.level));
            assert!(found.eq(expected), "{change:?}");
        }
    }

    #[test]
    fn what_is_not_needed_is_taken_back() {
        // Both models' lead falls with pixel 0 first, yet pixels 2 and 4 together are enough without it.
        struct Both;
        impl Examined for Both {
            fn examine(&mut self, images: &[Grey28]) -> Vec<([f32; CLASSES], Garment)> {
                let examine = |image: &Grey28| {
                    let lit = |at: usize| image.pixels()[at] > 0;
                    let mut scores = [-9.0; CLASSES];
                    scores[0] = 3.0;
                    scores[1] = f32::from(u8::from(lit(0))) * 1.5
                        + f32::from(u8::from(lit(2)))
                        + f32::from(u8::from(lit(4)));
                    let flips = lit(2) && lit(4);
                    if flips {
                        scores[1] = 4.0;
                    }
                    (scores, Garment::ALL[usize::from(flips)])
                };
                images.iter().map(examine).collect()
            }

            fn gradient(&mut self, _: &Grey28, _: &[f32; CLASSES]) -> Option<Vec<f32>> {
                None
            }
        }
        let mut search = ChangeSearch::new(Grey28::new([0; PIXELS]), &mut Both);
        while let SearchState::Running { .. } = search.state() {
            search.step(&mut Both);
        }
        let SearchState::Found(change) = search.state() else {
            panic!("{:?}", search.state());
        };
        let expected = [2, 4].map(|at| ChangedPixel { at, level: 255 });
        assert_eq!(change.pixels, expected);
        assert_eq!(
            (change.before, change.after),
            (Garment::ALL[0], Garment::ALL[1])
        );
    }

    #[test]
    fn a_search_ends_at_the_limit_and_where_nothing_helps() {
        let image = Grey28::new([0; PIXELS]);
        let all: Vec<(usize, f32)> = (0..PIXELS).map(|at| (at, 1.0)).collect();
        for has_gradient in [true, false] {
            let found = run(&image, &mut model(&all, 1e6, has_gradient));
            let limit = MAX_PIXELS as u16;
            assert_eq!(found, SearchState::NotFound { pixels: limit });
            let found = run(&image, &mut model(&[], 1.0, has_gradient));
            assert_eq!(found, SearchState::NotFound { pixels: 0 });
            // As many pixels as the limit are enough, one more is not.
            let enough = 255.0 * MAX_PIXELS as f32 - 1.0;
            let found = run(&image, &mut model(&all, enough, has_gradient));
            assert!(
                matches!(&found, SearchState::Found(change) if change.pixels.len() == MAX_PIXELS),
                "{found:?}"
            );
        }
    }

    #[test]
    fn scores_that_are_no_numbers_end_the_search() {
        let mut broken = model(&[(0, f32::NAN)], 1.0, false);
        let found = run(&Grey28::new([0; PIXELS]), &mut broken);
        assert_eq!(found, SearchState::NotFound { pixels: 0 });
    }
}
