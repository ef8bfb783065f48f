//! The scratch folder that tasks write to and the suite reads.

use std::fs::{self, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::path::{Path as FilePath, PathBuf};

/// The scratch folder.
pub(crate) struct Files(PathBuf);

impl Files {
    /// Makes the folder if it does not exist.
    pub(crate) fn new(folder: PathBuf) -> io::Result<Self> {
        fs::create_dir_all(&folder)?;
        Ok(Self(folder))
    }

    pub(crate) fn overwrite(&self, name: &str, text: &str) -> io::Result<()> {
        fs::write(self.path(name), text)
    }

    pub(crate) fn append(&self, name: &str, text: &str) -> io::Result<()> {
        OpenOptions::new().create(true).append(true).open(self.path(name))?.write_all(text.as_bytes())
    }

    /// The file's text, if there is such a file.
    pub(crate) fn read(&self, name: &str) -> io::Result<Option<String>> {
        match fs::read_to_string(self.path(name)) {
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            result => result.map(Some),
        }
    }

    /// Removes the file if it is there.
    pub(crate) fn remove(&self, name: &str) -> io::Result<()> {
        match fs::remove_file(self.path(name)) {
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
            result => result,
        }
    }

    /// The path of a file. A name cannot lead out of the folder.
    fn path(&self, name: &str) -> PathBuf {
        self.0.join(FilePath::new(name).file_name().unwrap_or_default())
    }
}
