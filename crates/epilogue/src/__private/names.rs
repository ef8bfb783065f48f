//! The dependencies that a signature names, which may turn out to be none.

use crate::dependency::Depends;

/// The types that the `Depends<…>` of a signature name, by number. The macros implement it for one type per function.
pub trait Names<const N: usize> {
    type Alias;
}

/// The same output under its dependency's name. If that is not a dependency, `This` is an error type.
pub fn named<Alias, This>(depends: Depends<Alias>) -> Depends<This> {
    depends.named()
}

/// A type in angle brackets.
pub type Same<T> = T;
