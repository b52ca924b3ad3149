//! The messages at the top of the results: errors, and a notice.

use leptos::prelude::*;
use protocol::WeightsFile;

/// What went wrong, and what the visitor should know.
#[derive(Clone, Copy, Default)]
pub struct Messages {
    errors: RwSignal<Vec<String>>,
    /// What is missing, and why: shown until it is there.
    missing: RwSignal<Vec<(WeightsFile, String)>>,
    notice: RwSignal<Option<String>>,
}

impl Messages {
    /// All errors, each once.
    pub fn errors(self) -> Vec<String> {
        let mut all: Vec<String> = Vec::new();
        let missing = self.missing.get().into_iter().map(|(_, error)| error);
        for error in missing.chain(self.errors.get()) {
            if !all.contains(&error) {
                all.push(error);
            }
        }
        all
    }

    /// Sets why a weights file is missing; `None` when it is there.
    pub fn set_missing(self, file: WeightsFile, error: Option<String>) {
        let is_known = |all: &Vec<(WeightsFile, String)>| all.iter().any(|(of, _)| *of == file);
        if error.is_none() && !self.missing.with_untracked(is_known) {
            return;
        }
        self.missing.update(|all| {
            all.retain(|(of, _)| *of != file);
            all.extend(error.map(|error| (file, error)));
        });
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

#[cfg(test)]
mod tests {
    use super::*;
    use shared::ModelId;

    #[test]
    fn what_is_missing_is_said_once_and_until_it_is_there() {
        Owner::new().with(|| {
            let messages = Messages::default();
            let model = WeightsFile::Model(ModelId::Cnn);
            let reason = || Some("There is no engine: reload the page.".to_owned());
            messages.set_missing(model, reason());
            messages.set_missing(WeightsFile::Novelty, reason());
            messages.add_error("This file is empty.".into());
            assert_eq!(messages.errors().len(), 2);
            messages.replace_errors("This file is a text.".into());
            assert_eq!(messages.errors().len(), 2);
            messages.clear_errors();
            messages.set_missing(model, None);
            assert_eq!(messages.errors().len(), 1);
            messages.set_missing(WeightsFile::Novelty, None);
            assert!(messages.errors().is_empty());
        });
    }
}
