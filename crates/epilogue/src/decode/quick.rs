//! The common case: a parameter that is one good value. Nothing is noted, so the path to the value is not needed.
//!
//! Everything else, good or bad, is left to the decoding in detail, which has the same result for a good value.

use std::borrow::Cow;

use serde::de::{DeserializeOwned, Visitor};
use serde::{Deserializer, forward_to_deserialize_any};

use super::fault::Fault;
use super::flaw::Flaw;
use super::rules::Rules;
use super::scalar;
use super::values::{Raw, Values};

/// The value, if it is a single good one, or absent where it may be.
pub(super) fn quick<T: DeserializeOwned>(values: &impl Values, name: &str, rules: Rules<'_>) -> Option<T> {
    let value = Quick { raw: values.alone(name), rules, may_be_absent: false };
    match T::deserialize(value) {
        Ok(value) => Some(value),
        // Only now is it known that the optional thing is a single value, and not a struct over the place.
        Err(Fault::Nothing) => T::deserialize(Absent).ok(),
        Err(_) => None,
    }
}

struct Quick<'a> {
    raw: Option<Raw<'a>>,
    rules: Rules<'a>,
    may_be_absent: bool,
}

impl<'a> Quick<'a> {
    fn text(self) -> Result<Cow<'a, str>, Fault> {
        match self.raw {
            Some(Raw::Text(text)) => Ok(text),
            None if self.may_be_absent => Err(Fault::Nothing),
            None | Some(_) => Err(Fault::Noted),
        }
    }

    fn parsed<R>(self, parse: impl FnOnce(&str, Rules<'_>) -> Result<R, Flaw>) -> Result<R, Fault> {
        let rules = self.rules;
        parse(&self.text()?, rules).map_err(|_| Fault::Noted)
    }
}

macro_rules! parse {
    ($($ask:ident $visit:ident $parse:ident;)*) => {$(
        fn $ask<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
            visitor.$visit(self.parsed(scalar::$parse)?)
        }
    )*};
}

impl<'de> Deserializer<'de> for Quick<'_> {
    type Error = Fault;

    scalars!(parse);

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        self.deserialize_string(visitor)
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        let rules = self.rules;
        let text = self.text()?;
        rules.text(&text).map_err(|_| Fault::Noted)?;
        match text {
            Cow::Borrowed(text) => visitor.visit_str(text),
            Cow::Owned(text) => visitor.visit_string(text),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        visitor.visit_some(Self { may_be_absent: true, ..self })
    }

    through_newtypes!();

    fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Fault> {
        Err(Fault::Noted)
    }

    forward_to_deserialize_any! {
        bytes byte_buf unit unit_struct seq tuple tuple_struct map struct enum identifier ignored_any
    }
}

/// An optional value that is absent. Every other type refuses it.
pub(super) struct Absent;

impl<'de> Deserializer<'de> for Absent {
    type Error = Fault;

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        visitor.visit_none()
    }

    through_newtypes!();

    fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Fault> {
        Err(Fault::Noted)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct
        seq tuple tuple_struct map struct enum identifier ignored_any
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::super::values::UrlEncoded;
    use super::*;
    use crate::param::{Bound, ParamOptions};

    #[derive(Debug, PartialEq, Deserialize)]
    struct Name(String);

    fn of<T: DeserializeOwned>(text: &str) -> Option<T> {
        quick(&UrlEncoded::new(text), "q", Rules::None)
    }

    #[test]
    fn single_good_values_are_answered() {
        assert_eq!(of("q=1&q=2"), Some(2_u8));
        assert_eq!(of("q=x%20y"), Some(Name("x y".into())));
        assert_eq!(of("q=1"), Some(Some(1)));
        assert_eq!(of("a=1"), Some(None::<i32>));
        assert_eq!(of("a=1"), Some(None::<Name>));
    }

    #[test]
    fn all_else_is_left_to_the_detail() {
        #[derive(Debug, PartialEq, Deserialize)]
        struct Page {
            q: i32,
        }
        assert_eq!(of::<u8>("q=x"), None);
        assert_eq!(of::<u8>(""), None);
        assert_eq!(of::<Option<u8>>("q=x"), None);
        assert_eq!(of::<Vec<u8>>("q=1"), None);
        assert_eq!(of::<Option<Vec<u8>>>(""), None);
        assert_eq!(of::<Page>("q=1"), None);
        assert_eq!(of::<Option<Page>>(""), None);
        assert_eq!(of::<Option<Option<u8>>>(""), Some(None));
        let bound = ParamOptions { ge: Some(Bound::Int(3)), ..ParamOptions::NONE };
        assert_eq!(quick::<u8>(&UrlEncoded::new("q=2"), "q", Rules::Value(&bound)), None);
    }
}
