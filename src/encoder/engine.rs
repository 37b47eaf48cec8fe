//! The encoder arranged for inference, in fp32 or with int8 linear layers ([`super::int8`]).
//!
//! A batch holds texts of one length, so there is no padding, and a text's result does not
//! depend on its batch-mates.

use std::sync::Arc;

use tch::{Device, Kind, Tensor};

use super::batch::Batch;
use super::bert::{ACTOR_TABLE, ROLE_TABLE};
use super::int8::{self, Matrix, Space};
use super::marks::{ACTOR_MARKS, ROLE_MARKS};
use super::weights::Weights;
use super::{HEADS, HIDDEN, INTERMEDIATE, LAYERS, LAYER_NORM_EPS};
use crate::error::Result;

/// Arithmetic of the linear layers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Precision {
    Fp32,
    Int8,
}

impl Precision {
    /// As written on the command line and in records.
    pub fn name(self) -> &'static str {
        match self {
            Precision::Fp32 => "fp32",
            Precision::Int8 => "int8",
        }
    }
}

#[derive(Debug)]
enum Linear {
    Fp32 { weight: Tensor, bias: Tensor },
    Int8(Arc<Matrix>),
}

impl Linear {
    fn new(weight: Tensor, bias: Tensor, precision: Precision) -> Result<Self> {
        Ok(match precision {
            Precision::Fp32 => Linear::Fp32 { weight, bias },
            Precision::Int8 => Linear::Int8(Arc::new(Matrix::new(&weight, &bias)?)),
        })
    }

    /// `[rows, in]` to `[rows, out]`.
    fn forward(&self, x: &Tensor, space: &mut Space) -> Result<Tensor> {
        match self {
            Linear::Fp32 { weight, bias } => Ok(x.f_linear(weight, Some(bias))?),
            Linear::Int8(matrix) => matrix.forward(x, space),
        }
    }

    fn share(&self) -> Self {
        match self {
            Linear::Fp32 { weight, bias } => Linear::Fp32 {
                weight: weight.shallow_clone(),
                bias: bias.shallow_clone(),
            },
            Linear::Int8(matrix) => Linear::Int8(Arc::clone(matrix)),
        }
    }
}

#[derive(Debug)]
struct Norm {
    weight: Tensor,
    bias: Tensor,
}

impl Norm {
    fn load(weights: &Weights, name: &str) -> Result<Self> {
        let h = [HIDDEN as i64];
        Ok(Norm {
            weight: weights.get(&format!("{name}.weight"), &h)?,
            bias: weights.get(&format!("{name}.bias"), &h)?,
        })
    }

    fn forward(&self, x: &Tensor) -> Result<Tensor> {
        Ok(x.f_layer_norm(
            [HIDDEN as i64],
            Some(&self.weight),
            Some(&self.bias),
            LAYER_NORM_EPS,
            false,
        )?)
    }

    fn share(&self) -> Self {
        Norm {
            weight: self.weight.shallow_clone(),
            bias: self.bias.shallow_clone(),
        }
    }
}

#[derive(Debug)]
struct Layer {
    /// Query, key and value in one product.
    attention_in: Linear,
    attention_out: Linear,
    attention_norm: Norm,
    up: Linear,
    down: Linear,
    norm: Norm,
}

/// An encoder ready to run. Not shared between threads: each worker has its
/// own by [`Engine::share`], over the same weights.
#[derive(Debug)]
pub struct Engine {
    word: Tensor,
    position: Tensor,
    types: Tensor,
    actor_marks: Tensor,
    role_marks: Tensor,
    norm: Norm,
    layers: Vec<Layer>,
    precision: Precision,
    device: Device,
    space: Space,
}

impl Engine {
    /// Arranges the weights on a device. int8 runs on CPUs with AVX2 only, else it is fp32.
    pub fn new(weights: &Weights, precision: Precision, device: Device) -> Result<Self> {
        let precision = match device {
            Device::Cpu if precision == Precision::Int8 && !int8::available() => {
                tracing::warn!("this CPU has no AVX2, which int8 needs: computing in fp32");
                Precision::Fp32
            }
            Device::Cpu => precision,
            _ => Precision::Fp32,
        };
        let weights = &weights.to_device(device);
        let h = HIDDEN as i64;
        let linear = |name: &str, n_out: usize, n_in: usize| -> Result<Linear> {
            Linear::new(
                weights.get(&format!("{name}.weight"), &[n_out as i64, n_in as i64])?,
                weights.get(&format!("{name}.bias"), &[n_out as i64])?,
                precision,
            )
        };
        let mut layers = Vec::with_capacity(LAYERS);
        for l in 0..LAYERS {
            let p = format!("encoder.layer.{l}");
            let joined = |part: &str, shape: &[i64]| -> Result<Tensor> {
                let parts = ["query", "key", "value"]
                    .map(|n| weights.get(&format!("{p}.attention.self.{n}.{part}"), shape));
                let [q, k, v] = parts;
                Ok(Tensor::f_cat(&[q?, k?, v?], 0)?)
            };
            layers.push(Layer {
                attention_in: Linear::new(
                    joined("weight", &[HIDDEN as i64, HIDDEN as i64])?,
                    joined("bias", &[HIDDEN as i64])?,
                    precision,
                )?,
                attention_out: linear(&format!("{p}.attention.output.dense"), HIDDEN, HIDDEN)?,
                attention_norm: Norm::load(weights, &format!("{p}.attention.output.LayerNorm"))?,
                up: linear(&format!("{p}.intermediate.dense"), INTERMEDIATE, HIDDEN)?,
                down: linear(&format!("{p}.output.dense"), HIDDEN, INTERMEDIATE)?,
                norm: Norm::load(weights, &format!("{p}.output.LayerNorm"))?,
            });
        }
        let table = |name: &str, rows: i64| -> Result<Tensor> {
            if weights.has(name) {
                weights.get(name, &[rows, h])
            } else {
                Ok(Tensor::zeros([rows, h], (Kind::Float, device)))
            }
        };
        Ok(Engine {
            word: weights.get("embeddings.word_embeddings.weight", &[30_522, h])?,
            position: weights.get("embeddings.position_embeddings.weight", &[512, h])?,
            types: weights.get("embeddings.token_type_embeddings.weight", &[2, h])?,
            actor_marks: table(ACTOR_TABLE, ACTOR_MARKS)?,
            role_marks: table(ROLE_TABLE, ROLE_MARKS)?,
            norm: Norm::load(weights, "embeddings.LayerNorm")?,
            layers,
            precision,
            device,
            space: Space::default(),
        })
    }

