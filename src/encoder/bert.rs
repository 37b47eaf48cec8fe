//! The encoder that is trained as a whole: the variables of rust-bert's `BertModel`, with the mark tables.

use std::path::Path;

use rust_bert::bert::{BertConfig, BertEmbeddings, BertModel};
use tch::{nn, Device, Kind, Tensor};

use super::batch::Batch;
use super::trainable::{Trainable, Trained};
use super::weights::Weights;
use super::Architecture;
use crate::error::{Error, Result};

/// Name of the actor mark table in weight files, `[ACTOR_MARKS, hidden]`.
pub const ACTOR_TABLE: &str = "marks.actor";
/// Name of the role mark table in weight files, `[ROLE_MARKS, hidden]`.
pub const ROLE_TABLE: &str = "marks.role";

/// An encoder that is trained as a whole.
pub struct Bert {
    /// All variables, under the names they have in weight files, and the pass over them.
    pub network: Trainable,
    model: BertModel<BertEmbeddings>,
}

impl Bert {
    /// An encoder with the base weights and empty mark tables.
    pub fn new(encoder_dir: &Path, architecture: &Architecture, device: Device) -> Result<Self> {
        let config_path = encoder_dir.join("config.json");
        let text = std::fs::read_to_string(&config_path).map_err(|e| {
            Error::Model(format!("{}: {e}; run scripts/setup", config_path.display()))
        })?;
        let config: BertConfig = serde_json::from_str(&text)
            .map_err(|e| Error::Model(format!("{}: {e}", config_path.display())))?;
        let vs = nn::VarStore::new(device);
        let model = BertModel::new_with_optional_pooler(vs.root(), &config, false);
        let mut variables = Weights::default();
        for (name, variable) in vs.variables() {
            variables.insert(name, variable);
        }
        let mut network = Trainable::over(vs, architecture, &variables, Trained::Whole)?;
        network.load(&Weights::load(
            &encoder_dir.join("model.safetensors"),
            None,
        )?)?;
        Ok(Bert { network, model })
    }

    /// What rust-bert's own pass gives in place of [`Trainable::forward`], without dropout: `[batch, tokens, hidden]`. The two are the same;
    /// this one takes five steps for every activation, which a training on a CPU feels, and is
    /// what tests compare with.
    pub fn reference(&self, embedded: &Tensor, batch: &Batch) -> Result<Tensor> {
        let device = self.network.vs.device();
        let out = self
            .model
            .forward_t(
                None,
                Some(&batch.mask.to_device(device)),
                Some(&batch.types.to_device(device)),
                None,
                Some(embedded),
                None,
                None,
                false,
            )
            .map_err(|e| Error::Model(e.to_string()))?;
        Ok(out.hidden_state)
    }
}

/// Rows of the word table with those of the mark tables added, `[batch, tokens, hidden]`.
pub fn marked(word: &Tensor, actors: &Tensor, roles: &Tensor, batch: &Batch) -> Tensor {
    let look = |table: &Tensor, ids: &Tensor| {
        Tensor::embedding(table, &ids.to_device(table.device()), -1, false, false)
    };
    look(word, &batch.ids) + look(actors, &batch.actors) + look(roles, &batch.roles)
}

/// Copies every tensor of `weights` that has a variable of its name in `vs`.
pub fn copy_into(vs: &nn::VarStore, weights: &Weights) -> Result<()> {
    let variables = vs.variables();
    let _guard = tch::no_grad_guard();
    for (name, tensor) in weights.iter() {
        if let Some(v) = variables.get(name) {
            if v.size() != tensor.size() {
                return Err(Error::Model(format!(
                    "{name} has the shape {:?}, expected {:?}",
                    tensor.size(),
                    v.size()
                )));
            }
            v.shallow_clone().f_copy_(&tensor.to_device(v.device()))?;
        }
    }
    Ok(())
}

/// Sentence features `[batch, 2 * hidden]`: mean over real tokens, then the first token.
pub fn features(hidden: &Tensor, mask: &Tensor) -> Tensor {
    let m = mask.unsqueeze(-1).to_kind(Kind::Float);
    let mean = (hidden * &m).sum_dim_intlist(&[1i64][..], false, Kind::Float)
        / m.sum_dim_intlist(&[1i64][..], false, Kind::Float);
    Tensor::cat(&[mean, hidden.select(1, 0)], 1)
}
