//! Who publishes a text. The own channel of an institution or a person speaks for it, also in the
//! sentences that attribute nothing to anyone. A news outlet reports what others say and do, and is no publisher here.

use std::collections::HashMap;

use super::Actor;
use crate::labels::Side;

/// Names of channels, which say nothing of whose they are.
const CHANNEL_WORDS: &[&str] = &[
    "telegram", "twitter", "facebook", "youtube", "vk", "channel", "account", "feed", "website",
    "site", "web", "homepage", "online", "official", "press", "service", "office", "release",
    "releases", "english", "en", "eng",
];

/// Publishers by what an `outlet` field may call them.
#[derive(Debug, Clone, Default)]
pub(super) struct Publishers {
    /// By normalised name; `None` where actors of several sides share it.
    names: HashMap<String, Option<Side>>,
    hosts: HashMap<String, Side>,
}

impl Publishers {
    pub(super) fn new(actors: &[Actor]) -> Self {
        let mut out = Publishers::default();
        for actor in actors.iter().filter(|a| a.speaks_in_channels()) {
            // A channel goes with the office: whoever holds it now.
            let offices = actor
                .roles
                .iter()
                .filter(|r| r.to.is_none())
                .flat_map(|r| std::iter::once(&r.title).chain(&r.short))
                .map(String::as_str);
            // A single word among the aliases is a place or a surname too often (Brussels, Azov).
            let aliases = actor.aliases.iter().filter(|a| a.contains(' '));
            let names = std::iter::once(&actor.name).chain(aliases);
            for name in names.map(String::as_str).chain(offices) {
                out.names
                    .entry(normal(name))
                    .and_modify(|known| *known = known.filter(|k| *k == actor.side))
                    .or_insert(Some(actor.side));
            }
            for host in &actor.hosts {
                out.hosts.insert(host.to_lowercase(), actor.side);
            }
        }
        out
    }

    /// The side of the publisher that an `outlet` field names, by a name or by the host of a web address.
    pub(super) fn find(&self, outlet: &str) -> Option<Side> {
        let name = normal(outlet);
        let known = match self.by_name(&name) {
            Some(known) => known,
            None => self.by_host(&name),
        };
        known.filter(|&side| side != Side::Other)
    }

    /// The name as it is, or with words for the channel taken off its ends.
    fn by_name(&self, name: &str) -> Option<Option<Side>> {
        let words: Vec<&str> = name.split(' ').collect();
        let channel = |w: &&&str| CHANNEL_WORDS.contains(*w);
        let front = words.iter().take_while(channel).count();
        let back = words.iter().rev().take_while(channel).count();
        (0..=front)
            .flat_map(|from| (0..=back).map(move |off| (from, off)))
            .filter_map(|(from, off)| words.get(from..words.len() - off))
            .find_map(|part| self.names.get(&part.join(" ")).copied())
    }

    /// `eng.news.example.org` is also `news.example.org` and `example.org`.
    fn by_host(&self, name: &str) -> Option<Side> {
        let mut host = name;
        loop {
            if let Some(&known) = self.hosts.get(host) {
                return Some(known);
            }
            host = host.split_once('.')?.1;
        }
    }
}

/// Small letters, without what stands in brackets and without `the` in front.
fn normal(name: &str) -> String {
    let mut depth = 0usize;
    let bare: String = name
        .to_lowercase()
        .chars()
        .filter(|&c| {
            match c {
                '(' | '[' => depth += 1,
                ')' | ']' => {
                    depth = depth.saturating_sub(1);
                    return false;
                }
                _ => {}
            }
            depth == 0
        })
        .map(|c| if c == '’' { '\'' } else { c })
        .collect();
    bare.split_whitespace()
        .map(|w| w.trim_matches([',', ':', ';', '-', '–', '|', '/']))
        .filter(|w| !w.is_empty())
        .skip_while(|w| *w == "the")
        .collect::<Vec<_>>()
        .join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sides::Sides;

    const FILE: &str = r##"
schema = 1
name = "n"
[[bloc]]
id = "north"
name = "North"
color = "#0b5fa5"
[[bloc]]
id = "south"
name = "South"
color = "#a5350b"
[[actor]]
id = "northland"
name = "Northland"
bloc = "north"
kind = "state"
[[actor]]
id = "ministry"
name = "Northlander Foreign Ministry"
bloc = "north"
kind = "organisation"
aliases = ["Northlander MFA", "the Old Palace", "Palace"]
hosts = ["mfa.example.org"]
[[actor]]
id = "ann"
name = "Ann Ray"
bloc = "south"
kind = "person"
roles = [{ title = "president of Southland", short = ["Southlander president"], from = 2019-05-20 }]
[[actor]]
id = "bo"
name = "Bo Lee"
bloc = "north"
kind = "person"
roles = [{ title = "president of Southland", to = 2019-05-20 }]
[[actor]]
id = "wire"
name = "Southwire"
bloc = "south"
kind = "outlet"
[[actor]]
id = "press"
name = "Southland Press Office"
bloc = "south"
kind = "organisation"
[[actor]]
id = "court"
name = "World Court"
bloc = "other"
kind = "organisation"
"##;

    #[test]
    fn a_publisher_is_known_by_name_office_or_host() {
        let sides = Sides::parse(FILE, "s.toml").unwrap();
        for outlet in [
            "Northlander MFA Telegram (EN)",
            "northlander foreign ministry",
            "Old Palace press service",
            "mfa.example.org",
            "en.mfa.example.org",
            "MFA.example.org (titles)",
        ] {
            assert_eq!(sides.publisher(outlet), Some(Side::First), "{outlet}");
        }
        assert_eq!(
            sides.publisher("President of Southland (archive)"),
            Some(Side::Second)
        );
        assert_eq!(
            sides.publisher("Official Southland Press Office channel"),
            Some(Side::Second)
        );
    }

    #[test]
    fn other_names_are_no_publishers() {
        let sides = Sides::parse(FILE, "s.toml").unwrap();
        for outlet in [
            "Northland Times",
            "Northland",
            "Old Palace Watch",
            "example.org",
            "World Court",
            "Southwire",
            "Palace",
            "Southland",
            "Telegram",
            "press service",
            "",
            "(EN)",
            ")",
        ] {
            assert_eq!(sides.publisher(outlet), None, "{outlet}");
        }
    }
}
