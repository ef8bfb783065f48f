//! Results, under whatever name a signature has them.

use std::marker::PhantomData;

use crate::response::HttpError;

/// The types of a `Result`, whatever name it is written under.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is called `Result`, but is not one",
    label = "not a `Result`",
    note = "import it under another name, or return `std::result::Result`"
)]
pub trait ResultLike {
    type Ok;
    type Err;
}

impl<T, E> ResultLike for Result<T, E> {
    type Ok = T;
    type Err = E;
}

/// Whether a type is a `Result`, whatever name it is written under: the inherent constants exist only for `Result`s, and take precedence
/// over the trait's.
#[derive(Debug)]
pub struct IsResult<T>(PhantomData<T>);

impl<T, E> IsResult<Result<T, E>> {
    pub const IS: bool = true;
    pub const KIND: PhantomData<Result<T, E>> = PhantomData;
}

/// Any other type.
pub trait NotResult {
    const IS: bool = false;
    const KIND: PhantomData<NoResult> = PhantomData;
}

impl<T> NotResult for IsResult<T> {}

/// Stands for any other type.
#[derive(Debug)]
pub struct NoResult;

/// How a value is taken apart, once [`IsResult`] has told whether its type is a `Result`.
pub trait Unpack<const IS_RESULT: bool> {
    type Ok;
    type Err;
    /// The `Result` itself, or `NoResult` for any other type.
    type Kind;

    fn unpack(self) -> Result<Self::Ok, Self::Err>;
}

impl<T, E> Unpack<true> for Result<T, E> {
    type Ok = T;
    type Err = E;
    type Kind = Self;

    fn unpack(self) -> Self {
        self
    }
}

impl<T> Unpack<false> for T {
    type Ok = T;
    type Err = HttpError;
    type Kind = NoResult;

    fn unpack(self) -> Result<T, HttpError> {
        Ok(self)
    }
}

/// The output of a dependency whose type's name does not say `Result`, so that it is taken for a plain value.
#[diagnostic::on_unimplemented(
    message = "the name of this type does not say that it is `{Self}`",
    label = "its error would not end the request",
    note = "write `Result<…>` itself; where the function is not generic, an alias with a name that ends in `Result` is taken for one too"
)]
pub trait PlainOutput {}

#[diagnostic::do_not_recommend]
impl PlainOutput for NoResult {}

/// Asserts that a type of another name is not a `Result`.
pub const fn no_result<K: PlainOutput>(_: PhantomData<K>) {}
