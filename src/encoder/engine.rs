//! The encoder arranged for inference, in fp32 or with int8 linear layers.
//!
//! int8: weights are quantised symmetrically per tensor, activations inside
//! libtorch's fbgemm kernel. That kernel takes its scale from the extremes of
//! the whole batch, so a row would depend on its batch-mates. Here every input
//! is clamped to a range calibrated at training, and one sentinel row holding
//! the ends of that range goes first: the scale is then always the same, and a
//! row's result depends on the row alone.

use tch::{Device, Kind, Scalar, Tensor};

use super::batch::Batch;
use super::bert::{ACTOR_TABLE, ROLE_TABLE};
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

/// Inputs of linear layers whose ranges are calibrated, per layer: attention
/// (query, key and value share it), attention output, feed-forward in and out.
pub const RANGES_PER_LAYER: usize = 4;
/// Name of the calibrated ranges in weight files, `[LAYERS * RANGES_PER_LAYER, 2]`.
pub const RANGES: &str = "int8.ranges";

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
        scale: f64,
        bias: Tensor,
    },
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
            let _ = linear.forward(&(zeros + 1.0));
        }
    });
}

impl Linear {
    fn new(weight: Tensor, bias: Tensor, precision: Precision) -> Result<Self> {
        if precision == Precision::Fp32 {
            return Ok(Linear::Fp32 { weight, bias });
        }
        let max = weight.abs().max().double_value(&[]);
        let scale = if max > 0.0 { max / 127.0 } else { 1.0 };
        let quantised = (weight / scale)
            .round()
            .clamp(-127.0, 127.0)
            .to_kind(Kind::Int8);
        let column_offsets =
            quantised
                .to_kind(Kind::Int)
                .sum_dim_intlist(&[1i64][..], false, Kind::Int);
        let packed = quantised.f_fbgemm_pack_quantized_matrix()?;
        Ok(Linear::Int8 {
            weight: quantised,
            packed,
            column_offsets,
            scale,
            bias,
        })
    }

