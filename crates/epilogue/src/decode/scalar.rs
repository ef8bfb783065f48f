//! Texts as scalars, as lenient as pydantic is with them.

use std::borrow::Cow;
use std::num::IntErrorKind;
use std::str::FromStr;

use super::flaw::{self, Flaw};
use super::rules::{Num, Rules};

/// One of Rust's integer types.
pub(super) trait Int:
    FromStr<Err = std::num::ParseIntError> + TryFrom<i128> + TryFrom<u128> + Copy
{
    const MIN: Self;
    const MAX: Self;

    fn num(self) -> Num;

    /// The error of a number above the greatest value or below the least.
    fn beyond(above: bool, rules: Rules<'_>) -> Flaw {
        rules.beyond(above, if above { Self::MAX } else { Self::MIN }.num())
    }
}

macro_rules! int {
    ($($type:ty),*) => {$(
        impl Int for $type {
            const MIN: Self = <$type>::MIN;
            const MAX: Self = <$type>::MAX;

            fn num(self) -> Num {
                Num::Int(self.into())
            }
        }
    )*};
}
int!(i8, i16, i32, i64, i128, u8, u16, u32, u64);

impl Int for u128 {
    const MIN: Self = Self::MIN;
    const MAX: Self = Self::MAX;

    fn num(self) -> Num {
        i128::try_from(self).map_or(Num::Huge(self), Num::Int)
    }
}

/// A float without a fraction as a whole number.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    clippy::float_cmp,
    reason = "what is too large saturates, and is another number then"
)]
pub(super) fn whole<T: Int>(float: f64, rules: Rules<'_>) -> Result<T, Flaw> {
    let value = if float < 0.0 {
        Some(float as i128).filter(|whole| *whole as f64 == float).and_then(|whole| whole.try_into().ok())
    } else {
        Some(float as u128).filter(|whole| *whole as f64 == float).and_then(|whole| whole.try_into().ok())
    };
    value.ok_or_else(|| T::beyond(float > 0.0, rules))
}

/// A text as a whole number: `4`, `+4`, ` 4 `, `1_000` and `4.0`.
pub(super) fn int<T: Int>(text: &str, rules: Rules<'_>) -> Result<T, Flaw> {
    let value = match text.parse::<T>() {
        Ok(value) => value,
        Err(_) => lenient_int(text, rules)?,
    };
    if rules.limit_numbers() {
        rules.number(value.num())?;
    }
    Ok(value)
}

#[cold]
fn lenient_int<T: Int>(text: &str, rules: Rules<'_>) -> Result<T, Flaw> {
    let text = text.trim();
    let (negative, digits) = match text.as_bytes().first() {
        Some(b'-') => (true, &text[1..]),
        Some(b'+') => (false, &text[1..]),
        _ => (false, text),
    };
    let whole = match digits.split_once('.') {
        Some((whole, zeros)) if !zeros.is_empty() && zeros.bytes().all(|byte| byte == b'0') => whole,
        Some(_) => return Err(flaw::INT_PARSING),
        None => digits,
    };
    let digits = without_underscores(whole).ok_or(flaw::INT_PARSING)?;
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(flaw::INT_PARSING);
    }
    // An unsigned type takes a zero with any sign, but nothing else below zero.
    let zero = digits.bytes().all(|byte| byte == b'0');
    let signed = if negative && !zero { Cow::Owned(format!("-{digits}")) } else { digits };
    signed.parse::<T>().map_err(|error| T::beyond(*error.kind() == IntErrorKind::PosOverflow, rules))
}

/// A text as a float: all that Rust reads, also with spaces around it and underscores between digits.
pub(super) fn float(text: &str, rules: Rules<'_>) -> Result<f64, Flaw> {
    let value = match text.parse::<f64>() {
        Ok(value) => value,
        Err(_) => without_underscores(text.trim())
            .and_then(|text| text.parse::<f64>().ok())
            .ok_or(flaw::FLOAT_PARSING)?,
    };
    rules.number(Num::Float(value))?;
    Ok(value)
}

/// The text without its underscores, each of which must stand between two digits.
fn without_underscores(text: &str) -> Option<Cow<'_, str>> {
    if !text.contains('_') {
        return Some(Cow::Borrowed(text));
    }
    let bytes = text.as_bytes();
    let is_digit = |index: Option<usize>| index.and_then(|i| bytes.get(i)).is_some_and(u8::is_ascii_digit);
    let well_placed = bytes
        .iter()
        .enumerate()
        .filter(|&(_, &byte)| byte == b'_')
        .all(|(i, _)| is_digit(i.checked_sub(1)) && is_digit(Some(i + 1)));
    well_placed.then(|| Cow::Owned(text.replace('_', "")))
}

/// A text as a boolean: pydantic's words, in upper or lower case.
pub(super) fn bool(text: &str, _: Rules<'_>) -> Result<bool, Flaw> {
    const TRUE: [&str; 6] = ["true", "1", "yes", "on", "t", "y"];
    const FALSE: [&str; 6] = ["false", "0", "no", "off", "f", "n"];
    let is_one_of = |words: [&str; 6]| words.iter().any(|word| word.eq_ignore_ascii_case(text));
    match (is_one_of(TRUE), is_one_of(FALSE)) {
        (true, _) => Ok(true),
        (_, true) => Ok(false),
        _ => Err(flaw::BOOL_PARSING),
    }
}

