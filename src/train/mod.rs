//! `standoff train`: fine-tuning on labelled statements, pairs or attributions,
//! in Rust, without Python.
//!
//! [`data`] reads examples, [`network`] is what is trained, [`optimizer`] how,
//! and [`trainer`] the loop with checkpoints. [`statements`] and [`relation`]
//! say what an example is and write the finished model.

pub mod augment;
pub mod data;
pub mod fit;
pub mod network;
pub mod optimizer;
pub mod relation;
pub mod statements;
pub mod trainer;
