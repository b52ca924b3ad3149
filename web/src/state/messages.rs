//! The messages at the top of the results: errors, and a notice.

use leptos::prelude::*;

/// What went wrong, and what the visitor should know.
#[derive(Clone, Copy, Default)]
pub struct Messages {
    errors: RwSignal<Vec<String>>,
    notice: RwSignal<Option<String>>,
}

impl Messages {
    pub fn errors(self) -> ReadSignal<Vec<String>> {
        self.errors.read_only()
    }

    pub fn notice(self) -> ReadSignal<Option<String>> {
        self.notice.read_only()
    }

    /// Adds an error. Several models can fail for the same reason, which is shown once.
    pub fn add_error(self, error: String) {
        self.errors.update(|all| {
            if !all.contains(&error) {
                all.push(error);
            }
        });
    }

    /// Shows one error in place of all others.
    pub fn replace_errors(self, error: String) {
        self.errors.set(vec![error]);
    }

    pub fn clear_errors(self) {
        self.errors.set(Vec::new());
    }

    pub fn set_notice(self, notice: Option<String>) {
        self.notice.set(notice);
    }
}
