//! `standoff info`: what is installed and what would be used.

use std::io::Write;

use clap::Args;

use super::Context;
use crate::error::{Error, Result};

/// Arguments of `standoff info`.
#[derive(Debug, Args)]
pub struct InfoArgs {
    /// As JSON
    #[arg(long)]
    pub json: bool,
}

/// Runs the command; gives the exit code.
pub fn run(args: InfoArgs, context: &Context) -> Result<u8> {
    let s = &context.settings;
    let model = context.model()?;
    let sides = context.sides()?;
    let part = |p: Option<(&str, &str)>| match p {
        Some((file, hash)) => serde_json::json!({"weights": file, "sha256": hash}),
        None => serde_json::Value::Null,
    };
    let device = match s.run.device {
        tch::Device::Cpu => "cpu".to_string(),
        other => format!("{other:?}").to_lowercase(),
    };
    let value = serde_json::json!({
        "standoff": env!("CARGO_PKG_VERSION"),
        "commit": env!("STANDOFF_COMMIT"),
        "libtorch": "2.4",
        "device": device,
        "cuda": tch::Cuda::is_available(),
        "threads": s.run.threads,
        "batch_tokens": s.run.batch_tokens,
        "precision": s.run.precision.name(),
        "int8_kernels": crate::encoder::int8::available(),
        "model": {
            "name": model.file.name,
            "folder": model.folder.display().to_string(),
            "hash": model.hash(),
            "encoder": model.file.encoder,
            "encoder_sha256": model.file.encoder_sha256,
            "statements": part(model.file.statements.as_ref().map(|p| (p.weights.as_str(), p.sha256.as_str()))),
            "relation": part(model.file.relation.as_ref().map(|p| (p.weights.as_str(), p.sha256.as_str()))),
        },
        "sides": {
            "file": s.sides.display().to_string(),
            "name": sides.name,
            "blocs": sides.names().0[..2],
            "actors": sides.actors.len(),
            "hash": sides.hash,
        },
    });
    let text = if args.json {
        serde_json::to_string_pretty(&value).map_err(|e| Error::Other(e.to_string()))?
    } else {
        let mut lines = Vec::new();
        flatten("", &value, &mut lines);
        lines.join("\n")
    };
    writeln!(std::io::stdout(), "{text}").map_err(|e| Error::io("standard output", e))?;
    Ok(0)
}

fn flatten(prefix: &str, value: &serde_json::Value, lines: &mut Vec<String>) {
    match value {
        serde_json::Value::Object(map) => {
            for (k, v) in map {
                let key = if prefix.is_empty() {
                    k.clone()
                } else {
                    format!("{prefix}.{k}")
                };
                flatten(&key, v, lines);
            }
        }
        serde_json::Value::String(s) => lines.push(format!("{prefix:<28} {s}")),
        other => lines.push(format!("{prefix:<28} {other}")),
    }
}
