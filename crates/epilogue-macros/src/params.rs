//! The code that is generated for the parameters of a function or struct.

use std::cmp::Ordering;
use std::fmt;

use proc_macro2::{Span, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::ext::IdentExt;
use syn::spanned::Spanned;
use syn::{Expr, ExprLit, ExprUnary, Generics, Lit, LitStr, Meta, Type, UnOp};

use crate::advice;
use crate::args::{Arg, ArgValue, Args};
use crate::asserts::{Asserts, Limits, is_extract};
use crate::diagnostics::Errors;
use crate::docs;
use crate::integer::{Integer, Limit};
use crate::names::BUILT_IN;
use crate::signature::Parameter;
use crate::types::{arguments, holds_value, is_named, is_one_of, mentions, text};

const OPTIONS: &[&str] = &[
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

/// Parameters that read nothing of the path. Any other name may be an alias of a `Path<…>`.
const NOT_IN_PATH: &[&str] = &[
    "Query",
    "Header",
    "Cookie",
    "Form",
    "Json",
    "File",
    "Bytes",
    "String",
    "Depends",
    "Option",
    "Result",
    "State",
    "BackgroundTasks",
    "Reply",
    "RequestParts",
    "ClientAddr",
    "Shutdown",
    "Extract",
];

/// The options that a field in `fields(…)` may have.
const FIELD_OPTIONS: &[&str] = &["alias", "ge", "gt", "le", "lt", "min_length", "max_length", "pattern"];

/// The tokens of a list of parameters.
pub(crate) struct Params {
    /// Descriptions, for the constant graph.
    pub(crate) nodes: Vec<TokenStream>,
    /// `let p0 = …::take(taking, 0);`
    pub(crate) takes: Vec<TokenStream>,
    /// Functions that make the closures of defaults, which are both documented and taken.
    pub(crate) defaults: Vec<TokenStream>,
    /// `p0`, under names that do not clash with the user's, at the user's own tokens.
    pub(crate) locals: Vec<syn::Ident>,
    /// `p0` or `&p0`, as the function wants it.
    pub(crate) arguments: Vec<TokenStream>,
    pub(crate) asserts: Asserts,
}

impl Params {
    /// `fuel` is the depth to which dependencies are described; `generics` are those of the function.
    pub(crate) fn expand<'p>(
        params: impl IntoIterator<Item = &'p Parameter>,
        fuel: &TokenStream,
        generics: &Generics,
        errors: &mut Errors,
    ) -> Self {
        let mut all = Self {
            nodes: Vec::new(),
            takes: Vec::new(),
            defaults: Vec::new(),
            locals: Vec::new(),
            arguments: Vec::new(),
            asserts: Asserts::default(),
        };
        for (index, param) in params.into_iter().enumerate() {
            let before = errors.count();
            let options = Options::read(param, errors);
            let is_right = errors.count() == before && !param.is_reported;
            let local = format_ident!("__epilogue_{index}", span = names_span(&param.ty));
            let argument =
                if param.borrowed { quote_spanned!(local.span()=> &#local) } else { quote!(#local) };
            if is_right {
                all.asserts.parameter(param, options.limits, generics);
                all.asserts.fields(param, &options.limited);
            }
            let default =
                options.meant(param).and_then(|default| docs::default(&param.ty, default, index, generics));
            all.nodes.push(options.node(param, default.as_ref(), fuel, generics));
            all.takes.push(options.take(param, default.as_ref(), index, &local));
            all.defaults.extend(default.map(|default| default.function));
            all.locals.push(local);
            all.arguments.push(argument);
        }
        all
    }
}

/// The name in the path that a parameter reads, with the options of `#[param(...)]` applied.
pub(crate) struct PathName {
    /// The name that is looked up.
    pub(crate) key: String,
    /// It is an alias.
    pub(crate) alias: Option<LitStr>,
    /// The name is in the prefix of a router.
    pub(crate) from_prefix: bool,
}

impl PathName {
    /// The name of a single value in the path. What is wrong with its options is reported elsewhere.
    pub(crate) fn of(param: &Parameter) -> Option<Self> {
        if !is_named(&param.ty, "Path") || !is_scalar(&param.ty) {
            return None;
        }
        let mut unsaid = Errors::default();
        let options = Options::read(param, &mut unsaid);
        let Options { alias, from_prefix, .. } = options;
        let key = alias.as_ref().map_or_else(|| param.key.clone(), LitStr::value);
        Some(Self { key, alias, from_prefix })
    }
}

/// The options in the `#[param(...)]` of one parameter.
#[derive(Default)]
struct Options {
    default: Option<Expr>,
    alias: Option<LitStr>,
    from_prefix: bool,
    limits: Limits,
    /// The fields of its struct that are limited.
    limited: Vec<(syn::Ident, Limits)>,
    /// The fields of `ParamOptions` that are set.
    fields: Vec<TokenStream>,
}

impl Options {
    fn read(param: &Parameter, errors: &mut Errors) -> Self {
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
        let is_path = is_named(&param.ty, "Path");
        if let Some((name, default)) = args.value("default", errors) {
            if is_path {
                errors
                    .at(name, "a path parameter always has a value, so it has no default: remove `default`");
            } else {
                self.fields.push(quote!(has_default: true));
                self.default = Some(default);
                self.limits.has_default = true;
            }
        }
        if let Some(alias) = args.text("alias", errors) {
            if alias.value().is_empty() {
                errors.at(
                    &alias,
                    "an alias is the name to look up, and it is empty: write a name, or remove it",
                );
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
        self.read_bounds(&mut args, Some(&param.ty), errors);
        self.read_lengths(&mut args, errors);
        let described = args.text("description", errors);
        if let Some(text) = &described
            && !docs::is_documented(&param.ty)
        {
            errors.at(
                text,
                format!(
                    "`{}` is not a value of the request, so the documentation does not describe it: remove `description`",
                    param.name
                ),
            );
        }
        if let Some(text) = described {
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
            if !is_path {
                errors.at(
                    flag,
                    "`from_prefix` says that the prefix of a `Router` has the name, so it is for a `Path<…>`: remove it",
                );
            }
            self.from_prefix = true;
        }
        args.finish("a parameter", OPTIONS, errors);
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
            field.read_bounds(&mut args, None, errors);
            field.read_lengths(&mut args, errors);
            args.finish("a field", FIELD_OPTIONS, errors);
            let sent = alias.unwrap_or_else(|| name.unraw().to_string());
            let options = param_options(&field.fields);
            fields.push(quote!((#sent, #options)));
            self.limited.push((name, field.limits));
        }
        if !fields.is_empty() {
            self.fields.push(quote!(fields: &[#(#fields),*]));
        }
    }

    /// `of` is the type of the parameter; that of a field is not known.
    fn read_bounds(&mut self, args: &mut Args, of: Option<&Type>, errors: &mut Errors) {
        let mut found = Vec::new();
        for name in ["ge", "gt", "le", "lt"] {
            if let Some((ident, value)) = args.value(name, errors)
                && let Some(bound) = Bound::read(&value, name, errors)
            {
                self.fields.push(bound.field(&ident));
                self.limits.number = true;
                found.push((name, ident, bound.value));
            }
        }
        let get = |names: [&str; 2]| {
            let both = found.iter().filter(move |(name, ..)| names.contains(name)).collect::<Vec<_>>();
            (both.first().copied(), both.get(1).copied())
        };
        let (lower, second_lower) = get(["ge", "gt"]);
        let (upper, second_upper) = get(["le", "lt"]);
        for (first, second) in [(lower, second_lower), (upper, second_upper)] {
            if let (Some((first, ..)), Some((second, ident, _))) = (first, second) {
                errors.at(
                    ident,
                    format!("`{first}` and `{second}` both limit the value on one side: remove one"),
                );
            }
        }
        if let (Some((low, _, from)), Some((high, ident, to))) = (lower, upper)
            && (from > to || from >= to && (*low == "gt" || *high == "lt"))
        {
            errors.at(
                ident,
                format!("no number satisfies both `{low} = {from}` and `{high} = {to}`: change one of them"),
            );
        } else if let Some(integer) = of.and_then(Integer::of) {
            integer.check(lower.map(Limit::of), upper.map(Limit::of), errors);
        }
        if let Some(default) = self.default.as_ref().map(within_some).and_then(number)
            && let Some((name, _, limit)) = found.iter().find(|(name, _, limit)| match *name {
                "ge" => default < *limit,
                "gt" => default <= *limit,
                "le" => default > *limit,
                _ => default >= *limit,
            })
        {
            errors.at(
                &self.default,
                format!("the default {default} is outside of `{name} = {limit}`: change one of them"),
            );
        }
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
        let [min, max] = [min, max].map(|limit| limit.map(|(_, length)| length));
        // An empty default stands for "none", so it need not satisfy the limits.
        let is_meant = |default: &&LitStr| !default.value().is_empty();
        if let Some(default) = self.default.as_ref().map(within_some).and_then(text_of).filter(is_meant)
            && let Some((name, limit)) = [
                ("min_length", min.filter(|min| default.value().chars().count() < *min)),
                ("max_length", max.filter(|max| default.value().chars().count() > *max)),
            ]
            .into_iter()
            .find_map(|(name, limit)| Some((name, limit?)))
        {
            errors.at(
                &self.default,
                format!(
                    "the default {} is outside of `{name} = {limit}`: change one of them",
                    default.token()
                ),
            );
        }
        if let Some(pattern) = args.text("pattern", errors) {
            if let Err(reason) = is_regular(&pattern.value()) {
                errors.at(&pattern, reason);
            }
            self.fields.push(quote!(pattern: __epilogue::Some(#pattern)));
            self.limits.text = true;
        }
    }

    /// The default. If the type can have none, which an assertion reports, there is nothing to infer the default's type from.
    fn meant(&self, param: &Parameter) -> Option<&Expr> {
        self.default.as_ref().filter(|_| !advice::is_valueless(&param.ty))
    }

    /// The description: what `ParamNode::new` makes of the name and the type, and what else is known.
    fn node(
        &self,
        param: &Parameter,
        default: Option<&docs::HoistedDefault>,
        fuel: &TokenStream,
        generics: &Generics,
    ) -> TokenStream {
        let ty = &param.ty;
        let span = ty.span();
        let name = param.name.unraw().to_string();
        let (key, hyphenated) = match &self.alias {
            Some(alias) => (alias.value(), alias.value()),
            None => (param.key.clone(), param.key.replace('_', "-")),
        };
        let mut known = Vec::new();
        if !self.fields.is_empty() {
            let options = param_options(&self.fields);
            known.push(quote!(options: #options));
        }
        if is_scalar(ty) {
            known.push(quote!(scalar: true));
        }
        if let parts @ 1.. = path_parts(ty) {
            known.push(quote!(parts: #parts));
        }
        if self.default.is_some() {
            known.push(quote!(need: __epilogue::Need::Optional));
        } else if let Some(need) = need(ty, generics) {
            known.push(quote!(need: #need));
        }
        if self.from_prefix {
            known.push(quote!(from_prefix: true));
        }
        if is_extract(ty) {
            known.push(quote_spanned!(span=> takes_stream: __epilogue::TakesStream::<#ty>::TAKES_STREAM));
        }
        if !self.limited.is_empty() {
            known.push(quote_spanned!(span=> reads: __epilogue::Probe::<#ty, #fuel>::READS_FIELDS));
        } else if self.is_asked(ty) {
            known.push(quote_spanned!(span=> reads: __epilogue::Probe::<#ty, #fuel>::READS));
        }
        known.extend(docs::param(ty, default));
        let source = if is_extract(ty) {
            quote_spanned!(span=> <#ty as __epilogue::ExtractParam<_>>::SOURCE)
        } else {
            quote_spanned!(span=> __epilogue::Probe::<#ty, #fuel>::SOURCE)
        };
        let new = quote_spanned!(span=> __epilogue::ParamNode::new(#name, #key, #hyphenated, #source));
        if known.is_empty() {
            new
        } else {
            quote_spanned!(span=> __epilogue::ParamNode { #(#known,)* ..#new })
        }
    }

    /// Whether the start asks the type for the names that it reads.
    fn is_asked(&self, ty: &Type) -> bool {
        !is_scalar(ty) && (self.alias.is_some() || !is_one_of(ty, NOT_IN_PATH))
    }

    fn take(
        &self,
        param: &Parameter,
        default: Option<&docs::HoistedDefault>,
        index: usize,
        local: &syn::Ident,
    ) -> TokenStream {
        let ty = &param.ty;
        let span = ty.span();
        // Without the type's span, so that it resolves even if the type comes out of another macro.
        let taking = quote!(__epilogue_taking);
        if let Some(docs::HoistedDefault { call, .. }) = default {
            return quote_spanned! {span=>
                let #local = __epilogue::Probe::<#ty>::take_or(#taking, #index, #call);
            };
        }
        match self.meant(param) {
            None if is_extract(ty) => {
                quote_spanned!(span=> let #local: __epilogue::Option<#ty> = #taking.take_extracted(#index);)
            }
            None => {
                quote_spanned!(span=> let #local = __epilogue::Probe::<#ty>::take(#taking, #index);)
            }
            Some(default) => quote_spanned! {span=>
                let #local = __epilogue::Probe::<#ty>::take_or(#taking, #index, || #default);
            },
        }
    }
}

/// The span for the use of a parameter's value: the dependency's name, so that what is wrong with it is not blamed on the macro.
fn names_span(ty: &Type) -> Span {
    match arguments(ty)[..] {
        [inner] if is_named(ty, "Depends") => inner.span(),
        _ => ty.span(),
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

/// A limit: a number as written.
struct Bound {
    tokens: TokenStream,
    value: Number,
}

/// A number, as exact as it is written: an `f64` cannot hold every integer.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Number {
    Int(i128),
    Float(f64),
}

impl Number {
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

impl Bound {
    fn read(expr: &Expr, name: &str, errors: &mut Errors) -> Option<Self> {
        let Some(value) = number(expr) else {
            errors.at(
                expr,
                format!("the option `{name}` takes a number: write `{name} = 3` or `{name} = 2.5`"),
            );
            return None;
        };
        let (sign, literal) = parts(expr);
        let tokens = if let Expr::Lit(ExprLit { lit: Lit::Int(number), .. }) = literal {
            let number = errors.ok(number.base10_parse::<i128>())?;
            quote!(__epilogue::Bound::Int(#sign #number))
        } else {
            let number = value.to_float().abs();
            quote!(__epilogue::Bound::Float(#sign #number))
        };
        Some(Self { tokens, value })
    }

    fn field(&self, name: &syn::Ident) -> TokenStream {
        let tokens = &self.tokens;
        quote!(#name: __epilogue::Some(#tokens))
    }
}

/// A literal and its sign.
fn parts(expr: &Expr) -> (Option<TokenStream>, &Expr) {
    match expr {
        Expr::Unary(ExprUnary { op: UnOp::Neg(_), expr, .. }) => (Some(quote!(-)), expr),
        other => (None, other),
    }
}

/// The value of a literal number.
fn number(expr: &Expr) -> Option<Number> {
    let (sign, literal) = parts(expr);
    let is_negative = sign.is_some();
    let float = |value: f64| Number::Float(if is_negative { -value } else { value });
    match literal {
        Expr::Lit(ExprLit { lit: Lit::Int(number), .. }) => match number.base10_parse::<i128>() {
            Ok(value) => Some(Number::Int(if is_negative { -value } else { value })),
            Err(_) => number.base10_parse().ok().map(float),
        },
        Expr::Lit(ExprLit { lit: Lit::Float(number), .. }) => number.base10_parse().ok().map(float),
        _ => None,
    }
}

/// The value in the default of an optional parameter: 300 in `Some(300)`.
fn within_some(default: &Expr) -> &Expr {
    match default {
        Expr::Call(call) if call.args.len() == 1 && is_path(&call.func, &["Some"]) => &call.args[0],
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
        Expr::Call(call) if call.args.len() == 1 && is_path(&call.func, &["String", "from"]) => {
            text_of(&call.args[0])
        }
        _ => None,
    }
}

/// Whether an expression is a path that ends in these words.
fn is_path(expr: &Expr, last: &[&str]) -> bool {
    let Expr::Path(path) = expr else { return false };
    let words = path.path.segments.iter().rev().map(|segment| &segment.ident);
    words.len() >= last.len() && words.zip(last.iter().rev()).all(|(word, last)| word == last)
}

/// Whether the type inside `Path<…>` is certainly a single value, whose name must then be in the template.
fn is_scalar(ty: &Type) -> bool {
    if !holds_value(ty) {
        return false;
    }
    let [Type::Path(inner)] = arguments(ty)[..] else { return false };
    inner.path.get_ident().is_some_and(|ident| ident == "String" || BUILT_IN.iter().any(|name| ident == name))
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

/// How many values in the path a `Path<(…)>` takes.
fn path_parts(ty: &Type) -> usize {
    match arguments(ty)[..] {
        [Type::Tuple(tuple)] if is_named(ty, "Path") => tuple.elems.len(),
        _ => 0,
    }
}

/// Whether a value that is read from the body may be missing. For a generic type that is not known here, so it counts as optional.
fn need(ty: &Type, generics: &Generics) -> Option<TokenStream> {
    is_one_of(ty, &["Json", "File"]).then(|| {
        if mentions(ty, generics) {
            quote!(__epilogue::Need::Optional)
        } else {
            quote!(__epilogue::NeedOf::<#ty>::NEED)
        }
    })
}

/// `ParamOptions` with these fields set.
fn param_options(fields: &[TokenStream]) -> TokenStream {
    quote!(__epilogue::ParamOptions { #(#fields,)* ..__epilogue::ParamOptions::NONE })
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
