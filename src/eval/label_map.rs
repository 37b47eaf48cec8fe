//! A label map: how another tool's field names and labels translate into
//! Standoff's. A TOML file; an unknown key is an error.
//!
//! ```toml
//! [fields]               # Standoff's name = the tool's name
//! id = "sentence_id"
//! side = "camp"
//! side_confidence = "camp_p"
//! side_scores = "camp_probs"   # an object label → probability
//!
//! [side]                 # the tool's label = Standoff's
//! pro_ru = "russian"
//! pro_ua = "western"
//! ```

use std::path::Path;

use indexmap::IndexMap;
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::labels::{Label, Relation, SideNames, Stance};
use crate::{Error, Result};

/// Field names that may be mapped.
pub const FIELDS: [&str; 18] = [
    "id",
    "text",
    "doc",
    "date",
    "a",
    "b",
    "side",
    "side_confidence",
    "side_scores",
    "stance",
    "stance_confidence",
    "stance_scores",
    "relation",
    "relation_confidence",
    "relation_scores",
    "similarity",
    "speaker",
    "actor",
];

/// A checked label map.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LabelMap {
    fields: IndexMap<String, String>,
    side: IndexMap<String, String>,
    stance: IndexMap<String, String>,
    relation: IndexMap<String, String>,
}

impl LabelMap {
    /// Reads and checks a label map file.
    pub fn read(path: &Path, names: &SideNames) -> Result<Self> {
        let text = std::fs::read_to_string(path).map_err(|e| Error::io(path, e))?;
        Self::parse(&text, names)
            .map_err(|m| Error::Usage(format!("--label-map {}: {m}", path.display())))
    }

    fn parse(text: &str, names: &SideNames) -> std::result::Result<Self, String> {
        let map: LabelMap = toml::from_str(text).map_err(|e| e.to_string().trim().to_string())?;
        for key in map.fields.keys() {
            if !FIELDS.contains(&key.as_str()) {
                return Err(format!("[fields] `{key}` is none of {}", FIELDS.join(", ")));
            }
        }
        for (task, labels) in tasks(names) {
            for (from, to) in map.of(task) {
                if !labels.contains(to) {
                    return Err(format!(
                        "[{task}] `{from}` is mapped to `{to}`, which is none of {}",
                        labels.join(", ")
                    ));
                }
            }
        }
        Ok(map)
    }

    fn of(&self, task: &str) -> &IndexMap<String, String> {
        match task {
            "side" => &self.side,
            "stance" => &self.stance,
            _ => &self.relation,
        }
    }

    /// Standoff's name of another tool's label of a task.
    pub fn label<'a>(&'a self, task: &str, label: &'a str) -> &'a str {
        self.of(task).get(label).map_or(label, String::as_str)
    }

    /// Renames the tool's fields to Standoff's; a renamed field wins.
    pub fn rename(&self, mut map: Map<String, Value>) -> Map<String, Value> {
        let found: Vec<(String, Value)> = self
            .fields
            .iter()
            .filter_map(|(ours, theirs)| Some((ours.clone(), map.get(theirs)?.clone())))
            .collect();
        for theirs in self.fields.values() {
            map.remove(theirs);
        }
        map.extend(found);
        map
    }
}

/// The classification tasks with their labels in label order.
pub fn tasks(names: &SideNames) -> [(&'static str, Vec<String>); 3] {
    let owned = |l: &str| l.to_string();
    [
        ("side", names.0.to_vec()),
        (
            "stance",
            Stance::ALL.iter().map(|s| owned(s.name())).collect(),
        ),
        (
            "relation",
            Relation::ALL.iter().map(|r| owned(r.name())).collect(),
        ),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn maps_labels_and_fields() {
        let names = SideNames::new("x", "y");
        let m = LabelMap::parse(
            "[fields]\nside = \"camp\"\nid = \"n\"\n[side]\nred = \"x\"\n",
            &names,
        )
        .unwrap();
        assert_eq!(m.label("side", "red"), "x");
        assert_eq!(m.label("side", "y"), "y");
        let raw: Map<String, Value> =
            serde_json::from_str(r#"{"n":1,"camp":"red","side":"left"}"#).unwrap();
        let renamed = m.rename(raw);
        assert_eq!(renamed["side"], "red");
        assert_eq!(renamed["id"], 1);
        assert!(!renamed.contains_key("camp"));
    }

    #[test]
    fn mistakes_are_named() {
        let names = SideNames::new("x", "y");
        let e = LabelMap::parse("[side]\nred = \"z\"\n", &names).unwrap_err();
        assert!(e.contains("`z`") && e.contains("x, y, other"), "{e}");
        let e = LabelMap::parse("[fields]\nsides = \"z\"\n", &names).unwrap_err();
        assert!(e.contains("`sides`"), "{e}");
        assert!(LabelMap::parse("[camps]\n", &names).is_err());
    }
}
