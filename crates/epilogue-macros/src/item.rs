//! What a macro stands on: a function, or instead of one another item, or something that does not parse.

use proc_macro2::{Delimiter, Group, Span, TokenStream, TokenTree};
use quote::{ToTokens, quote, quote_spanned};
use syn::ext::IdentExt;
use syn::parse::{Parse, ParseStream, Parser};
use syn::punctuated::Punctuated;
use syn::spanned::Spanned;
use syn::{
    AttrStyle, Attribute, Block, FnArg, Ident, Item, ReturnType, Signature, Token, TraitItem, TraitItemFn,
    Visibility, braced, parse_quote,
};

use crate::diagnostics::Errors;

/// A function, with the body as it was written: rustc can read what syn cannot, such as a statement out of a macro's `$s:stmt`.
#[derive(Clone)]
pub(crate) struct ItemFn {
    pub(crate) attrs: Vec<Attribute>,
    pub(crate) vis: Visibility,
    pub(crate) sig: Signature,
    /// In the braces that were written. Those that are made anew have one span, and what rustc has reported at the last of them, such as a
    /// body that ends too early, it would report again.
    pub(crate) body: Group,
}

impl Parse for ItemFn {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let mut attrs = input.call(Attribute::parse_outer)?;
        let (vis, sig) = (input.parse()?, input.parse()?);
        // Those of a macro's `$body:block` stand in a group of their own, and are none themselves.
        let written = input.fork().parse::<Group>().ok();
        let content;
        let braces = braced!(content in input);
        // What stands as `#![…]` within the braces applies to all of it, so it is read as if it stood above.
        let inner = content.call(Attribute::parse_inner)?;
        let rest = content.parse()?;
        let body =
            written.filter(|_| inner.is_empty()).unwrap_or_else(|| in_braces(rest, braces.span.join()));
        attrs.extend(inner.into_iter().map(|attr| Attribute { style: AttrStyle::Outer, ..attr }));
        Ok(Self { attrs, vis, sig, body })
    }
}

impl ItemFn {
    /// Its body, if syn can read it.
    pub(crate) fn parsed_body(&self) -> Option<Block> {
        syn::parse2(self.body.to_token_stream()).ok()
    }

    /// Has its body begin with these statements.
    pub(crate) fn begin_with(&mut self, statements: &TokenStream) {
        let body = self.body.stream();
        self.body = in_braces(quote!(#statements #body), self.body.span());
    }
}

fn in_braces(body: TokenStream, span: Span) -> Group {
    let mut braces = Group::new(Delimiter::Brace, body);
    braces.set_span(span);
    braces
}

impl ToTokens for ItemFn {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        let Self { attrs, vis, sig, body } = self;
        tokens.extend(quote!(#(#attrs)* #vis #sig #body));
    }
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
fn other(tokens: &TokenStream) -> Option<(Span, &'static str)> {
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

/// The error about an item that does not parse, for the case that rustc reads it: the stub would stand for it, and nobody would know. It is
/// a lint, since rustc comes to these only if it has reported nothing else.
pub(crate) fn unread(name: &Ident) -> TokenStream {
    quote_spanned! {name.span()=>
        #[allow(dead_code, reason = "it is there for the lint below alone")]
        const _: () = {
            #[must_use = "rustc reads this item, and the macro does not: write an alias above it, `type Name = …;`, for what its types hold"]
            struct Item;
            #[deny(unused_must_use)]
            fn check(of: fn() -> Item) {
                of();
            }
        };
    }
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
