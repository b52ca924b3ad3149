//! The steps of a painting: the image after each stroke, for undo and redo.

use shared::Grey28;

/// Older steps are dropped, except for the original.
const MAX_STEPS: usize = 300;

/// The original and the image after each step.
#[derive(Clone)]
pub struct PaintingSteps {
    /// The first one is the original.
    images: Vec<Grey28>,
    /// The index of the present one.
    at: usize,
    /// Whether the present one is of a stroke that goes on.
    is_stroke: bool,
}

impl PaintingSteps {
    pub fn new(original: Grey28) -> Self {
        Self {
            images: vec![original],
            at: 0,
            is_stroke: false,
        }
    }

    pub fn original(&self) -> &Grey28 {
        &self.images[0]
    }

    pub fn current(&self) -> &Grey28 {
        &self.images[self.at]
    }

    /// Adds a step in place of those that were undone; one that changes nothing is none.
    pub fn add(&mut self, image: Grey28) {
        if image == *self.current() {
            return;
        }
        self.images.truncate(self.at + 1);
        if self.images.len() > MAX_STEPS {
            self.images.remove(1);
        }
        self.images.push(image);
        self.at = self.images.len() - 1;
        self.is_stroke = false;
    }

    /// What is added from now on is a step of its own.
    pub fn start_stroke(&mut self) {
        self.is_stroke = false;
    }

    /// Continues a stroke, which is one step however long it is.
    pub fn stroke(&mut self, image: Grey28) {
        if image == *self.current() {
            return;
        }
        if self.is_stroke {
            self.images[self.at] = image;
        } else {
            self.add(image);
            self.is_stroke = true;
        }
    }

    pub fn can_undo(&self) -> bool {
        self.at > 0
    }

    pub fn can_redo(&self) -> bool {
        self.at + 1 < self.images.len()
    }

    pub fn undo(&mut self) {
        self.at = self.at.saturating_sub(1);
        self.is_stroke = false;
    }

    pub fn redo(&mut self) {
        if self.can_redo() {
            self.at += 1;
            self.is_stroke = false;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use shared::image::PIXELS;

    fn image(level: u8) -> Grey28 {
        Grey28::new([level; PIXELS])
    }

    fn level(steps: &PaintingSteps) -> u8 {
        steps.current().pixels()[0]
    }

    #[test]
    fn a_stroke_that_goes_on_is_one_step_which_undo_takes_back() {
        let mut steps = PaintingSteps::new(image(0));
        // The first dab may change nothing.
        for level in [0, 1, 2, 3] {
            steps.stroke(image(level));
        }
        steps.start_stroke();
        steps.stroke(image(9));
        let mut seen = Vec::new();
        while steps.can_undo() {
            steps.undo();
            seen.push(level(&steps));
        }
        assert_eq!(seen, [3, 0]);
        steps.undo();
        assert_eq!(level(&steps), 0);
        steps.redo();
        steps.redo();
        steps.redo();
        assert_eq!(level(&steps), 9);
    }

    #[test]
    fn a_new_step_replaces_what_was_undone_and_no_change_is_no_step() {
        let mut steps = PaintingSteps::new(image(0));
        steps.add(image(0));
        assert!(!steps.can_undo());
        steps.add(image(1));
        steps.add(image(2));
        steps.undo();
        steps.add(image(5));
        assert!(!steps.can_redo());
        steps.undo();
        assert_eq!(level(&steps), 1);
        // After an undo, a stroke that goes on does not overwrite the step that is shown.
        steps.stroke(image(6));
        steps.undo();
        steps.stroke(image(7));
        steps.undo();
        assert_eq!(level(&steps), 1);
    }

    #[test]
    fn the_original_is_kept_however_many_steps_follow() {
        let mut steps = PaintingSteps::new(image(7));
        for n in 0..2 * MAX_STEPS {
            steps.add(image((n % 200) as u8 + 8));
        }
        assert!(steps.images.len() <= MAX_STEPS + 1);
        while steps.can_undo() {
            steps.undo();
        }
        assert_eq!(level(&steps), 7);
    }
}
