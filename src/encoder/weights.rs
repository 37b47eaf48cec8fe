//! Named tensors: the base encoder's safetensors with a model's own laid over them.

use std::collections::BTreeMap;
use std::path::Path;

use sha2::{Digest, Sha256};
use tch::{Kind, Tensor};

use crate::error::{Error, Result};

/// Tensors by name, in name order.
#[derive(Debug, Default)]
pub struct Weights(BTreeMap<String, Tensor>);

impl Weights {
    /// Reads a safetensors file; half-precision tensors become fp32. With
    /// `sha256` (hex) the file must have exactly that hash.
    pub fn load(path: &Path, sha256: Option<&str>) -> Result<Self> {
        let remedy = "run scripts/setup, or restore the file from the repository";
        let bytes = std::fs::read(path).map_err(|e| match e.kind() {
            std::io::ErrorKind::NotFound => Error::Model(format!(
                "{}: the weights are missing; {remedy}",
                path.display()
            )),
            _ => Error::io(path, e),
        })?;
        if let Some(expected) = sha256 {
            let found = hex(&Sha256::digest(&bytes));
            if found != expected {
                return Err(Error::Model(format!(
                    "{}: the weights are damaged (SHA-256 {found}, expected {expected}); {remedy}",
                    path.display()
                )));
            }
        }
        let damaged = |e: String| {
            Error::Model(format!(
                "{}: not usable weights ({e}); {remedy}",
                path.display()
            ))
        };
        let file =
            safetensors::SafeTensors::deserialize(&bytes).map_err(|e| damaged(e.to_string()))?;
        let mut out = BTreeMap::new();
        for (name, view) in file.tensors() {
            use safetensors::Dtype;
            let kind = match view.dtype() {
                Dtype::F32 => Kind::Float,
                Dtype::F16 => Kind::Half,
                Dtype::I64 => Kind::Int64,
                other => return Err(damaged(format!("{name} has the type {other:?}"))),
            };
            let shape: Vec<i64> = view.shape().iter().map(|&d| d as i64).collect();
            let t = Tensor::f_from_data_size(view.data(), &shape, kind)?;
            let t = if kind == Kind::Half {
                t.to_kind(Kind::Float)
            } else {
                t
            };
            out.insert(name, t);
        }
        Ok(Weights(out))
    }

    /// Lays `other` over these weights.
    pub fn overlay(&mut self, other: Weights) {
        self.0.extend(other.0);
    }

    /// The mean, tensor by tensor, of weights with the same names and shapes.
    pub fn mean(all: &[Weights]) -> Result<Weights> {
        let mut out = BTreeMap::new();
        for (name, tensor) in all.first().map(|w| w.iter()).into_iter().flatten() {
            let shape = tensor.size();
            let same = all
                .iter()
                .map(|w| w.get(name, &shape))
                .collect::<Result<Vec<_>>>()?;
            let mean = Tensor::stack(&same, 0).mean_dim(0, false, Kind::Float);
            out.insert(name.to_string(), mean);
        }
        Ok(Weights(out))
    }

    /// Adds or replaces one tensor.
    pub fn insert(&mut self, name: impl Into<String>, tensor: Tensor) {
        self.0.insert(name.into(), tensor);
    }

    /// The tensor of that name, which must have that shape.
    pub fn get(&self, name: &str, shape: &[i64]) -> Result<Tensor> {
        let t = self
            .0
            .get(name)
            .ok_or_else(|| Error::Model(format!("the weights lack {name}")))?;
        if t.size() != shape {
            return Err(Error::Model(format!(
                "{name} has the shape {:?}, expected {shape:?}",
                t.size()
            )));
        }
        Ok(t.shallow_clone())
    }

    /// Whether a tensor of that name is there.
    pub fn has(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    /// The same tensors on a device.
    pub fn to_device(&self, device: tch::Device) -> Weights {
        Weights(
            self.0
                .iter()
                .map(|(n, t)| (n.clone(), t.to_device(device)))
                .collect(),
        )
    }

    /// All tensors in name order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Tensor)> {
        self.0.iter().map(|(n, t)| (n.as_str(), t))
    }

    /// Writes a safetensors file in half precision and gives its SHA-256 (hex).
    pub fn save_half(&self, path: &Path) -> Result<String> {
        let halves: Vec<(String, Vec<u8>, Vec<usize>)> = self
            .0
            .iter()
            .map(|(name, t)| {
                let flat = t.to_kind(Kind::Float).contiguous().view(-1);
                let values: Vec<f32> = Vec::try_from(&flat).map_err(Error::from)?;
                let bytes = values
                    .iter()
                    .flat_map(|&v| half::f16::from_f32(v).to_le_bytes())
                    .collect();
                let shape = t.size().iter().map(|&d| d as usize).collect();
                Ok((name.clone(), bytes, shape))
            })
            .collect::<Result<_>>()?;
        self.write(path, &halves, safetensors::Dtype::F16)
    }

    /// Writes a safetensors file in full precision (for checkpoints).
    pub fn save_full(&self, path: &Path) -> Result<String> {
        let full: Vec<(String, Vec<u8>, Vec<usize>)> = self
            .0
            .iter()
            .map(|(name, t)| {
                let flat = t.to_kind(Kind::Float).contiguous().view(-1);
                let values: Vec<f32> = Vec::try_from(&flat).map_err(Error::from)?;
                let bytes = values.iter().flat_map(|v| v.to_le_bytes()).collect();
                let shape = t.size().iter().map(|&d| d as usize).collect();
                Ok((name.clone(), bytes, shape))
            })
            .collect::<Result<_>>()?;
        self.write(path, &full, safetensors::Dtype::F32)
    }

    fn write(
        &self,
        path: &Path,
        tensors: &[(String, Vec<u8>, Vec<usize>)],
        dtype: safetensors::Dtype,
    ) -> Result<String> {
        let views = tensors
            .iter()
            .map(|(name, bytes, shape)| {
                safetensors::tensor::TensorView::new(dtype, shape.clone(), bytes)
                    .map(|v| (name.as_str(), v))
            })
            .collect::<std::result::Result<Vec<_>, _>>()
            .map_err(|e| Error::Other(format!("{}: {e}", path.display())))?;
        let bytes = safetensors::serialize(views, &None)
            .map_err(|e| Error::Other(format!("{}: {e}", path.display())))?;
        crate::home::write_whole(path, &bytes)?;
        Ok(hex(&Sha256::digest(&bytes)))
    }
}

/// Lower-case hex digits.
pub fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::new(), |mut s, b| {
        let _ = write!(s, "{b:02x}");
        s
    })
}
