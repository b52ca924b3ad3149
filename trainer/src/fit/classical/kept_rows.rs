//! The rows of a kernel matrix that were needed lately.

/// Rows of a kernel matrix, as many as there is memory for; the oldest make room.
pub struct KeptRows {
    side: usize,
    /// Where each row lies.
    places: Vec<Option<usize>>,
    /// Which row lies in each place, and its values.
    kept: Vec<(usize, Vec<f32>)>,
    most: usize,
    oldest: usize,
}

impl KeptRows {
    /// Room for at most `most` rows of `side` numbers, four at least.
    pub fn new(side: usize, most: usize) -> Self {
        Self {
            side,
            places: vec![None; side],
            kept: Vec::new(),
            // A step needs two.
            most: most.max(4),
            oldest: 0,
        }
    }

    /// A place for a row that is not there; `None` where it is.
    pub fn make(&mut self, t: usize) -> Option<&mut Vec<f32>> {
        if self.places[t].is_some() {
            return None;
        }
        let place = if self.kept.len() < self.most {
            self.kept.push((t, vec![0.0; self.side]));
            self.kept.len() - 1
        } else {
            let place = self.oldest;
            self.oldest = (self.oldest + 1) % self.most;
            self.places[self.kept[place].0] = None;
            self.kept[place].0 = t;
            place
        };
        self.places[t] = Some(place);
        Some(&mut self.kept[place].1)
    }

    /// A row that was made.
    pub fn row(&self, t: usize) -> &[f32] {
        self.places[t].map_or(&[], |place| &self.kept[place].1)
    }
}
