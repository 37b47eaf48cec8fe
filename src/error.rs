//! One error type for the library. Every message names the file, line, record
//! or flag, and what to do about it.

use std::path::{Path, PathBuf};

/// Shorthand for results of this library.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What can go wrong. [`Error::exit_code`] maps it to the command's exit code.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A file could not be read or written.
    #[error("{}: {source}{}", path.display(), remedy(.source))]
    Io {
        path: PathBuf,
        source: std::io::Error,
    },
    /// A file was read but its content cannot be used.
    #[error("{}{}: {message}", path.display(), line.map(|l| format!(":{l}")).unwrap_or_default())]
    Content {
        path: PathBuf,
        line: Option<usize>,
        message: String,
    },
    /// Wrong usage or configuration (exit code 2).
    #[error("{0}")]
    Usage(String),
    /// The model or its files cannot be used.
    #[error("{0}")]
    Model(String),
    /// Anything else that failed, in words.
    #[error("{0}")]
    Other(String),
    /// A reader of our output has gone away; not an error to report.
    #[error("output closed")]
    BrokenPipe,
}

fn remedy(e: &std::io::Error) -> &'static str {
    use std::io::ErrorKind::*;
    match e.kind() {
        NotFound => " (check the path)",
        PermissionDenied => " (check the permissions)",
        StorageFull => " (free some space and run again; what was finished is kept)",
        ReadOnlyFilesystem => " (choose a folder that can be written)",
        _ => "",
    }
}

impl Error {
    /// An I/O error with the path it happened on.
    pub fn io(path: impl AsRef<Path>, source: std::io::Error) -> Self {
        if source.kind() == std::io::ErrorKind::BrokenPipe {
            return Error::BrokenPipe;
        }
        Error::Io {
            path: path.as_ref().to_path_buf(),
            source,
        }
    }

    /// A content error with the path and, where known, the line (from 1).
    pub fn content(
        path: impl AsRef<Path>,
        line: Option<usize>,
        message: impl Into<String>,
    ) -> Self {
        Error::Content {
            path: path.as_ref().to_path_buf(),
            line,
            message: message.into(),
        }
    }

    /// The exit code of the command: 0 for a closed pipe, 2 for usage, 1 otherwise.
    pub fn exit_code(&self) -> u8 {
        match self {
            Error::BrokenPipe => 0,
            Error::Usage(_) => 2,
            _ => 1,
        }
    }
}

impl From<tch::TchError> for Error {
    /// Keeps the first line of libtorch's message and drops its C++ stack trace.
    fn from(e: tch::TchError) -> Self {
        let text = e.to_string();
        let first = text
            .lines()
            .map(str::trim)
            .find(|l| !l.is_empty())
            .unwrap_or("unknown failure");
        let first = first.split("Exception raised from").next().unwrap_or(first);
        Error::Model(format!("libtorch: {}", first.trim()))
    }
}
