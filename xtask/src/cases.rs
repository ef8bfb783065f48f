use std::fs;
use std::path::Path;

use crate::error::Error;

/// The cases that are left out, as `deselect.txt` lists them.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct LeftOut {
    cases: Vec<String>,
    markers: Vec<String>,
}

impl LeftOut {
    pub(crate) fn read(file: &Path) -> Result<Self, Error> {
        let text = fs::read_to_string(file).map_err(Error::file("reading", file))?;
        Ok(Self::parse(&text))
    }

    fn parse(text: &str) -> Self {
        let entry = |line: &str| line.split('#').next().unwrap_or_default().trim().to_owned();
        let entries = text.lines().map(entry).filter(|entry| !entry.is_empty());
        let (cases, markers) = entries.partition(|entry| entry.contains("::"));
        Self { cases, markers }
    }

    /// The same as arguments for pytest.
    pub(crate) fn to_args(&self) -> Vec<String> {
        let mut args: Vec<_> = self.cases.iter().map(|case| format!("--deselect={case}")).collect();
        if !self.markers.is_empty() {
            args.extend(["-m".to_owned(), format!("not ({})", self.markers.join(" or "))]);
        }
        args
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cases_and_markers_are_told_apart_and_comments_left_out() {
        let left_out = LeftOut::parse("# why\n\na.py::test_b # reason\nsecurity\nopenapi # later\n");
        assert_eq!(left_out.to_args(), ["--deselect=a.py::test_b", "-m", "not (security or openapi)"]);
    }

    #[test]
    fn nothing_is_left_out_by_an_empty_list() {
        assert_eq!(LeftOut::parse("# nothing\n").to_args(), Vec::<String>::new());
    }
}
