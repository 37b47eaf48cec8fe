//! Settings: what the command line and `standoff.toml` say, checked.

use std::path::{Path, PathBuf};
use std::str::FromStr;

use serde::Deserialize;

use crate::classify::RunOptions;
use crate::encoder::Precision;
use crate::error::{Error, Result};
use crate::home;
use crate::model;

/// Name of the configuration file.
pub const FILE: &str = "standoff.toml";
/// Sides file that is used if none is named.
pub const SIDES: &str = "models/sides/russia-west.toml";
/// Below this confidence `analyze` abstains, unless told otherwise (see docs/methods.md).
pub const REPORT_MIN_CONFIDENCE: f64 = 0.5;

/// Settings as given, by flag or in `standoff.toml`; every one may be missing.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Given {
    pub model: Option<String>,
    pub sides: Option<PathBuf>,
    pub device: Option<String>,
    pub threads: Option<usize>,
    pub batch_tokens: Option<usize>,
    pub min_confidence: Option<f64>,
    pub precision: Option<String>,
    pub quiet: Option<bool>,
    pub color: Option<String>,
    pub log_level: Option<String>,
}

impl Given {
    /// Reads `standoff.toml` in the current folder, or else in `STANDOFF_HOME`. Paths in it are relative to it.
    pub fn from_file() -> Result<Self> {
        let mut places = vec![PathBuf::from(FILE)];
        if let Some(h) = std::env::var_os("STANDOFF_HOME") {
            places.push(Path::new(&h).join(FILE));
        }
        match places.iter().find(|p| p.is_file()) {
            Some(path) => Self::read(path),
            None => Ok(Given::default()),
        }
    }

    fn read(path: &Path) -> Result<Self> {
        let text = std::fs::read_to_string(path).map_err(|e| Error::io(path, e))?;
        let mut given: Given =
            toml::from_str(&text).map_err(|e| Error::Usage(format!("{}: {e}", path.display())))?;
        let base = path.parent().unwrap_or(Path::new(""));
        given.sides = given.sides.map(|p| base.join(p));
        given.model = given.model.map(|m| {
            let beside = base.join(&m);
            if beside.join(model::FILE).is_file() {
                beside.to_string_lossy().into_owned()
            } else {
                m
            }
        });
        Ok(given)
    }

    /// These settings, and those of `other` where these say nothing.
    pub fn or(self, other: Given) -> Given {
        Given {
            model: self.model.or(other.model),
            sides: self.sides.or(other.sides),
            device: self.device.or(other.device),
            threads: self.threads.or(other.threads),
            batch_tokens: self.batch_tokens.or(other.batch_tokens),
            min_confidence: self.min_confidence.or(other.min_confidence),
            precision: self.precision.or(other.precision),
            quiet: self.quiet.or(other.quiet),
            color: self.color.or(other.color),
            log_level: self.log_level.or(other.log_level),
        }
    }

