//! Instructions per request: of Epilogue, of hyper used by hand, and of any other servers with the same routes.

pub(crate) mod build;
mod callgrind;
mod client;
pub(crate) mod growth;
pub(crate) mod in_process;
mod routes;

use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

use self::callgrind::Measured;
use self::routes::{ROUTES, Route};
use crate::command::Step;
use crate::error::Error;
use crate::workspace::{Workspace, cargo};

/// What the other servers are compared with.
const BASELINE: &str = "hyper-baseline";
const OURS: &str = "bench-server";
const ROUNDS: usize = 3;

/// Measures our servers and those in the folder `peers`: programs that serve the same routes and read `PORT` and `WORKERS`.
pub(crate) fn run(workspace: &Workspace, peers: Option<&str>) -> Result<(), Error> {
    let mut programs = Vec::new();
    for package in [BASELINE, OURS] {
        // One at a time: built together, the hyper baseline would get the features of hyper that Epilogue uses.
        Step::new(cargo())
            .args(["build", "--release", "--package", package])
            .directory(workspace.root())
            .run()?;
        programs.push(workspace.scratch("release").join(package));
    }
    if let Some(peers) = peers {
        programs.extend(programs_in(Path::new(peers))?);
    }
    let scratch = workspace.scratch("bench");
    let mut servers =
        programs.iter().map(|program| Measured::start(program, &scratch)).collect::<Result<Vec<_>, _>>()?;

    let mut counts = vec![vec![Vec::new(); ROUTES.len()]; servers.len()];
    for round in 0..ROUNDS {
        for (at, route) in ROUTES.iter().enumerate() {
            for (server, counts) in servers.iter_mut().zip(&mut counts) {
                counts[at].push(server.instructions(route)?);
            }
        }
        eprintln!("round {} of {ROUNDS}", round + 1);
    }

    let names: Vec<_> = servers.iter().map(Measured::name).collect();
    let table = table(&names, &counts);
    let file = scratch.join("instructions.md");
    fs::write(&file, &table).map_err(Error::file("writing", file.as_path()))?;
    println!("{table}\nsaved as {}", file.display());
    Ok(())
}

fn programs_in(folder: &Path) -> Result<Vec<PathBuf>, Error> {
    let entries = fs::read_dir(folder).map_err(Error::file("reading", folder))?;
    let mut programs: Vec<_> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
    programs.retain(|path| path.is_file() && path.extension().is_none());
    programs.sort();
    Ok(programs)
}

/// The medians, their ratios to the baseline, and how far apart the rounds were.
fn table(servers: &[String], counts: &[Vec<Vec<f64>>]) -> String {
    let mut text = String::from("User-space instructions a request: one connection, one worker. The median");
    let _ = write!(text, " of {ROUNDS} rounds, and its ratio to {BASELINE}.\n\n| server |");
    for Route { name, .. } in ROUTES {
        let _ = write!(text, " {name} |");
    }
    text.push_str("\n| --- |");
    text.push_str(&" ---: |".repeat(ROUTES.len()));
    let mut spread: f64 = 0.0;
    for (server, routes) in servers.iter().zip(counts) {
        let _ = write!(text, "\n| {server} |");
        for (rounds, baseline) in routes.iter().zip(&counts[0]) {
            let of = median(rounds);
            let _ = write!(text, " {of:.0} ({:.2}) |", of / median(baseline));
            spread = rounds.iter().map(|round| (round / of - 1.0).abs()).fold(spread, f64::max);
        }
    }
    let _ = write!(text, "\n\nNo round was further than {:.1} % from its median.\n", spread * 100.0);
    text
}

fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted[sorted.len() / 2]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_has_medians_and_ratios() {
        let counts = |base: f64| vec![vec![base, base * 1.01, base]; ROUTES.len()];
        let table = table(&["hyper".to_owned(), "ours".to_owned()], &[counts(1000.0), counts(1500.0)]);
        assert!(table.contains("| hyper | 1000 (1.00) |"), "{table}");
        assert!(table.contains("| ours | 1500 (1.50) |"), "{table}");
        assert!(table.contains("further than 1.0 %"), "{table}");
    }
}
