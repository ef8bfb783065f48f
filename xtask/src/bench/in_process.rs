//! Instructions per request of the app without a server, compared with the recorded ones.

use std::fmt::Write;
use std::fs;
use std::path::Path;

use super::callgrind::{can_count, instructions_of};
use super::routes::{ROUTES, Route};
use crate::command::Step;
use crate::error::Error;
use crate::workspace::{Workspace, cargo};

const PACKAGE: &str = "in-process";
/// The recorded counts: one line per route.
const RECORDED: &str = "benches/in-process/instructions.txt";
/// How far a route may be from what was recorded, as a fraction of it.
const TOLERANCE: f64 = 0.1;
/// How many requests are sent in the two runs whose difference counts. If a request has many tasks, there are fewer.
const REQUESTS: [u32; 2] = [200, 1200];
const FEW_REQUESTS: [u32; 2] = [20, 120];

/// Prints the table. With `record` it is recorded for later comparisons; otherwise a route that is too far off is an error.
pub(crate) fn run(workspace: &Workspace, record: bool) -> Result<(), Error> {
    if !can_count() {
        return Ok(());
    }
    Step::new(cargo())
        .args(["build", "--release", "--package", PACKAGE])
        .directory(workspace.root())
        .run()?;
    let program = workspace.scratch("release").join(PACKAGE);
    let scratch = workspace.scratch("bench");
    fs::create_dir_all(&scratch).map_err(Error::file("making", scratch.as_path()))?;
    let counts = ROUTES
        .iter()
        .map(|route| Ok((route.name, instructions(&program, &scratch, route)?)))
        .collect::<Result<Vec<_>, Error>>()?;

    let file = workspace.root().join(RECORDED);
    if record {
        let text = counts.iter().fold(String::new(), |mut text, (name, count)| {
            let _ = writeln!(text, "{count:.0} {name}");
            text
        });
        fs::write(&file, text).map_err(Error::file("writing", file.as_path()))?;
        println!("recorded in {RECORDED}");
        return Ok(());
    }
    let recorded = fs::read_to_string(&file).map_err(Error::file("reading", file.as_path()))?;
    let (table, off) = compare(&counts, &recorded);
    println!("{table}");
    if off.is_empty() { Ok(()) } else { Err(Error::OffRecord { routes: off.join(", ") }) }
}

fn instructions(program: &Path, scratch: &Path, route: &Route) -> Result<f64, Error> {
    let [few, many] = if route.tasks > 10 { FEW_REQUESTS } else { REQUESTS };
    Ok((counted(program, scratch, route, many)? - counted(program, scratch, route, few)?)
        / f64::from(many - few))
}

fn counted(program: &Path, scratch: &Path, route: &Route, requests: u32) -> Result<f64, Error> {
    let (requests, body) = (requests.to_string(), route.body());
    let mut words = vec![requests.as_str(), route.method, route.path, &body];
    words.extend(route.header_words());
    instructions_of(program, &words, scratch)
}

/// A table of the counts and the recorded ones, and the routes that are too far off.
fn compare(counts: &[(&'static str, f64)], recorded: &str) -> (String, Vec<&'static str>) {
    let recorded = |name: &str| -> Option<f64> {
        recorded.lines().filter_map(|line| line.split_once(' ')).find(|(_, of)| *of == name)?.0.parse().ok()
    };
    let mut table = String::from(
        "| route | instructions a request | recorded | change |\n| --- | ---: | ---: | ---: |\n",
    );
    let mut off = Vec::new();
    for &(name, count) in counts {
        // A route that was never recorded counts as too far off.
        let before = recorded(name).unwrap_or(f64::NAN);
        let change = count / before - 1.0;
        let _ = writeln!(table, "| {name} | {count:.0} | {before:.0} | {:+.1} % |", change * 100.0);
        if change.is_nan() || change.abs() > TOLERANCE {
            off.push(name);
        }
    }
    (table, off)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_route_within_a_tenth_is_right_and_any_other_is_named() {
        let counts = [("A plain", 1090.0), ("B faster", 890.0), ("C slower", 1110.0), ("D new", 5.0)];
        let (table, off) = compare(&counts, "1000 A plain\n1000 B faster\n1000 C slower\n");
        assert_eq!(off, ["B faster", "C slower", "D new"]);
        assert!(table.contains("| A plain | 1090 | 1000 | +9.0 % |"), "{table}");
    }
}
