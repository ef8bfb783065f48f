//! Files of a multipart form.

use std::marker::PhantomData;

use bytes::Bytes;

use super::{Holds, Param, Untaken, wrapper};
use crate::decode;
use crate::decode::flaw::{self, Flaw};
use crate::graph::fuel::{Fuel, HasSource};
use crate::graph::node::Source;
use crate::rejection::{Invalid, Loc, Place};
use crate::scope::{Scope, Site};
use crate::upload::UploadFile;

/// A file of a multipart form: `File<UploadFile>`, `File<Option<UploadFile>>`, or `File<Vec<UploadFile>>` for a field that holds
/// several, which may be in an `Option` too. FastAPI's [`UploadFile`](https://fastapi.tiangolo.com/tutorial/request-files/).
/// With `Bytes` in the place of `UploadFile` it holds the content alone, in memory: FastAPI's `bytes` with `File()`.
///
/// The parameter's name is the field's. A form may hold texts too, which [`Form<T>`](crate::Form) reads. A field without a file
/// gets a `422`, as does a text where an `UploadFile` is wanted; a list may be empty unless it has `#[param(min_length = 1)]`.
///
/// ```
/// use epilogue::prelude::*;
///
/// #[post("/photos")]
/// async fn add(title: Form<String>, photo: File<UploadFile>, more: File<Vec<UploadFile>>) -> String {
///     format!("{}: {} and {} more", *title, photo.filename(), more.len())
/// }
///
/// let app = App::new().routes(routes![add]).upload_limit(100 * 1024 * 1024);
/// # let _ = app;
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct File<T>(pub T);

wrapper!(File);

/// Files of a form.
#[doc(hidden)]
#[derive(Debug)]
pub struct FromFiles<T>(PhantomData<T>);

impl<T: Files> HasSource for FromFiles<T> {
    const SOURCE: Source = Source::File { in_memory: T::IN_MEMORY };
}

#[diagnostic::do_not_recommend]
impl<T: Files> Param for File<T> {
    type Source<F: Fuel> = FromFiles<T>;

    fn take(scope: &mut Scope, site: &Site) -> Result<Self, Untaken> {
        T::take(scope, site).map(Self).map_err(Untaken::invalid)
    }
}

#[diagnostic::do_not_recommend]
impl<T> Holds for File<T> {
    type Value = T;
}

/// What a [`File`] may hold.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "`File<{Self}>` is not a parameter",
    label = "not what a field with files holds",
    note = "write `File<UploadFile>`, `File<Option<UploadFile>>` or `File<Vec<UploadFile>>`, or `Bytes` for `UploadFile`"
)]
pub trait Files: Sized {
    /// Whether the content is wanted in memory, so that it must not be written to disk.
    const IN_MEMORY: bool = false;

    fn take(scope: &Scope, site: &Site) -> Result<Self, Vec<Invalid>>;
}

impl Files for Option<UploadFile> {
    fn take(scope: &Scope, site: &Site) -> Result<Self, Vec<Invalid>> {
        match scope.form().uploads(site.key()).pop() {
            None => Ok(None),
            Some(Ok(file)) => Ok(Some(file)),
            // An empty text counts as missing, as in any form.
            Some(Err(text)) if text.is_empty() => Ok(None),
            Some(Err(text)) => Err(vec![no_file(site, None, text)]),
        }
    }
}

impl Files for UploadFile {
    fn take(scope: &Scope, site: &Site) -> Result<Self, Vec<Invalid>> {
        <Option<Self> as Files>::take(scope, site)?.ok_or_else(|| vec![missing(site)])
    }
}

impl<T> Files for Option<Vec<T>>
where
    Vec<T>: Files,
{
    const IN_MEMORY: bool = <Vec<T> as Files>::IN_MEMORY;

    fn take(scope: &Scope, site: &Site) -> Result<Self, Vec<Invalid>> {
        if scope.form().uploads(site.key()).is_empty() {
            return Ok(None);
        }
        <Vec<T> as Files>::take(scope, site).map(Some)
    }
}

impl Files for Vec<UploadFile> {
    fn take(scope: &Scope, site: &Site) -> Result<Self, Vec<Invalid>> {
        let (mut files, mut errors) = (Self::new(), Vec::new());
        for (index, upload) in scope.form().uploads(site.key()).into_iter().enumerate() {
            match upload {
                Ok(file) => files.push(file),
                Err(text) => errors.push(no_file(site, Some(index), text)),
            }
        }
        if errors.is_empty() {
            errors.extend(wrong_count(site, files.len()));
        }
        if errors.is_empty() { Ok(files) } else { Err(errors) }
    }
}

/// The content alone.
fn content(file: &UploadFile) -> Bytes {
    file.in_memory().expect("a form whose files are wanted as bytes is kept in memory")
}

impl Files for Bytes {
    const IN_MEMORY: bool = true;

    fn take(scope: &Scope, site: &Site) -> Result<Self, Vec<Invalid>> {
        <Option<Self> as Files>::take(scope, site)?.ok_or_else(|| vec![missing(site)])
    }
}

impl Files for Option<Bytes> {
    const IN_MEMORY: bool = true;

    fn take(scope: &Scope, site: &Site) -> Result<Self, Vec<Invalid>> {
        Ok(match scope.form().uploads(site.key()).pop() {
            Some(Ok(file)) => Some(content(&file)),
            // A text field will do too: its text is bytes.
            Some(Err(text)) if !text.is_empty() => Some(text.into()),
            _ => None,
        })
    }
}

impl Files for Vec<Bytes> {
    const IN_MEMORY: bool = true;

    fn take(scope: &Scope, site: &Site) -> Result<Self, Vec<Invalid>> {
        let files = <Vec<UploadFile> as Files>::take(scope, site)?;
        Ok(files.iter().map(content).collect())
    }
}

fn invalid(site: &Site, flaw: Flaw, input: serde_json::Value) -> Invalid {
    flaw.at(vec![Place::Body.as_str().into(), site.key().into()], input)
}

fn missing(site: &Site) -> Invalid {
    invalid(site, flaw::MISSING, serde_json::Value::Null)
}

/// FastAPI's message, with Python's name for a string in it.
fn no_file(site: &Site, index: Option<usize>, text: String) -> Invalid {
    let flaw = flaw::value_error("Expected UploadFile, received: <class 'str'>");
    let mut invalid = invalid(site, flaw, text.into());
    invalid.loc.extend(index.map(Loc::Index));
    invalid
}

fn wrong_count(site: &Site, count: usize) -> Option<Invalid> {
    let flaw = decode::wrong_count(count, site.limits()?)?;
    Some(if count == 0 { missing(site) } else { invalid(site, flaw, serde_json::Value::Null) })
}
