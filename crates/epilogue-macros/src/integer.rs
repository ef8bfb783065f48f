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

    /// Refuses limits that no integer of this type meets.
    pub(crate) fn check(&self, lower: Option<&Limit>, upper: Option<&Limit>, errors: &mut Errors) {
        let Self { name, min, max } = self;
        let of_lower = lower.and_then(Limit::integer);
        let of_upper = upper.and_then(Limit::integer);
        let outside = match (lower, upper) {
            (Some(limit), _) if of_lower.is_some_and(|first| first > *max) => Some((limit, "largest", max)),
            (_, Some(limit)) if of_upper.is_some_and(|last| last < *min) => Some((limit, "smallest", min)),
            _ => None,
        };
        if let Some((Limit { name: option, at, value }, end, number)) = outside {
            errors.at(
                at,
                format!("no `{name}` satisfies `{option} = {value}`, since the {end} is {number}: change the limit or the type"),
            );
        } else if let (Some(low), Some(high)) = (lower, upper)
            && of_lower.zip(of_upper).is_some_and(|(first, last)| first > last)
        {
            errors.at(
                &high.at,
                format!(
                    "no `{name}` satisfies both `{} = {}` and `{} = {}`: change one of them",
                    low.name, low.value, high.name, high.value
                ),
            );
        }
    }
}
