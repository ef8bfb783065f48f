//! Where tasks come from: the request that queued them and the line that did.

use std::{fmt, panic::Location, sync::Arc};

/// The request that tasks belong to, as logs and reports name it.
///
/// A clone costs one reference count; a server makes the name once for each route.
///
/// ```
/// # use epilogue_runtime as epilogue;
/// use epilogue::Origin;
///
/// let origin = Origin::new(7, "POST /send/{email}");
/// assert_eq!(origin.to_string(), "POST /send/{email} #7");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Origin {
    /// The request's number.
    pub id: u64,
    /// The request's method and path template.
    pub name: Arc<str>,
}

impl Origin {
    /// An origin of a number and a name.
    pub fn new(id: u64, name: impl Into<Arc<str>>) -> Self {
        Self { id, name: name.into() }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} #{}", self.name, self.id)
    }
}

/// A place in the source: where a task was queued, or where a `#[task]` is defined.
///
/// ```
/// # use epilogue_runtime as epilogue;
/// use epilogue::SourceLine;
///
/// const HERE: SourceLine = SourceLine::new("src/mail.rs", 12);
/// assert_eq!(HERE.to_string(), "src/mail.rs:12");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct SourceLine {
    /// The file, as the compiler was given it.
    pub file: &'static str,
    /// The line, from 1.
    pub line: u32,
}

impl SourceLine {
    /// A place of `file!()` and `line!()`.
    pub const fn new(file: &'static str, line: u32) -> Self {
        Self { file, line }
    }

    /// The place of the call.
    #[doc(hidden)]
    #[track_caller]
    pub const fn caller() -> Self {
        let place = Location::caller();
        Self::new(place.file(), place.line())
    }
}

impl fmt::Display for SourceLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.file, self.line)
    }
}
