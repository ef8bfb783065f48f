use std::ffi::OsStr;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::error::Error;

/// A program that runs to its end as part of a chore.
#[derive(Debug)]
pub(crate) struct Step {
    command: Command,
    is_shown: bool,
}

impl Step {
    pub(crate) fn new(program: impl AsRef<OsStr>) -> Self {
        let mut command = Command::new(program);
        command.stdin(Stdio::null());
        Self { command, is_shown: true }
    }

    pub(crate) fn args<A: AsRef<OsStr>>(mut self, args: impl IntoIterator<Item = A>) -> Self {
        self.command.args(args);
        self
    }

    pub(crate) fn env(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.command.env(name, value);
        self
    }

    pub(crate) fn directory(mut self, directory: &Path) -> Self {
        self.command.current_dir(directory);
        self
    }

    /// Discards its output: what it says is in a file.
    pub(crate) fn quietly(mut self) -> Self {
        self.command.stdout(Stdio::null());
        self.is_shown = false;
        self
    }

    /// Returns what it prints, if it ends with 0.
    pub(crate) fn output(mut self) -> Result<String, Error> {
        let command = shown(&self.command);
        match self.command.stderr(Stdio::inherit()).output() {
            Ok(output) if output.status.success() => Ok(String::from_utf8_lossy(&output.stdout).into_owned()),
            Ok(output) => Err(Error::Failed { command, status: output.status }),
            Err(source) => Err(Error::Start { command, source }),
        }
    }

    /// Runs it; one that does not end with 0 is an error.
    pub(crate) fn run(mut self) -> Result<(), Error> {
        let command = shown(&self.command);
        if self.is_shown {
            eprintln!("$ {command}");
        }
        match self.command.status() {
            Ok(status) if status.success() => Ok(()),
            Ok(status) => Err(Error::Failed { command, status }),
            Err(source) => Err(Error::Start { command, source }),
        }
    }
}

/// A command as it would be typed, without the folder of its program.
fn shown(command: &Command) -> String {
    let program = Path::new(command.get_program()).file_name().unwrap_or(command.get_program());
    let words = std::iter::once(program).chain(command.get_args());
    words.map(|word| quoted(&word.to_string_lossy())).collect::<Vec<_>>().join(" ")
}

fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || "-_=+./:,@".contains(c);
    if word.chars().all(plain) { word.to_owned() } else { format!("'{word}'") }
}
