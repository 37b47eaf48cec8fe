//! Named tensors: the base encoder's safetensors with a model's own laid over them.

use std::collections::BTreeMap;
use std::io::Read;
use std::path::Path;

use safetensors::Dtype;
use sha2::{Digest, Sha256};
use tch::{Kind, Tensor};

use crate::error::{Error, Result};

/// Ends the name of an adapter's matrix from the inputs, `[rank, in]`.
pub const LORA_A: &str = "lora_a";
/// Ends the name of an adapter's matrix to the outputs, `[out, rank]`.
pub const LORA_B: &str = "lora_b";

/// Tensors by name, in name order.
#[derive(Debug, Default)]
pub struct Weights(BTreeMap<String, Tensor>);

impl Weights {
    /// Reads a safetensors file; half-precision tensors become fp32. With
    /// `sha256` (hex) the file must have exactly that hash.
    pub fn load(path: &Path, sha256: Option<&str>) -> Result<Self> {
        let remedy = "run scripts/setup, or restore the file from the repository";
        let file = std::fs::File::open(path).map_err(|e| match e.kind() {
            std::io::ErrorKind::NotFound => Error::Model(format!(
                "{}: the weights are missing; {remedy}",
                path.display()
            )),
            _ => Error::io(path, e),
        })?;
        let damaged = |e: String| {
            Error::Model(format!(
                "{}: not usable weights ({e}); {remedy}",
                path.display()
            ))
        };
        let length = file.metadata().map_err(|e| Error::io(path, e))?.len();
        let mut file = Hashing::new(file);
        let read = tensors(&mut file, length);
        // A wrong hash explains every other trouble, so it is told first.
        let found = file.finish().map_err(|e| Error::io(path, e))?;
        if let Some(expected) = sha256 {
            if found != expected {
                return Err(Error::Model(format!(
                    "{}: the weights are damaged (SHA-256 {found}, expected {expected}); {remedy}",
                    path.display()
                )));
            }
        }
        let mut out = read.map_err(|e| damaged(e.to_string()))?;
        let compact: Vec<String> = out
            .iter()
            .filter(|(_, t)| t.kind() == Kind::Int8)
            .map(|(name, _)| name.clone())
            .collect();
        for name in compact {
            let scales = out
                .remove(&format!("{name}{SCALES}"))
                .ok_or_else(|| damaged(format!("{name} has no scales")))?;
            let whole = out[&name].to_kind(Kind::Float) * scales.f_view([-1, 1])?;
            out.insert(name, whole);
        }
        Ok(Weights(out))
    }

    /// Lays `other` over these weights.
    pub fn overlay(&mut self, other: Weights) {
        self.0.extend(other.0);
    }

    /// Names of the linear layers that have adapters.
    fn adapted_layers(&self) -> Vec<String> {
        let ending = format!(".{LORA_A}");
        self.0
            .keys()
            .filter_map(|name| name.strip_suffix(&ending).map(String::from))
            .collect()
    }

    /// Adds the products of the adapters to the matrices they belong to (Hu et al. 2022); then there are none.
    pub fn merge_adapters(&mut self) -> Result<()> {
        let _guard = tch::no_grad_guard();
        for layer in self.adapted_layers() {
            let mut take = |part: &str| {
                let name = format!("{layer}.{part}");
                self.0
                    .remove(&name)
                    .ok_or_else(|| Error::Model(format!("the weights lack {name}")))
            };
            let (a, b) = (take(LORA_A)?, take(LORA_B)?);
            let name = format!("{layer}.weight");
            let product = b.f_matmul(&a)?;
            let whole = self.get(&name, &product.size())? + product;
            self.0.insert(name, whole);
        }
        Ok(())
    }

