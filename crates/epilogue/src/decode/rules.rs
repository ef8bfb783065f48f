//! The limits of `#[param(...)]`, checked on the values as they are decoded.

use std::cmp::Ordering;
use std::fmt;

use serde_json::{Number, Value, json};

use super::flaw::{self, Flaw};
#[cfg(feature = "pattern")]
use super::pattern;
use super::scalar;
use crate::param::{Bound, ParamOptions};

/// Which limits hold for a value.
#[derive(Debug, Clone, Copy)]
pub(super) enum Rules<'o> {
    /// Only those of the type itself.
    None,
    /// Those of the parameter.
    Value(&'o ParamOptions),
    /// Those of the parameter for the items of its list. Lengths do not apply to the items: they limit the list.
    Item(&'o ParamOptions),
}

/// A number, as exact as it was sent.
#[derive(Debug, Clone, Copy)]
pub(super) enum Num {
    Int(i128),
    /// Beyond an `i128`, which only a `u128` can be.
    Huge(u128),
    Float(f64),
}

impl<'o> Rules<'o> {
    pub(super) fn of(limits: Option<&'o ParamOptions>) -> Self {
        limits.map_or(Self::None, Self::Value)
    }

    /// Whether there is anything to check, so that a body without limits can be left to its parser.
    pub(super) fn is_empty(self) -> bool {
        matches!(self, Self::None)
    }

    fn options(self) -> Option<&'o ParamOptions> {
        match self {
            Self::None => None,
            Self::Value(options) | Self::Item(options) => Some(options),
        }
    }

    fn lengths(self) -> (Option<usize>, Option<usize>) {
        match self {
            Self::Value(options) => (options.min_length, options.max_length),
            Self::None | Self::Item(_) => (None, None),
        }
    }

    pub(super) fn of_items(self) -> Self {
        match self {
            Self::Value(options) => Self::Item(options),
            other => other,
        }
    }

    /// Those of a field, which `#[param(fields(...))]` limits.
    pub(super) fn of_field(self, name: &str) -> Self {
        let fields = self.options().map_or(&[][..], |options| options.fields);
        fields
            .iter()
            .find(|(field, _)| *field == name)
            .map_or(Self::None, |(_, options)| Self::Value(options))
    }

    /// Whether there is anything to check of a number.
    #[inline]
    pub(super) fn limit_numbers(self) -> bool {
        self.options().is_some_and(|options| {
            options.le.is_some() || options.lt.is_some() || options.ge.is_some() || options.gt.is_some()
        })
    }

    /// Checks a number: the first limit missed, in pydantic's order.
    pub(super) fn number(self, value: Num) -> Result<(), Flaw> {
        let Some(options) = self.options() else { return Ok(()) };
        let limits = [
            ("le", options.le, Ordering::is_le as fn(Ordering) -> bool),
            ("lt", options.lt, Ordering::is_lt),
            ("ge", options.ge, Ordering::is_ge),
            ("gt", options.gt, Ordering::is_gt),
        ];
        for (name, bound, holds) in limits {
            // A NaN meets no limit.
            if let Some(bound) = bound
                && !value.compare(bound.into()).is_some_and(holds)
            {
                return Err(missed(name, bound, matches!(value, Num::Float(_))));
            }
        }
        Ok(())
    }

    /// The error of a number that its type cannot hold: it names the parameter's own limit, if there is one on that side.
    pub(super) fn beyond(self, above: bool, limit: Num) -> Flaw {
        let own = self.options().and_then(|options| {
            let sides = if above {
                [("le", options.le), ("lt", options.lt)]
            } else {
                [("ge", options.ge), ("gt", options.gt)]
            };
            sides.into_iter().find_map(|(name, bound)| bound.map(|bound| missed(name, bound, false)))
        });
        own.unwrap_or_else(|| {
            flaw::out_of_bounds(if above { "le" } else { "ge" }, &limit.to_string(), &limit.to_json())
        })
    }

    /// Checks a text: its length, then the pattern, then what it is worth if it is the number that a limit is for.
    #[inline]
    pub(super) fn text(self, text: &str) -> Result<(), Flaw> {
        if self.is_empty() { Ok(()) } else { self.limited_text(text) }
    }

    fn limited_text(self, text: &str) -> Result<(), Flaw> {
        let (min, max) = self.lengths();
        if min.is_some() || max.is_some() {
            let length = text.chars().count();
            if let Some(max) = max.filter(|&max| length > max) {
                return Err(flaw::string_too_long(max));
            }
            if let Some(min) = min.filter(|&min| length < min) {
                return Err(flaw::string_too_short(min));
            }
        }
        // Without the feature the macros accept no pattern, so there is none to match.
        #[cfg(feature = "pattern")]
        if let Some(pattern) = self.options().and_then(|options| options.pattern) {
            pattern::matches(pattern, text)?;
        }
        // A number of the user's own, such as a decimal, may ask for a text. It refuses what is no number itself.
        if self.limit_numbers()
            && let Ok(value) = scalar::float(text, Self::None)
        {
            self.number(Num::Float(value))?;
        }
        Ok(())
    }

    /// Whether there are too many items. As in pydantic, this is reported instead of what is wrong with them.
    pub(super) fn too_many(self, actual: usize) -> Option<Flaw> {
        let (_, max) = self.lengths();
        max.filter(|&max| actual > max).map(|max| flaw::too_long("List", max, actual))
    }

    /// Whether there are too few items. This is reported only if nothing is wrong with them.
    pub(super) fn too_few(self, actual: usize) -> Option<Flaw> {
        let (min, _) = self.lengths();
        min.filter(|&min| actual < min).map(|min| flaw::too_short(min, actual))
    }
}

