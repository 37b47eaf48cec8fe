//! What a run has computed so far, in an SQLite database in the output folder.
//!
//! Results are kept under a hash of everything that decides them (text, date,
//! outlet, model, sides file, settings), so that a run that was stopped goes on where it
//! was, a second run over a grown folder computes only what is new, and a
//! changed input is computed again. Chunks are committed whole. The database is
//! held by an exclusive lock that ends with the process, however it ends.

use std::path::{Path, PathBuf};

use rusqlite::{params, Connection, ErrorCode, OptionalExtension};
use sha2::{Digest, Sha256};

use crate::error::{Error, Result};

/// Name of the database in the output folder.
pub const FILE: &str = "state.sqlite";

/// Version of what is kept; older states are emptied.
const VERSION: i64 = 1;

/// What is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Statement records of a document, as compressed JSON.
    Document,
    /// Sentence embedding, little-endian f32.
    Embedding,
    /// Relation probabilities, little-endian f64.
    Relation,
    /// Explanation, as JSON.
    Explanation,
}

/// An open state.
pub struct State {
    connection: Connection,
    path: PathBuf,
}

impl State {
    /// Opens or makes the state in a folder, for this process alone.
    pub fn open(folder: &Path) -> Result<Self> {
        let path = folder.join(FILE);
        let fail = |e| describe(&path, e);
        let connection = Connection::open(&path).map_err(fail)?;
        connection
            .busy_timeout(std::time::Duration::from_millis(200))
            .map_err(fail)?;
        connection
            .execute_batch(
                "PRAGMA locking_mode = EXCLUSIVE;
                 PRAGMA journal_mode = WAL;
                 PRAGMA synchronous = NORMAL;
                 BEGIN EXCLUSIVE;
                 CREATE TABLE IF NOT EXISTS results (
                     kind INTEGER NOT NULL, key BLOB NOT NULL, value BLOB NOT NULL,
                     PRIMARY KEY (kind, key)) WITHOUT ROWID;
                 COMMIT;",
            )
            .map_err(fail)?;
        let version: i64 = connection
            .query_row("PRAGMA user_version", [], |r| r.get(0))
            .map_err(fail)?;
        if version != VERSION {
            connection
                .execute_batch(&format!(
                    "DELETE FROM results; PRAGMA user_version = {VERSION};"
                ))
                .map_err(fail)?;
        }
        // A damaged page is found now, not in the middle of the run.
        let check: String = connection
            .query_row("PRAGMA quick_check(1)", [], |r| r.get(0))
            .map_err(fail)?;
        if check != "ok" {
            return Err(damaged(&path, &check));
        }
        Ok(State { connection, path })
    }

    /// The value under a key.
    pub fn get(&self, kind: Kind, key: &[u8]) -> Result<Option<Vec<u8>>> {
        self.connection
            .prepare_cached("SELECT value FROM results WHERE kind = ?1 AND key = ?2")
            .and_then(|mut s| {
                s.query_row(params![kind as i64, key], |r| r.get(0))
                    .optional()
            })
            .map_err(|e| describe(&self.path, e))
    }

    /// Keeps values under their keys, all or none.
    pub fn put<'a>(
        &mut self,
        kind: Kind,
        entries: impl Iterator<Item = (&'a [u8], &'a [u8])>,
    ) -> Result<()> {
        let path = &self.path;
        let fail = |e| describe(path, e);
        let transaction = self.connection.transaction().map_err(fail)?;
        {
            let mut insert = transaction
                .prepare_cached("INSERT OR REPLACE INTO results VALUES (?1, ?2, ?3)")
                .map_err(fail)?;
            for (key, value) in entries {
                insert
                    .execute(params![kind as i64, key, value])
                    .map_err(fail)?;
            }
        }
        transaction.commit().map_err(fail)
    }
}

/// A key from everything that decides a result.
pub fn key(parts: &[&str]) -> [u8; 32] {
    let mut hash = Sha256::new();
    for p in parts {
        hash.update((p.len() as u64).to_le_bytes());
        hash.update(p.as_bytes());
    }
    hash.finalize().into()
}

fn damaged(path: &Path, why: &str) -> Error {
    Error::content(
        path,
        None,
        format!("the state of the run is damaged ({why}); delete this file and run again: finished reports are not touched, and the rest is computed anew"),
    )
}

fn describe(path: &Path, e: rusqlite::Error) -> Error {
    match e.sqlite_error_code() {
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Error::Other(format!(
            "{}: another run is working in this folder; wait for it, or give another --out",
            path.display()
        )),
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => {
            damaged(path, &e.to_string())
        }
        Some(ErrorCode::DiskFull) => Error::Other(format!(
            "{}: the disk is full; free some space and run again with --resume: what was finished is kept",
            path.display()
        )),
        Some(ErrorCode::CannotOpen | ErrorCode::ReadOnly | ErrorCode::PermissionDenied) => {
            Error::Other(format!(
                "{}: the folder cannot be written; choose another --out",
                path.display()
            ))
        }
        _ => Error::Other(format!("{}: {e}", path.display())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_put_is_there_after_reopening() {
        let dir = tempfile::tempdir().unwrap();
        let k = key(&["a", "b"]);
        {
            let mut s = State::open(dir.path()).unwrap();
            s.put(Kind::Document, [(&k[..], &b"v"[..])].into_iter())
                .unwrap();
        }
        let s = State::open(dir.path()).unwrap();
        assert_eq!(
            s.get(Kind::Document, &k).unwrap().as_deref(),
            Some(&b"v"[..])
        );
        assert_eq!(s.get(Kind::Embedding, &k).unwrap(), None);
        assert_ne!(key(&["ab", ""]), key(&["a", "b"]));
    }

    #[test]
    fn a_second_run_is_refused_while_the_first_works() {
        let dir = tempfile::tempdir().unwrap();
        let first = State::open(dir.path()).unwrap();
        let e = State::open(dir.path()).err().unwrap().to_string();
        assert!(e.contains("another run"), "{e}");
        drop(first);
        assert!(State::open(dir.path()).is_ok());
    }

    #[test]
    fn a_damaged_state_says_what_to_do() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join(FILE), b"this is not a database at all, but long enough to be read as one ................................................").unwrap();
        let e = State::open(dir.path()).err().unwrap().to_string();
        assert!(e.contains("delete this file"), "{e}");
    }
}