    /// The mean, tensor by tensor, of weights with the same shapes; all must have what the first
    /// has. Adapters are put side by side instead, so that what they add is the mean of what each adds.
    pub fn mean(all: &[Weights]) -> Result<Weights> {
        let mut out = BTreeMap::new();
        for (name, tensor) in all.first().map(|w| w.iter()).into_iter().flatten() {
            let shape = tensor.size();
            let along = match name.rsplit('.').next() {
                Some(LORA_A) => Some((0, 1.0)),
                Some(LORA_B) => Some((1, 1.0 / all.len() as f64)),
                _ => None,
            };
            let mean = if let Some((along, factor)) = along {
                let parts = all
                    .iter()
                    .map(|w| w.any(name))
                    .collect::<Result<Vec<_>>>()?;
                Tensor::f_cat(&parts, along)? * factor
            } else {
                let same = all
                    .iter()
                    .map(|w| w.get(name, &shape))
                    .collect::<Result<Vec<_>>>()?;
                if same.iter().all(|t| t.equal(&same[0])) {
                    // What is equal in all stays what it is, to the sign of a zero.
                    out.insert(name.to_string(), same[0].shallow_clone());
                    continue;
                }
                // In double precision: rounding must not depend on how many there are.
                Tensor::stack(&same, 0)
                    .mean_dim(0, false, Kind::Double)
                    .to_kind(Kind::Float)
            };
            out.insert(name.to_string(), mean);
        }
        Ok(Weights(out))
    }

    /// Cuts the adapters to `rank`, so that what they add is as near as it can be to what they added before (Eckart and
    /// Young 1936, "The approximation of one matrix by another of lower rank").
    pub fn cut_adapters(&mut self, rank: i64) -> Result<()> {
        for layer in self.adapted_layers() {
            let part = |part: &str| {
                let name = format!("{layer}.{part}");
                Ok::<_, Error>(self.any(&name)?.f_to_kind(Kind::Double)?)
            };
            let (a, b) = (part(LORA_A)?, part(LORA_B)?);
            // b a = (basis_b core_b) (basis_a core_a)^T: the small middle is what has to be cut.
            let (basis_a, core_a) = Tensor::f_linalg_qr(&a.f_tr()?, "reduced")?;
            let (basis_b, core_b) = Tensor::f_linalg_qr(&b, "reduced")?;
            let middle = core_b.f_matmul(&core_a.f_tr()?)?;
            let (left, lengths, right) = middle.f_svd(true, true)?;
            let rank = rank.min(lengths.size()[0]);
            // Rows of `a` stay as long as they were, so that a training goes on as it would have.
            let row = a
                .f_norm_scalaropt_dim(2.0, &[1i64][..], false)?
                .f_mean(Kind::Double)?;
            let new_a = right
                .f_narrow(1, 0, rank)?
                .f_tr()?
                .f_matmul(&basis_a.f_tr()?)?
                * &row;
            let kept = left.f_narrow(1, 0, rank)? * lengths.f_narrow(0, 0, rank)? / &row;
            let new_b = basis_b.f_matmul(&kept)?;
            for (part, value) in [(LORA_A, new_a), (LORA_B, new_b)] {
                let value = value.f_to_kind(Kind::Float)?.f_contiguous()?;
                self.insert(format!("{layer}.{part}"), value);
            }
        }
        Ok(())
    }

