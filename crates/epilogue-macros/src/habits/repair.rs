//! Things that do not parse, or mean nothing, but that people who come from FastAPI write by habit: `Depends(name)`, a default after the
//! type, and `Annotated<…>`. An error says how to write them here, and they are read as if they had been written so.

use proc_macro2::{Delimiter, Group, Ident, Punct, Spacing, TokenStream, TokenTree};
use quote::quote_spanned;
use syn::LitInt;

use crate::diagnostics::Errors;
use crate::habits::fastapi::{self, Call, Declared};
use crate::signature::Kind;
use crate::types::{ends, text};

/// The function with its parameters repaired, and which of them were.
pub(crate) fn signature(item: TokenStream, kind: Kind, errors: &mut Errors) -> (TokenStream, Vec<bool>) {
    let mut repaired = Vec::new();
    let tokens = item
        .into_iter()
        .map(|token| match token {
            // The first parentheses may also be those of an attribute or of `pub(crate)`, but these have nothing to repair.
            TokenTree::Group(group)
                if !repaired.contains(&true) && group.delimiter() == Delimiter::Parenthesis =>
            {
                repaired.clear();
                let mut tokens = TokenStream::new();
                for (declared, comma) in split(group.stream()) {
                    let before = errors.count();
                    tokens.extend(names(parameter(declared, kind, errors), errors));
                    tokens.extend(comma);
                    repaired.push(errors.count() > before);
                }
                let mut parameters = Group::new(Delimiter::Parenthesis, tokens);
                parameters.set_span(group.span());
                parameters.into()
            }
            token => token,
        })
        .collect();
    (tokens, repaired)
}

/// The parts between commas, each with its comma. A comma between angle brackets separates nothing.
pub(crate) fn split(tokens: TokenStream) -> Vec<(TokenStream, Option<TokenTree>)> {
    let (mut parts, mut part) = (Vec::new(), TokenStream::new());
    let (mut depth, mut after_dash) = (0_usize, false);
    for token in tokens {
        let char = if let TokenTree::Punct(punct) = &token { punct.as_char() } else { ' ' };
        match char {
            '<' => depth += 1,
            '>' if !after_dash => depth = depth.saturating_sub(1),
            ',' if depth == 0 => {
                parts.push((std::mem::take(&mut part), Some(token)));
                continue;
            }
            _ => {}
        }
        after_dash = char == '-';
        part.extend([token]);
    }
    if !part.is_empty() {
        parts.push((part, None));
    }
    parts
}

