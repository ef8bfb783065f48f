//! The options of `#[param(...)]`, as constant data.

/// What `#[param(...)]` says about one parameter: FastAPI's arguments of `Query(...)`, `Path(...)`, `Header(...)`.
///
/// The route macros write it; it is constant data and part of the graph.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ParamOptions {
    /// The name to look up in place of the parameter's own.
    pub alias: Option<&'static str>,
    /// Whether a value is supplied when the request has none.
    pub has_default: bool,
    /// The value must be at least this.
    pub ge: Option<Bound>,
    /// The value must be more than this.
    pub gt: Option<Bound>,
    /// The value must be at most this.
    pub le: Option<Bound>,
    /// The value must be less than this.
    pub lt: Option<Bound>,
    /// The text must have at least this many characters.
    pub min_length: Option<usize>,
    /// The text must have at most this many characters.
    pub max_length: Option<usize>,
    /// A regular expression that must match somewhere in the text.
    pub pattern: Option<&'static str>,
    /// The security scopes that it requires of what it depends on.
    pub scopes: &'static [&'static str],
    /// The limits of the fields of a struct, by the names under which they are sent.
    pub fields: &'static [(&'static str, ParamOptions)],
    /// A JSON body stands under its name although it is the only one.
    pub embed: bool,
    /// What the parameter is for, in the words of its author.
    pub description: Option<&'static str>,
}

impl ParamOptions {
    /// No options at all.
    pub const NONE: Self = Self {
        alias: None,
        has_default: false,
        ge: None,
        gt: None,
        le: None,
        lt: None,
        min_length: None,
        max_length: None,
        pattern: None,
        scopes: &[],
        fields: &[],
        embed: false,
        description: None,
    };

    /// Whether any value of the parameter's type will do.
    pub(crate) fn limit_nothing(&self) -> bool {
        let bounds = [self.ge, self.gt, self.le, self.lt];
        let lengths = [self.min_length, self.max_length];
        self.fields.is_empty()
            && bounds.iter().all(Option::is_none)
            && lengths.iter().all(Option::is_none)
            && self.pattern.is_none()
    }
}

/// A limit of a number, as written in `#[param(ge = 1, lt = 2.5)]`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Bound {
    /// A whole number.
    Int(i128),
    /// A number with a fraction.
    Float(f64),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_limits_are_known_as_none() {
        assert!(ParamOptions::NONE.limit_nothing());
        assert!(!ParamOptions { pattern: Some("a"), ..ParamOptions::NONE }.limit_nothing());
        assert!(!ParamOptions { max_length: Some(1), ..ParamOptions::NONE }.limit_nothing());
    }
}
