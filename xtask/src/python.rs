use std::fs;
use std::path::{Path, PathBuf};

use crate::command::Step;
use crate::error::Error;

/// A virtual environment with the packages of a `requirements.txt`.
#[derive(Debug)]
pub(crate) struct Python {
    folder: PathBuf,
}

impl Python {
    /// The environment in the folder. It is made anew unless it already has these requirements.
    pub(crate) fn set_up(folder: PathBuf, requirements: &Path) -> Result<Self, Error> {
        let python = Self { folder };
        let wanted = fs::read_to_string(requirements).map_err(Error::file("reading", requirements))?;
        let installed = python.folder.join("requirements.txt");
        // If Python has been upgraded since, the interpreter is a link to nowhere.
        let is_whole = python.interpreter().exists();
        if is_whole && fs::read_to_string(&installed).is_ok_and(|installed| installed == wanted) {
            return Ok(python);
        }
        python.remove()?;
        python.install(requirements)?;
        // Written last: it shows that everything else is there.
        fs::write(&installed, wanted).map_err(Error::file("writing", installed.as_path()))?;
        Ok(python)
    }

    pub(crate) fn interpreter(&self) -> PathBuf {
        self.folder.join("bin").join("python")
    }

    fn install(&self, requirements: &Path) -> Result<(), Error> {
        let with_venv = || {
            Step::new("python3").args(["-m", "venv"]).args([&self.folder]).run()?;
            Step::new(self.interpreter())
                .args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r"])
                .args([requirements])
                .run()
        };
        let with_uv = || {
            Step::new("uv").args(["venv", "--quiet"]).args([&self.folder]).run()?;
            Step::new("uv")
                .args(["pip", "install", "--quiet", "--python"])
                .args([self.interpreter().as_path(), Path::new("-r"), requirements])
                .run()
        };
        with_venv().or_else(|venv| {
            // A Python without `ensurepip` leaves half an environment behind.
            self.remove()?;
            with_uv().map_err(|uv| Error::NoPython { venv: Box::new(venv), uv: Box::new(uv) })
        })
    }

    fn remove(&self) -> Result<(), Error> {
        if !self.folder.exists() {
            return Ok(());
        }
        fs::remove_dir_all(&self.folder).map_err(Error::file("removing", self.folder.as_path()))
    }
}
