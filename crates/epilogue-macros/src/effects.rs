//! The dependencies that a route runs for their effect alone: `dependencies(a, b::c)`, and the other ways to write it that people know.

use proc_macro2::{Group, TokenStream, TokenTree};
use quote::ToTokens;
use syn::parse::{Parse, ParseStream, Parser};
use syn::punctuated::Punctuated;
use syn::{Lit, LitInt, Path, PathArguments, Token, parenthesized};

use crate::args::{NOTHING_BEFORE_COMMA, to_comma};
use crate::habits::repair::split;
use crate::types::text;

/// An element of the list.
pub(crate) enum Effect {
    /// The name of a dependency.
    Named(Path),
    /// Something else, in which a name was meant.
    Other { at: TokenStream, name: String, difference: Difference },
}

/// How an element differs from a name.
pub(crate) enum Difference {
    /// `"check"`
    Quoted,
    /// `Depends(check)`, `&check`
    Wrapped,
    /// `at_least(3)`, with what is in the parentheses.
    Called(String),
    /// `user(scopes("me"))` and `Security(user, scopes = ["me"])`, with the scopes.
    Scoped(String),
}

impl Effect {
    /// The name, or the error that says how to write it.
    pub(crate) fn into_path(self) -> syn::Result<Path> {
        const ALONE: &str = "`dependencies` lists the names of dependencies alone";
        let (at, name, difference) = match self {
            Self::Named(path) => return Ok(path),
            Self::Other { at, name, difference } => (at, name, difference),
        };
        let message = match difference {
            Difference::Quoted => {
                format!("`dependencies` lists the names of dependencies, without quotes: write `{name}`")
            }
            Difference::Wrapped => format!("{ALONE}: write `{name}`"),
            Difference::Called(arguments) => {
                format!("{ALONE}: write `{name}`, or `{name}::<{arguments}>` for what it is generic over")
            }
            Difference::Scoped(scopes) => {
                format!("{ALONE}, and scopes are said of a parameter: write `{}`", parameter(&name, &scopes))
            }
        };
        Err(syn::Error::new_spanned(at, message))
    }

    /// The name, with what it is generic over: `at_least(3)` in a `Depends(…)` makes a dependency that is generic here.
    fn name(self) -> String {
        match self {
            Self::Named(path) => text(&path),
            Self::Other { name, difference: Difference::Called(arguments), .. }
                if syn::parse_str::<LitInt>(&arguments).is_ok() =>
            {
                format!("{name}::<{arguments}>")
            }
            Self::Other { name, .. } => name,
        }
    }

    /// Something that stands around a name.
    fn wrapped(at: TokenStream, name: Option<String>) -> Self {
        let name = name.unwrap_or_else(|| String::from("name"));
        Self::Other { at, name, difference: Difference::Wrapped }
    }
}

/// What to write for a list that is not written as one.
pub(crate) fn instead(elements: TokenStream) -> String {
    let (names, parameters) = list(elements);
    let list = format!(": write `dependencies({})`", names.join(", "));
    let scoped = format!("scopes are said of a parameter: write {}", parameters.join(", "));
    match (names.is_empty(), parameters.is_empty()) {
        (true, true) => String::from(": write `dependencies(name)`"),
        (false, true) => list,
        (true, false) => format!(" of names, and {scoped}"),
        (false, false) => format!("{list}; {scoped}"),
    }
}

/// The names in a list, and the parameters to write for those that have scopes.
fn list(elements: TokenStream) -> (Vec<String>, Vec<String>) {
    let parsed = Punctuated::<Effect, Token![,]>::parse_terminated.parse2(elements).unwrap_or_default();
    let (mut names, mut parameters) = (Vec::new(), Vec::new());
    for effect in parsed {
        match effect {
            Effect::Other { name, difference: Difference::Scoped(scopes), .. } => {
                parameters.push(format!("`{}`", parameter(&name, &scopes)));
            }
            effect => names.push(effect.name()),
        }
    }
    (names, parameters)
}

/// The parameter that has a dependency run with scopes.
fn parameter(name: &str, scopes: &str) -> String {
    let last = name.rsplit("::").next().unwrap_or(name);
    format!("#[param(scopes({scopes}))] _{last}: Depends<{name}>")
}

