//! The arguments of an attribute: `name`, `name = value` and `name(list)`.

use std::str::FromStr;

use proc_macro2::{TokenStream, TokenTree};
use quote::ToTokens;
use syn::ext::IdentExt;
use syn::parse::{Parse, ParseStream, Parser};
use syn::punctuated::Punctuated;
use syn::{Expr, ExprLit, Ident, Lit, LitStr, Path, PathArguments, Token, parenthesized};

use crate::diagnostics::{Errors, nearest};
use crate::elsewhere::hint;
use crate::types::text;

/// One argument.
pub(crate) struct Arg {
    pub(crate) name: Ident,
    pub(crate) value: ArgValue,
}

pub(crate) enum ArgValue {
    None,
    Value(Expr),
    List(TokenStream),
}

impl Parse for Arg {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let name = input.call(Ident::parse_any)?;
        let value = if input.peek(Token![=]) {
            input.parse::<Token![=]>()?;
            ArgValue::Value(bare(input.parse()?))
        } else if input.peek(syn::token::Paren) {
            let content;
            parenthesized!(content in input);
            ArgValue::List(content.parse()?)
        } else {
            ArgValue::None
        };
        Ok(Self { name, value })
    }
}

/// A value without the invisible group that a macro's `$value:literal` puts around it.
fn bare(value: Expr) -> Expr {
    match value {
        Expr::Group(group) => bare(*group.expr),
        value => value,
    }
}

/// The arguments of one attribute, each of which may be given once.
pub(crate) struct Args(Vec<Arg>);

impl Args {
    /// `unnamed` is the error message for anything that is not an option.
    pub(crate) fn parse(tokens: TokenStream, unnamed: &str, errors: &mut Errors) -> Self {
        let parse = |input: ParseStream<'_>| separated(input, unnamed, errors);
        let parsed = parse.parse2(tokens);
        Self::new(errors.ok(parsed).unwrap_or_default(), errors)
    }

    fn new(args: Vec<Arg>, errors: &mut Errors) -> Self {
        let mut kept: Vec<Arg> = Vec::new();
        for arg in args {
            if kept.iter().any(|earlier| earlier.name == arg.name) {
                errors.at(&arg.name, format!("the option `{}` is given twice; remove one", arg.name));
            } else {
                kept.push(arg);
            }
        }
        Self(kept)
    }

    /// Takes out the argument of this name.
    fn take(&mut self, name: &str) -> Option<Arg> {
        let index = self.0.iter().position(|arg| arg.name == name)?;
        Some(self.0.remove(index))
    }

    /// A word that stands alone: `blocking`.
    pub(crate) fn flag(&mut self, name: &str, errors: &mut Errors) -> Option<Ident> {
        let arg = self.take(name)?;
        if !matches!(arg.value, ArgValue::None) {
            errors.at(&arg.name, format!("the option `{name}` takes no value: write `{name}` alone"));
        }
        Some(arg.name)
    }

    /// `name = value`.
    pub(crate) fn value(&mut self, name: &str, errors: &mut Errors) -> Option<(Ident, Expr)> {
        let arg = self.take(name)?;
        let written = match arg.value {
            ArgValue::Value(value) => return Some((arg.name, value)),
            ArgValue::List(list) if !list.is_empty() => text(&list),
            _ => String::from("…"),
        };
        errors.at(&arg.name, format!("the option `{name}` takes a value: write `{name} = {written}`"));
        None
    }

