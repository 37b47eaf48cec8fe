//! Changes made to training examples on the fly, so that the model leans on the
//! marks and the wording rather than on names.

use rand::Rng;
use serde::{Deserialize, Serialize};

use crate::encoder::{Encoded, TokenMarks};

/// How often an example is changed, as probabilities.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Augment {
    /// All marks are taken away: the model must do without a sides file.
    pub drop_marks: f64,
    /// The marks of speaker, cue and content are taken away.
    pub drop_roles: f64,
    /// The names under actor marks are masked: only the mark tells the side.
    pub mask_names: f64,
    /// What stands for a masked name: the id of the encoder's mask token.
    pub mask_id: i64,
}

impl Default for Augment {
    fn default() -> Self {
        Augment {
            drop_marks: 0.08,
            drop_roles: 0.08,
            mask_names: 0.12,
            mask_id: 103,
        }
    }
}

impl Augment {
    /// No change at all.
    pub const NONE: Augment = Augment {
        drop_marks: 0.0,
        drop_roles: 0.0,
        mask_names: 0.0,
        mask_id: 103,
    };

    /// A changed copy of the example.
    pub fn apply(
        &self,
        text: &Encoded,
        marks: &TokenMarks,
        rng: &mut impl Rng,
    ) -> (Encoded, TokenMarks) {
        let mut text = text.clone();
        let mut marks = marks.clone();
        let roll: f64 = rng.gen();
        if roll < self.drop_marks {
            marks = TokenMarks::none(text.len());
        } else if roll < self.drop_marks + self.drop_roles {
            marks.roles.fill(0);
        } else if roll < self.drop_marks + self.drop_roles + self.mask_names {
            for (id, &mark) in text.ids.iter_mut().zip(&marks.actors) {
                if mark != 0 {
                    *id = self.mask_id;
                }
            }
        }
        (text, marks)
    }
}