    /// Checks everything and fills in the defaults.
    pub fn check(self) -> Result<Settings> {
        let mut run = RunOptions::default();
        if let Some(n) = self.threads {
            if n == 0 {
                return Err(usage("threads", "0", "1 or more"));
            }
            run.threads = n;
        }
        if let Some(n) = self.batch_tokens {
            if n == 0 {
                return Err(usage("batch-tokens", "0", "1 or more"));
            }
            run.batch_tokens = n;
        }
        if let Some(p) = &self.precision {
            run.precision = match p.as_str() {
                "fp32" => Precision::Fp32,
                "int8" => Precision::Int8,
                other => return Err(usage("precision", other, "fp32 or int8")),
            };
        }
        if let Some(p) = self.min_confidence {
            if !(0.0..=1.0).contains(&p) {
                return Err(usage(
                    "min-confidence",
                    &p.to_string(),
                    "a number from 0 to 1",
                ));
            }
        }
        run.device = match self.device.as_deref() {
            None | Some("cpu") => tch::Device::Cpu,
            Some("cuda") => {
                if !tch::Cuda::is_available() {
                    return Err(Error::Usage(
                        "--device cuda: this libtorch has no CUDA device; install a libtorch with CUDA (see docs/setup.md) or use --device cpu".into(),
                    ));
                }
                tch::Device::Cuda(0)
            }
            Some(other) => return Err(usage("device", other, "cpu or cuda")),
        };
        let color = match self.color.as_deref() {
            None => Color::Auto,
            Some(c) => {
                Color::from_str(c).map_err(|()| usage("color", c, "auto, always or never"))?
            }
        };
        let log_level = self.log_level.unwrap_or_else(|| "warn".into());
        if !["off", "error", "warn", "info", "debug", "trace"].contains(&log_level.as_str()) {
            return Err(usage(
                "log-level",
                &log_level,
                "off, error, warn, info, debug or trace",
            ));
        }
        let sides = match self.sides {
            Some(p) if p.is_file() => p,
            Some(p) => {
                return Err(Error::Usage(format!(
                    "--sides {}: no such file",
                    p.display()
                )))
            }
            None => home::find(SIDES).ok_or_else(|| {
                Error::Usage(format!(
                    "no sides file: {SIDES} was not found; give --sides FILE, or set STANDOFF_HOME to the folder that holds models/"
                ))
            })?,
        };
        Ok(Settings {
            model: self.model.unwrap_or_else(|| model::DEFAULT.into()),
            sides,
            min_confidence: self.min_confidence,
            run,
            quiet: self.quiet.unwrap_or(false),
            color,
            log_level,
        })
    }
}

fn usage(flag: &str, value: &str, expected: &str) -> Error {
    Error::Usage(format!("--{flag} {value}: expected {expected}"))
}

/// When to colour the terminal's text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Color {
    Auto,
    Always,
    Never,
}

impl FromStr for Color {
    type Err = ();

    fn from_str(s: &str) -> std::result::Result<Self, ()> {
        match s {
            "auto" => Ok(Color::Auto),
            "always" => Ok(Color::Always),
            "never" => Ok(Color::Never),
            _ => Err(()),
        }
    }
}

impl Color {
    /// Whether to colour what goes to a stream that is a terminal or not (`NO_COLOR` is respected).
    pub fn on(self, terminal: bool) -> bool {
        match self {
            Color::Always => true,
            Color::Never => false,
            Color::Auto => terminal && std::env::var_os("NO_COLOR").is_none(),
        }
    }
}

/// Checked settings.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Name or folder.
    pub model: String,
    pub sides: PathBuf,
    /// As given; commands have defaults of their own.
    pub min_confidence: Option<f64>,
    pub run: RunOptions,
    pub quiet: bool,
    pub color: Color,
    pub log_level: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_key_is_an_error_that_names_it() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join(FILE);
        std::fs::write(&path, "modle = \"x\"\n").unwrap();
        let e = Given::read(&path).unwrap_err();
        assert_eq!(e.exit_code(), 2);
        assert!(e.to_string().contains("modle"), "{e}");
    }

    #[test]
    fn flags_win_over_the_file() {
        let flags = Given {
            threads: Some(1),
            ..Given::default()
        };
        let file = Given {
            threads: Some(8),
            quiet: Some(true),
            ..Given::default()
        };
        let both = flags.or(file);
        assert_eq!((both.threads, both.quiet), (Some(1), Some(true)));
    }

    #[test]
    fn wrong_values_name_the_flag_and_what_is_expected() {
        for (given, flag) in [
            (
                Given {
                    min_confidence: Some(1.5),
                    ..Given::default()
                },
                "--min-confidence",
            ),
            (
                Given {
                    precision: Some("int4".into()),
                    ..Given::default()
                },
                "--precision",
            ),
            (
                Given {
                    device: Some("tpu".into()),
                    ..Given::default()
                },
                "--device",
            ),
        ] {
            let e = given.check().unwrap_err();
            assert!(e.to_string().contains(flag), "{e}");
            assert_eq!(e.exit_code(), 2);
        }
    }
}
