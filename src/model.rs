//! A model folder: `model.toml` and the weights it names.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::encoder::{self, Architecture, Tokenizer, Weights};
use crate::error::{Error, Result};
use crate::home;

/// Name of the model that is used if none is named.
pub const DEFAULT: &str = "standoff-2";
/// The file that describes a model.
pub const FILE: &str = "model.toml";
/// Version of that file.
pub const SCHEMA: u32 = 1;

/// `model.toml`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ModelFile {
    pub schema: u32,
    pub name: String,
    /// Folder name of the base encoder under `models/base`; it embeds for similarity, and the parts
    /// are laid over it unless they name another.
    pub encoder: String,
    /// SHA-256 of the base encoder's `model.safetensors`, hex.
    pub encoder_sha256: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub statements: Option<StatementsPart>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub relation: Option<RelationPart>,
    /// A quicker relation model that reads every candidate first: [`ModelFile::relation`] reads what it lets pass.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub screen: Option<RelationPart>,
}

/// A base encoder: its folder name under `models/base` and the SHA-256 of its weights, hex.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Base {
    pub name: String,
    pub sha256: String,
}

impl Base {
    /// An installed encoder.
    pub fn installed(name: &str) -> Result<Self> {
        Ok(Base {
            name: name.to_string(),
            sha256: encoder::weights::file_hash(&encoder_dir(name)?.join(WEIGHTS))?,
        })
    }
}

/// Weight file of a base encoder.
pub const WEIGHTS: &str = "model.safetensors";

/// The classifier's part.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StatementsPart {
    /// Weight file, relative to the folder.
    pub weights: String,
    pub sha256: String,
    /// Longest text in tokens; what lies beyond is cut and marked `truncated`.
    pub max_tokens: usize,
    pub side_temperature: f64,
    pub stance_temperature: f64,
    /// What is added to the log-odds of a speaker's own bloc, where attribution knows it.
    #[serde(default)]
    pub speaker_log_odds: f64,
    /// The same for the bloc whose own channel the statement stands in.
    #[serde(default)]
    pub publisher_log_odds: f64,
    /// Whether the weights hold a token head for attribution.
    pub tagger: bool,
    /// The encoder below, if it is not the model's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub encoder: Option<Base>,
}

/// The relation model's part.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RelationPart {
    pub weights: String,
    pub sha256: String,
    /// Longest pair in tokens.
    pub max_tokens: usize,
    pub temperature: f64,
    /// The encoder below, if it is not the model's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub encoder: Option<Base>,
}

/// Fewer tokens than this hold no statement.
pub const LEAST_TOKENS: usize = 16;

/// A part of a model: what [`Model::open`] needs to know of it.
pub trait Part {
    /// Weight file and its SHA-256.
    fn weights(&self) -> (&str, &str);
    /// Longest text or pair in tokens.
    fn max_tokens(&self) -> usize;
    /// The encoder below, if it is not the model's.
    fn encoder(&self) -> Option<&Base>;
}

impl Part for StatementsPart {
    fn weights(&self) -> (&str, &str) {
        (&self.weights, &self.sha256)
    }
    fn encoder(&self) -> Option<&Base> {
        self.encoder.as_ref()
    }
    fn max_tokens(&self) -> usize {
        self.max_tokens
    }
}

impl Part for RelationPart {
    fn weights(&self) -> (&str, &str) {
        (&self.weights, &self.sha256)
    }
    fn encoder(&self) -> Option<&Base> {
        self.encoder.as_ref()
    }
    fn max_tokens(&self) -> usize {
        self.max_tokens
    }
}

/// Where a part's own weights are, and the encoder they are laid over.
#[derive(Debug, Clone, PartialEq)]
pub struct Source {
    pub path: PathBuf,
    pub sha256: String,
    pub base: Base,
}

impl Source {
    /// The part's own weights, adapters as they are.
    pub fn load(&self) -> Result<Weights> {
        Weights::load(&self.path, Some(&self.sha256))
    }
}

/// An encoder, or a part of a model over its encoder, read from its files.
pub struct Opened {
    pub tokenizer: Tokenizer,
    pub architecture: Architecture,
    pub weights: Weights,
}

/// A model folder found and read.
#[derive(Debug, Clone)]
pub struct Model {
    pub folder: PathBuf,
    pub file: ModelFile,
}

