//! Shows how far a long piece of work is: a bar on a terminal; elsewhere the demo says a line for
//! each tenth, and an import nothing.

use std::io::IsTerminal;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

use crate::cli::terminal::complain;

const BAR: &str = "{prefix:18} [{wide_bar:.green}] {pos:>6}/{len} {elapsed}";

/// One stage of the demo, with a known number of steps.
#[derive(Debug)]
pub struct Progress {
    stage: &'static str,
    steps: u64,
    done: AtomicU64,
    started: Instant,
    bar: Option<ProgressBar>,
}

impl Progress {
    /// Starts a stage.
    #[must_use]
    pub fn start(stage: &'static str, steps: usize) -> Self {
        let steps = steps as u64;
        let bar = std::io::stderr().is_terminal().then(|| bar(stage, steps));
        Self { stage, steps, done: AtomicU64::new(0), started: Instant::now(), bar }
    }

    /// Counts one step.
    pub fn step(&self) {
        let done = self.done.fetch_add(1, Ordering::Relaxed) + 1;
        match &self.bar {
            Some(bar) => bar.inc(1),
            None if ends_a_tenth(done, self.steps) => {
                let seconds = self.started.elapsed().as_secs_f64();
                complain(&format!("{}: {done} of {} ({seconds:.1} s)", self.stage, self.steps));
            }
            None => {}
        }
    }

    /// Ends the stage; what was shown stays.
    pub fn finish(self) {
        if let Some(bar) = self.bar {
            bar.finish();
        }
    }
}

/// A bar, which is seen on a terminal alone.
#[must_use]
pub fn bar(stage: &'static str, steps: u64) -> ProgressBar {
    let bar = ProgressBar::new(steps).with_prefix(stage);
    if let Ok(style) = ProgressStyle::with_template(BAR) {
        bar.set_style(style.progress_chars("=> "));
    }
    bar.enable_steady_tick(Duration::from_millis(200));
    bar
}

/// Whether the step is the last of a tenth of all.
fn ends_a_tenth(done: u64, steps: u64) -> bool {
    done <= steps && done * 10 / steps.max(1) > (done - 1) * 10 / steps.max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tenth_is_told_once_and_the_end_always() {
        for steps in [1, 7, 10, 999, 1_000] {
            let told = (1..=steps).filter(|done| ends_a_tenth(*done, steps)).count();
            assert_eq!(told as u64, steps.min(10), "of {steps}");
            assert!(ends_a_tenth(steps, steps));
        }
    }
}
