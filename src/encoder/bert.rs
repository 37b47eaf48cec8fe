//! The trainable encoder: rust-bert's `BertModel` with the mark tables.

use std::path::Path;

use rust_bert::bert::{BertConfig, BertEmbeddings, BertModel};
use tch::{nn, Device, Kind, Tensor};

use super::batch::Batch;
use super::marks::{ACTOR_MARKS, ROLE_MARKS};
use super::weights::Weights;
use crate::error::{Error, Result};

/// Name of the actor mark table in weight files, `[ACTOR_MARKS, hidden]`.
pub const ACTOR_TABLE: &str = "marks.actor";
/// Name of the role mark table in weight files, `[ROLE_MARKS, hidden]`.
pub const ROLE_TABLE: &str = "marks.role";

/// Encoder and mark tables in one variable store; heads may be added to it.
pub struct Bert {
    /// All variables, under the names they have in weight files.
    pub vs: nn::VarStore,
    model: BertModel<BertEmbeddings>,
    word: Tensor,
    actor_marks: Tensor,
    role_marks: Tensor,
}

impl Bert {
    /// An encoder with the base weights and empty mark tables.
    pub fn new(encoder_dir: &Path, device: Device) -> Result<Self> {
        let config_path = encoder_dir.join("config.json");
        let text = std::fs::read_to_string(&config_path).map_err(|e| {
            Error::Model(format!("{}: {e}; run scripts/setup", config_path.display()))
        })?;
        let config: BertConfig = serde_json::from_str(&text)
            .map_err(|e| Error::Model(format!("{}: {e}", config_path.display())))?;
        let hidden = config.hidden_size;
        let vs = nn::VarStore::new(device);
        let root = vs.root();
        let model = BertModel::new_with_optional_pooler(&root, &config, false);
        let zeros = nn::Init::Const(0.0);
        let marks = &root / "marks";
        let actor_marks = marks.var("actor", &[ACTOR_MARKS, hidden], zeros);
        let role_marks = marks.var("role", &[ROLE_MARKS, hidden], zeros);
        let word = vs
            .variables()
            .remove("embeddings.word_embeddings.weight")
            .ok_or_else(|| Error::Model("the encoder has no word embeddings".into()))?;
        let mut bert = Bert {
            vs,
            model,
            word,
            actor_marks,
            role_marks,
        };
        bert.load(&Weights::load(
            &encoder_dir.join("model.safetensors"),
            None,
        )?)?;
        Ok(bert)
    }

    /// Copies every tensor of `weights` that has a variable of its name here.
    pub fn load(&mut self, weights: &Weights) -> Result<()> {
        copy_into(&self.vs, weights)
    }

    /// Token embeddings with marks, before position and norm: `[batch, tokens, hidden]`.
    pub fn embed(&self, batch: &Batch) -> Tensor {
        marked(&self.word, &self.actor_marks, &self.role_marks, batch)
    }

    /// The last layer's vectors, `[batch, tokens, hidden]`, from [`Bert::embed`]'s output.
    pub fn forward(&self, embedded: &Tensor, batch: &Batch, train: bool) -> Result<Tensor> {
        let device = self.vs.device();
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
                train,
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
