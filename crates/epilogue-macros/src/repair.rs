//! Things that do not parse, but that people who come from FastAPI write by habit: `Depends(name)`, and a default after the type. An error
//! says how to write them here, and they are read as if they had been written so.

use proc_macro2::{Delimiter, Group, Ident, Punct, Spacing, TokenStream, TokenTree};
use syn::LitInt;

use crate::diagnostics::Errors;
use crate::types::text;

/// The function with its parameters repaired.
pub(crate) fn signature(item: TokenStream, errors: &mut Errors) -> TokenStream {
    let before = errors.count();
    let mut repaired = false;
    item.into_iter()
        .map(|token| match token {
            // The first parentheses may also be those of an attribute or of `pub(crate)`, but these have nothing to repair.
            TokenTree::Group(group) if !repaired && group.delimiter() == Delimiter::Parenthesis => {
                let tokens = parameters(without_defaults(group.stream(), errors), errors);
                repaired = errors.count() > before;
                let mut parameters = Group::new(Delimiter::Parenthesis, tokens);
                parameters.set_span(group.span());
                parameters.into()
            }
            token => token,
        })
        .collect()
}

/// The parameters without the defaults of `name: Type = value`.
fn without_defaults(tokens: TokenStream, errors: &mut Errors) -> TokenStream {
    let mut out = TokenStream::new();
    let mut default: Option<TokenStream> = None;
    let (mut depth, mut after_dash) = (0_usize, false);
    for token in tokens {
        let char = if let TokenTree::Punct(punct) = &token { punct.as_char() } else { ' ' };
        match char {
            '<' => depth += 1,
            '>' if !after_dash => depth = depth.saturating_sub(1),
            ',' if depth == 0 => refuse_default(default.take(), errors),
            '=' if depth == 0 && default.is_none() => {
                default = Some(TokenStream::new());
                continue;
            }
            _ => {}
        }
        after_dash = char == '-';
        default.as_mut().unwrap_or(&mut out).extend([token]);
    }
    refuse_default(default, errors);
    out
}

/// Reports how to write a default here, or whatever FastAPI writes in the place of one.
fn refuse_default(value: Option<TokenStream>, errors: &mut Errors) {
    let Some(value) = value else { return };
    let mut tokens = value.clone().into_iter();
    let message = match (tokens.next(), tokens.next()) {
        (Some(TokenTree::Ident(name)), Some(TokenTree::Group(group))) if name == "Depends" => {
            format!(
                "what a parameter depends on is its type: write `Depends<{}>` as the type",
                text(&group.stream())
            )
        }
        (Some(TokenTree::Ident(name)), Some(TokenTree::Group(_))) => format!(
            "where a parameter comes from is its type, and what else is said of it stands before its name: write \
             `#[param(ge = 1)] name: {name}<…>`"
        ),
        _ => format!(
            "a default stands before the parameter's name: write `#[param(default = {})]`",
            text(&value)
        ),
    };
    errors.at(value, message);
}

fn parameters(tokens: TokenStream, errors: &mut Errors) -> TokenStream {
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
    match before.last() {
        Some(last) if follows(last) => {
            errors.push(syn::Error::new(
                group.span(),
                format!("what a parameter depends on stands between angle brackets: write `Depends<{name}>`"),
            ));
            angled(group)
        }
        // A number is what the dependency is generic over.
        Some(TokenTree::Ident(named)) if syn::parse2::<LitInt>(group.stream()).is_ok() => {
            errors.push(syn::Error::new(
                group.span(),
                format!("`{named}` is named here and not called: write `Depends<{named}<{name}>>`"),
            ));
            angled(group)
        }
        Some(TokenTree::Ident(named)) if !of_function(named) => {
            errors.push(syn::Error::new(
                group.span(),
                format!("`{named}` is named here and not called: write `Depends<{named}>`"),
            ));
            Vec::new()
        }
        _ => vec![group.clone().into()],
    }
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
