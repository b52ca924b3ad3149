//! Recomputes figures from the weights and compares them with what is recorded.

use shared::ModelId;
use shared::model::ensemble::NAME;

use super::train::by_heart;
use super::{Weights, WeightsError};
use crate::data::DataSet;
use crate::data::split::{VALIDATION, split};
use crate::evaluate::{Evaluation, Figures, class_reports, digits};
use crate::hash::sha256;
use crate::manifest::Metrics;

impl Weights {
    /// Recomputes a model's figures and compares them with what is recorded; of the first `limit` test pictures
    /// only, where it is given.
    ///
    /// # Errors
    /// [`WeightsError::Disagrees`] for the first figure that differs.
    pub fn confirm(
        &self,
        model: ModelId,
        data: &DataSet,
        limit: Option<usize>,
    ) -> Result<Figures, WeightsError> {
        let manifest = self.manifest()?;
        let entry = manifest.entry(model).ok_or_else(|| self.no_entry())?;
        let metrics = self.metrics(model.name())?;
        let bytes = self.bytes(model.name())?;
        let artifact = self.parsed(model.name(), &bytes)?;
        let same = Same(model.name());
        same.file(&bytes, &entry.sha256, entry.bytes)?;
        same.text(
            "number of parameters",
            artifact.parameter_count(),
            entry.parameters,
        )?;
        let test = match limit {
            Some(limit) => &data.test.first(limit),
            None => &data.test,
        };
        let evaluation = Evaluation::of(model, &artifact, test)?;
        let figures = same.evaluation(&evaluation, &metrics, &entry.test, limit.is_none())?;
        if limit.is_none() {
            let parts = split(&data.train, VALIDATION);
            let validation = Evaluation::of(model, &artifact, &parts.validation)?;
            same.figures("validation", &Figures::from(&validation), &entry.validation)?;
            let train = by_heart(model, &artifact, &parts)?;
            let is_recorded = entry.train.is_some();
            same.text("record on the training split", train.is_some(), is_recorded)?;
            if let (Some(found), Some(recorded)) = (train, &entry.train) {
                same.figures("training", &found, recorded)?;
            }
        }
        Ok(figures)
    }

    /// The same of the seven's vote.
    ///
    /// # Errors
    /// [`WeightsError::Disagrees`] for the first figure that differs.
    pub fn confirm_vote(
        &self,
        data: &DataSet,
        limit: Option<usize>,
    ) -> Result<Figures, WeightsError> {
        let manifest = self.manifest()?;
        let entry = manifest.vote.as_ref().ok_or_else(|| self.no_entry())?;
        let metrics = self.metrics(NAME)?;
        let same = Same(NAME);
        same.file(&self.bytes(NAME)?, &entry.sha256, entry.bytes)?;
        for (model, sha256) in &entry.members {
            let of_model = manifest.entry(*model).map_or("", |e| &e.sha256);
            same.text(&format!("member {model}"), of_model, sha256)?;
        }
        let test = match limit {
            Some(limit) => &data.test.first(limit),
            None => &data.test,
        };
        let evaluation = self.evaluate_vote(test)?;
        let figures = same.evaluation(&evaluation, &metrics, &entry.test, limit.is_none())?;
        if limit.is_none() {
            let parts = split(&data.train, VALIDATION);
            let validation = self.evaluate_vote(&parts.validation)?;
            same.figures("validation", &Figures::from(&validation), &entry.validation)?;
        }
        Ok(figures)
    }

    fn no_entry(&self) -> WeightsError {
        WeightsError::Missing {
            path: self.manifest_path(),
        }
    }
}

/// Compares what was found with what is recorded of the model of this name.
struct Same(&'static str);

impl Same {
    fn text(
        &self,
        what: &str,
        found: impl ToString,
        recorded: impl ToString,
    ) -> Result<(), WeightsError> {
        let (found, recorded) = (found.to_string(), recorded.to_string());
        if found == recorded {
            return Ok(());
        }
        Err(WeightsError::Disagrees {
            what: format!("{}'s {what}", self.0),
            found,
            recorded,
        })
    }

    fn file(&self, bytes: &[u8], hash: &str, length: u64) -> Result<(), WeightsError> {
        self.text("SHA-256", sha256(bytes), hash)?;
        self.text("number of bytes", bytes.len(), length)
    }

    /// Holds an evaluation against the recorded answers and, where it is of the whole test set, all figures.
    fn evaluation(
        &self,
        evaluation: &Evaluation,
        metrics: &Metrics,
        recorded: &Figures,
        whole: bool,
    ) -> Result<Figures, WeightsError> {
        let answers = digits(&evaluation.answers);
        let known = metrics.answers.get(..answers.len());
        self.text(
            "list of answers",
            &answers,
            known.unwrap_or(&metrics.answers),
        )?;
        let figures = Figures::from(evaluation);
        if whole {
            self.figures("test", &figures, recorded)?;
            let matrix = |c: &shared::metrics::ConfusionMatrix| format!("{:?}", c.0);
            let recorded = matrix(&metrics.confusion);
            self.text("confusion matrix", matrix(&evaluation.confusion), recorded)?;
            let found = format!("{:?}", class_reports(&evaluation.confusion));
            self.text("per-class table", found, format!("{:?}", metrics.classes))?;
        }
        Ok(figures)
    }

    fn figures(&self, set: &str, found: &Figures, recorded: &Figures) -> Result<(), WeightsError> {
        let pairs = [
            ("accuracy", found.accuracy, recorded.accuracy),
            (
                "count of right answers",
                f64::from(found.correct),
                f64::from(recorded.correct),
            ),
            ("loss", found.loss, recorded.loss),
            ("macro F1", found.macro_f1, recorded.macro_f1),
            (
                "calibration error",
                found.calibration_error,
                recorded.calibration_error,
            ),
        ];
        for (figure, found, recorded) in pairs {
            self.text(&format!("{set} {figure}"), found, recorded)?;
        }
        Ok(())
    }
}
