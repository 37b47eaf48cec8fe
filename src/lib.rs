//! Standoff reads news about a dispute between two blocs, sorts every
//! statement by side and stance, and lines up the opposing claims.
//!
//! Data flows one way: [`input`] → [`document`] → [`segment`] →
//! [`attribute`] → [`classify`] → [`contrast`] → [`record::Analysis`] →
//! [`report`]. [`eval`] and [`train`] stand beside the pipeline; nothing in it
//! calls back upstream. The library never prints: messages and progress are
//! the command line's business ([`cli`], [`progress`]).

pub mod attribute;
pub mod classify;
pub mod cli;
pub mod config;
pub mod contrast;
pub mod document;
pub mod encoder;
pub mod error;
pub mod eval;
pub mod home;
pub mod input;
pub mod labels;
pub mod memory;
pub mod model;
pub mod pipeline;
pub mod progress;
pub mod record;
pub mod report;
pub mod segment;
pub mod sides;
pub mod state;
pub mod train;

pub use error::{Error, Result};
