//! The encoder as a network that can be trained: as a whole, over variables that are there already ([`super::bert`]), or
//! by adapters. Then its own weights stay as they are: to every linear layer the product of two
//! narrow matrices is added, and only those are trained (Hu et al. 2022, "LoRA"). What is
//! learnt is small beside the encoder, and an encoder too large to be trained whole on a CPU can be.
//!
//! Where nothing is trained the same network serves for explanations: it computes the same, but its gradients with respect to
//! the input are those of layer-wise relevance propagation, which share out what was said among the tokens
//! (Ali et al. 2022, "XAI for transformers: better explanations through conservative propagation"): the weights
//! of the attention, the spread that a norm divides by and the gate of an activation count as constants.

use tch::{nn, Device, Kind, Tensor};

use super::architecture::{Architecture, Family, DISTANCES};
use super::batch::Batch;
use super::marks::{ACTOR_MARKS, ROLE_MARKS};
use super::weights::{Weights, LORA_A, LORA_B};
use crate::error::{Error, Result};

/// Dropout on the embeddings and on what every layer adds; where the encoder is trained as a whole on the weights of the
/// attention too.
const DROPOUT: f64 = 0.1;

/// What of an encoder is trained.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trained {
    /// Nothing: gradients are shares (see the module).
    Nothing,
    /// Adapters of this rank.
    Adapters(i64),
    /// Everything.
    Whole,
}

struct Linear {
    weight: Tensor,
    bias: Tensor,
    /// `[rank, in]` and `[out, rank]`.
    adapter: Option<(Tensor, Tensor)>,
}

impl Linear {
    /// `[rows, in]` to `[rows, out]`.
    fn forward(&self, x: &Tensor) -> Result<Tensor> {
        let y = x.f_linear(&self.weight, Some(&self.bias))?;
        let Some((a, b)) = &self.adapter else {
            return Ok(y);
        };
        let narrow = x.f_matmul(&a.f_to_kind(x.kind())?.f_tr()?)?;
        Ok(y.f_addmm(&narrow, &b.f_to_kind(x.kind())?.f_tr()?)?)
    }
}

struct Norm {
    weight: Tensor,
    bias: Tensor,
    epsilon: f64,
}

impl Norm {
    fn forward(&self, x: &Tensor, shares: bool) -> Result<Tensor> {
        let width = self.weight.size();
        if shares {
            let last = &[-1i64][..];
            let centred = x - x.f_mean_dim(last, true, Kind::Float)?;
            let variance = (&centred * &centred).f_mean_dim(last, true, Kind::Float)?;
            let spread = (variance + self.epsilon).f_sqrt()?.f_detach()?;
            return Ok((centred / spread).f_mul(&self.weight)?.f_add(&self.bias)?);
        }
        Ok(x.f_layer_norm(
            width,
            Some(&self.weight),
            Some(&self.bias),
            self.epsilon,
            false,
        )?)
    }
}

struct Layer {
    qkv: [Linear; 3],
    attention_out: Linear,
    attention_norm: Norm,
    up: Linear,
    down: Linear,
    norm: Norm,
}

/// Encoder, adapters and mark tables; heads may be added to the variables.
pub struct Trainable {
    /// What is trained, under the names it has in weight files.
    pub vs: nn::VarStore,
    architecture: Architecture,
    word: Tensor,
    position: Tensor,
    types: Option<Tensor>,
    distances: Option<Tensor>,
    norm: Norm,
    layers: Vec<Layer>,
    actor_marks: Tensor,
    role_marks: Tensor,
    /// Of the linear layers.
    kind: Kind,
    trained: Trained,
}

impl Trainable {
    /// An encoder with the given weights (adapters and marks among them are left to [`Trainable::load`]) and adapters of
    /// `rank`, which add nothing yet; with rank 0 there are none, and gradients are shares. With adapters, the
    /// linear layers compute in bf16 where the device is quick at it.
    pub fn new(
        architecture: &Architecture,
        weights: &Weights,
        rank: i64,
        device: Device,
    ) -> Result<Self> {
        let trained = if rank > 0 {
            Trained::Adapters(rank)
        } else {
            Trained::Nothing
        };
        Self::over(nn::VarStore::new(device), architecture, weights, trained)
    }

