//! The encoder arranged for inference, in fp32 or with int8 linear layers ([`super::int8`]).
//!
//! A batch holds texts of one length, so there is no padding, and a text's result does not
//! depend on its batch-mates.

use std::sync::Arc;

use tch::{Device, Kind, Tensor};

use super::architecture::{Architecture, DISTANCES};
use super::batch::Batch;
use super::bert::{ACTOR_TABLE, ROLE_TABLE};
use super::int8::{self, Matrix, Space};
use super::marks::{ACTOR_MARKS, ROLE_MARKS};
use super::weights::Weights;
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
    epsilon: f64,
}

impl Norm {
    fn load(weights: &Weights, name: &str, architecture: &Architecture) -> Result<Self> {
        let h = [architecture.hidden as i64];
        Ok(Norm {
            weight: weights.get(&format!("{name}.weight"), &h)?,
            bias: weights.get(&format!("{name}.bias"), &h)?,
            epsilon: architecture.epsilon,
        })
    }

    fn forward(&self, x: &Tensor) -> Result<Tensor> {
        Ok(x.f_layer_norm(
            self.weight.size(),
            Some(&self.weight),
            Some(&self.bias),
            self.epsilon,
            false,
        )?)
    }

    fn share(&self) -> Self {
        Norm {
            weight: self.weight.shallow_clone(),
            bias: self.bias.shallow_clone(),
            epsilon: self.epsilon,
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
    architecture: Architecture,
    word: Tensor,
    position: Tensor,
    types: Option<Tensor>,
    /// `[distances, heads]`.
    distances: Option<Tensor>,
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
    pub fn new(
        weights: &Weights,
        architecture: &Architecture,
        precision: Precision,
        device: Device,
    ) -> Result<Self> {
        let precision = match device {
            Device::Cpu if precision == Precision::Int8 && !int8::available() => {
                tracing::warn!("this CPU has no AVX2, which int8 needs: computing in fp32");
                Precision::Fp32
            }
            Device::Cpu => precision,
            _ => Precision::Fp32,
        };
        let weights = &weights.to_device(device);
        let (hidden, wide) = (architecture.hidden, architecture.intermediate);
        let h = hidden as i64;
        let linear = |name: &str, n_out: usize, n_in: usize| -> Result<Linear> {
            Linear::new(
                weights.get(&format!("{name}.weight"), &[n_out as i64, n_in as i64])?,
                weights.get(&format!("{name}.bias"), &[n_out as i64])?,
                precision,
            )
        };
        let norm = |name: &str| Norm::load(weights, name, architecture);
        let mut layers = Vec::with_capacity(architecture.layers);
        for l in 0..architecture.layers {
            let names = architecture.layer(l);
            let joined = |part: &str, shape: &[i64]| -> Result<Tensor> {
                let [q, k, v] = names
                    .qkv
                    .each_ref()
                    .map(|n| weights.get(&format!("{n}.{part}"), shape));
                Ok(Tensor::f_cat(&[q?, k?, v?], 0)?)
            };
            layers.push(Layer {
                attention_in: Linear::new(
                    joined("weight", &[h, h])?,
                    joined("bias", &[h])?,
                    precision,
                )?,
                attention_out: linear(&names.attention_out, hidden, hidden)?,
                attention_norm: norm(&names.attention_norm)?,
                up: linear(&names.up, wide, hidden)?,
                down: linear(&names.down, hidden, wide)?,
                norm: norm(&names.norm)?,
            });
        }
        let marks = |name: &str, rows: i64| -> Result<Tensor> {
            if weights.has(name) {
                weights.get(name, &[rows, h])
            } else {
                Ok(Tensor::zeros([rows, h], (Kind::Float, device)))
            }
        };
        let table = |name: &str, rows: usize, width: i64| -> Result<Option<Tensor>> {
            (rows > 0)
                .then(|| weights.get(name, &[rows as i64, width]))
                .transpose()
        };
        let embeddings = |name: &str, rows: usize| -> Result<Tensor> {
            weights.get(&format!("embeddings.{name}.weight"), &[rows as i64, h])
        };
        Ok(Engine {
            word: embeddings("word_embeddings", architecture.vocabulary)?,
            position: embeddings("position_embeddings", architecture.positions)?,
            types: table(
                "embeddings.token_type_embeddings.weight",
                architecture.types,
                h,
            )?,
            distances: table(DISTANCES, architecture.distances, architecture.heads as i64)?,
            actor_marks: marks(ACTOR_TABLE, ACTOR_MARKS)?,
            role_marks: marks(ROLE_TABLE, ROLE_MARKS)?,
            norm: norm("embeddings.LayerNorm")?,
            layers,
            precision,
            device,
            space: Space::default(),
            architecture: architecture.clone(),
        })
    }

    /// A second engine over the same weights, for another thread.
    pub fn share(&self) -> Self {
        let table = |t: &Option<Tensor>| t.as_ref().map(Tensor::shallow_clone);
        Engine {
            architecture: self.architecture.clone(),
            word: self.word.shallow_clone(),
            position: self.position.shallow_clone(),
            types: table(&self.types),
            distances: table(&self.distances),
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

    /// Width of the token vectors.
    pub fn hidden(&self) -> usize {
        self.architecture.hidden
    }

    /// The last layer's vectors, row-major `[batch, tokens, hidden]`. The batch must not be
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
        let a = &self.architecture;
        let (h, heads) = (a.hidden as i64, a.heads as i64);
        let device = self.device;
        let look = |table: &Tensor, ids: &Tensor| {
            Tensor::f_embedding(table, &ids.to_device(device), -1, false, false)
        };
        let mut embedded = look(&self.word, &batch.ids)?;
        if let Some(types) = &self.types {
            let _ = embedded.f_add_(&look(types, &batch.types)?)?;
        }
        let _ = embedded.f_add_(&look(&self.actor_marks, &batch.actors)?)?;
        let _ = embedded.f_add_(&look(&self.role_marks, &batch.roles)?)?;
        let _ = embedded.f_add_(&self.position.f_narrow(0, a.first_position() as i64, t)?)?;
        let mut x = self.norm.forward(&embedded)?.f_view([b * t, h])?;
        // Nothing is masked; what is added to the attention is the distance's bias.
        let mask = match &self.distances {
            Some(table) => {
                let rows = Tensor::from_slice(&a.distance_rows(batch.width));
                look(table, &rows)?
                    .f_view([1, t, t, heads])?
                    .f_permute([0, 3, 1, 2])?
                    .f_contiguous()?
            }
            None => Tensor::f_zeros([1, 1, 1, t], (Kind::Float, device))?,
        };
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
    use crate::encoder::trainable::Trainable;
    use crate::encoder::{TokenMarks, ENCODER};
    use crate::model::{open_encoder, Base, Opened};

    const LARGER: &str = "all-mpnet-base-v2";

    /// A batch of two equal texts with marks, and the encoder that reads it.
    fn batch(encoder: &str) -> (Opened, Batch) {
        let opened = open_encoder(&Base::installed(encoder).unwrap()).unwrap();
        let text = opened
            .tokenizer
            .encode_pair(
                "The minister refused to withdraw the troops.",
                "He agreed.",
                64,
            )
            .unwrap();
        let mut marks = TokenMarks::none(text.len());
        marks.actors[2] = 1;
        marks.roles[3] = 2;
        let batch = Batch::new(&[&text, &text], &[&marks, &marks], text.len());
        (opened, batch)
    }

    fn close(opened: &Opened, batch: &Batch, expected: &Tensor, int8: f64) {
        for (precision, within) in [(Precision::Fp32, 1e-4), (Precision::Int8, int8)] {
            let mut engine = Engine::new(
                &opened.weights,
                &opened.architecture,
                precision,
                Device::Cpu,
            )
            .unwrap();
            let found = Tensor::from_slice(&engine.run(batch).unwrap());
            let difference = (found - expected.view(-1))
                .abs()
                .mean(Kind::Float)
                .double_value(&[]);
            assert!(difference < within, "{precision:?}: {difference}");
        }
    }

    #[test]
    fn the_engine_computes_what_the_networks_that_are_trained_do() {
        let (opened, batch) = batch(ENCODER);
        let dir = crate::model::encoder_dir(ENCODER).unwrap();
        let whole = Bert::new(&dir, &opened.architecture, Device::Cpu).unwrap();
        let adapted =
            Trainable::new(&opened.architecture, &opened.weights, 0, Device::Cpu).unwrap();
        let _guard = tch::no_grad_guard();
        let embedded = adapted.embed(&batch);
        for expected in [
            whole.reference(&embedded, &batch),
            whole.network.forward(&embedded, &batch, false),
            adapted.forward(&embedded, &batch, false),
        ] {
            close(&opened, &batch, &expected.unwrap(), 0.1);
        }
    }

    #[test]
    fn the_larger_encoder_gives_the_vectors_it_gives_elsewhere() {
        let (opened, batch) = batch(LARGER);
        let mut engine = Engine::new(
            &opened.weights,
            &opened.architecture,
            Precision::Fp32,
            Device::Cpu,
        )
        .unwrap();
        let plain = Batch {
            actors: batch.actors.zeros_like(),
            roles: batch.roles.zeros_like(),
            ..batch
        };
        let hidden = engine.run(&plain).unwrap();
        let text = &hidden[..hidden.len() / 2];
        // The mean vector's first values, from transformers 4.44 with PyTorch 2.4.
        let expected = [
            0.137_831, -0.021_584, 0.059_805, -0.015_059, 0.065_539, -0.044_397,
        ];
        let found = crate::encoder::pool::mean(text, engine.hidden());
        for (found, expected) in found.iter().zip(expected) {
            assert!((found - expected).abs() < 1e-4, "{found} {expected}");
        }
    }

    #[test]
    fn adapters_add_to_the_larger_encoder_what_they_add_when_merged() {
        let (mut opened, batch) = batch(LARGER);
        tch::manual_seed(3);
        let adapted =
            Trainable::new(&opened.architecture, &opened.weights, 4, Device::Cpu).unwrap();
        let _guard = tch::no_grad_guard();
        for (name, v) in adapted.vs.variables() {
            if !name.ends_with("lora_a") {
                let _ = v.shallow_clone().normal_(0.0, 0.02);
            }
            opened.weights.insert(name, v);
        }
        // In bf16, where this CPU has it.
        let expected = adapted
            .forward(&adapted.embed(&batch), &batch, false)
            .unwrap();
        opened.weights.merge_adapters().unwrap();
        assert_eq!(opened.weights.adapter_rank(), 0);
        let mut merged =
            Trainable::new(&opened.architecture, &opened.weights, 0, Device::Cpu).unwrap();
        merged.load(&opened.weights).unwrap();
        let exact = merged
            .forward(&merged.embed(&batch), &batch, false)
            .unwrap();
        let difference = (&exact - expected)
            .abs()
            .mean(Kind::Float)
            .double_value(&[]);
        assert!(difference < 0.01, "{difference}");
        close(&opened, &batch, &exact, 0.02);
    }
}
