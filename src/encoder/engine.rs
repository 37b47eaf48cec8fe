//! The encoder arranged for inference, in fp32 or with int8 linear layers.
//!
//! int8: weights are quantised symmetrically per output channel, activations
//! inside libtorch's fbgemm kernel. That kernel takes its scale from the extremes
//! of the whole batch, so a row would depend on its batch-mates. Here every row
//! is first brought to 0…1 by its own extremes, and one sentinel row that
//! holds 0 and 1 goes first: the kernel's scale is then always the same, a row's
//! result depends on the row alone, and every token has the full resolution
//! (per-token quantisation: Yao et al. 2022, "ZeroQuant"). What was taken off
//! is put back after the product, with the sums of the weights' rows.
//!
//! On CPUs without VNNI the kernel adds pairs of products in 16 bits, with
//! saturation. Weights are therefore held to ±64: `2 * 255 * 64 < 2^15`, so it
//! never saturates, and all CPUs give the same result.

use std::sync::Arc;

use tch::{Device, Kind, Scalar, Tensor};

use super::batch::Batch;
use super::bert::{ACTOR_TABLE, ROLE_TABLE};
use super::marks::{ACTOR_MARKS, ROLE_MARKS};
use super::rows::{self, Channels, Scale};
use super::weights::Weights;
use super::{HEADS, HIDDEN, INTERMEDIATE, LAYERS, LAYER_NORM_EPS};
use crate::error::{Error, Result};

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

/// Largest quantised weight (see the module's text).
const WEIGHT_END: f64 = 64.0;

/// Whether this CPU has the int8 kernels.
pub fn int8_available() -> bool {
    #[cfg(target_arch = "x86_64")]
    {
        std::arch::is_x86_feature_detected!("avx2")
    }
    #[cfg(not(target_arch = "x86_64"))]
    {
        false
    }
}

#[derive(Debug)]
enum Linear {
    Fp32 {
        weight: Tensor,
        bias: Tensor,
    },
    Int8 {
        weight: Tensor,
        packed: Tensor,
        column_offsets: Tensor,
        zeros: Tensor,
        channels: Arc<Channels>,
    },
}

/// The input of a linear layer.
enum Input<'a> {
    /// As it is, `[rows, in]`.
    Plain(&'a Tensor),
    /// Behind the sentinel row, brought to 0…1.
    Scaled { rows: Tensor, scales: Vec<Scale> },
}

/// libtorch says once on stderr that its int8 kernels are deprecated. They are
/// the only ones that can be reached from Rust, so the message is of no use to
/// anybody: the first call is made here with stderr turned off.
fn hush_deprecation() {
    static ONCE: std::sync::Once = std::sync::Once::new();
    ONCE.call_once(|| {
        let _silence = gag::Gag::stderr();
        let _guard = tch::no_grad_guard();
        let zeros = Tensor::zeros([32, 32], (Kind::Float, Device::Cpu));
        let bias = Tensor::zeros([32], (Kind::Float, Device::Cpu));
        if let Ok(linear) = Linear::new(zeros.shallow_clone(), bias, Precision::Int8) {
            let mut space = buffer(32);
            let _ = prepare(&zeros, Precision::Int8, &mut space).and_then(|x| linear.forward(&x));
        }
    });
}

impl Linear {
    fn new(weight: Tensor, bias: Tensor, precision: Precision) -> Result<Self> {
        if precision == Precision::Fp32 {
            return Ok(Linear::Fp32 { weight, bias });
        }
        let largest = weight.abs().amax([1i64], true).clamp_min(1e-12);
        let scales = largest / WEIGHT_END;
        let quantised = (weight / &scales)
            .round()
            .clamp(-WEIGHT_END, WEIGHT_END)
            .to_kind(Kind::Int8);
        let column_offsets =
            quantised
                .to_kind(Kind::Int)
                .sum_dim_intlist(&[1i64][..], false, Kind::Int);
        let packed = quantised.f_fbgemm_pack_quantized_matrix()?;
        let scales = scales.view(-1);
        let vector = |t: &Tensor| Vec::<f32>::try_from(t.contiguous());
        let channels = Channels {
            sums: vector(&(column_offsets.to_kind(Kind::Float) * &scales))?,
            scales: vector(&scales)?,
            bias: vector(&bias)?,
        };
        Ok(Linear::Int8 {
            weight: quantised,
            packed,
            column_offsets,
            zeros: bias.zeros_like(),
            channels: Arc::new(channels),
        })
    }