    /// A second engine over the same weights, for another thread.
    pub fn share(&self) -> Self {
        Engine {
            word: self.word.shallow_clone(),
            position: self.position.shallow_clone(),
            types: self.types.shallow_clone(),
            actor_marks: self.actor_marks.shallow_clone(),
            role_marks: self.role_marks.shallow_clone(),
            norm: self.norm.share(),
            layers: self
                .layers
                .iter()
                .map(|l| Layer {
                    attention_in: l.attention_in.share(),
                    attention_out: l.attention_out.share(),
                    attention_norm: l.attention_norm.share(),
                    up: l.up.share(),
                    down: l.down.share(),
                    norm: l.norm.share(),
                })
                .collect(),
            precision: self.precision,
            device: self.device,
            space: Space::default(),
        }
    }

    /// The arithmetic of the linear layers.
    pub fn precision(&self) -> Precision {
        self.precision
    }

    /// The last layer's vectors, row-major `[batch, tokens, HIDDEN]`. The batch must not be
    /// padded (see [`super::plan`]): every token is attended to.
    pub fn run(&mut self, batch: &Batch) -> Result<Vec<f32>> {
        let hidden = self.forward(batch)?;
        Ok(Vec::try_from(
            hidden.contiguous().view(-1).to_device(Device::Cpu),
        )?)
    }

    fn forward(&mut self, batch: &Batch) -> Result<Tensor> {
        let _guard = tch::no_grad_guard();
        let (b, t) = (batch.rows as i64, batch.width as i64);
        let (h, heads) = (HIDDEN as i64, HEADS as i64);
        let device = self.device;
        let look = |table: &Tensor, ids: &Tensor| {
            Tensor::f_embedding(table, &ids.to_device(device), -1, false, false)
        };
        let mut embedded = look(&self.word, &batch.ids)?;
        let _ = embedded.f_add_(&look(&self.types, &batch.types)?)?;
        let _ = embedded.f_add_(&look(&self.actor_marks, &batch.actors)?)?;
        let _ = embedded.f_add_(&look(&self.role_marks, &batch.roles)?)?;
        let _ = embedded.f_add_(&self.position.f_narrow(0, 0, t)?)?;
        let mut x = self.norm.forward(&embedded)?.f_view([b * t, h])?;
        // Nothing is masked; tch cannot leave the mask out.
        let mask = Tensor::f_zeros([1, 1, 1, t], (Kind::Float, device))?;
        let Engine { layers, space, .. } = self;
        for layer in layers.iter() {
            let joined =
                layer
                    .attention_in
                    .forward(&x, space)?
                    .f_view([b, t, 3, heads, h / heads])?;
            let part = |i: i64| joined.f_select(2, i)?.f_transpose(1, 2);
            let (q, k, v) = (part(0)?, part(1)?, part(2)?);
            let context = Tensor::f_scaled_dot_product_attention(
                &q,
                &k,
                &v,
                Some(&mask),
                0.0,
                false,
                None::<f64>,
            )?;
            let context = context.f_transpose(1, 2)?.f_reshape([b * t, h])?;
            let mut y = layer.attention_out.forward(&context, space)?;
            let _ = y.f_add_(&x)?;
            let attended = layer.attention_norm.forward(&y)?;
            let up = layer.up.forward(&attended, space)?.f_gelu_("none")?;
            let mut y = layer.down.forward(&up, space)?;
            let _ = y.f_add_(&attended)?;
            x = layer.norm.forward(&y)?;
        }
        Ok(x.f_view([b, t, h])?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::encoder::bert::Bert;
    use crate::encoder::{Tokenizer, ENCODER};

    #[test]
    fn the_engine_computes_what_the_trainable_network_does() {
        let dir = crate::model::encoder_dir(ENCODER).unwrap();
        let tokenizer = Tokenizer::load(&dir.join("tokenizer.json")).unwrap();
        let text = tokenizer
            .encode("The minister refused to withdraw the troops.", 64)
            .unwrap();
        let batch = Batch::new(&[&text, &text], &[], text.len());
        let bert = Bert::new(&dir, Device::Cpu).unwrap();
        let expected =
            tch::no_grad(|| bert.forward(&bert.embed(&batch), &batch, false).unwrap()).view(-1);
        let weights = Weights::load(&dir.join("model.safetensors"), None).unwrap();
        for (precision, within) in [(Precision::Fp32, 1e-4), (Precision::Int8, 0.1)] {
            let mut engine = Engine::new(&weights, precision, Device::Cpu).unwrap();
            let found = Tensor::from_slice(&engine.run(&batch).unwrap());
            let difference = (found - &expected)
                .abs()
                .mean(Kind::Float)
                .double_value(&[]);
            assert!(difference < within, "{precision:?}: {difference}");
        }
    }
}
