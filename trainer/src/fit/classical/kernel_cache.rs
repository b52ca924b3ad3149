//! A cache of kernel matrix rows for the SVM solver.

/// Rows of a kernel matrix, as many as memory allows; the oldest is evicted first.
pub struct KernelCache {
    row_len: usize,
    /// The slot of each row, if it is cached.
    slots: Vec<Option<usize>>,
    /// The index and the values of the row in each slot.
    rows: Vec<(usize, Vec<f32>)>,
    capacity: usize,
    next_evicted: usize,
}

impl KernelCache {
    /// An empty cache of at most `capacity` rows, and at least four, of a square matrix.
    pub fn new(row_len: usize, capacity: usize) -> Self {
        Self {
            row_len,
            slots: vec![None; row_len],
            rows: Vec::new(),
            // A step needs two rows at once.
            capacity: capacity.max(4),
            next_evicted: 0,
        }
    }

    /// Reserves a slot for a row, for the caller to fill; `None` if the row is cached already.
    pub fn insert(&mut self, index: usize) -> Option<&mut Vec<f32>> {
        if self.slots[index].is_some() {
            return None;
        }
        let slot = if self.rows.len() < self.capacity {
            self.rows.push((index, vec![0.0; self.row_len]));
            self.rows.len() - 1
        } else {
            let slot = self.next_evicted;
            self.next_evicted = (self.next_evicted + 1) % self.capacity;
            self.slots[self.rows[slot].0] = None;
            self.rows[slot].0 = index;
            slot
        };
        self.slots[index] = Some(slot);
        Some(&mut self.rows[slot].1)
    }

    /// A cached row.
    ///
    /// # Panics
    /// The row is not cached.
    pub fn row(&self, index: usize) -> &[f32] {
        let slot =
            self.slots[index].expect("invariant: the solver inserts a row before it reads it");
        &self.rows[slot].1
    }
}