impl Parse for Effect {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        if input.peek(Token![,]) {
            return Err(input.error(NOTHING_BEFORE_COMMA));
        }
        let all = to_comma(&input.fork())?;
        let read = Self::read(input)?;
        if input.is_empty() || input.peek(Token![,]) {
            return Ok(read);
        }
        to_comma(input)?;
        Ok(Self::wrapped(all, None))
    }
}

impl Effect {
    /// What the next element begins with.
    fn read(input: ParseStream<'_>) -> syn::Result<Self> {
        if input.peek(Lit) {
            let written: Lit = input.parse()?;
            let name = match &written {
                Lit::Str(text) if text.parse::<Path>().is_ok() => text.value(),
                _ => String::from("name"),
            };
            return Ok(Self::Other { at: written.into_token_stream(), name, difference: Difference::Quoted });
        }
        if let Some(reference) = input.parse::<Option<Token![&]>>()? {
            return Ok(Self::wrapped(reference.into_token_stream(), Some(Self::read(input)?.name())));
        }
        if input.peek(syn::token::Bracket) || input.peek(syn::token::Paren) {
            let group: Group = input.parse()?;
            let names = list(group.stream()).0.join(", ");
            return Ok(Self::wrapped(
                TokenTree::from(group).into(),
                Some(names).filter(|names| !names.is_empty()),
            ));
        }
        if input.fork().parse::<Path>().is_err() {
            return Ok(Self::wrapped(to_comma(input)?, None));
        }
        let path: Path = input.parse()?;
        let called = if input.peek(syn::token::Paren) {
            let content;
            parenthesized!(content in input);
            Some(content.parse::<TokenStream>()?)
        } else {
            None
        };
        Ok(Self::of(path, called))
    }

    /// A path, and what stands in parentheses after it.
    fn of(path: Path, called: Option<TokenStream>) -> Self {
        let last = path.segments.last().expect("a path has a segment");
        let at = path.to_token_stream();
        let within = match (&last.arguments, &called) {
            _ if last.ident != "Depends" && last.ident != "Security" => None,
            (PathArguments::AngleBracketed(arguments), _) => Some(arguments.args.to_token_stream()),
            (_, called) => called.clone(),
        };
        if let Some(within) = within {
            let name = first(&within).map_or_else(|| String::from("name"), Self::name);
            let difference = scopes(&within).map_or(Difference::Wrapped, Difference::Scoped);
            return Self::Other { at, name, difference };
        }
        let Some(called) = called else { return Self::Named(path) };
        let difference = match scopes(&called) {
            Some(scopes) => Difference::Scoped(scopes),
            None if called.is_empty() => Difference::Wrapped,
            None => Difference::Called(text(&called)),
        };
        Self::Other { at, name: text(&path), difference }
    }
}

/// The name of the dependency in the arguments of `Depends(…)`.
pub(crate) fn dependency(arguments: &TokenStream) -> Option<String> {
    first(arguments).map(Effect::name)
}

/// What the arguments of `Depends(…)` begin with, or name as the `dependency`.
fn first(arguments: &TokenStream) -> Option<Effect> {
    let mut arguments = split(arguments.clone()).into_iter().map(|(argument, _)| argument);
    arguments.find_map(|argument| {
        let mut tokens = argument.clone().into_iter();
        match (tokens.next(), tokens.next()) {
            (Some(name), Some(TokenTree::Punct(equals))) if equals.as_char() == '=' => {
                (name.to_string() == "dependency").then(|| syn::parse2(tokens.collect()).ok())?
            }
            _ => syn::parse2(argument).ok(),
        }
    })
}

/// The scopes in `scopes("me")` and `user, scopes = ["me"]`.
pub(crate) fn scopes(arguments: &TokenStream) -> Option<String> {
    let mut tokens = arguments.clone().into_iter().skip_while(|token| token.to_string() != "scopes");
    let scopes = tokens.find_map(|token| match token {
        TokenTree::Group(group) => Some(group.stream()),
        _ => None,
    })?;
    Some(text(&scopes))
}