    /// The same with a variable store of the caller's, to which what is trained is added. An encoder that is trained as
    /// a whole is given the store's own variables as weights.
    pub fn over(
        vs: nn::VarStore,
        architecture: &Architecture,
        weights: &Weights,
        trained: Trained,
    ) -> Result<Self> {
        let device = vs.device();
        let h = architecture.hidden as i64;
        let rank = match trained {
            Trained::Adapters(rank) => rank,
            Trained::Nothing | Trained::Whole => 0,
        };
        let kind = if rank > 0 && bf16(device) {
            Kind::BFloat16
        } else {
            Kind::Float
        };
        let get = |name: &str, shape: &[i64]| -> Result<Tensor> {
            Ok(weights.get(name, shape)?.f_to_device(device)?)
        };
        let linear = |name: &str, outputs: usize, inputs: usize| -> Result<Linear> {
            let (outputs, inputs) = (outputs as i64, inputs as i64);
            let path = name.split('.').fold(vs.root(), |path, part| path / part);
            let bound = 1.0 / (inputs as f64).sqrt();
            let start = nn::Init::Uniform {
                lo: -bound,
                up: bound,
            };
            Ok(Linear {
                weight: get(&format!("{name}.weight"), &[outputs, inputs])?.f_to_kind(kind)?,
                bias: get(&format!("{name}.bias"), &[outputs])?.f_to_kind(kind)?,
                adapter: (rank > 0).then(|| {
                    (
                        path.var(LORA_A, &[rank, inputs], start),
                        path.var(LORA_B, &[outputs, rank], nn::Init::Const(0.0)),
                    )
                }),
            })
        };
        let norm = |name: &str| -> Result<Norm> {
            Ok(Norm {
                weight: get(&format!("{name}.weight"), &[h])?,
                bias: get(&format!("{name}.bias"), &[h])?,
                epsilon: architecture.epsilon,
            })
        };
        let (hidden, wide) = (architecture.hidden, architecture.intermediate);
        let mut layers = Vec::with_capacity(architecture.layers);
        for l in 0..architecture.layers {
            let names = architecture.layer(l);
            let [q, k, v] = names.qkv.each_ref().map(|n| linear(n, hidden, hidden));
            layers.push(Layer {
                qkv: [q?, k?, v?],
                attention_out: linear(&names.attention_out, hidden, hidden)?,
                attention_norm: norm(&names.attention_norm)?,
                up: linear(&names.up, wide, hidden)?,
                down: linear(&names.down, hidden, wide)?,
                norm: norm(&names.norm)?,
            });
        }
        let zeros = nn::Init::Const(0.0);
        let marks = vs.root() / "marks";
        let actor_marks = marks.var("actor", &[ACTOR_MARKS, h], zeros);
        let role_marks = marks.var("role", &[ROLE_MARKS, h], zeros);
        let table = |name: &str, rows: usize, width: i64| -> Result<Option<Tensor>> {
            (rows > 0)
                .then(|| get(name, &[rows as i64, width]))
                .transpose()
        };
        let table_of = |name: &str, rows: usize| get(name, &[rows as i64, h]);
        Ok(Trainable {
            word: table_of("embeddings.word_embeddings.weight", architecture.vocabulary)?,
            position: table_of(
                "embeddings.position_embeddings.weight",
                architecture.positions,
            )?,
            types: table(
                "embeddings.token_type_embeddings.weight",
                architecture.types,
                h,
            )?,
            distances: table(DISTANCES, architecture.distances, architecture.heads as i64)?,
            norm: norm("embeddings.LayerNorm")?,
            layers,
            actor_marks,
            role_marks,
            kind,
            trained,
            architecture: architecture.clone(),
            vs,
        })
    }

    /// Copies every tensor of `weights` that is trained here.
    pub fn load(&mut self, weights: &Weights) -> Result<()> {
        super::bert::copy_into(&self.vs, weights)
    }

    /// Token embeddings with marks, before position and norm: `[batch, tokens, hidden]`.
    pub fn embed(&self, batch: &Batch) -> Tensor {
        super::bert::marked(&self.word, &self.actor_marks, &self.role_marks, batch)
    }

