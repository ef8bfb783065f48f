//! The chores of this workspace. `cargo xtask` lists them.

mod bench;
mod cases;
mod command;
mod conformance;
mod deny;
mod error;
mod python;
mod server;
mod workspace;

use std::env;
use std::process::ExitCode;

use crate::command::Step;
use crate::error::Error;
use crate::workspace::{Workspace, cargo};

const USAGE: &str = "\
cargo xtask test                           every test: the workspace's own, the corpus of mistakes, the conformance suite
cargo xtask diagnostics                    the corpus of mistakes alone: the compiler's first error for each
cargo xtask conformance [-- pytest's own]  the conformance suite alone
cargo xtask deny                           licences, bans, sources and advisories of all dependencies, by cargo-deny
cargo xtask bench [--peers FOLDER]         instructions per request beside hyper, and the servers in a folder; needs valgrind
cargo xtask bench --in-process [--record]  instructions per request without a server, within a tenth of what was recorded; needs valgrind
cargo xtask bench --build                  CPU time of building a minimal app and of an edit of it, beside axum's
cargo xtask bench --growth                 what grows with an app and its load, as plots in the book; needs valgrind";

fn main() -> ExitCode {
    let words = env::args().skip(1).collect::<Vec<_>>();
    match run(&words) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(words: &[String]) -> Result<(), Error> {
    let words = words.iter().map(String::as_str).collect::<Vec<_>>();
    match words.as_slice() {
        ["test"] => test(&Workspace::find()?),
        ["conformance"] => conformance::run(&Workspace::find()?, &[]),
        ["conformance", "--", pytest @ ..] => conformance::run(&Workspace::find()?, pytest),
        ["diagnostics"] => diagnostics(&Workspace::find()?),
        ["deny"] => deny::run(&Workspace::find()?),
        ["bench"] => bench::run(&Workspace::find()?, None),
        ["bench", "--in-process"] => bench::in_process::run(&Workspace::find()?, false),
        ["bench", "--in-process", "--record"] => bench::in_process::run(&Workspace::find()?, true),
        ["bench", "--build"] => bench::build::run(&Workspace::find()?),
        ["bench", "--growth"] => bench::growth::run(&Workspace::find()?),
        ["bench", "--peers", peers] => bench::run(&Workspace::find()?, Some(peers)),
        [] | ["help" | "-h" | "--help"] => {
            println!("{USAGE}");
            Ok(())
        }
        _ => Err(Error::Usage(USAGE)),
    }
}

fn test(workspace: &Workspace) -> Result<(), Error> {
    Step::new(cargo()).args(["test", "--workspace"]).directory(workspace.root()).run()?;
    // What the compiler says of mistakes is the same whether the API documents itself or not.
    Step::new(cargo())
        .args(["test", "-p", "epilogue-ui", "--features", "openapi", "--test", "mistakes"])
        .directory(workspace.root())
        .run()?;
    diagnostics(workspace)?;
    conformance::run(workspace, &[])
}

/// Scores the compiler's first error for each mistake. Each must point at the right code and say what to write instead.
fn diagnostics(workspace: &Workspace) -> Result<(), Error> {
    Step::new("python3")
        .args(["tests/ui/diagnostics/score.py", "--crate", "crates/epilogue", "--work"])
        .args([workspace.scratch("diagnostics")])
        .directory(workspace.root())
        .run()
}
