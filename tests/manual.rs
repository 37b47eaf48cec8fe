//! Keeps the man pages in `docs/man` and the shell completions in `completions`
//! as the command definition makes them. To make them anew after a change:
//!
//! ```sh
//! STANDOFF_UPDATE=1 cargo test --release --test manual
//! ```

use std::collections::BTreeMap;
use std::path::Path;

use clap::CommandFactory;
use clap_complete::Shell;
use standoff::cli::Cli;

/// Contents of a folder's files by name; empty if there is no such folder.
fn files(folder: &Path) -> BTreeMap<String, String> {
    let Ok(entries) = std::fs::read_dir(folder) else {
        return BTreeMap::new();
    };
    entries
        .map(|entry| {
            let path = entry.expect("the folder can be read").path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            let text = std::fs::read_to_string(&path)
                .unwrap_or_else(|e| panic!("{}: {e}", path.display()));
            (name, text)
        })
        .collect()
}

/// Compares what was made with what is committed, or writes it there.
fn hold(made: &Path, folder: &str) {
    let committed = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let made = files(made);
    assert!(!made.is_empty());
    if std::env::var_os("STANDOFF_UPDATE").is_some() {
        if committed.exists() {
            std::fs::remove_dir_all(&committed).expect("the old files can be removed");
        }
        std::fs::create_dir_all(&committed).expect("the folder can be made");
        for (name, text) in &made {
            std::fs::write(committed.join(name), text).expect("the files can be written");
        }
    }
    let there = files(&committed);
    let differ: Vec<&String> = made
        .keys()
        .chain(there.keys())
        .filter(|name| made.get(*name) != there.get(*name))
        .collect();
    assert!(
        differ.is_empty(),
        "{folder} is not what the command definition makes: {differ:?}; make it anew with STANDOFF_UPDATE=1 cargo test --release --test manual"
    );
}

#[test]
fn man_pages_are_current() {
    let made = tempfile::tempdir().expect("a temporary folder");
    clap_mangen::generate_to(Cli::command(), made.path()).expect("man pages");
    hold(made.path(), "docs/man");
}

#[test]
fn completions_are_current() {
    let made = tempfile::tempdir().expect("a temporary folder");
    for shell in [Shell::Bash, Shell::Fish, Shell::Zsh] {
        clap_complete::generate_to(shell, &mut Cli::command(), "standoff", made.path())
            .expect("completions");
    }
    hold(made.path(), "completions");
}

#[test]
fn every_command_and_flag_is_explained() {
    fn explained(command: &clap::Command, path: &str) {
        assert!(command.get_about().is_some(), "{path} has no help");
        for argument in command.get_arguments() {
            let text = argument.get_help().map(ToString::to_string);
            assert!(
                text.is_some_and(|t| !t.is_empty()),
                "{path} {} has no help",
                argument.get_id()
            );
        }
        for inner in command.get_subcommands() {
            explained(inner, &format!("{path} {}", inner.get_name()));
        }
    }
    let mut command = Cli::command();
    command.build();
    explained(&command, "standoff");
}
