//! The command line: raw arguments, checked settings, and one file per command.

pub mod eval;

/// Parses the arguments, runs the command and maps the outcome to an exit code.
pub fn main() -> std::process::ExitCode {
    std::process::ExitCode::SUCCESS
}
