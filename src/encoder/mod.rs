//! The transformer encoder: tokens in, one vector per token out.
//!
//! Two networks can be trained and give gradients: [`bert`], rust-bert's `BertModel`, as a whole, and
//! [`adapted`], of which only adapters are trained, for larger encoders. [`engine`] is the same
//! arithmetic arranged for inference, in fp32 or int8. A test holds them together.

pub mod architecture;
pub mod batch;
pub mod bert;
pub mod engine;
pub mod int8;
pub mod marks;
pub mod pool;
pub mod tokenize;
pub mod trainable;
pub mod weights;

pub use architecture::Architecture;
pub use batch::{plan, Batch};
pub use engine::{Engine, Precision};
pub use marks::TokenMarks;
pub use pool::Pool;
pub use tokenize::{Encoded, Tokenizer};
pub use weights::Weights;

/// Name of the encoder that a new model is trained on and that embeds for similarity, which is
/// also the name of its folder under `models/base`.
pub const ENCODER: &str = "all-MiniLM-L6-v2";
