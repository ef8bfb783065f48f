//! What `#[param(…)]` says about a parameter.

use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use syn::ext::IdentExt;
use syn::{Expr, ExprLit, Ident, Lit, LitStr, Meta, Type};

use crate::args::{Arg, ArgValue, Args};
use crate::asserts::Limits;
use crate::diagnostics::Errors;
use crate::docs;
use crate::habits::advice;
use crate::habits::fastapi::MISSING;
use crate::integer::{self, Integer};
use crate::number::{Limit, Number};
use crate::parameter::Parameter;
use crate::types::{arguments, is_named, is_scalar, text};

pub(crate) const OPTIONS: &[&str] = &[
    "default",
    "alias",
    "ge",
    "gt",
    "le",
    "lt",
    "min_length",
    "max_length",
    "pattern",
    "description",
    "scopes",
    "from_prefix",
    "fields",
    "embed",
];

/// The options that a field in `fields(…)` may have.
const FIELD_OPTIONS: &[&str] = &["alias", "ge", "gt", "le", "lt", "min_length", "max_length", "pattern"];

/// The options in the `#[param(...)]` of one parameter.
#[derive(Default)]
pub(crate) struct ParamOptions {
    pub(crate) default: Option<Expr>,
    pub(crate) alias: Option<LitStr>,
    pub(crate) from_prefix: bool,
    pub(crate) limits: Limits,
    /// The fields of its struct that are limited.
    pub(crate) limited: Vec<(Ident, Limits)>,
    /// The fields of `ParamOptions` that are set.
    pub(crate) fields: Vec<TokenStream>,
}

impl ParamOptions {
    pub(crate) fn read(param: &Parameter, errors: &mut Errors) -> Self {
        let mut options = Self::default();
        let mut attrs = param.attrs.iter();
        if let Some(attr) = attrs.next() {
            match &attr.meta {
                Meta::List(list) => {
                    let unnamed = "an option has a name: write `alias = \"…\"` for the name to look up";
                    options.read_args(Args::parse(list.tokens.clone(), unnamed, errors), param, errors);
                }
                _ => errors
                    .at(attr, "the options of a parameter stand in parentheses: write `#[param(ge = 1)]`"),
            }
        }
        if !options.from_prefix {
            check_path(&param.ty, errors);
        }
        if let Some(attr) = param.attrs.first()
            && is_named(&param.ty, "File")
            && (options.limits.number || options.limits.text && !holds_several(&param.ty))
        {
            errors.at(
                attr,
                "`min_length` and `max_length` say how many files a `File<Vec<…>>` holds, and nothing limits a single one: remove it, \
                 and see `App::upload_limit` for the size of all",
            );
        }
        for attr in attrs {
            errors.at(attr, "a parameter has one `#[param(…)]`: write all options into the first");
        }
        options
    }

