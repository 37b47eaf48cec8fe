//! The transformer encoder: tokens in, one vector per token out.
//!
//! [`bert`] holds the trainable network on rust-bert's `BertModel` (used by
//! [`crate::train`] and for explanations); [`engine`] is the same arithmetic
//! arranged for inference, in fp32 or int8. A test holds the two together.

pub mod batch;
pub mod bert;
pub mod engine;
pub mod int8;
pub mod marks;
pub mod pool;
pub mod tokenize;
pub mod weights;

pub use batch::{plan, Batch};
pub use engine::{Engine, Precision};
pub use marks::TokenMarks;
pub use pool::Pool;
pub use tokenize::{Encoded, Tokenizer};
pub use weights::Weights;

/// Width of the encoder's vectors (all-MiniLM-L6-v2).
pub const HIDDEN: usize = 384;
/// Attention heads.
pub const HEADS: usize = 12;
/// Width of the feed-forward layer.
pub const INTERMEDIATE: usize = 1536;
/// Transformer layers.
pub const LAYERS: usize = 6;
/// Epsilon of every layer norm.
pub const LAYER_NORM_EPS: f64 = 1e-12;
/// Name of the base encoder, which is also the name of its folder under `models/base`.
pub const ENCODER: &str = "all-MiniLM-L6-v2";
