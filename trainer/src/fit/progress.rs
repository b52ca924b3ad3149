//! What is shown of a run while it goes on.

use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

use super::checkpoint::{EpochMetrics, RunState};

/// How a run is watched.
#[derive(Clone, Copy)]
pub struct RunControl<'a> {
    /// Draws a progress bar where the output is a terminal.
    pub show_progress: bool,
    /// Asked at every batch; `true` ends the run, and its last whole epoch is kept.
    pub is_interrupted: &'a dyn Fn() -> bool,
}

/// The progress bar: loss, accuracy, images a second, time left.
pub struct Meter<'a> {
    pub control: RunControl<'a>,
    bar: ProgressBar,
    /// Pictures of earlier runs, which this run's speed must not count.
    before: u64,
    started: Instant,
    title: &'static str,
    epochs: usize,
}

impl<'a> Meter<'a> {
    pub fn new(
        title: &'static str,
        epochs: usize,
        run: &RunState,
        examples: usize,
        control: RunControl<'a>,
    ) -> Self {
        let before = (run.epochs.len() * examples) as u64;
        let bar = match control.show_progress {
            true => ProgressBar::new((epochs * examples) as u64),
            false => ProgressBar::hidden(),
        };
        bar.set_style(
            ProgressStyle::with_template("{prefix:>6} {bar:20} {percent:>3}% {msg}")
                .unwrap_or_else(|_| ProgressStyle::default_bar()),
        );
        bar.set_prefix(title);
        bar.set_position(before);
        if before > 0 {
            bar.println(format!(
                "{:>6} goes on after epoch {} of {epochs}",
                title,
                run.epochs.len()
            ));
        }
        Self {
            control,
            bar,
            before,
            started: Instant::now(),
            title,
            epochs,
        }
    }

    pub fn batch(&self, count: usize, loss: f64, accuracy: f64) {
        self.bar.inc(count as u64);
        let done = self.bar.position() - self.before;
        let speed = done as f64 / self.started.elapsed().as_secs_f64();
        let left = self
            .bar
            .length()
            .unwrap_or(0)
            .saturating_sub(self.bar.position()) as f64;
        let left = Duration::from_secs_f64(left / speed.max(1e-9));
        self.bar.set_message(format!(
            "loss {loss:.3}  {:.1}%  {speed:.0} img/s  {} left",
            accuracy * 100.0,
            indicatif::HumanDuration(left)
        ));
    }

    /// A line an epoch, also where the output is no terminal and no bar is drawn.
    pub fn epoch(&self, e: &EpochMetrics, best: bool) {
        let line = format!(
            "{:>6} epoch {:>2}/{}  train {:.3} {:.1}%  validation {:.3} {:.2}%{}  {:.0} s",
            self.title,
            e.epoch,
            self.epochs,
            e.train_loss,
            e.train_accuracy * 100.0,
            e.validation_loss,
            e.validation_accuracy * 100.0,
            if best { " *" } else { "" },
            e.seconds
        );
        if self.bar.is_hidden() {
            println!("{line}");
        } else {
            self.bar.println(line);
        }
    }
}

impl Drop for Meter<'_> {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}