impl Num {
    #[expect(clippy::cast_precision_loss, reason = "a limit with a fraction is compared as a float")]
    fn to_float(self) -> f64 {
        match self {
            Self::Int(value) => value as f64,
            Self::Huge(value) => value as f64,
            Self::Float(value) => value,
        }
    }

    /// Compares whole numbers exactly, and others as floats.
    fn compare(self, other: Self) -> Option<Ordering> {
        match (self, other) {
            (Self::Int(value), Self::Int(other)) => Some(value.cmp(&other)),
            (Self::Huge(_), Self::Int(_)) => Some(Ordering::Greater),
            (value, other) => value.to_float().partial_cmp(&other.to_float()),
        }
    }

    /// As JSON data; a whole number that is too large for it as a float.
    fn to_json(self) -> Value {
        let whole = if let Self::Int(value) = self { Number::from_i128(value) } else { None };
        whole.map_or_else(|| json!(self.to_float()), Value::Number)
    }
}

impl fmt::Display for Num {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Int(value) => value.fmt(f),
            Self::Huge(value) => value.fmt(f),
            Self::Float(value) => value.fmt(f),
        }
    }
}

impl From<&Number> for Num {
    fn from(number: &Number) -> Self {
        number.as_i128().map_or_else(|| Self::Float(number.as_f64().unwrap_or(f64::NAN)), Self::Int)
    }
}

impl From<Bound> for Num {
    fn from(bound: Bound) -> Self {
        match bound {
            Bound::Int(bound) => Self::Int(bound),
            Bound::Float(bound) => Self::Float(bound),
        }
    }
}

/// The sentence shows a limit as it is written; the data shows it as a float where the value or the limit is one.
fn missed(name: &'static str, bound: Bound, of_float: bool) -> Flaw {
    let limit = Num::from(bound);
    let data = if of_float { json!(limit.to_float()) } else { limit.to_json() };
    flaw::out_of_bounds(name, &limit.to_string(), &data)
}

#[cfg(feature = "openapi")]
pub(crate) fn bound_as_json(bound: Bound) -> Value {
    Num::from(bound).to_json()
}

#[cfg(test)]
mod tests {
    use super::*;

    const NONE: ParamOptions = ParamOptions::NONE;

    #[track_caller]
    fn check(result: Result<(), Flaw>, want: Option<(&str, &str, Value)>) {
        let got = result.err().map(|flaw| (flaw.kind, flaw.msg.into_owned(), flaw.ctx.unwrap_or_default()));
        assert_eq!(got, want.map(|(kind, msg, ctx)| (kind, msg.to_owned(), ctx)));
    }

