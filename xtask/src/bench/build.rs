//! CPU time of builds: of a minimal app beside axum's, and of apps with many routes.

use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

use crate::command::Step;
use crate::error::Error;
use crate::workspace::{Workspace, cargo};

const EPILOGUE: &str = r#"use epilogue::prelude::*;

#[get("/")]
async fn hello() -> &'static str {
    "Hello"
}

#[epilogue::main]
async fn main() -> epilogue::Result<()> {
    App::new().routes(routes![hello]).serve("127.0.0.1:8000").await
}
"#;

const AXUM: &str = r#"use axum::{Router, routing::get};

async fn hello() -> &'static str {
    "Hello"
}

#[tokio::main]
async fn main() -> std::io::Result<()> {
    let app = Router::new().route("/", get(hello));
    axum::serve(tokio::net::TcpListener::bind("127.0.0.1:8000").await?, app).await
}
"#;

const AXUM_NEEDS: &str = r#"axum = "0.8"
tokio = { version = "1", features = ["rt-multi-thread", "net", "macros"] }
"#;

/// How many edits are measured; the one with the least CPU time counts.
const EDITS: u32 = 3;

/// Builds both minimal apps from clean, and again after an edit of their path function.
pub(crate) fn run(workspace: &Workspace) -> Result<(), Error> {
    // axum's default features include neither HTTP/2 nor multipart, WebSockets and cookies.
    let needs = needs(workspace, ", default-features = false");
    let mut table = String::from(
        "| | from clean, release | an edit, release | an edit, dev |\n| --- | ---: | ---: | ---: |\n",
    );
    for (name, needs, code) in [("Epilogue", needs.as_str(), EPILOGUE), ("axum", AXUM_NEEDS, AXUM)] {
        let app = AppToBuild::new(workspace, &format!("minimal-{}", name.to_lowercase()), needs, code)?;
        app.clean()?;
        let clean = app.build(&["--release"])?;
        let edited = app.edited(&["--release"])?;
        app.build(&[])?;
        let edited_dev = app.edited(&[])?;
        let _ = writeln!(table, "| {name} | {clean:.1} s | {edited:.2} s | {edited_dev:.2} s |");
    }
    println!("CPU time of builds with one job.\n\n{table}");
    Ok(())
}

/// The CPU seconds of building an app with this many routes, when its dependencies have been built.
pub(crate) fn of_routes(workspace: &Workspace, count: u32) -> Result<[(&'static str, f64); 2], Error> {
    let mut code = String::from("use epilogue::prelude::*;\n\nfn nothing() {}\n");
    for number in 0..count {
        let _ = write!(
            code,
            r#"
#[dependency]
fn query{number}(tasks: &BackgroundTasks, q: Query<Option<String>>) -> Option<String> {{
    tasks.add_task(nothing, ());
    q.into_inner()
}}

#[get("/things{number}/{{id}}")]
async fn thing{number}(id: Path<u64>, _q: Depends<query{number}>) -> Json<u64> {{
    Json(*id)
}}
"#
        );
    }
    let names = (0..count).map(|number| format!("thing{number}")).collect::<Vec<_>>().join(", ");
    let _ = write!(
        code,
        r#"
#[epilogue::main]
async fn main() -> epilogue::Result<()> {{
    App::new().routes(routes![{names}]).serve("127.0.0.1:8000").await
}}
"#
    );
    let app = AppToBuild::new(workspace, "many-routes", &needs(workspace, ""), &code)?;
    app.build(&[])?;
    app.build(&["--release"])?;
    Ok([("dev", app.edited(&[])?), ("release", app.edited(&["--release"])?)])
}

fn needs(workspace: &Workspace, features: &str) -> String {
    let path = workspace.root().join("crates/epilogue");
    format!("epilogue = {{ path = \"{}\"{features} }}\n", path.display())
}

/// An app outside the workspace, with a target folder of its own.
struct AppToBuild {
    folder: PathBuf,
    source: PathBuf,
}

impl AppToBuild {
    fn new(workspace: &Workspace, name: &str, needs: &str, code: &str) -> Result<Self, Error> {
        let folder = workspace.scratch("bench").join(name);
        let source = folder.join("src").join("main.rs");
        fs::create_dir_all(folder.join("src")).map_err(Error::file("making", folder.as_path()))?;
        let manifest = format!(
            "[package]\nname = \"{name}\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\n[dependencies]\n{needs}\n[workspace]\n"
        );
        write(&folder.join("Cargo.toml"), &manifest)?;
        write(&source, code)?;
        // Makes both apps use the same versions of the crates that both need.
        let lock = workspace.root().join("Cargo.lock");
        fs::copy(&lock, folder.join("Cargo.lock")).map_err(Error::file("copying", lock))?;
        Step::new(cargo()).args(["fetch", "--quiet"]).directory(&folder).run()?;
        Ok(Self { folder, source })
    }

    fn clean(&self) -> Result<(), Error> {
        let target = self.folder.join("target");
        if target.exists() {
            fs::remove_dir_all(&target).map_err(Error::file("removing", target))?;
        }
        Ok(())
    }

    /// The CPU seconds of a build.
    fn build(&self, words: &[&str]) -> Result<f64, Error> {
        let before = seconds_of_children()?;
        Step::new(cargo())
            .args(["build", "--quiet", "--offline", "--jobs", "1"])
            .args(words)
            .env("CARGO_TARGET_DIR", self.folder.join("target"))
            .directory(&self.folder)
            .run()?;
        Ok(seconds_of_children()? - before)
    }

    /// The least CPU seconds of a build after an edit of a path function.
    fn edited(&self, words: &[&str]) -> Result<f64, Error> {
        let code = fs::read_to_string(&self.source).map_err(Error::file("reading", self.source.as_path()))?;
        let mut least = f64::INFINITY;
        for number in 0..EDITS {
            let edit = code.replace("\"Hello\"", &format!("\"Hello {number}\"")).replacen(
                "Json(*id)",
                &format!("Json(*id + {number})"),
                1,
            );
            write(&self.source, &edit)?;
            least = least.min(self.build(words)?);
        }
        write(&self.source, &code)?;
        Ok(least)
    }
}

fn write(file: &Path, text: &str) -> Result<(), Error> {
    fs::write(file, text).map_err(Error::file("writing", file))
}

/// The CPU time of all programs that this one has started and waited for, as Linux counts it.
fn seconds_of_children() -> Result<f64, Error> {
    const FILE: &str = "/proc/self/stat";
    /// Per second, on every Linux.
    const TICKS: f64 = 100.0;
    let stat = fs::read_to_string(FILE).map_err(Error::file("reading", FILE))?;
    // The program's name, in brackets, may contain anything. Among what follows it are the times of its children.
    let fields: Vec<_> = stat.rsplit(") ").next().unwrap_or_default().split(' ').collect();
    match [13, 14].map(|index| fields.get(index).and_then(|field| field.parse::<f64>().ok())) {
        [Some(user), Some(system)] => Ok((user + system) / TICKS),
        _ => Err(Error::file("understanding", FILE)(std::io::ErrorKind::InvalidData.into())),
    }
}