/// A text as its only character.
pub(super) fn char(text: &str, rules: Rules<'_>) -> Result<char, Flaw> {
    let mut chars = text.chars();
    match (chars.next(), chars.next()) {
        (Some(only), None) => rules.text(text).map(|()| only),
        (None, _) => Err(flaw::string_too_short(1)),
        (Some(_), Some(_)) => Err(flaw::string_too_long(1)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::param::{Bound, ParamOptions};

    #[test]
    fn ints_are_read_as_pydantic_reads_them() {
        let good = [
            ("4", 4),
            (" 4 ", 4),
            ("4.0", 4),
            ("4.00", 4),
            ("+4", 4),
            ("-4", -4),
            ("1_000", 1000),
            ("4.0 ", 4),
            ("00012", 12),
            ("-0", 0),
            ("-1_0", -10),
            ("\u{a0}4", 4),
            ("1_0.0", 10),
        ];
        for (text, want) in good {
            assert_eq!(int::<i64>(text, Rules::None), Ok(want), "{text:?}");
        }
        let bad = [
            "4.",
            "4.2",
            "_1",
            "1_",
            "1__0",
            "",
            " ",
            "1e3",
            "\u{ff10}\u{ff10}",
            "0x10",
            "+ 4",
            "--4",
            ".0",
            "- 1",
            "-",
            "4.0.0",
            "+-4",
        ];
        for text in bad {
            assert_eq!(int::<i64>(text, Rules::None), Err(flaw::INT_PARSING), "{text:?}");
        }
    }

    #[test]
    fn an_int_beyond_its_type_misses_a_limit() {
        fn check<T: Int + PartialEq + std::fmt::Debug>(text: &str, kind: &str, msg: &str) {
            let flaw = int::<T>(text, Rules::None).unwrap_err();
            assert_eq!((flaw.kind, &*flaw.msg), (kind, msg), "{text}");
        }
        check::<u8>("256", "less_than_equal", "Input should be less than or equal to 255");
        check::<u8>("-1", "greater_than_equal", "Input should be greater than or equal to 0");
        check::<i8>("-129.0", "greater_than_equal", "Input should be greater than or equal to -128");
        check::<u64>(
            "18446744073709551616",
            "less_than_equal",
            "Input should be less than or equal to 18446744073709551615",
        );
        check::<u128>(
            "340282366920938463463374607431768211456",
            "less_than_equal",
            "Input should be less than or equal to 340282366920938463463374607431768211455",
        );
        check::<u64>(
            &"9".repeat(5000),
            "less_than_equal",
            "Input should be less than or equal to 18446744073709551615",
        );
        assert_eq!(int::<u8>("-0", Rules::None), Ok(0));
        assert_eq!(int::<u128>(&u128::MAX.to_string(), Rules::None), Ok(u128::MAX));
        assert_eq!(int::<i128>(&i128::MIN.to_string(), Rules::None), Ok(i128::MIN));
    }

    #[test]
    fn a_limit_of_the_parameter_comes_before_that_of_the_type() {
        let options = ParamOptions { le: Some(Bound::Int(10)), ..ParamOptions::NONE };
        let flaw = int::<u8>("300", Rules::Value(&options)).unwrap_err();
        assert_eq!(&*flaw.msg, "Input should be less than or equal to 10");
    }

    #[test]
    fn floats_are_read_as_pydantic_reads_them() {
        let good = [
            ("4", 4.0),
            (" 4.5 ", 4.5),
            ("1e3", 1000.0),
            ("inf", f64::INFINITY),
            ("-Infinity", f64::NEG_INFINITY),
            ("1_0.5", 10.5),
            (".5", 0.5),
            ("5.", 5.0),
            ("+1.5", 1.5),
            ("1e999", f64::INFINITY),
        ];
        for (text, want) in good {
            assert_eq!(float(text, Rules::None), Ok(want), "{text:?}");
        }
        assert!(float("nan", Rules::None).unwrap().is_nan());
        for text in ["", " ", "x", "0x1p3", "_1", "1_", "1._5", "1 2"] {
            assert_eq!(float(text, Rules::None), Err(flaw::FLOAT_PARSING), "{text:?}");
        }
    }

    #[test]
    fn bools_are_words() {
        for text in ["true", "TRUE", "1", "yes", "On", "t", "Y"] {
            assert_eq!(bool(text, Rules::None), Ok(true), "{text:?}");
        }
        for text in ["false", "0", "NO", "oFF", "f", "n"] {
            assert_eq!(bool(text, Rules::None), Ok(false), "{text:?}");
        }
        for text in ["", " yes", "2", "10", "truth"] {
            assert_eq!(bool(text, Rules::None), Err(flaw::BOOL_PARSING), "{text:?}");
        }
    }

    #[test]
    fn a_char_is_one() {
        assert_eq!(char("\u{e9}", Rules::None), Ok('\u{e9}'));
        assert_eq!(char("", Rules::None).unwrap_err().kind, "string_too_short");
        assert_eq!(&*char("ab", Rules::None).unwrap_err().msg, "String should have at most 1 character");
    }
}