    #[test]
    fn numbers_keep_their_kind_in_ctx() {
        let int = |value| Some(Bound::Int(value));
        let float = |value| Some(Bound::Float(value));
        let rows = [
            (
                ParamOptions { gt: int(3), ..NONE },
                Num::Int(3),
                "greater_than",
                "greater than 3",
                json!({"gt": 3}),
            ),
            (
                ParamOptions { lt: float(3.0), ..NONE },
                Num::Float(3.5),
                "less_than",
                "less than 3",
                json!({"lt": 3.0}),
            ),
            (
                ParamOptions { lt: int(3), ..NONE },
                Num::Float(3.5),
                "less_than",
                "less than 3",
                json!({"lt": 3.0}),
            ),
            (
                ParamOptions { ge: int(1), ..NONE },
                Num::Float(0.5),
                "greater_than_equal",
                "greater than or equal to 1",
                json!({"ge": 1.0}),
            ),
            (
                ParamOptions { le: float(1e20), ..NONE },
                Num::Float(3e20),
                "less_than_equal",
                "less than or equal to 100000000000000000000",
                json!({"le": 1e20}),
            ),
            (
                ParamOptions { ge: float(1e-7), ..NONE },
                Num::Int(0),
                "greater_than_equal",
                "greater than or equal to 0.0000001",
                json!({"ge": 1e-7}),
            ),
            (
                ParamOptions { le: float(2.5), ..NONE },
                Num::Int(3),
                "less_than_equal",
                "less than or equal to 2.5",
                json!({"le": 2.5}),
            ),
            (
                ParamOptions { lt: int(5), ..NONE },
                Num::Huge(u128::MAX),
                "less_than",
                "less than 5",
                json!({"lt": 5}),
            ),
            (
                ParamOptions { le: int(3), ..NONE },
                Num::Float(f64::NAN),
                "less_than_equal",
                "less than or equal to 3",
                json!({"le": 3.0}),
            ),
        ];
        for (options, value, kind, relation, ctx) in rows {
            let msg = format!("Input should be {relation}");
            check(Rules::Value(&options).number(value), Some((kind, &msg, ctx)));
        }
    }

    #[test]
    fn the_first_limit_in_pydantics_order() {
        let int = |value| Some(Bound::Int(value));
        let options = ParamOptions { ge: int(1), gt: int(3), le: int(0), lt: int(-1), ..NONE };
        let kind = |value| Rules::Value(&options).number(Num::Int(value)).unwrap_err().kind;
        assert_eq!([kind(5), kind(0), kind(-2)], ["less_than_equal", "less_than", "greater_than_equal"]);
        assert_eq!(Rules::None.number(Num::Int(5)), Ok(()));
    }

    #[cfg(feature = "pattern")]
    #[test]
    fn texts_have_lengths_in_characters_and_a_pattern() {
        let options =
            ParamOptions { min_length: Some(2), max_length: Some(3), pattern: Some("^[a-z]+$"), ..NONE };
        let rules = Rules::Value(&options);
        check(rules.text("ab"), None);
        check(
            rules.text("a"),
            Some(("string_too_short", "String should have at least 2 characters", json!({"min_length": 2}))),
        );
        check(
            rules.text("\u{e9}\u{e9}\u{e9}\u{e9}"),
            Some(("string_too_long", "String should have at most 3 characters", json!({"max_length": 3}))),
        );
        check(
            rules.text("\u{e9}\u{e9}\u{e9}"),
            Some((
                "string_pattern_mismatch",
                "String should match pattern '^[a-z]+$'",
                json!({"pattern": "^[a-z]+$"}),
            )),
        );
        // The items of a list have no lengths of their own.
        check(rules.of_items().text("abcdef"), None);
        assert_eq!(rules.of_items().text("A").unwrap_err().kind, "string_pattern_mismatch");
    }

    #[test]
    fn one_is_singular() {
        let options = ParamOptions { min_length: Some(1), max_length: Some(1), ..NONE };
        let rules = Rules::Value(&options);
        assert_eq!(&*rules.text("").unwrap_err().msg, "String should have at least 1 character");
        assert_eq!(&*rules.text("ab").unwrap_err().msg, "String should have at most 1 character");
        check(
            rules.too_few(0).map_or(Ok(()), Err),
            Some((
                "too_short",
                "List should have at least 1 item after validation, not 0",
                json!({"field_type": "List", "min_length": 1, "actual_length": 0}),
            )),
        );
        check(
            rules.too_many(2).map_or(Ok(()), Err),
            Some((
                "too_long",
                "List should have at most 1 item after validation, not 2",
                json!({"field_type": "List", "max_length": 1, "actual_length": 2}),
            )),
        );
    }
}
