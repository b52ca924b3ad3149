//! Stale answers: replies that arrive after a newer request of the same kind. They are dropped.

use leptos::prelude::*;

/// Numbers the requests of one kind. Only the reply to the latest request is used.
#[derive(Clone, Copy)]
pub struct RequestCounter(StoredValue<u32>);

impl Default for RequestCounter {
    fn default() -> Self {
        Self(StoredValue::new(0))
    }
}

impl RequestCounter {
    /// The number of a new request. From now on, the replies to all earlier ones are stale.
    pub fn next(self) -> u32 {
        self.0.update_value(|n| *n += 1);
        self.latest()
    }

    /// The number of the latest request.
    pub fn latest(self) -> u32 {
        self.0.get_value()
    }

    /// Whether a newer request was made after this one.
    pub fn is_stale(self, request: u32) -> bool {
        self.latest() != request
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_is_stale_after_the_next_one() {
        Owner::new().with(|| {
            let requests = RequestCounter::default();
            let first = requests.next();
            assert!(!requests.is_stale(first));
            let second = requests.next();
            assert!(requests.is_stale(first) && !requests.is_stale(second));
        });
    }
}
