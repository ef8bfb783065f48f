//! cargo-deny: advisories, licences, bans and sources of every dependency, by the rules of `deny.toml`.

use std::env;
use std::path::PathBuf;

use crate::command::Step;
use crate::error::Error;
use crate::workspace::{Workspace, cargo};

/// The version that these checks were last tried with.
const VERSION: &str = "0.20.2";

pub(crate) fn run(workspace: &Workspace) -> Result<(), Error> {
    let program = match on_path() {
        Some(program) => program,
        None => installed(workspace)?,
    };
    let deny = |words: &[&str]| Step::new(&program).args(words).directory(workspace.root());
    deny(&["--log-level", "error", "check", "bans", "licenses", "sources"]).run()?;
    // The advisories are in a Git repository elsewhere; everything else is in the registry that the dependencies came from.
    match deny(&["fetch", "db"]).run() {
        Ok(()) => deny(&["--offline", "check", "advisories"]).run(),
        Err(error) => {
            eprintln!(
                "warning: {error}: the advisories were NOT checked, since their database cannot be reached from here"
            );
            Ok(())
        }
    }
}

fn on_path() -> Option<PathBuf> {
    let path = env::var_os("PATH")?;
    let name = format!("cargo-deny{}", env::consts::EXE_SUFFIX);
    env::split_paths(&path).map(|folder| folder.join(&name)).find(|program| program.is_file())
}

/// Builds it once, into `target`. That takes some minutes.
fn installed(workspace: &Workspace) -> Result<PathBuf, Error> {
    let root = workspace.scratch("tools");
    let program = root.join("bin").join(format!("cargo-deny{}", env::consts::EXE_SUFFIX));
    if !program.is_file() {
        Step::new(cargo())
            // Not optimised: it is quick enough, and takes a third of the time to build.
            .args(["install", "cargo-deny", "--locked", "--debug", "--version", VERSION, "--root"])
            .args([&root])
            .directory(workspace.root())
            .run()?;
    }
    Ok(program)
}
