//! Progress bars and messages on stderr: one place, silenced by `--quiet`,
//! bars hidden off a terminal. stdout is for data only.

use std::time::Duration;

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};

/// Where progress and messages go.
#[derive(Debug, Clone)]
pub struct Progress {
    bars: MultiProgress,
    quiet: bool,
}

impl Progress {
    /// Bars on stderr, or nothing at all if `quiet`.
    pub fn new(quiet: bool) -> Self {
        let target = if quiet {
            ProgressDrawTarget::hidden()
        } else {
            ProgressDrawTarget::stderr_with_hz(8)
        };
        Progress {
            bars: MultiProgress::with_draw_target(target),
            quiet,
        }
    }

    /// A bar over `total` things of a kind (`"statements"`), with rate and time left.
    pub fn bar(&self, total: u64, what: &'static str) -> ProgressBar {
        let style = ProgressStyle::with_template(
            "{msg:>12} [{bar:30}] {pos}/{len} {prefix} {per_sec} {eta} left",
        )
        .unwrap_or_else(|_| ProgressStyle::default_bar())
        .progress_chars("=> ");
        let bar = self.bars.add(ProgressBar::new(total));
        bar.set_style(style);
        bar.set_prefix(what);
        bar.enable_steady_tick(Duration::from_millis(500));
        bar
    }

    /// A counter where the total is not known.
    pub fn counter(&self, what: &'static str) -> ProgressBar {
        let style = ProgressStyle::with_template("{msg:>12} {spinner} {pos} {prefix} {per_sec}")
            .unwrap_or_else(|_| ProgressStyle::default_spinner());
        let bar = self.bars.add(ProgressBar::new_spinner());
        bar.set_style(style);
        bar.set_prefix(what);
        bar.enable_steady_tick(Duration::from_millis(500));
        bar
    }

    /// A line for the user, above any bar.
    pub fn say(&self, line: impl AsRef<str>) {
        if !self.quiet {
            self.bars.suspend(|| eprintln!("{}", line.as_ref()));
        }
    }

    /// A line that is shown even with `--quiet`: an error, or a rejected record.
    pub fn warn(&self, line: impl AsRef<str>) {
        self.bars
            .suspend(|| eprintln!("standoff: {}", line.as_ref()));
    }
}
