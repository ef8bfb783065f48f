//! Every file in `cases/` has one mistake and does not compile; the `.stderr` beside it is what the compiler says of it.
//!
//! `TRYBUILD=overwrite cargo test -p epilogue-ui --test mistakes` writes them anew: read the difference before it is kept.

use std::fs;
use std::path::{Path, PathBuf};

#[test]
fn each_is_told_in_the_words_that_were_reviewed() {
    // The words of rustc are those of the release that CONTRIBUTING.md names.
    trybuild::TestCases::new().compile_fail("cases/*/*.rs");
}

#[test]
fn one_mistake_is_one_error() {
    let mut wrong = Vec::new();
    for file in files() {
        let (expected, errors) = (expected(&file), errors(&file));
        if errors != expected {
            wrong.push(format!("{}: {errors} errors", file.display()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_case_has_been_reviewed() {
    let unreviewed: Vec<_> =
        files().into_iter().filter(|file| !file.with_extension("stderr").exists()).collect();
    assert!(unreviewed.is_empty(), "without a .stderr: {unreviewed:?}");
    assert!(files().len() >= 90);
}

#[test]
fn the_book_quotes_what_is_recorded() {
    let book = fs::read_to_string("../../docs/src/errors.md").unwrap();
    let mut recorded = Vec::new();
    for file in files() {
        let text = fs::read_to_string(file.with_extension("stderr")).unwrap_or_default();
        let text = text.replace(file.to_str().unwrap(), "src/main.rs").replace("$WORKSPACE/", "");
        recorded.push(text.trim().to_owned());
    }
    let quoted = book.split("```text\n").skip(1).map(|rest| rest.split("```").next().unwrap().trim());
    let unknown: Vec<_> = quoted.filter(|quoted| !recorded.iter().any(|text| text == quoted)).collect();
    assert!(unknown.is_empty(), "{}", unknown.join("\n\n"));
}

/// How many errors a case says that it has: one, where it says nothing.
fn expected(file: &Path) -> usize {
    let text = fs::read_to_string(file).unwrap();
    let number = text.lines().find_map(|line| line.strip_prefix("//@ errors: "));
    number.map_or(1, |number| number.parse().unwrap())
}

/// How many errors a case's `.stderr` has.
fn errors(file: &Path) -> usize {
    let text = fs::read_to_string(file.with_extension("stderr")).unwrap_or_default();
    text.lines().filter(|line| line.starts_with("error:") || line.starts_with("error[")).count()
}

fn files() -> Vec<PathBuf> {
    let folders = fs::read_dir("cases").unwrap();
    let files = folders.flat_map(|folder| fs::read_dir(folder.unwrap().path()).unwrap());
    let mut files: Vec<_> = files.map(|file| file.unwrap().path()).collect();
    files.retain(|file| file.extension().is_some_and(|extension| extension == "rs"));
    files.sort();
    files
}
