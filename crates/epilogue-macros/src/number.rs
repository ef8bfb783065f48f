//! Numbers in options: limits, and the defaults that they are compared with.

use std::cmp::Ordering;
use std::fmt;

use proc_macro2::{Ident, TokenStream};
use quote::quote;
use syn::{Expr, ExprLit, ExprUnary, Lit, UnOp};

/// A number, as exact as it is written: an `f64` cannot hold every integer.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Number {
    Int(i128),
    Float(f64),
}

impl Number {
    /// The value of a literal, which may have a sign.
    pub(crate) fn of(expr: &Expr) -> Option<Self> {
        match expr {
            Expr::Lit(ExprLit { lit: Lit::Int(number), .. }) => number.base10_parse().ok().map(Self::Int),
            Expr::Lit(ExprLit { lit: Lit::Float(number), .. }) => {
                number.base10_parse().ok().filter(|number: &f64| number.is_finite()).map(Self::Float)
            }
            Expr::Unary(ExprUnary { op: UnOp::Neg(_), expr, .. }) => Some(match Self::of(expr)? {
                Self::Int(value) => Self::Int(-value),
                Self::Float(value) => Self::Float(-value),
            }),
            _ => None,
        }
    }

    /// The same as a limit in a parameter's options.
    pub(crate) fn bound(self) -> TokenStream {
        match self {
            Self::Int(value) => quote!(__epilogue::Bound::Int(#value)),
            Self::Float(value) => quote!(__epilogue::Bound::Float(#value)),
        }
    }

    #[allow(clippy::cast_precision_loss, reason = "beside a number with a fraction it is compared as one")]
    fn to_float(self) -> f64 {
        match self {
            Self::Int(value) => value as f64,
            Self::Float(value) => value,
        }
    }
}

impl PartialOrd for Number {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        match (self, other) {
            (Self::Int(value), Self::Int(other)) => value.partial_cmp(other),
            _ => self.to_float().partial_cmp(&other.to_float()),
        }
    }
}

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Int(value) => value.fmt(f),
            Self::Float(value) => value.fmt(f),
        }
    }
}

/// A limit: `ge = 3`.
pub(crate) struct Limit {
    pub(crate) name: &'static str,
    pub(crate) at: Ident,
    pub(crate) value: Number,
}

impl Limit {
    pub(crate) fn allows(&self, value: Number) -> bool {
        match self.name {
            "ge" => value >= self.value,
            "gt" => value > self.value,
            "le" => value <= self.value,
            _ => value < self.value,
        }
    }

    /// The first or the last integer that meets it, if that can be said exactly.
    pub(crate) fn integer(&self) -> Option<i128> {
        let Number::Int(value) = self.value else { return None };
        match self.name {
            "gt" => value.checked_add(1),
            "lt" => value.checked_sub(1),
            _ => Some(value),
        }
    }
}