    fn read_args(&mut self, mut args: Args, param: &Parameter, errors: &mut Errors) {
        self.read_default(&mut args, param, errors);
        self.read_alias(&mut args, param, errors);
        self.read_limits(&mut args, Some(&param.ty), errors);
        if let Some(text) = args.text("description", errors) {
            if !docs::is_documented(&param.ty) {
                errors.at(
                    &text,
                    format!(
                        "`{}` is not a value of the request, so the documentation does not describe it: remove `description`",
                        param.name
                    ),
                );
            }
            self.fields.push(quote!(description: __epilogue::Some(#text)));
        }
        let scopes = args.exprs("scopes", errors);
        if !scopes.is_empty() {
            for scope in &scopes {
                check_scope(scope, errors);
            }
            self.fields.push(quote!(scopes: &[#(#scopes),*]));
        }
        self.read_fields(&mut args, errors);
        if let Some(flag) = args.flag("embed", errors) {
            if !is_named(&param.ty, "Json") {
                errors.at(flag, "`embed` is for a `Json<…>`, which is the whole body otherwise: remove it");
            }
            self.fields.push(quote!(embed: true));
        }
        if let Some(flag) = args.flag("from_prefix", errors) {
            if !is_named(&param.ty, "Path") {
                errors.at(
                    flag,
                    "`from_prefix` says that the prefix of a `Router` has the name, so it is for a `Path<…>`: remove it",
                );
            }
            self.from_prefix = true;
        }
        args.finish("a parameter", OPTIONS, errors);
    }

    fn read_default(&mut self, args: &mut Args, param: &Parameter, errors: &mut Errors) {
        let Some((name, default)) = args.value("default", errors) else { return };
        if is_named(&param.ty, "Path") {
            errors.at(name, "a path parameter always has a value, so it has no default: remove `default`");
        } else if ends_in(&default, &["None"]) && is_scalar(&param.ty) {
            let held = arguments(&param.ty).first().map_or_else(String::new, text);
            errors.at(
                default,
                format!(
                    "{MISSING}: write `Option<{held}>` between the angle brackets, and remove this `default`"
                ),
            );
        } else {
            self.fields.push(quote!(has_default: true));
            self.default = Some(default);
            self.limits.has_default = true;
        }
    }

    fn read_alias(&mut self, args: &mut Args, param: &Parameter, errors: &mut Errors) {
        let Some(alias) = args.text("alias", errors) else { return };
        if alias.value().is_empty() {
            errors.at(&alias, "an alias is the name to look up, and it is empty: write a name, or remove it");
        }
        if is_named(&param.ty, "Header") && !is_token(&alias.value()) {
            errors.at(
                &alias,
                "no request has a header of this name: write one word of ASCII without separators, such as `user-agent`",
            );
        }
        self.fields.push(quote!(alias: __epilogue::Some(#alias)));
        self.alias = Some(alias);
    }

    /// `fields(title(min_length = 3), count(ge = 1))`.
    fn read_fields(&mut self, args: &mut Args, errors: &mut Errors) {
        let mut fields = Vec::new();
        let unnamed = "a field is named: write `name(ge = 1)`";
        for Arg { name, value } in args.args("fields", unnamed, errors) {
            let ArgValue::List(list) = value else {
                errors.at(&name, format!("a field takes the list of its limits: write `{name}(ge = 1)`"));
                continue;
            };
            let mut args = Args::parse(list, "a limit has a name: write `ge = 1`", errors);
            let mut field = Self::default();
            let alias = args.text("alias", errors).map(|alias| alias.value());
            field.read_limits(&mut args, None, errors);
            for inner in args.lists_of(FIELD_OPTIONS) {
                errors.at(
                    &inner,
                    format!(
                        "limits go one level deep: let the type of `{name}` check `{inner}` itself, with `#[serde(try_from = \"…\")]` above it"
                    ),
                );
            }
            args.finish("a field", FIELD_OPTIONS, errors);
            let sent = alias.unwrap_or_else(|| name.unraw().to_string());
            let options = field.tokens();
            fields.push(quote!((#sent, #options)));
            self.limited.push((name, field.limits));
        }
        if !fields.is_empty() {
            self.fields.push(quote!(fields: &[#(#fields),*]));
        }
    }

    /// What limits the value. `of` is the type of the parameter; that of a field is not known.
    fn read_limits(&mut self, args: &mut Args, of: Option<&Type>, errors: &mut Errors) {
        self.read_bounds(args, of, errors);
        self.read_lengths(args, errors);
        if let Some(pattern) = args.text("pattern", errors) {
            if let Err(reason) = is_regular(&pattern.value()) {
                errors.at(&pattern, reason);
            }
            self.fields.push(quote!(pattern: __epilogue::Some(#pattern)));
            self.limits.text = true;
        }
    }

    fn read_bounds(&mut self, args: &mut Args, of: Option<&Type>, errors: &mut Errors) {
        let [ge, gt, le, lt] = ["ge", "gt", "le", "lt"].map(|name| self.read_bound(name, args, errors));
        for (first, second) in [(&ge, &gt), (&le, &lt)] {
            if let (Some(first), Some(second)) = (first, second) {
                errors.at(
                    &second.at,
                    format!(
                        "`{}` and `{}` both limit the value on one side: remove one",
                        first.name, second.name
                    ),
                );
            }
        }
        let (lower, upper) = (ge.as_ref().or(gt.as_ref()), le.as_ref().or(lt.as_ref()));
        integer::check(lower, upper, of.and_then(Integer::of), errors);
        if let Some(default) = self.default.as_ref().map(within_some).and_then(Number::of)
            && let Some(limit) =
                [&ge, &gt, &le, &lt].into_iter().flatten().find(|limit| !limit.allows(default))
        {
            errors.at(
                &self.default,
                format!(
                    "the default {default} is outside of `{} = {}`: change one of them",
                    limit.name, limit.value
                ),
            );
        }
    }

    fn read_bound(&mut self, name: &'static str, args: &mut Args, errors: &mut Errors) -> Option<Limit> {
        let (at, expr) = args.value(name, errors)?;
        let Some(value) = Number::of(&expr) else {
            errors.at(
                &expr,
                format!("the option `{name}` takes a number: write `{name} = 3` or `{name} = 2.5`"),
            );
            return None;
        };
        let bound = value.bound();
        self.fields.push(quote!(#at: __epilogue::Some(#bound)));
        self.limits.number = true;
        Some(Limit { name, at, value })
    }

    fn read_lengths(&mut self, args: &mut Args, errors: &mut Errors) {
        let [min, max] = ["min_length", "max_length"].map(|name| {
            let (value, length) = args.integer::<usize>(name, 3, errors)?;
            let ident = format_ident!("{name}");
            self.fields.push(quote!(#ident: __epilogue::Some(#length)));
            self.limits.text = true;
            Some((value, length))
        });
        if let (Some((_, min)), Some((value, max))) = (&min, &max)
            && min > max
        {
            errors.at(
                value,
                format!("no string satisfies both `min_length = {min}` and `max_length = {max}`: change one of them"),
            );
        }
        let Some(default) = self.default.as_ref().map(within_some).and_then(text_of) else { return };
        let outside = match (default.value().chars().count(), min, max) {
            // It stands for "none", so it need not satisfy the limits.
            (0, ..) => None,
            (length, Some((_, min)), _) if length < min => Some(("min_length", min)),
            (length, _, Some((_, max))) if length > max => Some(("max_length", max)),
            _ => None,
        };
        if let Some((name, limit)) = outside {
            errors.at(
                &self.default,
                format!(
                    "the default {} is outside of `{name} = {limit}`: change one of them",
                    default.token()
                ),
            );
        }
    }

    /// The name to look up.
    pub(crate) fn key(&self, param: &Parameter) -> String {
        self.alias.as_ref().map_or_else(|| param.key.clone(), LitStr::value)
    }

    /// All of them as code.
    pub(crate) fn tokens(&self) -> TokenStream {
        let fields = &self.fields;
        quote!(__epilogue::ParamOptions { #(#fields,)* ..__epilogue::ParamOptions::NONE })
    }

    /// The default. If the type can have none, which an assertion reports, there is nothing to infer the default's type from.
    pub(crate) fn meant(&self, param: &Parameter) -> Option<&Expr> {
        self.default.as_ref().filter(|_| !advice::is_valueless(&param.ty))
    }
}

/// Whether HTTP allows this as the name of a header or of a subprotocol.
pub(crate) fn is_token(name: &str) -> bool {
    name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte))
}

/// In a challenge, scopes are separated by spaces and stand in quotes, so a scope may contain neither.
fn check_scope(scope: &Expr, errors: &mut Errors) {
    let Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) = scope else {
        errors.at(scope, "a scope is a string: write `scopes(\"…\")`");
        return;
    };
    let text = text.value();
    if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_graphic() && !matches!(byte, b'"' | b'\\')) {
        errors.at(
            scope,
            "a scope is one word of ASCII without quotes: write several as `scopes(\"one\", \"two\")`",
        );
    }
}

/// Refuses an optional value in the path, where a value is never missing.
fn check_path(ty: &Type, errors: &mut Errors) {
    if is_named(ty, "Path")
        && let [option] = arguments(ty)[..]
        && is_named(option, "Option")
        && let [value] = arguments(option)[..]
    {
        let value = text(value);
        errors.at(
            option,
            format!(
                "a path parameter always has a value, so it cannot be an `Option`: write `Path<{value}>`"
            ),
        );
    }
}

/// Whether it is a `File<Vec<…>>`, or one in an `Option`.
fn holds_several(ty: &Type) -> bool {
    let within = arguments(ty).first().copied();
    within
        .is_some_and(|within| is_named(within, "Vec") || is_named(within, "Option") && holds_several(within))
}

/// The value in the default of an optional parameter: 300 in `Some(300)`.
fn within_some(default: &Expr) -> &Expr {
    match default {
        Expr::Call(call) if call.args.len() == 1 && ends_in(&call.func, &["Some"]) => &call.args[0],
        default => default,
    }
}

/// The literal of `"text".to_string()`, and of the other ways to write a `String`.
fn text_of(default: &Expr) -> Option<&LitStr> {
    match default {
        Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) => Some(text),
        Expr::MethodCall(call)
            if ["to_string", "to_owned", "into"].iter().any(|name| call.method == name) =>
        {
            text_of(&call.receiver)
        }
        Expr::Call(call) if call.args.len() == 1 && ends_in(&call.func, &["String", "from"]) => {
            text_of(&call.args[0])
        }
        _ => None,
    }
}

/// Whether an expression is a path that ends in these words.
fn ends_in(expr: &Expr, last: &[&str]) -> bool {
    let Expr::Path(path) = expr else { return false };
    let words = path.path.segments.iter().rev().map(|segment| &segment.ident);
    words.len() >= last.len() && words.zip(last.iter().rev()).all(|(word, last)| word == last)
}

#[cfg(feature = "pattern")]
fn is_regular(pattern: &str) -> Result<(), String> {
    let reason = match regex_syntax::parse(pattern) {
        Ok(_) => return Ok(()),
        Err(regex_syntax::Error::Parse(error)) => error.kind().to_string(),
        Err(regex_syntax::Error::Translate(error)) => error.kind().to_string(),
        Err(_) => String::from("it does not parse"),
    };
    Err(format!(
        "the pattern is not a regular expression: {reason}; correct it, and escape a character that stands for itself, as in `\\\\(`"
    ))
}

#[cfg(not(feature = "pattern"))]
fn is_regular(_: &str) -> Result<(), String> {
    let reason = "patterns need the feature `pattern`, which is off: write `features = [\"pattern\"]` at `epilogue` in Cargo.toml";
    Err(String::from(reason))
}