    /// `name = "text"`.
    pub(crate) fn text(&mut self, name: &str, errors: &mut Errors) -> Option<LitStr> {
        match self.value(name, errors)?.1 {
            Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) => Some(text),
            other => {
                let written = match &other {
                    Expr::Path(path) if path.path.get_ident().is_some_and(is_lowercase) => text(path),
                    _ => String::from("…"),
                };
                errors
                    .at(other, format!("the option `{name}` takes a string: write `{name} = \"{written}\"`"));
                None
            }
        }
    }

    /// `name = 201`. The example is for the error if no integer was written.
    pub(crate) fn integer<N: FromStr>(
        &mut self,
        name: &str,
        example: u16,
        errors: &mut Errors,
    ) -> Option<(Expr, N)> {
        let value = self.value(name, errors)?.1;
        let number = match &value {
            Expr::Lit(ExprLit { lit: Lit::Int(number), .. }) => number.base10_digits().parse().ok(),
            _ => None,
        };
        if number.is_none() {
            errors
                .at(&value, format!("the option `{name}` takes a whole number: write `{name} = {example}`"));
        }
        Some((value, number?))
    }

    /// `name(a, b)`.
    pub(crate) fn list<T: Parse>(&mut self, name: &str, errors: &mut Errors) -> Vec<T> {
        let Some(arg) = self.take(name) else { return Vec::new() };
        let list = match arg.value {
            ArgValue::List(list) => list,
            other => {
                let written = match other {
                    ArgValue::Value(Expr::Array(array)) => text(&array.elems),
                    _ => String::from("…"),
                };
                errors.at(&arg.name, format!("the option `{name}` takes a list: write `{name}({written})`"));
                return Vec::new();
            }
        };
        let parsed = Punctuated::<T, Token![,]>::parse_terminated.parse2(list);
        errors.ok(parsed).into_iter().flatten().collect()
    }

    /// `name(1 + 1, b)`.
    pub(crate) fn exprs(&mut self, name: &str, errors: &mut Errors) -> Vec<Expr> {
        self.list(name, errors).into_iter().map(bare).collect()
    }

    /// `name("a", "b")`.
    pub(crate) fn texts(&mut self, name: &str, errors: &mut Errors) -> Vec<LitStr> {
        let mut texts = Vec::new();
        for element in self.exprs(name, errors) {
            if let Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) = element {
                texts.push(text);
            } else {
                let written = text(&element);
                errors.at(element, format!("the option `{name}` lists strings: write `\"{written}\"`"));
            }
        }
        texts
    }

    /// `dependencies(a, b::c)`.
    pub(crate) fn dependencies(&mut self, errors: &mut Errors) -> Vec<Path> {
        self.list::<Named>("dependencies", errors).into_iter().map(|named| named.0).collect()
    }

    /// The path of the `epilogue` crate, which `crate = …` sets if it has another name.
    pub(crate) fn krate(&mut self, errors: &mut Errors) -> Krate {
        let path = match self.value("crate", errors) {
            Some((_, Expr::Path(path))) => Some(path.into_token_stream()),
            Some((_, other)) => {
                errors.at(other, "the option `crate` takes the path of epilogue: write `crate = epilogue`");
                None
            }
            None => None,
        };
        Krate(path.unwrap_or_else(|| quote::quote!(::epilogue)))
    }

    /// Refuses whatever is left, since it is not an option of the macro.
    pub(crate) fn finish(self, of: &str, known: &[&str], errors: &mut Errors) {
        for arg in self.0 {
            let name = arg.name.unraw().to_string();
            let hint = match (hint(&name, known), nearest(&name, known)) {
                (Some(hint), _) => String::from(hint),
                (None, Some(near)) => format!("did you mean `{near}`?"),
                (None, None) => format!(
                    "it has {}",
                    known.iter().map(|k| format!("`{k}`")).collect::<Vec<_>>().join(", ")
                ),
            };
            errors.at(&arg.name, format!("{of} has no option `{name}`; {hint}"));
        }
    }
}

/// How the user's crate reaches `epilogue`.
pub(crate) struct Krate(TokenStream);

impl Krate {
    /// The hidden module that generated code refers to.
    pub(crate) fn private(&self) -> TokenStream {
        let krate = &self.0;
        quote::quote!(#krate::__private)
    }
}

/// The first argument of a route macro is its template; the rest are options.
pub(crate) fn template_and_args(
    tokens: TokenStream,
    options: &[&str],
    errors: &mut Errors,
) -> (Written, Args) {
    let before = errors.count();
    let parse = |input: ParseStream<'_>| {
        let template = template(input, options, errors)?;
        let unnamed = if let Written::Missing = template {
            TEMPLATE_FIRST
        } else {
            comma(input, errors)?;
            "a route has one template: write a second function for another path, which may call this one"
        };
        Ok((template, separated(input, unnamed, errors)?))
    };
    let parsed = parse.parse2(tokens);
    let Some((template, args)) = errors.ok(parsed) else { return (Written::Unreadable, Args(Vec::new())) };
    let args = Args::new(args, errors);
    match template {
        // The template may be among what was not understood, so it is not reported as missing.
        Written::Missing if errors.count() > before => (Written::Unreadable, args),
        template => (template, args),
    }
}

const TEMPLATE_FIRST: &str = "the template is a string literal and comes first: write `\"/path\"`";

/// Reads what stands where the template should.
fn template(input: ParseStream<'_>, options: &[&str], errors: &mut Errors) -> syn::Result<Written> {
    if input.peek(LitStr) {
        return Ok(Written::Text(input.parse()?));
    }
    let ahead = input.fork();
    let is_option = match ahead.call(Ident::parse_any) {
        Ok(name) if name == "path" => false,
        Ok(name) => {
            options.iter().any(|option| name == option)
                || ahead.peek(Token![=])
                || ahead.peek(syn::token::Paren)
        }
        Err(_) => input.is_empty(),
    };
    if is_option {
        return Ok(Written::Missing);
    }
    errors.at(to_comma(input)?, TEMPLATE_FIRST);
    Ok(Written::Unreadable)
}