    /// The last layer's vectors, `[batch, tokens, hidden]`, from [`Trainable::embed`]'s output.
    pub fn forward(&self, embedded: &Tensor, batch: &Batch, train: bool) -> Result<Tensor> {
        let a = &self.architecture;
        let (b, t) = (embedded.size()[0], batch.width as i64);
        let (h, heads) = (a.hidden as i64, a.heads as i64);
        let device = self.vs.device();
        if a.first_position() as i64 + t > a.positions as i64 {
            return Err(Error::Model(format!(
                "{t} tokens are more than the encoder's {}",
                a.max_tokens()
            )));
        }
        let position = self.position.f_narrow(0, a.first_position() as i64, t)?;
        let mut x = embedded.f_add(&position)?;
        if let Some(types) = &self.types {
            let ids = batch.types.to_device(device);
            x = x.f_add(&Tensor::f_embedding(types, &ids, -1, false, false)?)?;
        }
        let shares = self.trained == Trained::Nothing;
        let on_attention = train && self.trained == Trained::Whole;
        let x = self.norm.forward(&x, shares)?.f_dropout(DROPOUT, train)?;
        let mut x = x.f_view([b * t, h])?;
        // What is added to the attention: nothing for tokens, everything for padding, and the distance's bias.
        let padding = (batch.mask.to_device(device).to_kind(Kind::Float) - 1.0) * 1e4;
        let mut bias = padding.f_view([-1, 1, 1, t])?;
        if let Some(table) = &self.distances {
            let rows = Tensor::from_slice(&a.distance_rows(batch.width)).to_device(device);
            let by_distance = Tensor::f_embedding(table, &rows, -1, false, false)?;
            let by_distance = by_distance.f_view([t, t, heads])?.f_permute([2, 0, 1])?;
            bias = bias.f_add(&by_distance)?;
        }
        let bias = bias
            .f_expand([b, heads, t, t], false)?
            .f_to_kind(self.kind)?;
        for layer in &self.layers {
            let input = x.f_to_kind(self.kind)?;
            let part = |i: usize| -> Result<Tensor> {
                Ok(layer.qkv[i]
                    .forward(&input)?
                    .f_view([b, t, heads, h / heads])?
                    .f_transpose(1, 2)?)
            };
            let (q, k, v) = (part(0)?, part(1)?, part(2)?);
            let scores =
                q.f_matmul(&(k.f_transpose(-2, -1)? / (h as f64 / heads as f64).sqrt()))?;
            let attention = (scores + &bias).f_softmax(-1, self.kind)?;
            let attention = if shares {
                attention.f_detach()?
            } else {
                attention.f_dropout(DROPOUT, on_attention)?
            };
            let context = attention.f_matmul(&v)?;
            let context = context.f_transpose(1, 2)?.f_reshape([b * t, h])?;
            let y = layer.attention_out.forward(&context)?;
            let y = y.f_to_kind(Kind::Float)?.f_dropout(DROPOUT, train)?;
            let attended = layer.attention_norm.forward(&(y + &x), shares)?;
            let up = layer.up.forward(&attended.f_to_kind(self.kind)?)?;
            let up = if shares {
                up.f_mul(&gate(&up)?.f_detach()?)?
            } else {
                up.f_gelu("none")?
            };
            let y = layer.down.forward(&up)?;
            let y = y.f_to_kind(Kind::Float)?.f_dropout(DROPOUT, train)?;
            x = layer.norm.forward(&(y + &attended), shares)?;
        }
        Ok(x.f_view([b, t, h])?)
    }
}

/// What GELU multiplies its input with: the normal distribution's share below it.
fn gate(x: &Tensor) -> Result<Tensor> {
    Ok((x / std::f64::consts::SQRT_2).f_erf()?.f_add_scalar(1.0)? * 0.5)
}

/// Whether a device multiplies quicker in bf16 than in fp32.
fn bf16(device: Device) -> bool {
    #[cfg(target_arch = "x86_64")]
    if device == Device::Cpu {
        return std::arch::is_x86_feature_detected!("avx512bf16");
    }
    device != Device::Cpu
}

/// The family of an encoder that can be trained whole.
pub fn trained_whole(architecture: &Architecture) -> bool {
    architecture.family == Family::Bert
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::encoder::TokenMarks;
    use crate::model::{open_encoder, Base};

    /// Conservation, the axiom of layer-wise relevance propagation: where nothing but the tokens adds to the
    /// output (no bias, no position, no type), their shares add up to it.
    #[test]
    fn the_shares_of_the_tokens_add_up_to_the_output() {
        for encoder in [crate::encoder::ENCODER, "all-mpnet-base-v2"] {
            let mut opened = open_encoder(&Base::installed(encoder).unwrap()).unwrap();
            let others: Vec<(String, Tensor)> = opened
                .weights
                .iter()
                .filter(|(name, _)| {
                    name.ends_with(".bias") || name.contains("position_") || name.contains("type_")
                })
                .map(|(name, t)| (name.to_string(), t.zeros_like()))
                .collect();
            for (name, zeros) in others {
                opened.weights.insert(name, zeros);
            }
            let network =
                Trainable::new(&opened.architecture, &opened.weights, 0, Device::Cpu).unwrap();
            let text = opened
                .tokenizer
                .encode("The ministry denied that any shells were fired.", 64)
                .unwrap();
            let none = TokenMarks::none(text.len());
            let batch = Batch::new(&[&text], &[&none], text.len());
            let embedded = network.embed(&batch).detach().set_requires_grad(true);
            let out = network
                .forward(&embedded, &batch, false)
                .unwrap()
                .select(1, 0)
                .slice(-1, 0, 20, 1)
                .sum(Kind::Float);
            let gradient = Tensor::run_backward(&[&out], &[&embedded], false, false).swap_remove(0);
            let shares = (gradient * &embedded).sum(Kind::Float).double_value(&[]);
            let out = out.double_value(&[]);
            assert!(
                (shares - out).abs() < 1e-3 * (1.0 + out.abs()),
                "{encoder}: {shares} {out}"
            );
        }
    }
}