    /// Adds from `other` what is not here, of what `wanted` names.
    pub fn complete<'a>(&mut self, wanted: impl Iterator<Item = &'a str>, other: &Weights) {
        for name in wanted {
            if let (false, Some(t)) = (self.has(name), other.0.get(name)) {
                self.insert(name, t.shallow_clone());
            }
        }
    }

    /// Adds or replaces one tensor.
    pub fn insert(&mut self, name: impl Into<String>, tensor: Tensor) {
        self.0.insert(name.into(), tensor);
    }

    fn any(&self, name: &str) -> Result<&Tensor> {
        self.0
            .get(name)
            .ok_or_else(|| Error::Model(format!("the weights lack {name}")))
    }

    /// The tensor of that name, which must have that shape.
    pub fn get(&self, name: &str, shape: &[i64]) -> Result<Tensor> {
        let t = self.any(name)?;
        if t.size() != shape {
            return Err(Error::Model(format!(
                "{name} has the shape {:?}, expected {shape:?}",
                t.size()
            )));
        }
        Ok(t.shallow_clone())
    }

    /// The rank of the adapters; 0 without any.
    pub fn adapter_rank(&self) -> i64 {
        let ending = format!(".{LORA_A}");
        self.iter()
            .find(|(name, _)| name.ends_with(&ending))
            .map_or(0, |(_, a)| a.size()[0])
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

    /// Writes a safetensors file and gives its SHA-256 (hex).
    pub fn save(&self, path: &Path, storage: Storage) -> Result<String> {
        let mut parts: Vec<(String, Dtype, Vec<u8>, Vec<usize>)> = Vec::new();
        for (name, t) in &self.0 {
            let shape: Vec<usize> = t.size().iter().map(|&d| d as usize).collect();
            let values = Vec::try_from(&t.to_kind(Kind::Float).contiguous().view(-1))?;
            let adapter = name.ends_with(LORA_A) || name.ends_with(LORA_B);
            let matrix = shape.len() == 2 && (adapter || shape.iter().all(|&d| d >= LEAST_COMPACT));
            match storage {
                Storage::Compact if matrix => {
                    let (rounded, scales) = eight_bits(&values, shape[1]);
                    let rows = vec![scales.len()];
                    let scales = scales.iter().flat_map(|v| v.to_le_bytes()).collect();
                    parts.push((format!("{name}{SCALES}"), Dtype::F32, scales, rows));
                    parts.push((name.clone(), Dtype::I8, rounded, shape));
                }
                Storage::Full => {
                    let bytes = values.iter().flat_map(|v| v.to_le_bytes()).collect();
                    parts.push((name.clone(), Dtype::F32, bytes, shape));
                }
                _ => {
                    let halves = values.iter().map(|&v| half::f16::from_f32(v));
                    let bytes = halves.flat_map(half::f16::to_le_bytes).collect();
                    parts.push((name.clone(), Dtype::F16, bytes, shape));
                }
            }
        }
        let views = parts
            .iter()
            .map(|(name, dtype, bytes, shape)| {
                safetensors::tensor::TensorView::new(*dtype, shape.clone(), bytes)
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

/// SHA-256 of a file, hex.
pub fn file_hash(path: &Path) -> Result<String> {
    std::fs::File::open(path)
        .and_then(|file| Hashing::new(file).finish())
        .map_err(|e| Error::io(path, e))
}

/// A file that is hashed while it is read.
struct Hashing {
    file: std::fs::File,
    hash: Sha256,
}

impl Hashing {
    fn new(file: std::fs::File) -> Self {
        Hashing {
            file,
            hash: Sha256::new(),
        }
    }

    /// SHA-256 of the whole file, hex, once the rest of it is read.
    fn finish(mut self) -> std::io::Result<String> {
        std::io::copy(&mut self, &mut std::io::sink())?;
        Ok(hex(&self.hash.finalize()))
    }
}

impl Read for Hashing {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let n = self.file.read(buffer)?;
        self.hash.update(&buffer[..n]);
        Ok(n)
    }
}

/// The tensors of a safetensors file of so many bytes as they are stored, half precision widened. One is read after the
/// other into its place, so that a large file never stands in memory twice.
fn tensors(mut file: impl Read, whole: u64) -> anyhow::Result<BTreeMap<String, Tensor>> {
    const LONGEST_HEADER: u64 = 100_000_000;
    let mut length = [0; 8];
    file.read_exact(&mut length)?;
    let length = u64::from_le_bytes(length);
    anyhow::ensure!(
        length <= LONGEST_HEADER,
        "its header would be {length} bytes long"
    );
    let mut header = Vec::new();
    file.by_ref().take(length).read_to_end(&mut header)?;
    let metadata: safetensors::tensor::Metadata = serde_json::from_slice(&header)?;
    let mut infos: Vec<_> = metadata.tensors().into_iter().collect();
    infos.sort_by_key(|(_, info)| info.data_offsets);
    let mut out = BTreeMap::new();
    let mut at = 0;
    let there = whole.saturating_sub(8 + length) as usize;
    for (name, info) in infos {
        let kind = match info.dtype {
            Dtype::F32 => Kind::Float,
            Dtype::F16 => Kind::Half,
            Dtype::I64 => Kind::Int64,
            Dtype::I8 => Kind::Int8,
            other => anyhow::bail!("{name} has the type {other:?}"),
        };
        let (start, end) = info.data_offsets;
        let size = info
            .shape
            .iter()
            .try_fold(info.dtype.size(), |size, &d| size.checked_mul(d));
        anyhow::ensure!(
            start == at && size.is_some_and(|size| start.checked_add(size) == Some(end)),
            "{name} is not as long as its shape says"
        );
        at = end;
        // What is not there is not made room for.
        anyhow::ensure!(end <= there, "it ends within {name}");
        let shape: Vec<i64> = info.shape.iter().map(|&d| d as i64).collect();
        let t = Tensor::f_zeros(&shape, (kind, tch::Device::Cpu))?;
        if start < end {
            // SAFETY: the tensor was just made, with as many bytes as its shape and kind say, and nobody else holds it.
            let place =
                unsafe { std::slice::from_raw_parts_mut(t.data_ptr().cast::<u8>(), end - start) };
            file.read_exact(place)?;
        }
        let t = if kind == Kind::Half {
            t.to_kind(Kind::Float)
        } else {
            t
        };
        out.insert(name, t);
    }
    Ok(out)
}

/// How weights are kept in a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Storage {
    /// fp32, for checkpoints.
    Full,
    /// fp16.
    Half,
    /// Matrices in 8 bits with a scale a row, the rest in fp16: about half the size.
    Compact,
}

/// Ends the name of the tensor that holds the scales of a compact matrix.
const SCALES: &str = ".scales";
/// Matrices smaller than this in either direction are never compact, adapters apart.
const LEAST_COMPACT: usize = 128;

/// Rows of `width` values rounded to 8 bits, and each row's scale.
fn eight_bits(values: &[f32], width: usize) -> (Vec<u8>, Vec<f32>) {
    let mut rounded = Vec::with_capacity(values.len());
    let mut scales = Vec::with_capacity(values.len() / width);
    for row in values.chunks_exact(width) {
        let largest = row.iter().fold(0f32, |m, v| m.max(v.abs()));
        let scale = (largest / 127.0).max(f32::MIN_POSITIVE);
        rounded.extend(row.iter().map(|v| (v / scale).round() as i8 as u8));
        scales.push(scale);
    }
    (rounded, scales)
}

/// Lower-case hex digits.
pub fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::new(), |mut s, b| {
        let _ = write!(s, "{b:02x}");
        s
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(t: &Tensor, storage: Storage) -> Tensor {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("w.safetensors");
        let mut weights = Weights::default();
        weights.insert("layer.weight", t.shallow_clone());
        let sha256 = weights.save(&path, storage).unwrap();
        Weights::load(&path, Some(&sha256))
            .unwrap()
            .get("layer.weight", &t.size())
            .unwrap()
    }

    #[test]
    fn weights_come_back_as_exactly_as_they_are_kept() {
        tch::manual_seed(1);
        let t = Tensor::randn([130, 200], (Kind::Float, tch::Device::Cpu)) * 0.1;
        let error = |storage| {
            let e = (written(&t, storage) - &t).abs().max();
            e.double_value(&[])
        };
        assert_eq!(error(Storage::Full), 0.0);
        assert!(error(Storage::Half) < 3e-4);
        // Half a step of the largest value's 127th.
        let largest = t.abs().max().double_value(&[]);
        assert!(error(Storage::Compact) <= largest / 127.0 / 2.0 + 1e-6);
    }

    #[test]
    fn a_file_whose_header_lies_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("w.safetensors");
        for entry in [
            r#"{"x":{"dtype":"F32","shape":[4,4],"data_offsets":[0,8]}}"#,
            r#"{"x":{"dtype":"F32","shape":[1000000000000],"data_offsets":[0,4000000000000]}}"#,
            r#"{"x":{"dtype":"F32","shape":[2],"data_offsets":[8,16]}}"#,
            "{",
        ] {
            let mut bytes = (entry.len() as u64).to_le_bytes().to_vec();
            bytes.extend(entry.as_bytes());
            bytes.extend([0; 8]);
            std::fs::write(&path, bytes).unwrap();
            let error = Weights::load(&path, None).unwrap_err().to_string();
            assert!(error.contains("w.safetensors"), "{error}");
        }
    }

    #[test]
    fn small_matrices_and_vectors_stay_in_half_precision() {
        let t = Tensor::from_slice(&[0.5f32, 0.001]).view([1, 2]);
        assert!(
            (written(&t, Storage::Compact) - &t)
                .abs()
                .max()
                .double_value(&[])
                < 1e-6
        );
    }

    #[test]
    fn adapters_are_cut_to_what_comes_nearest() {
        tch::manual_seed(2);
        let random = |shape: [i64; 2]| Tensor::randn(shape, (Kind::Float, tch::Device::Cpu));
        let one = |b: &Tensor| {
            let mut w = Weights::default();
            w.insert(format!("l.{LORA_A}"), random([3, 20]));
            w.insert(format!("l.{LORA_B}"), b.shallow_clone());
            w
        };
        let product = |w: &Weights| {
            let b = w.any(&format!("l.{LORA_B}")).unwrap();
            b.matmul(w.any(&format!("l.{LORA_A}")).unwrap())
        };
        let off = |a: &Tensor, b: &Tensor| (a - b).norm().double_value(&[]);
        // Of two adapters that leave through the same three directions three are enough for the mean.
        let out = random([30, 3]);
        let mut mean = Weights::mean(&[one(&out), one(&out)]).unwrap();
        let whole = product(&mean);
        assert_eq!(mean.adapter_rank(), 6);
        mean.cut_adapters(3).unwrap();
        assert_eq!(mean.adapter_rank(), 3);
        assert!(off(&product(&mean), &whole) < 1e-4 * whole.norm().double_value(&[]));
        // What is lost at two is the third singular value.
        let (_, lengths, _) = whole.svd(true, true);
        mean.cut_adapters(2).unwrap();
        let lost = off(&product(&mean), &whole);
        assert!((lost - lengths.double_value(&[2])).abs() < 1e-3);
    }

    #[test]
    fn the_mean_is_taken_tensor_by_tensor() {
        let one = |v: f32| {
            let mut w = Weights::default();
            w.insert("x", Tensor::from_slice(&[v, 1.0]));
            w
        };
        let mean = Weights::mean(&[one(1.0), one(4.0)]).unwrap();
        let x: Vec<f32> = Vec::try_from(mean.get("x", &[2]).unwrap()).unwrap();
        assert_eq!(x, [2.5, 1.0]);
        // What is equal in all stays what it is, or a copy of the base encoder would be stored as a change.
        let same = Weights::mean(&[one(0.1), one(0.1), one(0.1)]).unwrap();
        let x: Vec<f32> = Vec::try_from(same.get("x", &[2]).unwrap()).unwrap();
        assert_eq!(x, [0.1, 1.0]);
        let mut other = Weights::default();
        other.insert("y", Tensor::from_slice(&[1f32]));
        assert!(Weights::mean(&[one(1.0), other]).is_err());
    }
}