/// The arguments, separated by commas. Anything else is refused and left out; `unnamed` is the message for what has no name.
fn separated(input: ParseStream<'_>, unnamed: &str, errors: &mut Errors) -> syn::Result<Vec<Arg>> {
    let mut args: Vec<Arg> = Vec::new();
    while !input.is_empty() {
        if !input.peek(Ident::peek_any) {
            errors.at(to_comma(input)?, unnamed);
        } else if let Some(arg) = errors.ok(input.parse::<Arg>()) {
            if is_value(input) && matches!(arg.value, ArgValue::None) {
                let (name, value) = (&arg.name, to_comma(input)?);
                let written: TokenStream = value.clone().into_iter().skip_while(is_operator).collect();
                errors.at(
                    value,
                    format!("the value of an option stands after `=`: write `{name} = {}`", text(&written)),
                );
            } else {
                args.push(arg);
            }
        } else {
            to_comma(input)?;
        }
        comma(input, errors)?;
    }
    Ok(args)
}

/// Whether what follows a name is neither the next name nor a separator.
fn is_value(input: ParseStream<'_>) -> bool {
    !input.is_empty() && !input.peek(Token![,]) && !input.peek(Token![;]) && !input.peek(Ident::peek_any)
}

fn is_operator(token: &TokenTree) -> bool {
    matches!(token, TokenTree::Punct(punct) if ":=<>!".contains(punct.as_char()))
}

/// Reads what stands between two arguments.
fn comma(input: ParseStream<'_>, errors: &mut Errors) -> syn::Result<()> {
    if input.is_empty() || input.parse::<Option<Token![,]>>()?.is_some() {
        return Ok(());
    }
    errors.push(input.error("options are separated by commas: write one here"));
    input.parse::<Option<Token![;]>>()?;
    Ok(())
}

/// All that comes before the next comma.
fn to_comma(input: ParseStream<'_>) -> syn::Result<TokenStream> {
    let mut tokens = TokenStream::new();
    while !input.is_empty() && !input.peek(Token![,]) {
        tokens.extend([input.parse::<TokenTree>()?]);
    }
    Ok(tokens)
}

/// The path template of a route macro, as far as it can be read.
pub(crate) enum Written {
    Text(LitStr),
    Missing,
    /// An error has been noted.
    Unreadable,
}

/// The name of a dependency, as `dependencies(a, b::c)` lists them.
struct Named(Path);

impl Parse for Named {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        if input.peek(Lit) {
            let written: Lit = input.parse()?;
            let name = if let Lit::Str(text) = &written { text.value() } else { String::from("name") };
            return Err(syn::Error::new_spanned(
                written,
                format!("`dependencies` lists the names of dependencies, without quotes: write `{name}`"),
            ));
        }
        let path: Path = input.parse()?;
        let called = if input.peek(syn::token::Paren) {
            let content;
            parenthesized!(content in input);
            Some(content.parse::<TokenStream>()?)
        } else {
            None
        };
        let last = path.segments.last().filter(|last| last.ident == "Depends");
        let name = match (last.map(|last| &last.arguments), called) {
            (Some(PathArguments::AngleBracketed(arguments)), _) => text(&arguments.args),
            (Some(_), Some(called)) => text(&called),
            (None, Some(called)) => return Err(called_dependency(&path, &called)),
            _ => return Ok(Self(path)),
        };
        Err(syn::Error::new_spanned(
            &path,
            format!("`dependencies` lists the names of dependencies alone: write `{name}`"),
        ))
    }
}

/// The error for `user(scopes("me"))` and `at_least(3)`.
fn called_dependency(path: &Path, called: &TokenStream) -> syn::Error {
    let name = text(path);
    let alone = "`dependencies` lists the names of dependencies alone";
    let called_with =
        |word: &str| called.clone().into_iter().next().is_some_and(|token| token.to_string() == word);
    let message = if called.is_empty() {
        format!("{alone}: write `{name}`")
    } else if called_with("scopes") {
        let last = path.segments.last().map_or_else(|| name.clone(), |last| last.ident.to_string());
        format!(
            "{alone}, and scopes are said of a parameter: write `#[param({called})] _{last}: Depends<{name}>`"
        )
    } else {
        format!("{alone}: write `{name}`, or `{name}::<{}>` for what it is generic over", text(called))
    };
    syn::Error::new_spanned(path, message)
}

/// Whether a word may well have been meant as a string.
fn is_lowercase(word: &Ident) -> bool {
    word.to_string().chars().all(|char| char.is_ascii_lowercase() || char == '_')
}
