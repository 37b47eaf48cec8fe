//! Writes evaluations: terminal tables, Markdown, one self-contained HTML page,
//! and JSON. All but the JSON are made from the same [`view`].

pub mod agreement;
pub mod html;
pub mod markdown;
pub mod svg;
pub mod terminal;
pub mod view;

use serde::Serialize;

use super::annotators::Annotators;
use super::errors::ErrorRow;
use super::evaluate::Evaluation;
use crate::{Error, Result};

/// A file of a report: name and content.
pub type File = (&'static str, Vec<u8>);

/// The files of an evaluation: `eval.json`, `eval.md`, `eval.html`, `errors.jsonl`, `errors.html`.
pub fn files(evaluation: &Evaluation) -> Result<Vec<File>> {
    let sections = view::evaluation(evaluation)?;
    let title = "Evaluation";
    Ok(vec![
        ("eval.json", json(evaluation)?),
        ("eval.md", markdown::render(title, &sections).into_bytes()),
        ("eval.html", html::page(title, &sections)?.into_bytes()),
        ("errors.jsonl", error_lines(&evaluation.error_rows)?),
        (
            "errors.html",
            html::errors(&evaluation.predictions, &evaluation.error_rows)?.into_bytes(),
        ),
    ])
}

/// The files of an agreement report: `eval.json`, `eval.md`, `eval.html`.
pub fn agreement_files(annotators: &Annotators) -> Result<Vec<File>> {
    let sections = agreement::annotators(annotators);
    let title = "Agreement";
    Ok(vec![
        ("eval.json", json(annotators)?),
        ("eval.md", markdown::render(title, &sections).into_bytes()),
        ("eval.html", html::page(title, &sections)?.into_bytes()),
    ])
}

fn json(value: &impl Serialize) -> Result<Vec<u8>> {
    let mut out =
        serde_json::to_vec_pretty(value).map_err(|e| Error::Other(format!("JSON: {e}")))?;
    out.push(b'\n');
    Ok(out)
}

fn error_lines(rows: &[ErrorRow]) -> Result<Vec<u8>> {
    let mut out = Vec::new();
    for row in rows {
        serde_json::to_writer(&mut out, row).map_err(|e| Error::Other(format!("JSON: {e}")))?;
        out.push(b'\n');
    }
    Ok(out)
}

/// Writes files into a folder, each to a temporary file first.
pub fn save(folder: &std::path::Path, files: &[File]) -> Result<()> {
    std::fs::create_dir_all(folder).map_err(|e| Error::io(folder, e))?;
    for (name, bytes) in files {
        let path = folder.join(name);
        let mut temporary =
            tempfile::NamedTempFile::new_in(folder).map_err(|e| Error::io(&path, e))?;
        std::io::Write::write_all(&mut temporary, bytes).map_err(|e| Error::io(&path, e))?;
        temporary
            .persist(&path)
            .map_err(|e| Error::io(&path, e.error))?;
        // A temporary file is private; a report is an ordinary file.
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let _ = std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644));
        }
    }
    Ok(())
}
