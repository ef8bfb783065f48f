//! What does not parse, but is a habit of people who come from FastAPI: `Depends(name)`. It is told how it is written here, and read
//! as if it had been.

use proc_macro2::{Delimiter, Group, Ident, Punct, Spacing, TokenStream, TokenTree};

use crate::diagnostics::Errors;
use crate::types::text;

/// The function with its parameters repaired.
pub(crate) fn signature(item: TokenStream, errors: &mut Errors) -> TokenStream {
    let mut repaired = false;
    item.into_iter()
        .map(|token| match token {
            // The first parentheses are those of the parameters, or of an attribute or `pub(crate)`, which have no `Depends` in them.
            TokenTree::Group(group) if !repaired && group.delimiter() == Delimiter::Parenthesis => {
                let tokens = parameters(group.stream(), errors);
                repaired = errors.count() > 0;
                let mut parameters = Group::new(Delimiter::Parenthesis, tokens);
                parameters.set_span(group.span());
                parameters.into()
            }
            token => token,
        })
        .collect()
}

fn parameters(tokens: TokenStream, errors: &mut Errors) -> TokenStream {
    let mut out: Vec<TokenTree> = Vec::new();
    let mut within = None;
    for token in tokens {
        match &token {
            TokenTree::Ident(ident) if ident == "Depends" => within = Some(ident.clone()),
            TokenTree::Punct(punct) if punct.as_char() == ',' => within = None,
            TokenTree::Group(group) if group.delimiter() == Delimiter::Parenthesis => {
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

/// What stands for the parentheses after `Depends`, or after the name that it holds.
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
            let mut tokens = vec![angle('<', group)];
            tokens.extend(group.stream());
            tokens.push(angle('>', group));
            tokens
        }
        Some(TokenTree::Ident(named)) => {
            errors.push(syn::Error::new(
                group.span(),
                format!("`{named}` is named here and not called: write `Depends<{named}>`"),
            ));
            Vec::new()
        }
        _ => vec![group.clone().into()],
    }
}

fn angle(char: char, group: &Group) -> TokenTree {
    let mut punct = Punct::new(char, Spacing::Alone);
    punct.set_span(group.span());
    punct.into()
}
