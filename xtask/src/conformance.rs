use std::fs;

use crate::cases::LeftOut;
use crate::command::Step;
use crate::error::Error;
use crate::python::Python;
use crate::server::Server;
use crate::workspace::{Workspace, cargo};

/// Runs the conformance suite against the server, with further words for pytest.
pub(crate) fn run(workspace: &Workspace, pytest: &[&str]) -> Result<(), Error> {
    let home = workspace.conformance();
    let scratch = workspace.scratch("conformance");
    let files = scratch.join("files");
    let files_of_overridden = scratch.join("files-overridden");
    fs::create_dir_all(&scratch).map_err(Error::file("making", scratch.as_path()))?;

    let left_out = LeftOut::read(&home.join("deselect.txt"))?;
    let python = Python::set_up(scratch.join("venv"), &home.join("requirements.txt"))?;
    Step::new(cargo())
        .args(["build", "--package", "conformance-server"])
        .directory(workspace.root())
        .run()?;

    let program = workspace.program("conformance-server");
    let normal = Server::start(&program, "the conformance server", &files, false)?;
    let overridden =
        Server::start(&program, "the overridden conformance server", &files_of_overridden, true)?;
    Step::new(python.interpreter())
        .args(["-m", "pytest", "public.py", "promises.py"])
        .args(left_out.to_args())
        .args(pytest)
        .env("BASE_URL", normal.url())
        .env("OVERRIDE_BASE_URL", overridden.url())
        // A proxy that the machine has for the packages cannot reach these servers. In lower case it counts before upper case.
        .env("no_proxy", "127.0.0.1")
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .directory(&home.join("suite"))
        .run()?;
    normal.stop()?;
    overridden.stop()
}
