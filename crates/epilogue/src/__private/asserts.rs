//! Assertions that the macros write as calls, since the types in them have no name or mention type parameters.

use std::marker::PhantomData;

use crate::dependency::Dependency;
use crate::param::{Number, Param, Readable, Shared, Text};

/// Asserts that a type which mentions type parameters is a parameter. Called in the body of a generic function.
pub const fn parameter<P: Param, F: Copy>(_: F) {}

/// The same for the value that a parameter reads, and for the dependency that it names.
pub const fn readable<T: ReadableIn<F>, F: Copy>(_: F) {}
pub const fn dependency<D: Dependency, F: Copy>(_: F) {}

/// Asserts that a field with the limits of a number is a number.
pub const fn number<T: Number>(_: &T) {}

/// The same for a text.
pub const fn text<T: Text>(_: &T) {}

/// Asserts that a field can be shared, since its struct is an output.
pub const fn shared<T: Shared>(_: PhantomData<T>) {}

/// The same for the output of a generic dependency, and for a state that it takes.
pub const fn output<T: SharedIn<F>, F: Copy>(_: F) {}

/// A value that a generic dependency reads. Its bound is one that rustc does not suggest to add, since the type of a function, which is what
/// `F` is, has no name.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be read from a request: it does not implement `Deserialize`",
    label = "no `Deserialize`",
    note = "bound the type parameter by `serde::de::DeserializeOwned`, or write `#[derive(serde::Deserialize)]` above the struct"
)]
pub trait ReadableIn<F> {}

#[diagnostic::do_not_recommend]
impl<T: Readable, F> ReadableIn<F> for T {}

/// The same for what it returns.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not `Send + Sync`, so it cannot be shared between threads",
    label = "requests on other threads see this value too",
    note = "bound the type parameter by `Send + Sync`"
)]
pub trait SharedIn<F> {}

#[diagnostic::do_not_recommend]
impl<T: Shared, F> SharedIn<F> for T {}

/// Stands for the function that an assertion is in.
pub const fn asserting() {}
