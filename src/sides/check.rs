//! What must hold between the actors of a sides file: names that tell actors
//! apart, members of something that exists, offices with one holder at a time, web sites with one owner.

use std::collections::HashMap;

use super::parse::Problem;
use super::{Role, Sides};

pub(super) fn check(sides: &Sides) -> Result<(), Problem> {
    names(sides)?;
    members(sides)?;
    offices(sides)?;
    hosts(sides)
}

/// A host is one actor's, and his own channel.
fn hosts(sides: &Sides) -> Result<(), Problem> {
    let mut owner: HashMap<String, usize> = HashMap::new();
    for (i, a) in sides.actors.iter().enumerate() {
        for host in &a.hosts {
            let fail = |message| Err(Problem::actor(i, host, message));
            if !a.speaks_in_channels() {
                return fail(format!(
                    "actor \"{}\" has hosts: only a person's or an organisation's site speaks for its owner; remove them",
                    a.id
                ));
            }
            let plain = |c: char| c.is_alphanumeric() || c == '.' || c == '-';
            if !host.contains('.') || host.starts_with("www.") || !host.chars().all(plain) {
                return fail(format!(
                    "\"{host}\" is not a host: write it as example.org, without https://, path and www."
                ));
            }
            if let Some(first) = owner.insert(host.to_lowercase(), i) {
                return fail(format!(
                    "duplicate host \"{host}\": \"{}\" and \"{}\" both have it; remove it from one",
                    sides.actors[first].id, a.id
                ));
            }
        }
    }
    Ok(())
}

/// Every name stands for one actor, unless all that share it mark it as ambiguous.
fn names(sides: &Sides) -> Result<(), Problem> {
    let mut owner: HashMap<&str, (usize, bool)> = HashMap::with_capacity(4 * sides.actors.len());
    for (i, a) in sides.actors.iter().enumerate() {
        for name in a.names().chain(a.demonyms.iter().map(String::as_str)) {
            let open = a.ambiguous.iter().any(|x| x == name);
            register(sides, &mut owner, name, i, open)?;
        }
        for name in &a.ambiguous {
            register(sides, &mut owner, name, i, true)?;
        }
    }
    Ok(())
}

fn register<'a>(
    sides: &'a Sides,
    owner: &mut HashMap<&'a str, (usize, bool)>,
    name: &'a str,
    i: usize,
    open: bool,
) -> Result<(), Problem> {
    let &mut (first, first_open) = owner.entry(name).or_insert((i, open));
    if first == i || (open && first_open) {
        return Ok(());
    }
    let (a, b) = (&sides.actors[first].id, &sides.actors[i].id);
    Err(Problem::actor(
        i,
        name,
        format!(
            "duplicate alias \"{name}\": \"{a}\" and \"{b}\" both have it; remove it from one, \
             or list it under `ambiguous` in both"
        ),
    ))
}

fn members(sides: &Sides) -> Result<(), Problem> {
    for (i, a) in sides.actors.iter().enumerate() {
        for m in &a.member_of {
            if m == &a.id {
                return Err(Problem::actor(
                    i,
                    m,
                    format!("actor \"{m}\" is a member of itself: remove it from member_of"),
                ));
            }
            if sides.actor(m).is_none() {
                return Err(Problem::actor(
                    i,
                    m,
                    format!(
                        "actor \"{}\" is member_of \"{m}\", which is no actor's id: add that actor or correct the id",
                        a.id
                    ),
                ));
            }
        }
    }
    Ok(())
}

/// An office has one holder at a time; a shared day of handing over is allowed.
fn offices(sides: &Sides) -> Result<(), Problem> {
    let mut held: HashMap<&str, Vec<(usize, &Role)>> = HashMap::new();
    for (i, a) in sides.actors.iter().enumerate() {
        for role in &a.roles {
            held.entry(role.title.as_str()).or_default().push((i, role));
        }
    }
    // In the file's order, so that the same file always gives the same message.
    for (i, a) in sides.actors.iter().enumerate() {
        for role in &a.roles {
            for (j, other) in &held[role.title.as_str()] {
                let later =
                    *j > i || (*j == i && std::ptr::from_ref(*other) > std::ptr::from_ref(role));
                if later && role.overlaps(other) {
                    return Err(Problem::actor(
                        *j,
                        &role.title,
                        format!(
                            "\"{}\" is held by \"{}\" ({}) and by \"{}\" ({}) at the same time: correct from and to",
                            role.title,
                            a.id,
                            term(role),
                            sides.actors[*j].id,
                            term(other)
                        ),
                    ));
                }
            }
        }
    }
    Ok(())
}

fn term(r: &Role) -> String {
    let day = |d: Option<chrono::NaiveDate>, none: &str| {
        d.map_or_else(|| none.to_string(), |d| d.to_string())
    };
    format!("{} to {}", day(r.from, "the beginning"), day(r.to, "today"))
}
