//! What a macro may stand on instead of a proper function: another item, or something that does not parse.

use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};
use syn::ext::IdentExt;
use syn::parse::{ParseStream, Parser};
use syn::punctuated::Punctuated;
use syn::spanned::Spanned;
use syn::{
    AttrStyle, Attribute, FnArg, Ident, Item, ItemFn, ReturnType, Token, TraitItem, TraitItemFn, Visibility,
    parse_quote,
};

use crate::diagnostics::Errors;

/// A function. What stands as `#![…]` within its braces applies to all of it, so it is read as if it stood above.
pub(crate) fn function(tokens: TokenStream) -> syn::Result<ItemFn> {
    let mut item: ItemFn = syn::parse2(tokens)?;
    item.attrs.iter_mut().for_each(|attr| attr.style = AttrStyle::Outer);
    Ok(item)
}

/// The same tokens, where what ends in a block and comes out of a macro's `$b:block` or `$e:expr` stands as if it had been written there.
/// syn wants a semicolon after the invisible groups that these are in, and rustc does not.
pub(crate) fn with_blocks(tokens: TokenStream) -> TokenStream {
    let mut tokens = tokens.into_iter().peekable();
    let mut all = TokenStream::new();
    while let Some(token) = tokens.next() {
        let TokenTree::Group(group) = token else {
            all.extend([token]);
            continue;
        };
        let within = with_blocks(group.stream());
        let is_statement = group.delimiter() == Delimiter::None && !tokens.peek().is_some_and(goes_on);
        if is_statement && ends_in_block(&within) {
            all.extend(within);
            continue;
        }
        let mut replaced = Group::new(group.delimiter(), within);
        replaced.set_span(group.span());
        all.extend([TokenTree::from(replaced)]);
    }
    all
}

/// Whether an expression goes on with this token.
fn goes_on(next: &TokenTree) -> bool {
    match next {
        TokenTree::Punct(punct) => punct.as_char() != '#',
        TokenTree::Ident(name) => name == "as" || name == "else",
        _ => false,
    }
}

/// Whether rustc needs no semicolon after this expression.
fn ends_in_block(expr: &TokenStream) -> bool {
    const KEYWORDS: &[&str] = &["const", "for", "if", "loop", "match", "unsafe", "while"];
    let is_block =
        |token: &TokenTree| matches!(token, TokenTree::Group(group) if group.delimiter() == Delimiter::Brace);
    let mut tokens = expr.clone().into_iter();
    let Some(first) = tokens.next() else { return false };
    let begins = is_block(&first) || KEYWORDS.contains(&&*first.to_string());
    begins && is_block(&tokens.last().unwrap_or(first))
}

/// Notes an error if an item is known to be something other than a function.
pub(crate) fn refuse_other(tokens: &TokenStream, attribute: &str, errors: &mut Errors) -> bool {
    let Some((at, what)) = other(tokens) else { return false };
    let instead = match (attribute, what) {
        ("#[dependency]", "a struct") => {
            ": write `#[derive(Dependency)]` above it, and its fields are its parameters"
        }
        (_, WITHOUT_A_BODY) => ": write it in place of the `;`, and the function outside of a trait",
        (_, "an `impl`") => ": write a function outside of it, which takes what it needs as its parameters",
        _ => ": write it above a function",
    };
    errors.push(syn::Error::new(
        at,
        format!("`{attribute}` stands on a function, and this is {what}{instead}"),
    ));
    true
}

const WITHOUT_A_BODY: &str = "one without a body";

/// The keyword of an item that is not a function, and what such an item is called.
fn other(tokens: &TokenStream) -> Option<(proc_macro2::Span, &'static str)> {
    if let Ok(TraitItem::Fn(TraitItemFn { sig, default: None, .. })) = syn::parse2(tokens.clone()) {
        return Some((sig.fn_token.span(), WITHOUT_A_BODY));
    }
    Some(match syn::parse2(tokens.clone()).ok()? {
        Item::Impl(item) => (item.impl_token.span(), "an `impl`"),
        Item::Mod(item) => (item.mod_token.span(), "a module"),
        Item::Struct(item) => (item.struct_token.span(), "a struct"),
        Item::Trait(item) => (item.trait_token.span(), "a trait"),
        // What syn leaves as tokens may be a function in a newer version of the language.
        Item::Fn(_) | Item::Verbatim(_) => return None,
        item => (item.span(), "an item of another kind"),
    })
}