    /// `[rows, in]` to `[rows, out]`.
    fn forward(&self, x: &Tensor) -> Result<Tensor> {
        Ok(match self {
            Linear::Fp32 { weight, bias } => x.f_linear(weight, Some(bias))?,
            Linear::Int8 {
                weight,
                packed,
                column_offsets,
                scale,
                bias,
            } => x.f_fbgemm_linear_int8_weight_fp32_activation(
                weight,
                packed,
                column_offsets,
                Scalar::from(*scale),
                Scalar::from(0i64),
                bias,
            )?,
        })
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
                scale,
                bias,
            } => Linear::Int8 {
                weight: weight.shallow_clone(),
                packed: packed.shallow_clone(),
                column_offsets: column_offsets.shallow_clone(),
                scale: *scale,
                bias: bias.shallow_clone(),
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

/// The range an input is clamped to in int8, and the sentinel row that holds its ends.
#[derive(Debug)]
struct Range {
    low: f64,
    high: f64,
    sentinel: Tensor,
}

impl Range {
    fn new(low: f64, high: f64, width: usize) -> Self {
        let mut row = vec![0f32; width];
        row[0] = low as f32;
        row[1] = high as f32;
        Range {
            low,
            high,
            sentinel: Tensor::from_slice(&row),
        }
    }

    fn share(&self) -> Self {
        Range {
            low: self.low,
            high: self.high,
            sentinel: self.sentinel.shallow_clone(),
        }
    }
}

#[derive(Debug)]
struct Layer {
    query: Linear,
    key: Linear,
    value: Linear,
    attention_out: Linear,
    attention_norm: Norm,
    up: Linear,
    down: Linear,
    norm: Norm,
    ranges: Vec<Range>,
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
    /// Input buffers for int8, by width: the first row is the sentinel's.
    buffers: [Tensor; 2],
}

impl Engine {
    /// Arranges the weights on a device. int8 needs the calibrated ranges among
    /// them, and runs on the CPU only.
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
        let ranges: Vec<f32> = if precision == Precision::Int8 {
            let t = weights.get(RANGES, &[(LAYERS * RANGES_PER_LAYER) as i64, 2])?;
            Vec::try_from(t.contiguous().view(-1))?
        } else {
            Vec::new()
        };
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
            let widths = [HIDDEN, HIDDEN, HIDDEN, INTERMEDIATE];
            let ranges = ranges
                .chunks_exact(2)
                .skip(l * RANGES_PER_LAYER)
                .zip(widths)
                .map(|(r, w)| Range::new(f64::from(r[0]), f64::from(r[1]), w))
                .collect();
            layers.push(Layer {
                query: linear(&format!("{p}.attention.self.query"), HIDDEN, HIDDEN)?,
                key: linear(&format!("{p}.attention.self.key"), HIDDEN, HIDDEN)?,
                value: linear(&format!("{p}.attention.self.value"), HIDDEN, HIDDEN)?,
                attention_out: linear(&format!("{p}.attention.output.dense"), HIDDEN, HIDDEN)?,
                attention_norm: Norm::load(weights, &format!("{p}.attention.output.LayerNorm"))?,
                up: linear(&format!("{p}.intermediate.dense"), INTERMEDIATE, HIDDEN)?,
                down: linear(&format!("{p}.output.dense"), HIDDEN, INTERMEDIATE)?,
                norm: Norm::load(weights, &format!("{p}.output.LayerNorm"))?,
                ranges,
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
                    query: l.query.share(),
                    key: l.key.share(),
                    value: l.value.share(),
                    attention_out: l.attention_out.share(),
                    attention_norm: l.attention_norm.share(),
                    up: l.up.share(),
                    down: l.down.share(),
                    norm: l.norm.share(),
                    ranges: l.ranges.iter().map(Range::share).collect(),
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
        let hidden = self.forward(batch, None)?;
        Ok(Vec::try_from(
            hidden.contiguous().view(-1).to_device(Device::Cpu),
        )?)
    }

    /// The smallest and largest input of every linear layer over a batch, for
    /// calibration: `[LAYERS * RANGES_PER_LAYER]` pairs.
    pub fn extremes(&mut self, batch: &Batch, tail: f64) -> Result<Vec<(f64, f64)>> {
        let mut seen = Vec::new();
        let mut watch = |x: &Tensor| {
            let flat = x.view(-1).sort(0, false).0;
            let n = flat.size()[0];
            let cut = ((n as f64) * tail) as i64;
            seen.push((flat.double_value(&[cut]), flat.double_value(&[n - 1 - cut])));
        };
        let _ = self.forward(batch, Some(&mut watch))?;
        Ok(seen)
    }

    fn forward(
        &mut self,
        batch: &Batch,
        mut watch: Option<&mut dyn FnMut(&Tensor)>,
    ) -> Result<Tensor> {
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
        let split = |y: &Tensor| -> Result<Tensor> {
            Ok(y.f_view([b, t, heads, h / heads])?.f_transpose(1, 2)?)
        };
        let Engine {
            layers, buffers, ..
        } = self;
        let [narrow, wide] = buffers;
        for layer in layers.iter() {
            let range = |i: usize| layer.ranges.get(i);
            if let Some(w) = watch.as_mut() {
                w(&x);
            }
            let input = prepare(&x, range(0), narrow)?;
            let q = split(&trim(layer.query.forward(&input)?, range(0))?)?;
            let k = split(&trim(layer.key.forward(&input)?, range(0))?)?;
            let v = split(&trim(layer.value.forward(&input)?, range(0))?)?;
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
            if let Some(w) = watch.as_mut() {
                w(&context);
            }
            let input = prepare(&context, range(1), narrow)?;
            let mut y = trim(layer.attention_out.forward(&input)?, range(1))?;
            let _ = y.f_add_(&x)?;
            let attended = layer.attention_norm.forward(&y)?;
            if let Some(w) = watch.as_mut() {
                w(&attended);
            }
            let input = prepare(&attended, range(2), narrow)?;
            let up = trim(layer.up.forward(&input)?, range(2))?.f_gelu("none")?;
            if let Some(w) = watch.as_mut() {
                w(&up);
            }
            let input = prepare(&up, range(3), wide)?;
            let mut y = trim(layer.down.forward(&input)?, range(3))?;
            let _ = y.f_add_(&attended)?;
            x = layer.norm.forward(&y)?;
        }
        Ok(x.f_view([b, t, h])?)
    }
}

fn buffer(width: usize) -> Tensor {
    Tensor::zeros([1, width as i64], (Kind::Float, Device::Cpu))
}

/// For int8: the rows of `x` clamped to the range behind the sentinel row. Else `x`.
fn prepare(x: &Tensor, range: Option<&Range>, buffer: &mut Tensor) -> Result<Tensor> {
    let Some(range) = range else {
        return Ok(x.shallow_clone());
    };
    let size = x.size();
    let (rows, width) = (size[0], size[1]);
    if buffer.size()[0] < rows + 1 {
        *buffer = Tensor::f_zeros([rows + 1, width], (Kind::Float, Device::Cpu))?;
    }
    buffer.f_get(0)?.f_copy_(&range.sentinel)?;
    let _ = x.f_clamp_out(&buffer.f_narrow(0, 1, rows)?, range.low, range.high)?;
    Ok(buffer.f_narrow(0, 0, rows + 1)?)
}

/// Drops the sentinel's row from a linear layer's output.
fn trim(y: Tensor, range: Option<&Range>) -> Result<Tensor> {
    Ok(match range {
        Some(_) => y.f_narrow(0, 1, y.size()[0] - 1)?,
        None => y,
    })
}
