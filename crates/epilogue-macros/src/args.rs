//! The arguments of an attribute: `name`, `name = value` and `name(list)`.

use proc_macro2::TokenStream;
use quote::ToTokens;
use syn::ext::IdentExt;
use syn::parse::{Parse, ParseStream, Parser};
use syn::punctuated::Punctuated;
use syn::{Expr, ExprLit, Ident, Lit, LitStr, Path, PathArguments, Token, parenthesized};

use crate::diagnostics::{Errors, nearest};
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
            ArgValue::Value(input.parse()?)
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

/// The arguments of one attribute, each of which may stand once.
pub(crate) struct Args(Vec<Arg>);

impl Args {
    pub(crate) fn parse(tokens: TokenStream, errors: &mut Errors) -> Self {
        let parsed = Punctuated::<Arg, Token![,]>::parse_terminated.parse2(tokens);
        Self::new(errors.ok(parsed).into_iter().flatten().collect(), errors)
    }

    pub(crate) fn new(args: Vec<Arg>, errors: &mut Errors) -> Self {
        for (index, arg) in args.iter().enumerate() {
            if args[..index].iter().any(|earlier| earlier.name == arg.name) {
                errors.at(&arg.name, format!("the option `{}` is given twice; remove one", arg.name));
            }
        }
        let mut kept: Vec<Arg> = Vec::new();
        for arg in args {
            if kept.iter().all(|earlier| earlier.name != arg.name) {
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
        if let ArgValue::Value(value) = arg.value {
            return Some((arg.name, value));
        }
        errors.at(&arg.name, format!("the option `{name}` takes a value: write `{name} = …`"));
        None
    }

    /// `name = "text"`.
    pub(crate) fn text(&mut self, name: &str, errors: &mut Errors) -> Option<LitStr> {
        match self.value(name, errors)?.1 {
            Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) => Some(text),
            other => {
                errors.at(other, format!("the option `{name}` takes a text: write `{name} = \"…\"`"));
                None
            }
        }
    }

    /// `name = 201`.
    pub(crate) fn integer<N>(&mut self, name: &str, errors: &mut Errors) -> Option<(Expr, N)>
    where
        N: std::str::FromStr<Err: std::fmt::Display>,
    {
        let value = self.value(name, errors)?.1;
        match &value {
            Expr::Lit(ExprLit { lit: Lit::Int(number), .. }) => {
                let number = errors.ok(number.base10_parse())?;
                Some((value, number))
            }
            other => {
                errors.at(other, format!("the option `{name}` takes a whole number: write `{name} = 3`"));
                None
            }
        }
    }

    /// `name(a, b)`.
    pub(crate) fn list<T: Parse>(&mut self, name: &str, errors: &mut Errors) -> Vec<T> {
        let Some(arg) = self.take(name) else { return Vec::new() };
        let ArgValue::List(list) = arg.value else {
            errors.at(&arg.name, format!("the option `{name}` takes a list: write `{name}(…)`"));
            return Vec::new();
        };
        let parsed = Punctuated::<T, Token![,]>::parse_terminated.parse2(list);
        errors.ok(parsed).into_iter().flatten().collect()
    }

    /// `dependencies(a, b::c)`.
    pub(crate) fn dependencies(&mut self, errors: &mut Errors) -> Vec<Path> {
        self.list::<Named>("dependencies", errors).into_iter().map(|named| named.0).collect()
    }

    /// The path of the `epilogue` crate, where `crate = …` says that it has another name.
    pub(crate) fn krate(&mut self, errors: &mut Errors) -> Krate {
        let path = self.value("crate", errors).map(|(_, value)| value.into_token_stream());
        Krate(path.unwrap_or_else(|| quote::quote!(::epilogue)))
    }

    /// Whatever is left is no option of the macro.
    pub(crate) fn finish(self, of: &str, known: &[&str], errors: &mut Errors) {
        for arg in self.0 {
            let name = arg.name.unraw().to_string();
            let hint = match nearest(&name, known) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!(
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
pub(crate) fn template_and_args(tokens: TokenStream, errors: &mut Errors) -> (Written, Args) {
    let parse = |input: ParseStream<'_>| {
        let template = if input.peek(Lit) {
            match input.parse::<Lit>()? {
                Lit::Str(text) => Written::Text(text),
                other => {
                    let error =
                        syn::Error::new_spanned(&other, "a path template is a text: write `\"/path\"`");
                    Written::Wrong(error)
                }
            }
        } else {
            Written::Missing
        };
        if !input.is_empty() && !matches!(template, Written::Missing) {
            input.parse::<Token![,]>()?;
        }
        let args = Punctuated::<Arg, Token![,]>::parse_terminated(input)?;
        Ok((template, args.into_iter().collect::<Vec<_>>()))
    };
    match parse.parse2(tokens) {
        Ok((Written::Wrong(error), args)) => {
            errors.push(error);
            (Written::Unreadable, Args::new(args, errors))
        }
        Ok((template, args)) => (template, Args::new(args, errors)),
        Err(error) => {
            errors.push(error);
            (Written::Unreadable, Args(Vec::new()))
        }
    }
}

/// The path template of a route macro, as far as it can be read.
pub(crate) enum Written {
    Text(LitStr),
    Missing,
    Wrong(syn::Error),
    /// An error has been noted.
    Unreadable,
}

/// The name of a dependency, as `dependencies(a, b::c)` lists them.
struct Named(Path);

impl Parse for Named {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
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
            (None, Some(_)) => text(&path),
            _ => return Ok(Self(path)),
        };
        Err(syn::Error::new_spanned(
            &path,
            format!("`dependencies` lists the names of dependencies alone: write `{name}`"),
        ))
    }
}
