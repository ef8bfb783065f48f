//! What grows with an app and its load, measured and plotted for the book.

use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

use super::build;
use super::callgrind::{can_count, instructions_of};
use crate::command::Step;
use crate::error::Error;
use crate::workspace::{Workspace, cargo};

const PACKAGE: &str = "growth";
const PLOTS: &str = "docs/src/performance";

const ROUTES: [u32; 7] = [1, 3, 10, 30, 100, 300, 1000];
const DEPENDENCIES: [u32; 7] = [1, 2, 4, 8, 16, 32, 64];
const TASKS: [u32; 5] = [1, 10, 100, 1000, 10_000];
const PENDING: [u32; 4] = [100, 1000, 10_000, 100_000];
const CONNECTIONS: [u32; 5] = [1, 10, 100, 1000, 10_000];
const BUILT_ROUTES: [u32; 3] = [10, 100, 500];

pub(crate) fn run(workspace: &Workspace) -> Result<(), Error> {
    if !can_count() {
        return Ok(());
    }
    Step::new(cargo())
        .args(["build", "--release", "--package", PACKAGE])
        .directory(workspace.root())
        .run()?;
    let scratch = workspace.scratch("bench");
    fs::create_dir_all(&scratch).map_err(Error::file("making", scratch.as_path()))?;
    let program = workspace.scratch("release").join(PACKAGE);
    let mut points = Points { program, scratch: scratch.clone(), lines: String::new() };
    points.count("routes", "routes", &ROUTES)?;
    points.count("dependencies", "chain", &DEPENDENCIES)?;
    points.count("dependencies", "fan", &DEPENDENCIES)?;
    points.count("dependencies", "diamond", &DEPENDENCIES)?;
    points.count("tasks", "tasks", &TASKS)?;
    for count in PENDING {
        for (series, of) in [("of one request", "request"), ("of a request each", "requests")] {
            let bytes = points.say(&["pending", of, &count.to_string()])?;
            points.add("pending", series, count, bytes.trim());
        }
    }
    for count in CONNECTIONS {
        let said = points.say(&["connections", &count.to_string()])?;
        let (bytes, microseconds) = said.trim().split_once(' ').unwrap_or_default();
        if count >= PENDING[0] {
            // With fewer, they are too small beside the pages of memory that they are in.
            points.add("connections", "connections", count, bytes);
        }
        points.add("times", "times", count, microseconds);
    }
    for count in BUILT_ROUTES {
        for (series, seconds) in build::of_routes(workspace, count)? {
            points.add("builds", series, count, &format!("{seconds:.2}"));
        }
    }
    let file = scratch.join("growth.csv");
    fs::write(&file, &points.lines).map_err(Error::file("writing", file.as_path()))?;
    let plots = workspace.root().join(PLOTS);
    Step::new(&points.program).args([Path::new("plot"), &file, &plots]).run()?;
    println!("{}plotted in {PLOTS}", points.lines);
    Ok(())
}

struct Points {
    program: PathBuf,
    scratch: PathBuf,
    lines: String,
}

impl Points {
    /// Counts the instructions of a request at each size.
    fn count(&mut self, chart: &str, kind: &str, sizes: &[u32]) -> Result<(), Error> {
        for &size in sizes {
            let [few, many] = if kind == "tasks" && size > 100 { [2, 6] } else { [50, 250] };
            let counted = |requests: u32| {
                let (size, requests) = (size.to_string(), requests.to_string());
                instructions_of(&self.program, &["requests", kind, &size, &requests], &self.scratch)
            };
            let one = (counted(many)? - counted(few)?) / f64::from(many - few);
            let shown = if kind == "tasks" { one / f64::from(size) } else { one };
            self.add(chart, kind, size, &format!("{shown:.0}"));
        }
        Ok(())
    }

    fn say(&self, words: &[&str]) -> Result<String, Error> {
        Step::new(&self.program).args(words).output()
    }

    fn add(&mut self, chart: &str, series: &str, x: u32, y: &str) {
        eprintln!("{chart} {series} {x}: {y}");
        let _ = writeln!(self.lines, "{chart},{series},{x},{y}");
    }
}
