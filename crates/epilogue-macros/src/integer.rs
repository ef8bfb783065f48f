//! The integers of Rust as the values of parameters: limits that none of them meets are refused.

use syn::Type;

use crate::diagnostics::Errors;
use crate::number::Limit;
use crate::types::{arguments, holds_value, is_one_of, last_name};

/// An integer type, and what it holds.
pub(crate) struct Integer {
    name: String,
    min: i128,
    max: i128,
}

impl Integer {
    /// The integers that a parameter of this type holds, be it one, perhaps none or several.
    pub(crate) fn of(ty: &Type) -> Option<Self> {
        match arguments(ty)[..] {
            [held] if holds_value(ty) => Self::held(held),
            _ => None,
        }
    }

    fn held(ty: &Type) -> Option<Self> {
        if let [inner] = arguments(ty)[..]
            && is_one_of(ty, &["Option", "Vec"])
        {
            return Self::held(inner);
        }
        let Type::Path(path) = ty else { return None };
        path.path.get_ident()?;
        let name = last_name(ty)?.to_string();
        let (min, max) = match &*name {
            "u8" => (0, u8::MAX.into()),
            "u16" => (0, u16::MAX.into()),
            "u32" => (0, u32::MAX.into()),
            // Wherever it is built for, a `usize` holds no more than a `u64`.
            "u64" | "usize" => (0, u64::MAX.into()),
            "u128" => (0, i128::MAX),
            "i8" => (i8::MIN.into(), i8::MAX.into()),
            "i16" => (i16::MIN.into(), i16::MAX.into()),
            "i32" => (i32::MIN.into(), i32::MAX.into()),
            "i64" | "isize" => (i64::MIN.into(), i64::MAX.into()),
            _ => return None,
        };
        Some(Self { name, min, max })
    }
}

/// Refuses limits that no number meets, or no integer of this type.
pub(crate) fn check(lower: Option<&Limit>, upper: Option<&Limit>, of: Option<Integer>, errors: &mut Errors) {
    let both = |what: &str, low: &Limit, high: &Limit| {
        let (low, high) =
            (format!("{} = {}", low.name, low.value), format!("{} = {}", high.name, high.value));
        format!("no {what} satisfies both `{low}` and `{high}`: change one of them")
    };
    if let (Some(low), Some(high)) = (lower, upper)
        && !(low.allows(high.value) && high.allows(low.value))
    {
        return errors.at(&high.at, both("number", low, high));
    }
    let Some(Integer { name, min, max }) = of else { return };
    let (first, last) = (lower.and_then(Limit::integer), upper.and_then(Limit::integer));
    let outside = match (lower, upper) {
        (Some(limit), _) if first.is_some_and(|first| first > max) => Some((limit, "largest", max)),
        (_, Some(limit)) if last.is_some_and(|last| last < min) => Some((limit, "smallest", min)),
        _ => None,
    };
    if let Some((Limit { name: option, at, value }, end, number)) = outside {
        errors.at(
            at,
            format!("no `{name}` satisfies `{option} = {value}`, since the {end} is {number}: change the limit or the type"),
        );
    } else if let (Some(low), Some(high)) = (lower, upper)
        && first.zip(last).is_some_and(|(first, last)| first > last)
    {
        errors.at(&high.at, both(&format!("`{name}`"), low, high));
    }
}
