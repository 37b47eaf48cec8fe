//! The labels as types. A label is never a string inside the program; the
//! names of the two blocs come from the sides file and are put on at the edge
//! (see [`crate::record`]).

use serde::{Deserialize, Serialize};

/// Whose position, voice or action a statement puts forward.
///
/// The model knows only "first bloc", "second bloc" and "anyone else"; the
/// sides file says which bloc is first (left in reports) and what it is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Side {
    /// The first bloc of the sides file.
    First,
    /// The second bloc of the sides file.
    Second,
    /// Anyone else, both together, or nobody in particular.
    Other,
}

/// Which way a statement pushes the confrontation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Stance {
    Escalation,
    DeEscalation,
    Neutral,
}

/// How two statements of different sides meet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Relation {
    Opposed,
    Aligned,
    Unrelated,
}

/// A closed set of labels in a fixed order, which is the order of the model's
/// outputs.
pub trait Label: Copy + Eq + 'static {
    /// All labels, in the order of the model's outputs.
    const ALL: &'static [Self];

    /// Position of this label in [`Label::ALL`].
    fn index(self) -> usize {
        Self::ALL
            .iter()
            .position(|&l| l == self)
            .expect("every label is listed in ALL")
    }
}

impl Label for Side {
    const ALL: &'static [Self] = &[Side::First, Side::Second, Side::Other];
}

impl Label for Stance {
    const ALL: &'static [Self] = &[Stance::Escalation, Stance::DeEscalation, Stance::Neutral];
}

impl Label for Relation {
    const ALL: &'static [Self] = &[Relation::Opposed, Relation::Aligned, Relation::Unrelated];
}

impl Stance {
    /// The label as it is written in files.
    pub fn name(self) -> &'static str {
        match self {
            Stance::Escalation => "escalation",
            Stance::DeEscalation => "de-escalation",
            Stance::Neutral => "neutral",
        }
    }

    /// Reads a label as it is written in files.
    pub fn parse(s: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|l| l.name() == s)
    }
}

impl Relation {
    /// The label as it is written in files.
    pub fn name(self) -> &'static str {
        match self {
            Relation::Opposed => "opposed",
            Relation::Aligned => "aligned",
            Relation::Unrelated => "unrelated",
        }
    }

    /// Reads a label as it is written in files.
    pub fn parse(s: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|l| l.name() == s)
    }
}

/// The file names of the three sides: the bloc ids of a sides file, and `other`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SideNames(pub [String; 3]);

impl SideNames {
    /// The id that stands for everyone outside the two blocs.
    pub const OTHER: &'static str = "other";

    /// Names for the two bloc ids given, plus `other`.
    pub fn new(first: &str, second: &str) -> Self {
        SideNames([first.into(), second.into(), Self::OTHER.into()])
    }

    /// The id of a side as it is written in files.
    pub fn name(&self, side: Side) -> &str {
        &self.0[side.index()]
    }

    /// Reads a side's id as it is written in files.
    pub fn parse(&self, s: &str) -> Option<Side> {
        Side::ALL.iter().copied().find(|&l| self.name(l) == s)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_round_trip() {
        for &s in Stance::ALL {
            assert_eq!(Stance::parse(s.name()), Some(s));
            assert_eq!(
                serde_json::to_string(&s).unwrap(),
                format!("\"{}\"", s.name())
            );
        }
        for &r in Relation::ALL {
            assert_eq!(Relation::parse(r.name()), Some(r));
            assert_eq!(
                serde_json::to_string(&r).unwrap(),
                format!("\"{}\"", r.name())
            );
        }
        let names = SideNames::new("russian", "western");
        for &s in Side::ALL {
            assert_eq!(names.parse(names.name(s)), Some(s));
        }
        assert_eq!(names.parse("ukrainian"), None);
    }
}
