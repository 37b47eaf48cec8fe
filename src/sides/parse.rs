//! From TOML to checked types. The common way parses the file once without
//! positions; only when something is wrong is it read again to find the line.

use std::collections::HashMap;
use std::path::Path;

use chrono::NaiveDate;
use rayon::prelude::*;
use serde::Deserialize;
use sha2::{Digest, Sha256};

use super::publisher::Publishers;
use super::{check, Actor, Bloc, Gender, Kind, Role, Sides};
use crate::labels::{Side, SideNames};
use crate::{Error, Result};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawSides {
    schema: u32,
    name: String,
    #[serde(default)]
    description: String,
    updated: Option<toml::value::Datetime>,
    #[serde(default)]
    bloc: Vec<RawBloc>,
    #[serde(default)]
    actor: Vec<RawActor>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawBloc {
    id: String,
    name: String,
    color: String,
    #[serde(default)]
    color_dark: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawActor {
    id: String,
    name: String,
    bloc: String,
    kind: Kind,
    #[serde(default)]
    gender: Option<Gender>,
    #[serde(default)]
    aliases: Vec<String>,
    #[serde(default)]
    ambiguous: Vec<String>,
    #[serde(default)]
    demonyms: Vec<String>,
    #[serde(default)]
    member_of: Vec<String>,
    #[serde(default)]
    nouns: Vec<String>,
    #[serde(default)]
    hosts: Vec<String>,
    #[serde(default)]
    roles: Vec<RawRole>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawRole {
    title: String,
    #[serde(default)]
    short: Vec<String>,
    from: Option<toml::value::Datetime>,
    to: Option<toml::value::Datetime>,
}

/// A problem with the entry `index` of the array of tables `table`, near the
/// text `near`, if that can be searched for.
pub(super) struct Problem {
    pub table: &'static str,
    pub index: usize,
    pub near: String,
    pub message: String,
}

impl Problem {
    pub(super) fn actor(index: usize, near: &str, message: String) -> Self {
        Problem {
            table: "actor",
            index,
            near: near.to_string(),
            message,
        }
    }
}

pub(super) fn parse(text: &str, path: &Path) -> Result<Sides> {
    let text_body = text.strip_prefix('\u{feff}').unwrap_or(text);
    if text_body.trim().is_empty() {
        return Err(Error::content(
            path,
            None,
            "the sides file is empty: it needs schema, name, two [[bloc]] and at least one [[actor]] \
             (see docs/sides-file.md)",
        ));
    }
    let raw = match read_in_parts(text_body) {
        Some(raw) => raw,
        None => toml::from_str(text_body).map_err(|e| syntax(&e, text_body, path))?,
    };
    let located = |p: Problem| {
        let line = locate(text_body, &p);
        Error::content(path, line, p.message)
    };
    if raw.schema != 1 {
        return Err(Error::content(
            path,
            line_of(text_body, "schema"),
            format!(
                "schema {} is not known to this version: write schema = 1",
                raw.schema
            ),
        ));
    }
    let blocs = blocs(raw.bloc, text_body, path)?;
    if raw.actor.is_empty() {
        return Err(Error::content(
            path,
            None,
            "no actors: add at least one [[actor]] with id, name, bloc and kind",
        ));
    }
    let names = SideNames::new(&blocs[0].id, &blocs[1].id);
    let mut actors: Vec<Actor> = Vec::with_capacity(raw.actor.len());
    let mut index = HashMap::with_capacity(raw.actor.len());
    for (i, a) in raw.actor.into_iter().enumerate() {
        let actor = actor(a, i, &names).map_err(located)?;
        if let Some(first) = index.insert(actor.id.clone(), i) {
            return Err(located(Problem::actor(
                i,
                &actor.id,
                format!(
                    "duplicate id \"{}\": it is already the id of actor {} (\"{}\"); give each actor an id of its own",
                    actor.id,
                    first + 1,
                    actors[first].name
                ),
            )));
        }
        actors.push(actor);
    }
    let updated = raw
        .updated
        .map(|d| date(&d).ok_or(d))
        .transpose()
        .map_err(|d| {
            Error::content(
                path,
                line_of(text_body, "updated"),
                format!("updated = {d} is not a date: write it as 2024-05-31, without quotes"),
            )
        })?;
    let publishers = Publishers::new(&actors);
    let sides = Sides {
        name: raw.name,
        description: raw.description,
        updated,
        blocs,
        actors,
        hash: hex(&Sha256::digest(text.as_bytes())),
        index,
        publishers,
    };
    check::check(&sides).map_err(located)?;
    Ok(sides)
}

/// Large files are cut before `[[actor]]` lines and the parts read side by side.
/// `None` for small files, and for whatever a part cannot be read alone: then
/// the whole is read, which gives the right error.
fn read_in_parts(text: &str) -> Option<RawSides> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Part {
        #[serde(default)]
        bloc: Vec<RawBloc>,
        #[serde(default)]
        actor: Vec<RawActor>,
    }
    const LARGE: usize = 1 << 17;
    if text.len() < 2 * LARGE {
        return None;
    }
    const HEADER: &str = "\n[[actor]]";
    let first = text.find(HEADER)? + 1;
    let mut cuts = vec![first];
    while let Some(at) = (cuts[cuts.len() - 1] + LARGE..text.len())
        .find(|&i| text.is_char_boundary(i))
        .and_then(|from| text[from..].find(HEADER).map(|i| from + i + 1))
    {
        cuts.push(at);
    }
    let parts: Vec<&str> = cuts
        .iter()
        .enumerate()
        .map(|(i, &start)| &text[start..cuts.get(i + 1).copied().unwrap_or(text.len())])
        .collect();
    let mut whole: RawSides = toml::from_str(&text[..first]).ok()?;
    let read: Option<Vec<Part>> = parts.par_iter().map(|p| toml::from_str(p).ok()).collect();
    for part in read? {
        whole.bloc.extend(part.bloc);
        whole.actor.extend(part.actor);
    }
    Some(whole)
}

fn blocs(raw: Vec<RawBloc>, text: &str, path: &Path) -> Result<[Bloc; 2]> {
    let found = raw.len();
    let blocs: Vec<Bloc> = raw
        .into_iter()
        .map(|b| Bloc {
            color_dark: b.color_dark.unwrap_or_else(|| b.color.clone()),
            id: b.id,
            name: b.name,
            color: b.color,
        })
        .collect();
    let fail = |index: usize, near: &str, message: String| {
        let problem = Problem {
            table: "bloc",
            index,
            near: near.to_string(),
            message,
        };
        let line = locate(text, &problem);
        Error::content(path, line, problem.message)
    };
    let blocs: [Bloc; 2] = blocs.try_into().map_err(|_| {
        fail(
            found.saturating_sub(1),
            "",
            format!("{found} [[bloc]] found: a dispute has exactly two (everyone else gets bloc = \"other\")"),
        )
    })?;
    for (i, b) in blocs.iter().enumerate() {
        if b.id.trim().is_empty() || b.id == SideNames::OTHER {
            return Err(fail(
                i,
                &b.id,
                format!(
                    "bloc id \"{}\" cannot be used: choose a word other than \"other\"",
                    b.id
                ),
            ));
        }
        for c in [&b.color, &b.color_dark] {
            if !is_color(c) {
                return Err(fail(
                    i,
                    c,
                    format!("\"{c}\" is not a colour: write it as \"#rrggbb\""),
                ));
            }
        }
    }
    if blocs[0].id == blocs[1].id {
        return Err(fail(
            1,
            &blocs[1].id,
            format!(
                "both blocs have the id \"{}\": give each its own",
                blocs[1].id
            ),
        ));
    }
    Ok(blocs)
}

fn is_color(s: &str) -> bool {
    s.len() == 7 && s.starts_with('#') && s[1..].bytes().all(|b| b.is_ascii_hexdigit())
}

fn actor(a: RawActor, i: usize, names: &SideNames) -> Result<Actor, Problem> {
    let side: Side = names.parse(&a.bloc).ok_or_else(|| {
        Problem::actor(
            i,
            &a.bloc,
            format!(
                "actor \"{}\" has the unknown bloc \"{}\": write \"{}\", \"{}\" or \"other\"",
                a.id, a.bloc, names.0[0], names.0[1]
            ),
        )
    })?;
    for (what, value) in [("id", &a.id), ("name", &a.name)] {
        if value.trim().is_empty() {
            return Err(Problem::actor(
                i,
                "",
                format!("actor {} has an empty {what}", i + 1),
            ));
        }
    }
    for list in [&a.aliases, &a.ambiguous, &a.demonyms, &a.nouns, &a.hosts] {
        if list.iter().any(|s| s.trim().is_empty()) {
            return Err(Problem::actor(
                i,
                "\"\"",
                format!("actor \"{}\" has an empty name in a list: remove it", a.id),
            ));
        }
    }
    let mut roles = Vec::with_capacity(a.roles.len());
    for r in a.roles {
        let (from, to) = (
            role_date(r.from, "from", &r.title, i)?,
            role_date(r.to, "to", &r.title, i)?,
        );
        if let (Some(f), Some(t)) = (from, to) {
            if t < f {
                return Err(Problem::actor(
                    i,
                    &r.title,
                    format!(
                        "role \"{}\" of \"{}\" ends ({t}) before it begins ({f})",
                        r.title, a.id
                    ),
                ));
            }
        }
        roles.push(Role {
            title: r.title,
            short: r.short,
            from,
            to,
        });
    }
    Ok(Actor {
        id: a.id,
        name: a.name,
        side,
        kind: a.kind,
        gender: a.gender,
        aliases: a.aliases,
        ambiguous: a.ambiguous,
        demonyms: a.demonyms,
        member_of: a.member_of,
        nouns: a.nouns,
        hosts: a.hosts,
        roles,
    })
}

fn role_date(
    d: Option<toml::value::Datetime>,
    key: &str,
    title: &str,
    i: usize,
) -> Result<Option<NaiveDate>, Problem> {
    let Some(d) = d else { return Ok(None) };
    date(&d).map(Some).ok_or_else(|| {
        Problem::actor(
            i,
            title,
            format!("role \"{title}\": {key} = {d} is not a day: write a date such as 2022-02-24, without quotes and time"),
        )
    })
}

fn date(d: &toml::value::Datetime) -> Option<NaiveDate> {
    if d.time.is_some() || d.offset.is_some() {
        return None;
    }
    let d = d.date?;
    NaiveDate::from_ymd_opt(d.year.into(), d.month.into(), d.day.into())
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

/// A TOML or type error, with its line and a remedy where one is plain.
fn syntax(e: &toml::de::Error, text: &str, path: &Path) -> Error {
    let line = e.span().map(|s| line_at(text, s.start));
    let message = e.message().trim().replace('\n', "; ");
    let remedy = if message.contains("unknown field") {
        " (check the spelling; the keys are listed in docs/sides-file.md)"
    } else if message.contains("invalid type") && message.contains("datetime") {
        " (dates are written without quotes: from = 2022-02-24)"
    } else if message.contains("expected a sequence") {
        " (write a list: [\"…\"])"
    } else if message.contains("unknown variant") || message.contains("invalid type") {
        ""
    } else if message.contains("missing field") {
        " (add it; the keys are listed in docs/sides-file.md)"
    } else {
        " (not valid TOML)"
    };
    Error::content(path, line, format!("{message}{remedy}"))
}

fn line_at(text: &str, byte: usize) -> usize {
    let end = byte.min(text.len());
    1 + text.as_bytes()[..end]
        .iter()
        .filter(|&&b| b == b'\n')
        .count()
}

fn line_of(text: &str, key: &str) -> Option<usize> {
    text.lines()
        .position(|l| l.trim_start().starts_with(key))
        .map(|i| i + 1)
}

/// The line of a problem: the quoted `near` inside the table it belongs to, else the table's header.
fn locate(text: &str, p: &Problem) -> Option<usize> {
    #[derive(Deserialize)]
    struct Located {
        #[serde(default)]
        bloc: Vec<toml::Spanned<toml::Table>>,
        #[serde(default)]
        actor: Vec<toml::Spanned<toml::Table>>,
    }
    let located: Located = toml::from_str(text).ok()?;
    let tables = if p.table == "bloc" {
        &located.bloc
    } else {
        &located.actor
    };
    let Some(start) = tables.get(p.index).map(|t| t.span().start) else {
        return line_of(text, &format!("[[{}]]", p.table));
    };
    let end = tables
        .get(p.index + 1)
        .map_or(text.len(), |t| t.span().start);
    let section = text.get(start..end)?;
    let at = if p.near.is_empty() {
        None
    } else {
        section
            .find(&format!("\"{}\"", p.near))
            .or_else(|| section.find(p.near.as_str()))
    };
    Some(line_at(text, start + at.unwrap_or(0)))
}