    /// `[rows, in]` to `[rows, out]`.
    fn forward(&self, x: &Input<'_>) -> Result<Tensor> {
        match (self, x) {
            (Linear::Fp32 { weight, bias }, Input::Plain(x)) => Ok(x.f_linear(weight, Some(bias))?),
            (
                Linear::Int8 {
                    weight,
                    packed,
                    column_offsets,
                    zeros,
                    channels,
                },
                Input::Scaled { rows, scales },
            ) => {
                let y = rows.f_fbgemm_linear_int8_weight_fp32_activation(
                    weight,
                    packed,
                    column_offsets,
                    Scalar::from(1.0),
                    Scalar::from(0i64),
                    zeros,
                )?;
                rows::restore(y, scales, channels)
            }
            _ => Err(Error::Other(
                "a linear layer was given the input of the other precision".into(),
            )),
        }
    }

    fn share(&self) -> Self {
        match self {
            Linear::Fp32 { weight, bias } => Linear::Fp32 {
                weight: weight.shallow_clone(),
                bias: bias.shallow_clone(),
            },
            Linear::Int8 {
                weight,
                packed,
                column_offsets,
                zeros,
                channels,
            } => Linear::Int8 {
                weight: weight.shallow_clone(),
                packed: packed.shallow_clone(),
                column_offsets: column_offsets.shallow_clone(),
                zeros: zeros.shallow_clone(),
                channels: Arc::clone(channels),
            },
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
    /// Input buffers for int8, by width: the first row is the sentinel.
    buffers: [Tensor; 2],
}

impl Engine {
    /// Arranges the weights on a device. int8 runs on the CPU only.
    pub fn new(weights: &Weights, precision: Precision, device: Device) -> Result<Self> {
        let precision = match device {
            Device::Cpu => precision,
            _ => Precision::Fp32,
        };
        if precision == Precision::Int8 {
            hush_deprecation();
        }
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
            buffers: [HIDDEN, INTERMEDIATE].map(buffer),
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
            buffers: [HIDDEN, INTERMEDIATE].map(buffer),
        }
    }

    /// The arithmetic of the linear layers.
    pub fn precision(&self) -> Precision {
        self.precision
    }

    /// The last layer's vectors, row-major `[batch, tokens, HIDDEN]`.
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
        let bias = batch.attention_bias().to_device(device);
        let Engine {
            layers,
            buffers,
            precision,
            ..
        } = self;
        let [narrow, wide] = buffers;
        let precision = *precision;
        for layer in layers.iter() {
            let joined = layer
                .attention_in
                .forward(&prepare(&x, precision, narrow)?)?
                .f_view([b, t, 3, heads, h / heads])?;
            let part = |i: i64| joined.f_select(2, i)?.f_transpose(1, 2);
            let (q, k, v) = (part(0)?, part(1)?, part(2)?);
            let context = Tensor::f_scaled_dot_product_attention(
                &q,
                &k,
                &v,
                Some(&bias),
                0.0,
                false,
                None::<f64>,
            )?;
            let context = context.f_transpose(1, 2)?.f_reshape([b * t, h])?;
            let mut y = layer
                .attention_out
                .forward(&prepare(&context, precision, narrow)?)?;
            let _ = y.f_add_(&x)?;
            let attended = layer.attention_norm.forward(&y)?;
            let up = layer
                .up
                .forward(&prepare(&attended, precision, narrow)?)?
                .f_gelu("none")?;
            let mut y = layer.down.forward(&prepare(&up, precision, wide)?)?;
            let _ = y.f_add_(&attended)?;
            x = layer.norm.forward(&y)?;
        }
        Ok(x.f_view([b, t, h])?)
    }
}

fn buffer(width: usize) -> Tensor {
    let sentinel = Tensor::zeros([1, width as i64], (Kind::Float, Device::Cpu));
    let _ = sentinel.get(0).get(1).fill_(1.0);
    sentinel
}

/// For int8: the rows of `x` brought to 0…1 behind the sentinel row. Else `x`.
fn prepare<'a>(x: &'a Tensor, precision: Precision, space: &mut Tensor) -> Result<Input<'a>> {
    if precision == Precision::Fp32 {
        return Ok(Input::Plain(x));
    }
    let size = x.size();
    let (count, width) = (size[0], size[1]);
    if space.size()[0] < count + 1 {
        *space = Tensor::f_zeros([count + 1, width], (Kind::Float, Device::Cpu))?;
        space.f_narrow(0, 0, 1)?.f_copy_(&buffer(width as usize))?;
    }
    let scales = rows::bring(x, space)?;
    Ok(Input::Scaled {
        rows: space.f_narrow(0, 0, count + 1)?,
        scales,
    })
}
