use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use crate::error::Error;

/// Where things are.
#[derive(Debug)]
pub(crate) struct Workspace {
    root: PathBuf,
    /// Where cargo has put this program, and puts the others that it builds in the same way.
    programs: PathBuf,
    target: PathBuf,
}

impl Workspace {
    pub(crate) fn find() -> Result<Self, Error> {
        let here = Path::new(env!("CARGO_MANIFEST_DIR"));
        let this = env::current_exe().map_err(Error::file("finding", "xtask"))?;
        let programs = parent(&this);
        Ok(Self { root: parent(here), target: parent(&programs), programs })
    }

    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    pub(crate) fn conformance(&self) -> PathBuf {
        self.root.join("tests").join("conformance")
    }

    /// A built program.
    pub(crate) fn program(&self, name: &str) -> PathBuf {
        self.programs.join(name)
    }

    /// A folder for a chore in `target`, wherever that is.
    pub(crate) fn scratch(&self, name: &str) -> PathBuf {
        self.target.join(name)
    }
}

/// The cargo that runs this program.
pub(crate) fn cargo() -> OsString {
    env::var_os("CARGO").unwrap_or_else(|| "cargo".into())
}

fn parent(path: &Path) -> PathBuf {
    path.parent().map(Path::to_path_buf).unwrap_or_default()
}
