//! Progress of a training run: the bar, a line per epoch, and interruption.

use std::time::{Duration, Instant};

use indicatif::{HumanDuration, ProgressBar, ProgressStyle};

use super::checkpoint::{EpochMetrics, RunState};

/// How the caller follows and interrupts a run.
#[derive(Clone, Copy)]
pub struct RunControl<'a> {
    /// Draw a progress bar where the output is a terminal.
    pub show_progress: bool,
    /// Called before every batch; `true` ends the run, whose checkpoint holds its last complete epoch.
    pub is_interrupted: &'a dyn Fn() -> bool,
}

/// The progress bar of a run: loss, accuracy, images per second, remaining time.
pub struct RunProgress {
    bar: ProgressBar,
    /// Images of the epochs before this run was resumed, which do not count for the speed.
    resumed_from: u64,
    started: Instant,
    title: &'static str,
    epochs: usize,
}

impl RunProgress {
    /// For a run of so many images per epoch.
    pub fn new(title: &'static str, run: &RunState, images: usize, show_progress: bool) -> Self {
        let epochs = run.recipe.epochs;
        let resumed_from = (run.epochs.len() * images) as u64;
        let bar = if show_progress {
            ProgressBar::new((epochs * images) as u64)
        } else {
            ProgressBar::hidden()
        };
        bar.set_style(
            ProgressStyle::with_template("{prefix:>6} {bar:20} {percent:>3}% {msg}")
                .expect("invariant: the template is valid"),
        );
        bar.set_prefix(title);
        bar.set_position(resumed_from);
        if resumed_from > 0 {
            bar.println(format!(
                "{title:>6} continues after epoch {} of {epochs}",
                run.epochs.len()
            ));
        }
        Self {
            bar,
            resumed_from,
            started: Instant::now(),
            title,
            epochs,
        }
    }

    /// Shows a batch of `count` images, and the epoch's mean loss and accuracy so far.
    pub fn show_batch(&self, count: usize, loss: f64, accuracy: f64) {
        self.bar.inc(count as u64);
        let done = self.bar.position() - self.resumed_from;
        let speed = done as f64 / self.started.elapsed().as_secs_f64();
        let remaining = self
            .bar
            .length()
            .unwrap_or(0)
            .saturating_sub(self.bar.position()) as f64;
        let remaining = Duration::from_secs_f64(remaining / speed.max(1e-9));
        self.bar.set_message(format!(
            "loss {loss:.3}  {:.1}%  {speed:.0} img/s  {} left",
            accuracy * 100.0,
            HumanDuration(remaining)
        ));
    }

    /// Prints a line for an epoch, also where the output is no terminal.
    pub fn show_epoch(&self, metrics: &EpochMetrics, is_best: bool) {
        let line = format!(
            "{:>6} epoch {:>2}/{}  train {:.3} {:.1}%  validation {:.3} {:.2}%{}  {:.0} s",
            self.title,
            metrics.epoch,
            self.epochs,
            metrics.train_loss,
            metrics.train_accuracy * 100.0,
            metrics.validation_loss,
            metrics.validation_accuracy * 100.0,
            if is_best { " *" } else { "" },
            metrics.seconds
        );
        if self.bar.is_hidden() {
            println!("{line}");
        } else {
            self.bar.println(line);
        }
    }
}

impl Drop for RunProgress {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}
