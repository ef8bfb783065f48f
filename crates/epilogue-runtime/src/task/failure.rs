use std::{any::Any, error::Error, fmt};

use crate::causes::with_causes;

/// A task's error as text, with its causes.
///
/// Made by [`TaskReturn`](crate::TaskReturn) from whatever `Display`s. Causes are kept for errors that show them in
/// their alternate form (`{:#}`, as `anyhow` and `eyre` do), for `std::io::Error` and for boxed errors; and for every
/// `std::error::Error` that a `#[task]` returns.
///
/// ```
/// use epilogue_runtime::TaskFailure;
///
/// let failure = TaskFailure::from_error(&std::io::Error::other("disk full"));
/// assert_eq!(failure.to_string(), "disk full");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct TaskFailure {
    message: String,
}

type Boxed = Box<dyn Error + Send + Sync>;

impl TaskFailure {
    /// A failure of an error and all of its sources.
    pub fn from_error(error: &(dyn Error + 'static)) -> Self {
        Self { message: with_causes(error) }
    }

    /// A failure of anything that says what is wrong.
    pub fn from_display<E: fmt::Display + 'static>(error: &E) -> Self {
        // A task's error need only be `Display`, and Rust has no way to ask whether it is an `Error` too. But the two types that
        // most tasks fail with can be recognised.
        let any: &dyn Any = error;
        if let Some(error) = any.downcast_ref::<std::io::Error>() {
            return Self::from_error(error);
        }
        if let Some(error) = any.downcast_ref::<Boxed>() {
            return Self::from_error(&**error);
        }
        if let Some(error) = any.downcast_ref::<Box<dyn Error>>() {
            return Self::from_error(&**error);
        }
        Self { message: format!("{error:#}") }
    }
}
