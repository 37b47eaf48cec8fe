//! Names and offices as sets of words, so that `the General Staff of the Armed
//! Forces of Ukraine`, `Ukraine's General Staff` and `the Ukrainian General Staff`
//! are one: order and small words do not count, and a demonym is its state.

use super::lexicon;
use std::collections::HashMap;

use chrono::NaiveDate;

use super::link;
use crate::sides::Sides;

/// Sets of words and who they stand for.
#[derive(Debug, Default)]
pub(crate) struct Bags {
    /// Demonym, name or alias of a state, one word, lower case → the state's id.
    states: HashMap<String, String>,
    index: HashMap<String, Vec<(usize, Option<usize>)>>,
}

impl Bags {
    pub fn new(sides: &Sides) -> Bags {
        let mut bags = Bags::default();
        for a in &sides.actors {
            if a.kind == crate::sides::Kind::State {
                for w in a.names().chain(a.demonyms.iter().map(String::as_str)) {
                    if !w.contains(' ') {
                        bags.states
                            .entry(w.to_lowercase())
                            .or_insert_with(|| a.id.clone());
                    }
                }
            }
        }
        for (i, a) in sides.actors.iter().enumerate() {
            if a.kind != crate::sides::Kind::Person {
                for n in a.names() {
                    bags.add(n, i, None);
                }
            }
            for (r, role) in a.roles.iter().enumerate() {
                for form in std::iter::once(&role.title).chain(&role.short) {
                    bags.add(form, i, Some(r));
                }
            }
        }
        bags
    }

    fn add(&mut self, form: &str, actor: usize, role: Option<usize>) {
        if let Some(key) = self.key(form) {
            let list = self.index.entry(key).or_default();
            if !list.contains(&(actor, role)) {
                list.push((actor, role));
            }
        }
    }

    /// The words of a phrase in order of the alphabet; `None` for fewer than two.
    fn key(&self, phrase: &str) -> Option<String> {
        let lower = phrase.to_lowercase().replace("’s", "").replace("'s", "");
        let mut words: Vec<String> = lower
            .split(|c: char| !c.is_alphanumeric() && c != '.')
            .filter(|w| !w.is_empty() && !lexicon::one_of(w, "the of for to a an and in at"))
            .map(|w| {
                self.states
                    .get(w)
                    .cloned()
                    .unwrap_or_else(|| link::normal(w))
            })
            .collect();
        words.sort();
        words.dedup();
        (words.len() >= 2).then(|| words.join(" "))
    }

    /// The one actor that a phrase stands for on a date.
    pub fn actor(&self, sides: &Sides, phrase: &str, date: Option<NaiveDate>) -> Option<usize> {
        let list = self.index.get(&self.key(phrase)?)?;
        let mut found: Option<usize> = None;
        for (actor, role) in list {
            let holds = role.is_none_or(|r| {
                let role = &sides.actors[*actor].roles[r];
                date.map_or(role.to.is_none(), |d| role.holds_on(d))
            });
            if holds && found != Some(*actor) {
                if found.is_some() {
                    return None;
                }
                found = Some(*actor);
            }
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use crate::attribute::testing::{attributor, day};

    #[test]
    fn order_and_small_words_do_not_count() {
        let a = attributor();
        let f = |s: &str, d: &str| {
            a.bags
                .actor(&a.sides, s, day(d))
                .map(|i| a.sides.actors[i].id.clone())
        };
        assert_eq!(
            f("the Ministry of Defence of Russia", "2022-02-15").as_deref(),
            Some("russian-defence-ministry")
        );
        assert_eq!(
            f("the Defence Ministry of Russia", "2022-02-15").as_deref(),
            Some("russian-defence-ministry")
        );
        assert_eq!(
            f("Ukraine's president", "2022-02-15").as_deref(),
            Some("volodymyr-zelensky")
        );
        assert_eq!(
            f("the president of Ukraine", "2016-02-15").as_deref(),
            Some("petro-poroshenko")
        );
        assert_eq!(f("the president", "2016-02-15"), None);
    }
}
