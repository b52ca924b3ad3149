//! A quiz that is being played: its images, and the visitor's answers so far.

use shared::Garment;
use shared::metrics::ConfusionMatrix;

use super::images::QuizImage;

/// One image is shown after the other. When it is answered, its class is shown until the visitor goes on.
#[derive(Clone, Debug, PartialEq)]
pub struct Game {
    images: Vec<QuizImage>,
    answers: Vec<Garment>,
    /// Whether the last answer's image is still shown, with its class.
    is_answered: bool,
}

impl Game {
    pub const fn new(images: Vec<QuizImage>) -> Self {
        Self {
            images,
            answers: Vec::new(),
            is_answered: false,
        }
    }

    pub const fn images(&self) -> &Vec<QuizImage> {
        &self.images
    }

    /// The place of the image that is shown, from 0 on.
    pub fn place(&self) -> usize {
        self.answers.len() - usize::from(self.is_answered)
    }

    /// The image that is shown; `None` after the last one.
    pub fn image(&self) -> Option<&QuizImage> {
        self.images.get(self.place())
    }

    /// Whether the visitor has gone on from the last image.
    pub fn is_over(&self) -> bool {
        self.image().is_none()
    }

    /// Answers the image that is shown. Returns whether it was not answered before.
    pub fn answer(&mut self, garment: Garment) -> bool {
        let is_open = !self.is_answered && !self.is_over();
        if is_open {
            self.answers.push(garment);
            self.is_answered = true;
        }
        is_open
    }

    /// The class of the image that is shown, and the answer; `None` before it is answered.
    pub fn verdict(&self) -> Option<(Garment, Garment)> {
        let image = self.image().filter(|_| self.is_answered)?;
        Some((image.truth, *self.answers.last()?))
    }

    /// Goes on to the next image, if the one that is shown is answered. Returns whether it is.
    pub fn go_on(&mut self) -> bool {
        std::mem::take(&mut self.is_answered)
    }

    /// How many answers are right so far.
    pub fn right(&self) -> usize {
        self.answered().filter(|(i, a)| i.truth == **a).count()
    }

    /// The images that were answered wrong, with the answers.
    pub fn missed(&self) -> impl Iterator<Item = (&QuizImage, Garment)> {
        let missed = self.answered().filter(|(i, a)| i.truth != **a);
        missed.map(|(image, answer)| (image, *answer))
    }

    pub fn confusion(&self) -> ConfusionMatrix {
        let mut confusion = ConfusionMatrix::default();
        for (image, answer) in self.answered() {
            confusion.add(image.truth, *answer);
        }
        confusion
    }

    fn answered(&self) -> impl Iterator<Item = (&QuizImage, &Garment)> {
        self.images.iter().zip(&self.answers)
    }
}

#[cfg(test)]
pub mod tests {
    use super::*;
    use shared::Grey28;

    /// A game with images of these classes, whose numbers are 0, 1 and so on.
    pub fn game(classes: &[Garment]) -> Game {
        let images = classes.iter().enumerate().map(|(index, truth)| QuizImage {
            index,
            truth: *truth,
            grey: Grey28::new([0; 784]),
        });
        Game::new(images.collect())
    }

    #[test]
    fn images_are_answered_one_after_the_other() {
        let mut game = game(&[Garment::Coat, Garment::Bag]);
        assert!(!game.go_on(), "not before an answer");
        assert!(game.answer(Garment::Coat));
        assert_eq!(game.verdict(), Some((Garment::Coat, Garment::Coat)));
        assert!(!game.answer(Garment::Bag), "only the first answer counts");
        assert_eq!((game.place(), game.right()), (0, 1));
        assert!(game.go_on());
        assert_eq!((game.place(), game.verdict()), (1, None));
        assert!(game.answer(Garment::Shirt));
        assert!(!game.is_over());
        assert!(game.go_on());
        assert!(game.is_over() && !game.answer(Garment::Bag) && !game.go_on());
        assert_eq!(game.right(), 1);
        let missed: Vec<_> = game.missed().map(|(i, a)| (i.index, a)).collect();
        assert_eq!(missed, [(1, Garment::Shirt)]);
        let confusion = game.confusion();
        assert_eq!((confusion.total(), confusion.correct()), (2, 1));
        let [bag, shirt] = [Garment::Bag, Garment::Shirt].map(Garment::index);
        assert_eq!(confusion.0[bag][shirt], 1);
    }
}