/// What can be read of a function that does not parse: its name, so that code that names the function is not told that it lacks the macro,
/// and those of its parameters and its output that do parse.
pub(crate) fn unparsed(tokens: TokenStream) -> Option<ItemFn> {
    let read = |input: ParseStream<'_>| {
        let (attrs, vis) = (input.call(Attribute::parse_outer)?, input.parse::<Visibility>()?);
        while !input.peek(Token![fn]) {
            input.parse::<TokenTree>()?;
        }
        let (_, name) = (input.parse::<Token![fn]>()?, name(input)?);
        let inputs = parameters(input)?;
        let output = if input.peek(Token![->]) { input.parse()? } else { ReturnType::Default };
        input.parse::<TokenStream>()?;
        let mut item: ItemFn = parse_quote!(#vis fn #name() #output {});
        (item.attrs, item.sig.inputs) = (attrs, inputs);
        Ok(item)
    };
    read.parse2(tokens).ok()
}

/// A function that does not parse, for rustc, without the options of its parameters: rustc may read it for all that, and does not know them.
pub(crate) fn without_options(tokens: TokenStream) -> TokenStream {
    let without = |group: &Group| {
        let mut tokens: Vec<TokenTree> = Vec::new();
        for token in group.stream() {
            if !is_options(&token) || tokens.pop_if(|last| last.to_string() == "#").is_none() {
                tokens.push(token);
            }
        }
        let mut parameters = Group::new(Delimiter::Parenthesis, tokens.into_iter().collect());
        parameters.set_span(group.span());
        parameters.into()
    };
    let each = |token| match &token {
        // Others stay as they are, with the spans of their parentheses.
        TokenTree::Group(group)
            if group.delimiter() == Delimiter::Parenthesis
                && group.stream().into_iter().any(|token| is_options(&token)) =>
        {
            without(group)
        }
        _ => token,
    };
    tokens.into_iter().map(each).collect()
}

/// Whether these are the brackets of a `#[param(…)]`.
fn is_options(token: &TokenTree) -> bool {
    let TokenTree::Group(group) = token else { return false };
    group.delimiter() == Delimiter::Bracket
        && matches!(group.stream().into_iter().next(), Some(TokenTree::Ident(name)) if name == "param")
}

/// The name of a function. A keyword is read as rustc goes on with it: `r#match`, if there is such a name.
fn name(input: ParseStream<'_>) -> syn::Result<Ident> {
    if input.peek(Ident) {
        return input.parse();
    }
    let keyword = input.call(Ident::parse_any)?;
    raw(&keyword).ok_or_else(|| input.error("this keyword is never a name"))
}

/// A keyword as a name, if it can be one.
pub(crate) fn raw(keyword: &Ident) -> Option<Ident> {
    let name = keyword.to_string();
    can_be_raw(&name).then(|| Ident::new_raw(&name, keyword.span()))
}

/// Whether `r#…` makes a name of a keyword.
pub(crate) fn can_be_raw(keyword: &str) -> bool {
    !matches!(keyword, "self" | "Self" | "super" | "crate" | "_")
}

/// The parameters, if all of them parse. There may be generics between the name and them.
fn parameters(input: ParseStream<'_>) -> syn::Result<Punctuated<FnArg, Token![,]>> {
    loop {
        if let TokenTree::Group(group) = input.parse::<TokenTree>()?
            && group.delimiter() == Delimiter::Parenthesis
        {
            let parameters = Punctuated::parse_terminated.parse2(group.stream());
            return Ok(parameters.unwrap_or_default());
        }
    }
}
