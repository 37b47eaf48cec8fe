//! What an encoder looks like: read from the `config.json` beside its weights.

use std::path::Path;

use serde::Deserialize;

use crate::error::{Error, Result};

/// How the layers are wired and what their tensors are called.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Family {
    /// Learned positions and segment types (Devlin et al. 2019).
    Bert,
    /// Learned positions, and a bias in attention by the distance of two tokens (Song et al. 2020, "MPNet").
    Mpnet,
}

/// An encoder's dimensions.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Architecture {
    #[serde(rename = "model_type")]
    pub family: Family,
    /// Width of the token vectors.
    #[serde(rename = "hidden_size")]
    pub hidden: usize,
    /// Attention heads.
    #[serde(rename = "num_attention_heads")]
    pub heads: usize,
    /// Width of the feed-forward layers.
    #[serde(rename = "intermediate_size")]
    pub intermediate: usize,
    #[serde(rename = "num_hidden_layers")]
    pub layers: usize,
    /// Epsilon of every layer norm.
    #[serde(rename = "layer_norm_eps")]
    pub epsilon: f64,
    #[serde(rename = "vocab_size")]
    pub vocabulary: usize,
    /// Rows of the position table.
    #[serde(rename = "max_position_embeddings")]
    pub positions: usize,
    /// Rows of the segment type table; 0 for a family without.
    #[serde(rename = "type_vocab_size", default)]
    pub types: usize,
    /// Rows of the distance table; 0 for a family without.
    #[serde(rename = "relative_attention_num_buckets", default)]
    pub distances: usize,
}

/// Tensor names of one layer, without `.weight` and `.bias`.
#[derive(Debug)]
pub struct LayerNames {
    /// Query, key and value.
    pub qkv: [String; 3],
    pub attention_out: String,
    pub attention_norm: String,
    pub up: String,
    pub down: String,
    pub norm: String,
}

/// The table of the attention bias by distance.
pub const DISTANCES: &str = "encoder.relative_attention_bias.weight";

impl Architecture {
    /// Reads `config.json` in an encoder's folder.
    pub fn read(encoder_dir: &Path) -> Result<Self> {
        let path = encoder_dir.join("config.json");
        let text = std::fs::read_to_string(&path)
            .map_err(|e| Error::Model(format!("{}: {e}; run scripts/setup", path.display())))?;
        let unusable = |what: String| {
            Error::Model(format!(
                "{}: not an encoder that Standoff can run ({what}); it runs BERT and MPNet encoders",
                path.display()
            ))
        };
        let mut found: Architecture =
            serde_json::from_str(&text).map_err(|e| unusable(e.to_string()))?;
        match found.family {
            Family::Bert => found.distances = 0,
            Family::Mpnet => found.types = 0,
        }
        if found.family == Family::Bert && found.types == 0
            || found.family == Family::Mpnet && found.distances < 4
        {
            return Err(unusable("no segment types or distances".into()));
        }
        let activation = serde_json::from_str::<serde_json::Value>(&text)
            .ok()
            .and_then(|v| v["hidden_act"].as_str().map(String::from));
        if activation.as_deref().is_some_and(|a| a != "gelu") {
            return Err(unusable(format!("activation {activation:?}")));
        }
        if found.heads == 0 || !found.hidden.is_multiple_of(found.heads) {
            return Err(unusable(format!(
                "width {} for {} heads",
                found.hidden, found.heads
            )));
        }
        if found.first_position() >= found.positions {
            return Err(unusable(format!("{} positions", found.positions)));
        }
        Ok(found)
    }

    /// Row of the position table for the first token.
    pub fn first_position(&self) -> usize {
        match self.family {
            Family::Bert => 0,
            // The rows before it are for padding.
            Family::Mpnet => 2,
        }
    }

    /// Longest text in tokens.
    pub fn max_tokens(&self) -> usize {
        self.positions - self.first_position()
    }

    /// Names of a layer's tensors.
    pub fn layer(&self, layer: usize) -> LayerNames {
        let p = format!("encoder.layer.{layer}");
        let (attention, out, norm) = match self.family {
            Family::Bert => (
                ["self.query", "self.key", "self.value"],
                "output.dense",
                "output.LayerNorm",
            ),
            Family::Mpnet => (["attn.q", "attn.k", "attn.v"], "attn.o", "LayerNorm"),
        };
        LayerNames {
            qkv: attention.map(|n| format!("{p}.attention.{n}")),
            attention_out: format!("{p}.attention.{out}"),
            attention_norm: format!("{p}.attention.{norm}"),
            up: format!("{p}.intermediate.dense"),
            down: format!("{p}.output.dense"),
            norm: format!("{p}.output.LayerNorm"),
        }
    }

    /// For every pair of positions (attending, attended to) among `tokens`, row-major, the row of
    /// the distance table: half the rows for tokens before, half for tokens after; near
    /// distances have rows of their own, far ones share them logarithmically up to 128 (Raffel et al. 2020, section 2.1).
    pub fn distance_rows(&self, tokens: usize) -> Vec<i64> {
        const FARTHEST: f64 = 128.0;
        let half = (self.distances / 2).max(1) as i64;
        let exact = (half / 2).max(1);
        let row = |from: usize, to: usize| {
            let after = if to > from { half } else { 0 };
            let distance = from.abs_diff(to) as i64;
            if distance < exact {
                return after + distance;
            }
            // In single precision, as the encoder was trained.
            let share =
                (distance as f32 / exact as f32).ln() / (FARTHEST / exact as f64).ln() as f32;
            let far = exact + (share * (half - exact) as f32) as i64;
            after + far.min(half - 1)
        };
        (0..tokens)
            .flat_map(|from| (0..tokens).map(move |to| row(from, to)))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mpnet() -> Architecture {
        serde_json::from_str(
            r#"{"model_type": "mpnet", "hidden_size": 768, "num_attention_heads": 12, "intermediate_size": 3072,
                "num_hidden_layers": 12, "layer_norm_eps": 1e-5, "vocab_size": 30527,
                "max_position_embeddings": 514, "relative_attention_num_buckets": 32}"#,
        )
        .unwrap()
    }

    #[test]
    fn near_distances_have_rows_of_their_own_and_far_ones_share() {
        let rows = mpnet().distance_rows(200);
        let at = |from: usize, to: usize| rows[from * 200 + to];
        assert_eq!(at(5, 5), 0);
        assert_eq!(at(5, 2), 3);
        assert_eq!(at(2, 5), 19);
        assert_eq!(at(0, 8), 24);
        assert_eq!(at(8, 0), 8);
        assert_eq!(at(0, 199), 31);
        assert_eq!(at(199, 0), 15);
        assert!(rows.iter().all(|r| (0..32).contains(r)));
    }

    #[test]
    fn other_architectures_are_refused_by_name() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(
            folder.path().join("config.json"),
            r#"{"model_type": "roberta"}"#,
        )
        .unwrap();
        let error = Architecture::read(folder.path()).unwrap_err().to_string();
        assert!(error.contains("BERT and MPNet"), "{error}");
    }
}
