//! The code of the quiz that the visitor plays or that the address offers.

use leptos::prelude::*;

use crate::address::QuizCode;

/// Which quiz is on the page; `None` before the visitor starts one.
#[derive(Clone, Copy, Default)]
pub struct QuizState(RwSignal<Option<QuizCode>>);

impl QuizState {
    pub fn code(self) -> ReadSignal<Option<QuizCode>> {
        self.0.read_only()
    }

    pub fn set_code(self, code: QuizCode) {
        self.0.set(Some(code));
    }
}
