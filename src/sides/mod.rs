//! The sides file: who the two blocs of a dispute are, and which actors belong
//! to which of them when. Everything that is specific to a dispute stands in
//! this file; the weights know only "first bloc", "second bloc" and "anyone else".
//! The format is documented in `docs/sides-file.md`.

mod check;
mod parse;
mod publisher;

use std::collections::HashMap;
use std::path::Path;

use chrono::NaiveDate;
use serde::Deserialize;

use crate::labels::{Side, SideNames};
use crate::record::BlocRecord;
use crate::{Error, Result};

use publisher::Publishers;

/// A sides file, read and checked.
#[derive(Debug, Clone)]
pub struct Sides {
    /// Name of the dispute, e.g. `russia-west`.
    pub name: String,
    pub description: String,
    /// Day the facts were last brought up to date.
    pub updated: Option<NaiveDate>,
    /// The two blocs; the first is the left one in reports.
    pub blocs: [Bloc; 2],
    /// All actors, in the file's order.
    pub actors: Vec<Actor>,
    /// SHA-256 of the file, hex.
    pub hash: String,
    index: HashMap<String, usize>,
    publishers: Publishers,
}

/// One of the two blocs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bloc {
    pub id: String,
    pub name: String,
    /// `#rrggbb` on a light ground.
    pub color: String,
    /// `#rrggbb` on a dark ground.
    pub color_dark: String,
}

/// What an actor is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    State,
    Person,
    #[serde(alias = "organization")]
    Organisation,
    Outlet,
    Place,
    Group,
}

/// A person's gender, for pronouns.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Gender {
    #[serde(alias = "f", alias = "woman")]
    Female,
    #[serde(alias = "m", alias = "man")]
    Male,
}

/// Someone who can speak or act, and his side.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Actor {
    pub id: String,
    /// Canonical name, as reports show it.
    pub name: String,
    pub side: Side,
    pub kind: Kind,
    pub gender: Option<Gender>,
    /// Further names and spellings.
    pub aliases: Vec<String>,
    /// Names that count only with support in the document (the full name or the role elsewhere).
    pub ambiguous: Vec<String>,
    /// Adjectives and words for the people of a state (`Russian`, `Russians`).
    pub demonyms: Vec<String>,
    /// Ids of the actors it is a part or member of.
    pub member_of: Vec<String>,
    /// Common nouns that may stand for it (`alliance`, `ministry`), for definite descriptions.
    pub nouns: Vec<String>,
    /// Hosts of its web sites (`example.org`; subdomains count), by which an outlet field may name it.
    pub hosts: Vec<String>,
    /// Offices held, each with its dates.
    pub roles: Vec<Role>,
}

/// An office and when it was held.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Role {
    /// Full title, unique to the office (`foreign minister of Russia`).
    pub title: String,
    /// How texts say it (`Russian foreign minister`).
    pub short: Vec<String>,
    /// First day; `None`: since before anything the file covers.
    pub from: Option<NaiveDate>,
    /// Day of handing over; `None`: still held.
    pub to: Option<NaiveDate>,
}

impl Role {
    /// Whether the office was held on `date`, both days of handing over included.
    pub fn holds_on(&self, date: NaiveDate) -> bool {
        self.from.is_none_or(|f| f <= date) && self.to.is_none_or(|t| date <= t)
    }

    /// Whether two terms share more than a day of handing over.
    pub fn overlaps(&self, other: &Role) -> bool {
        let before = |end: Option<NaiveDate>, start: Option<NaiveDate>| match (end, start) {
            (Some(e), Some(s)) => e <= s,
            _ => false,
        };
        !before(self.to, other.from) && !before(other.to, self.from)
    }
}

impl Actor {
    /// The role held on `date`: of several the one taken up last, and of those the first listed.
    /// Without a date the role still held, if any.
    pub fn role_on(&self, date: Option<NaiveDate>) -> Option<&Role> {
        let mut best: Option<&Role> = None;
        for role in &self.roles {
            let holds = match date {
                Some(d) => role.holds_on(d),
                None => role.to.is_none(),
            };
            if holds && best.is_none_or(|b| role.from > b.from) {
                best = Some(role);
            }
        }
        best
    }

    /// Whether what stands in its own channels is said by it; a news outlet reports what others say.
    pub(crate) fn speaks_in_channels(&self) -> bool {
        matches!(self.kind, Kind::Person | Kind::Organisation)
    }

    /// The name and all spellings that count without support.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        std::iter::once(self.name.as_str()).chain(self.aliases.iter().map(String::as_str))
    }
}

impl Sides {
    /// Reads and checks a sides file.
    pub fn load(path: impl AsRef<Path>) -> Result<Sides> {
        let path = path.as_ref();
        let bytes = std::fs::read(path).map_err(|e| Error::io(path, e))?;
        let text = String::from_utf8(bytes).map_err(|e| {
            let line = 1 + e.as_bytes()[..e.utf8_error().valid_up_to()]
                .iter()
                .filter(|&&b| b == b'\n')
                .count();
            Error::content(path, Some(line), "not UTF-8: save the sides file as UTF-8")
        })?;
        Sides::parse(&text, path)
    }

    /// Reads and checks the text of a sides file; `path` is named in messages.
    pub fn parse(text: &str, path: impl AsRef<Path>) -> Result<Sides> {
        parse::parse(text, path.as_ref())
    }

    /// The ids of the three sides, as they are written in files.
    pub fn names(&self) -> SideNames {
        SideNames::new(&self.blocs[0].id, &self.blocs[1].id)
    }

    /// The actor with this id.
    pub fn actor(&self, id: &str) -> Option<&Actor> {
        self.index.get(id).map(|&i| &self.actors[i])
    }

    /// Position in [`Sides::actors`] of the actor with this id.
    pub fn position(&self, id: &str) -> Option<usize> {
        self.index.get(id).copied()
    }

    /// The bloc of a side; `None` for [`Side::Other`].
    pub fn bloc(&self, side: Side) -> Option<&Bloc> {
        match side {
            Side::First => Some(&self.blocs[0]),
            Side::Second => Some(&self.blocs[1]),
            Side::Other => None,
        }
    }

    /// The bloc of the institution or person whose own channel this `outlet` is (a name or the host of a web
    /// address), if the file knows one. News outlets are nobody's channel, nor does a state or place in a name make one.
    pub fn publisher(&self, outlet: &str) -> Option<Side> {
        self.publishers.find(outlet)
    }

    /// The two blocs as reports need them.
    pub fn bloc_records(&self) -> [BlocRecord; 2] {
        self.blocs.clone().map(|b| BlocRecord {
            id: b.id,
            name: b.name,
            color: b.color,
            color_dark: b.color_dark,
        })
    }
}

#[cfg(test)]
mod tests;