/// One parameter, without the default of `name: Type = value`, and with the type of an `Annotated<Type, …>`.
fn parameter(tokens: TokenStream, kind: Kind, errors: &mut Errors) -> TokenStream {
    let Some((pattern, written)) = at_punct(tokens.clone(), ':') else { return tokens };
    let (written, value) = match at_punct(written.clone(), '=') {
        Some((written, value)) => (written, Some(value)),
        None => (written, None),
    };
    let (ty, call) = match annotated(&written) {
        Some((ty, call)) => (ty, Some(call)),
        None => (written.clone(), None),
    };
    // rustc reports what is not a type, or not a default.
    let Ok(parsed) = syn::parse2(ty.clone()) else { return tokens };
    if value.as_ref().is_some_and(TokenStream::is_empty) {
        return tokens;
    }
    let declared = Declared::new(name(&pattern), options(&pattern), &parsed);
    match (call, value) {
        (None, None) => return tokens,
        (Some(call), value) => errors.at(written, fastapi::called(&declared, &call, value.as_ref())),
        (None, Some(value)) => {
            let message = match Call::read(&value) {
                Some(call) => fastapi::called(&declared, &call, None),
                None if kind == Kind::Task => String::from(
                    "an argument of a task has no default: remove it, and give a value where the task is added",
                ),
                None => fastapi::valued(&declared, &value),
            };
            errors.at(value, message);
        }
    }
    let (first, _) = ends(&ty);
    let colon = quote_spanned!(first=> :);
    // Nothing is known of a text that is borrowed, which would be one more error.
    let is_text = ["str", "&str", "&'static str"].contains(&text(&ty).as_str());
    let ty = if is_text { quote_spanned!(first=> ::std::string::String) } else { ty };
    quote_spanned!(first=> #pattern #colon #ty)
}

/// What stands on each side of the first such character that is not doubled or between angle brackets.
fn at_punct(tokens: TokenStream, char: char) -> Option<(TokenStream, TokenStream)> {
    let (mut before, mut depth, mut previous) = (TokenStream::new(), 0_usize, ' ');
    let mut tokens = tokens.into_iter().peekable();
    while let Some(token) = tokens.next() {
        let found = if let TokenTree::Punct(punct) = &token { punct.as_char() } else { ' ' };
        let is_doubled = found == previous
            || matches!(tokens.peek(), Some(TokenTree::Punct(next)) if next.as_char() == found);
        match found {
            found if found == char && depth == 0 && !is_doubled => return Some((before, tokens.collect())),
            '<' => depth += 1,
            '>' if previous != '-' => depth = depth.saturating_sub(1),
            _ => {}
        }
        previous = found;
        before.extend([token]);
    }
    None
}

/// The type in an `Annotated<Type, Query(…)>`, and what is said of it.
fn annotated(ty: &TokenStream) -> Option<(TokenStream, Call)> {
    let mut tokens = ty.clone().into_iter().skip_while(|token| token.to_string() != "Annotated").skip(1);
    let Some(TokenTree::Punct(open)) = tokens.next() else { return None };
    let mut within: Vec<_> = tokens.collect();
    let Some(TokenTree::Punct(close)) = within.pop() else { return None };
    if open.as_char() != '<' || close.as_char() != '>' {
        return None;
    }
    let mut parts = split(within.into_iter().collect()).into_iter().map(|(part, _)| part);
    let ty = parts.next()?;
    Some((ty, parts.find_map(|part| Call::read(&part))?))
}

/// The name in the pattern of a parameter.
fn name(pattern: &TokenStream) -> String {
    match pattern.clone().into_iter().last() {
        Some(TokenTree::Ident(name)) if name != "_" => name.to_string(),
        _ => String::from("name"),
    }
}

/// What the `#[param(…)]` of a parameter says.
fn options(pattern: &TokenStream) -> Option<String> {
    pattern.clone().into_iter().find_map(|token| {
        let TokenTree::Group(attribute) = token else { return None };
        let mut tokens = attribute.stream().into_iter();
        match (tokens.next(), tokens.next()) {
            (Some(TokenTree::Ident(name)), Some(TokenTree::Group(options))) if name == "param" => {
                Some(text(&options.stream()))
            }
            _ => None,
        }
    })
}

/// The parameters with the names of dependencies in angle brackets.
fn names(tokens: TokenStream, errors: &mut Errors) -> TokenStream {
    let mut out: Vec<TokenTree> = Vec::new();
    let mut within = None;
    let mut tokens = tokens.into_iter().peekable();
    while let Some(token) = tokens.next() {
        // Not a type but a pattern: `Depends(user): Depends<user>` parses.
        let is_pattern = matches!(tokens.peek(), Some(TokenTree::Punct(next)) if next.as_char() == ':');
        match &token {
            TokenTree::Ident(ident) if ident == "Depends" => within = Some(ident.clone()),
            TokenTree::Punct(punct) if punct.as_char() == ',' => within = None,
            TokenTree::Group(group) if group.delimiter() == Delimiter::Parenthesis && !is_pattern => {
                if let Some(depends) = within.take() {
                    out.extend(parenthesised(&depends, group, &out, errors));
                    continue;
                }
            }
            _ => {}
        }
        out.push(token);
    }
    out.into_iter().collect()
}

/// The tokens that replace the parentheses after `Depends`, or after the name that it holds.
fn parenthesised(
    depends: &Ident,
    group: &Group,
    before: &[TokenTree],
    errors: &mut Errors,
) -> Vec<TokenTree> {
    let follows = |token: &TokenTree| matches!(token, TokenTree::Ident(ident) if ident == depends);
    let name = text(&group.stream());
    let (message, instead) = match before.last() {
        Some(last) if follows(last) => (
            format!("what a parameter depends on stands between angle brackets: write `Depends<{name}>`"),
            angled(group),
        ),
        // A number is what the dependency is generic over.
        Some(TokenTree::Ident(named)) if syn::parse2::<LitInt>(group.stream()).is_ok() => (
            format!("`{named}` is named here and not called: write `Depends<{named}<{name}>>`"),
            angled(group),
        ),
        Some(TokenTree::Ident(named)) if !of_function(named) => {
            (format!("`{named}` is named here and not called: write `Depends<{named}>`"), Vec::new())
        }
        _ => return vec![group.clone().into()],
    };
    errors.at(group, message);
    instead
}

/// Whether parentheses after this name belong to the type of a function.
fn of_function(name: &Ident) -> bool {
    ["fn", "Fn", "FnMut", "FnOnce"].iter().any(|of| name == of)
}

/// The content of the parentheses, in angle brackets instead.
fn angled(group: &Group) -> Vec<TokenTree> {
    let mut tokens = vec![angle('<', group)];
    tokens.extend(group.stream());
    tokens.push(angle('>', group));
    tokens
}

fn angle(char: char, group: &Group) -> TokenTree {
    let mut punct = Punct::new(char, Spacing::Alone);
    punct.set_span(group.span());
    punct.into()
}
