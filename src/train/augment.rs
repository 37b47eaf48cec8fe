//! Changes made to training examples on the fly, so that the model leans on the
//! marks and the wording rather than on names.

use rand::seq::SliceRandom;
use rand::Rng;
use serde::{Deserialize, Serialize};

use crate::encoder::marks::actor_mark;
use crate::encoder::{Encoded, TokenMarks, Tokenizer};
use crate::error::Result;
use crate::labels::Side;

/// Names that stand in for those of the two blocs: countries that are far from the first dispute
/// and near to others. Those that are more than one token to an encoder are not used with it.
const STAND_INS: [&str; 20] = [
    "India",
    "Pakistan",
    "Armenia",
    "Azerbaijan",
    "Israel",
    "Iran",
    "Egypt",
    "Ethiopia",
    "Sudan",
    "Serbia",
    "Kosovo",
    "Greece",
    "Cyprus",
    "Thailand",
    "Cambodia",
    "Vietnam",
    "Venezuela",
    "Colombia",
    "Morocco",
    "Algeria",
];

/// How often an example is changed, as probabilities.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Augment {
    /// All marks are taken away: the model must do without a sides file.
    pub drop_marks: f64,
    /// The marks of speaker, cue and content are taken away.
    pub drop_roles: f64,
    /// The names under actor marks are masked: only the mark tells the side.
    pub mask_names: f64,
    /// The names under the blocs' marks are replaced, each bloc's by one name of a stand-in: what the
    /// encoder knows of the name is wrong, and the mark is right.
    #[serde(default)]
    pub rename: f64,
    /// What stands for a masked name: the id of the encoder's mask token.
    pub mask_id: i64,
    /// Token ids of the stand-ins.
    #[serde(default)]
    pub stand_ins: Vec<i64>,
}

impl Default for Augment {
    fn default() -> Self {
        Augment {
            drop_marks: 0.08,
            drop_roles: 0.08,
            mask_names: 0.12,
            rename: 0.0,
            mask_id: 103,
            stand_ins: Vec::new(),
        }
    }
}

impl Augment {
    /// The usual changes, with the token ids of an encoder.
    pub fn of(tokenizer: &Tokenizer) -> Result<Self> {
        let mut stand_ins = Vec::new();
        for name in STAND_INS {
            // One token between the two special ones.
            if let [_, id, _] = tokenizer.encode(name, 8)?.ids[..] {
                stand_ins.push(id);
            }
        }
        Ok(Augment {
            rename: 0.12,
            mask_id: tokenizer.mask_id(),
            stand_ins,
            ..Augment::default()
        })
    }

    /// A changed copy of the example. One that is `tagged` keeps its number of tokens.
    pub fn apply(
        &self,
        text: &Encoded,
        marks: &TokenMarks,
        tagged: bool,
        rng: &mut impl Rng,
    ) -> (Encoded, TokenMarks) {
        let mut text = text.clone();
        let mut marks = marks.clone();
        let roll: f64 = rng.gen();
        let drop_roles = self.drop_marks + self.drop_roles;
        let mask_names = drop_roles + self.mask_names;
        if roll < self.drop_marks {
            marks = TokenMarks::none(text.len());
        } else if roll < drop_roles {
            marks.roles.fill(0);
        } else if roll < mask_names {
            for (id, &mark) in text.ids.iter_mut().zip(&marks.actors) {
                if mark != 0 {
                    *id = self.mask_id;
                }
            }
        } else if roll < mask_names + self.rename && self.stand_ins.len() > 1 && !tagged {
            let two: Vec<i64> = self.stand_ins.choose_multiple(rng, 2).copied().collect();
            return renamed(&text, &marks, [two[0], two[1]]);
        }
        (text, marks)
    }
}

/// The example with every run of tokens under a bloc's mark replaced by that bloc's new name.
fn renamed(text: &Encoded, marks: &TokenMarks, names: [i64; 2]) -> (Encoded, TokenMarks) {
    let blocs = [Side::First, Side::Second].map(actor_mark);
    let mut new = Encoded {
        ids: Vec::with_capacity(text.len()),
        offsets: Vec::with_capacity(text.len()),
        types: Vec::with_capacity(text.len()),
        truncated: text.truncated,
    };
    let mut new_marks = TokenMarks {
        speaker: marks.speaker,
        publisher: marks.publisher,
        ..TokenMarks::default()
    };
    let mut before = 0;
    for (i, &mark) in marks.actors.iter().enumerate() {
        let bloc = blocs.iter().position(|&b| b == mark);
        if bloc.is_none() || mark != before {
            new.ids.push(bloc.map_or(text.ids[i], |b| names[b]));
            new.offsets.push(text.offsets[i]);
            new.types.push(text.types[i]);
            new_marks.actors.push(mark);
            new_marks.roles.push(marks.roles[i]);
        }
        before = mark;
    }
    (new, new_marks)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::Span;
    use rand::SeedableRng;

    #[test]
    fn each_bloc_gets_one_new_name_and_keeps_its_marks() {
        let text = Encoded {
            ids: vec![101, 11, 12, 20, 13, 21, 30, 102],
            offsets: (0..8).map(|i| Span::new(i, i + 1)).collect(),
            types: vec![0; 8],
            truncated: false,
        };
        let marks = TokenMarks {
            actors: vec![0, 1, 1, 0, 2, 0, 3, 0],
            roles: vec![0, 1, 1, 2, 3, 3, 3, 0],
            speaker: Some(Side::First),
            publisher: None,
        };
        let augment = Augment {
            drop_marks: 0.0,
            drop_roles: 0.0,
            mask_names: 0.0,
            rename: 1.0,
            mask_id: 103,
            stand_ins: vec![70, 71, 72],
        };
        let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(5);
        let (new, new_marks) = augment.apply(&text, &marks, false, &mut rng);
        let (a, b) = (new.ids[1], new.ids[3]);
        assert_ne!(a, b);
        assert!(augment.stand_ins.contains(&a) && augment.stand_ins.contains(&b));
        assert_eq!(new.ids, [101, a, 20, b, 21, 30, 102]);
        assert_eq!(new_marks.actors, [0, 1, 0, 2, 0, 3, 0]);
        assert_eq!(new_marks.roles, [0, 1, 2, 3, 3, 3, 0]);
        assert_eq!(new.len(), new.offsets.len());
        assert_eq!(augment.apply(&text, &marks, true, &mut rng).0, text);
    }
}
