//! `standoff info`: what is installed and what would be used.

use std::io::Write;

use clap::Args;

use super::Context;
use crate::error::{Error, Result};
use crate::model::{Model, Part};

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
            "statements": part(&model, model.file.statements.as_ref()),
            "relation": part(&model, model.file.relation.as_ref()),
            "screen": part(&model, model.file.screen.as_ref()),
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

/// Weights and encoder of a part of a model, or null.
fn part(model: &Model, part: Option<&impl Part>) -> serde_json::Value {
    part.map_or(serde_json::Value::Null, |p| {
        let (weights, sha256) = p.weights();
        serde_json::json!({"weights": weights, "sha256": sha256, "encoder": model.base(p).name})
    })
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
