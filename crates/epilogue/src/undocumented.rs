//! Stands in for the documentation of the API without the feature `openapi`: the macros write the same code, and it means nothing.

#[doc(hidden)]
#[derive(Debug, Clone, Copy)]
pub struct ParamDocs;

impl ParamDocs {
    pub const fn none() -> Self {
        Self
    }
}

#[doc(hidden)]
#[derive(Debug, Clone, Copy)]
pub struct RouteDocs;

impl RouteDocs {
    pub const NONE: Self = Self;
}

#[doc(hidden)]
#[macro_export]
macro_rules! __param_docs {
    ($($documented:tt)*) => {
        $crate::__private::ParamDocs
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __route_docs {
    ($($documented:tt)*) => {
        $crate::__private::RouteDocs
    };
}