impl Model {
    /// Finds a model by folder or by name (`models/NAME` under the roots of [`home`]).
    pub fn find(name_or_dir: &str) -> Result<Self> {
        let direct = Path::new(name_or_dir);
        let folder = if direct.join(FILE).is_file() {
            direct.to_path_buf()
        } else {
            home::find(Path::new("models").join(name_or_dir).join(FILE))
                .and_then(|p| p.parent().map(Path::to_path_buf))
                .ok_or_else(|| {
                    Error::Usage(format!(
                        "no model `{name_or_dir}`: neither a folder with {FILE} nor a name under models/; give --model a folder, or set STANDOFF_HOME to the folder that holds models/"
                    ))
                })?
        };
        let path = folder.join(FILE);
        let text = std::fs::read_to_string(&path).map_err(|e| Error::io(&path, e))?;
        let file: ModelFile =
            toml::from_str(&text).map_err(|e| Error::Model(format!("{}: {e}", path.display())))?;
        if file.schema != SCHEMA {
            return Err(Error::Model(format!(
                "{}: schema {} is not known to this version (it reads {SCHEMA}); update Standoff or the model",
                path.display(),
                file.schema
            )));
        }
        Ok(Model { folder, file })
    }

    /// The classifier's part, which must be there.
    pub fn statements(&self) -> Result<&StatementsPart> {
        self.file
            .statements
            .as_ref()
            .ok_or_else(|| self.lacks("classifier", "statements"))
    }

    /// The relation model's part, which must be there.
    pub fn relation(&self) -> Result<&RelationPart> {
        self.file
            .relation
            .as_ref()
            .ok_or_else(|| self.lacks("relation model", "relation"))
    }

    fn lacks(&self, what: &str, task: &str) -> Error {
        Error::Model(format!(
            "{}: the model has no {what}; train one with `standoff train --task {task} --out {}`",
            self.folder.display(),
            self.folder.display()
        ))
    }

    /// The encoder that a part is laid over.
    pub fn base(&self, part: &impl Part) -> Base {
        part.encoder().cloned().unwrap_or_else(|| Base {
            name: self.file.encoder.clone(),
            sha256: self.file.encoder_sha256.clone(),
        })
    }

    /// Where a part's weights are, and what they are laid over.
    pub fn source(&self, part: &impl Part) -> Source {
        let (file, sha256) = part.weights();
        Source {
            path: self.folder.join(file),
            sha256: sha256.to_string(),
            base: self.base(part),
        }
    }

    /// A part's weights laid over its encoder's, adapters merged.
    pub fn open(&self, part: &impl Part) -> Result<Opened> {
        let source = self.source(part);
        let (encoder, own) = rayon::join(|| open_encoder(&source.base), || source.load());
        let mut opened = encoder?;
        let most = opened.architecture.max_tokens();
        if part.max_tokens() > most || part.max_tokens() < LEAST_TOKENS {
            return Err(Error::Model(format!(
                "{}: max_tokens = {} for {}; the encoder {} reads {LEAST_TOKENS} to {most}",
                self.folder.join(FILE).display(),
                part.max_tokens(),
                source.path.display(),
                source.base.name,
            )));
        }
        opened.weights.overlay(own?);
        opened.weights.merge_adapters()?;
        Ok(opened)
    }

    /// The model's base encoder alone.
    pub fn open_base(&self) -> Result<Opened> {
        open_encoder(&Base {
            name: self.file.encoder.clone(),
            sha256: self.file.encoder_sha256.clone(),
        })
    }

    /// One hash over everything that decides a result of this model, hex.
    pub fn hash(&self) -> String {
        use sha2::{Digest, Sha256};
        let text = serde_json::to_string(&self.file).unwrap_or_default();
        encoder::weights::hex(&Sha256::digest(text))
    }

    /// Writes `model.toml`.
    pub fn save(&self) -> Result<()> {
        let text = toml::to_string_pretty(&self.file).map_err(|e| Error::Other(e.to_string()))?;
        home::write_whole(&self.folder.join(FILE), text.as_bytes())
    }
}

/// Reads a base encoder, which must have exactly the weights named.
pub fn open_encoder(base: &Base) -> Result<Opened> {
    let dir = encoder_dir(&base.name)?;
    Ok(Opened {
        tokenizer: Tokenizer::load(&dir.join("tokenizer.json"))?,
        architecture: Architecture::read(&dir)?,
        weights: Weights::load(&dir.join(WEIGHTS), Some(&base.sha256))?,
    })
}

/// Folder of a base encoder.
pub fn encoder_dir(name: &str) -> Result<PathBuf> {
    home::find(Path::new("models/base").join(name)).ok_or_else(|| {
        Error::Model(format!(
            "the encoder {name} is not installed (models/base/{name}); run scripts/setup"
        ))
    })
}
