//! Lets the built programs find libtorch when they start, and know the commit they were built from.
//!
//! torch-sys tells the linker where libtorch is, but nobody tells the loader: without the run paths set here,
//! every program and test would need `LD_LIBRARY_PATH`.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{exit, Command};

/// Where libtorch may be from a built program, if the whole source tree or an installation was moved:
/// `target/release/`, `target/release/deps/` (tests) and `examples/`; `lib/` beside `bin/`.
const RELATIVE_RUN_PATHS: [&str; 3] = [
    "../../.deps/libtorch/lib",
    "../../../.deps/libtorch/lib",
    "../lib",
];

/// The same constructor of `c10::Error` in `libc10.so`, as built with the new and with the old `std::string`.
const NEW_ABI_SYMBOL: &[u8] = b"_ZN3c105ErrorC1ENS_14SourceLocationENSt7__cxx11";
const OLD_ABI_SYMBOL: &[u8] = b"_ZN3c105ErrorC1ENS_14SourceLocationESs";

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    let root =
        PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").expect("cargo sets CARGO_MANIFEST_DIR"));
    let libraries = libtorch_libraries();
    check_abi(&libraries);
    emit_run_paths(&libraries);
    emit_commit(&root);
}

fn variable(name: &str) -> Option<String> {
    println!("cargo:rerun-if-env-changed={name}");
    env::var(name).ok().filter(|value| !value.is_empty())
}

/// Stops the build with a message that a person can act on, instead of pages of compiler errors from torch-sys.
fn stop(message: &str) -> ! {
    eprintln!("\n{message}\n");
    exit(1)
}

/// The folder with the libraries, told by the variables that torch-sys reads. `.cargo/config.toml` sets `LIBTORCH`
/// to what `scripts/setup` installs, unless the user has set it.
fn libtorch_libraries() -> PathBuf {
    let libtorch = variable("LIBTORCH");
    let Some(base) = variable("LIBTORCH_LIB").or(libtorch) else {
        stop(
            "LIBTORCH is not set. Build inside the source tree, where .cargo/config.toml sets it.",
        );
    };
    let libraries = Path::new(&base).join("lib");
    if libraries.is_relative() {
        stop(&format!(
            "LIBTORCH is {base}, a relative path, which means another folder to every crate. Make it absolute."
        ));
    }
    if !libraries.is_dir() {
        stop(&format!(
            "libtorch is missing: {} does not exist.\nRun scripts/setup once, or set LIBTORCH to a libtorch 2.4.0 of your own (docs/setup.md).",
            libraries.display()
        ));
    }
    libraries
}

/// A wrong `LIBTORCH_CXX11_ABI` compiles and then fails to link with hundreds of undefined references.
fn check_abi(libraries: &Path) {
    // torch-sys takes 1 if nothing is set; .cargo/config.toml sets 0, which suits what scripts/setup installs.
    let chosen = variable("LIBTORCH_CXX11_ABI").unwrap_or_else(|| "1".to_owned());
    let Ok(library) = fs::read(libraries.join("libc10.so")) else {
        return; // Other systems have no such choice.
    };
    let contains = |symbol: &[u8]| library.windows(symbol.len()).any(|bytes| bytes == symbol);
    let built = if contains(NEW_ABI_SYMBOL) {
        "1"
    } else if contains(OLD_ABI_SYMBOL) {
        "0"
    } else {
        return;
    };
    if chosen != built {
        stop(&format!(
            "The libtorch in {} was built with the other layout of C++ strings. Set this and build again:\n  export LIBTORCH_CXX11_ABI={built}",
            libraries.display()
        ));
    }
}

/// Run paths for programs, tests, benches and doc tests.
fn emit_run_paths(libraries: &Path) {
    let origin = match env::var("CARGO_CFG_TARGET_OS").as_deref() {
        Ok("macos") => "@loader_path",
        Ok("windows") => return, // There the libraries have to be on PATH.
        _ => "$ORIGIN",
    };
    let relative = RELATIVE_RUN_PATHS
        .iter()
        .map(|path| format!("{origin}/{path}"));
    for path in std::iter::once(libraries.display().to_string()).chain(relative) {
        // Not `-Wl,-rpath,…`, which a comma in the path would break.
        for argument in ["-Xlinker", "-rpath", "-Xlinker", &path] {
            println!("cargo:rustc-link-arg={argument}");
        }
    }
}

/// Sets `STANDOFF_COMMIT` for `env!`: the full hash, or `unknown` outside a checkout of this project.
fn emit_commit(root: &Path) {
    let commit = variable("STANDOFF_COMMIT")
        .or_else(|| checked_out_commit(root))
        .unwrap_or_else(|| "unknown".to_owned());
    println!("cargo:rustc-env=STANDOFF_COMMIT={commit}");
}

fn checked_out_commit(root: &Path) -> Option<String> {
    // A source archive unpacked inside somebody else's repository must not take that one's commit.
    let top = PathBuf::from(git(root, &["rev-parse", "--show-toplevel"])?);
    if top.canonicalize().ok()? != root.canonicalize().ok()? {
        return None;
    }
    // The log gains a line with every move of HEAD. Without one (no commit yet, or switched off) HEAD itself changes
    // on checkout and the branch's file on commit. A path that does not exist must not be named: cargo would run
    // this each time.
    let paths = |names: &[&str]| -> Vec<PathBuf> {
        let paths = names.iter().filter_map(|name| git_path(root, name));
        paths.filter(|path| path.exists()).collect()
    };
    let mut watched = paths(&["logs/HEAD"]);
    if watched.is_empty() {
        watched = paths(&["HEAD", "refs/heads"]);
    }
    for path in watched {
        println!("cargo:rerun-if-changed={}", path.display());
    }
    git(root, &["rev-parse", "--verify", "--quiet", "HEAD"])
}

/// Where git keeps one of its files; a linked worktree shares some with the main one.
fn git_path(root: &Path, name: &str) -> Option<PathBuf> {
    Some(root.join(git(root, &["rev-parse", "--git-path", name])?))
}

/// The output of a git command without the line end; `None` if it fails or there is no git.
fn git(root: &Path, arguments: &[&str]) -> Option<String> {
    let output = Command::new("git")
        .arg("-C")
        .arg(root)
        .args(arguments)
        .output()
        .ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    output.status.success().then(|| text.trim_end().to_owned())
}
