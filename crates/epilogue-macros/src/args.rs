//! The arguments of an attribute: `name`, `name = value` and `name(list)`.

use std::str::FromStr;

use proc_macro2::{Group, Literal, TokenStream, TokenTree};
use quote::{ToTokens, quote};
use syn::ext::IdentExt;
use syn::parse::{Parse, ParseStream, Parser};
use syn::punctuated::Punctuated;
use syn::{Expr, ExprLit, Ident, Lit, LitBool, LitStr, Path, Token, parenthesized};

use crate::diagnostics::{Errors, nearest};
use crate::effects::{self, Effect};
use crate::habits::elsewhere::{example, hint, owner};
use crate::habits::fastapi::is_ellipsis;
use crate::types::text;

pub(crate) const NOTHING_BEFORE_COMMA: &str = "nothing stands before this comma: remove it";

/// One argument.
pub(crate) struct Arg {
    pub(crate) name: Ident,
    pub(crate) value: ArgValue,
}

pub(crate) enum ArgValue {
    None,
    Value(Expr),
    List(TokenStream),
    /// What stands after `=`, if it is not an expression.
    Unreadable(TokenStream),
    /// What stands after the name without a `=`, if it is not a list: `: 201`, `["a"]`.
    Misplaced(TokenStream),
}

impl Parse for Arg {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let name = input.call(Ident::parse_any)?;
        let value = if input.peek(Token![=]) && !input.peek(Token![==]) && !input.peek(Token![=>]) {
            input.parse::<Token![=]>()?;
            // What is half read cannot be read again.
            if input.fork().parse::<Expr>().is_ok() {
                ArgValue::Value(bare(input.parse()?))
            } else {
                ArgValue::Unreadable(to_comma(input)?)
            }
        } else if input.peek(syn::token::Paren) {
            let content;
            parenthesized!(content in input);
            ArgValue::List(content.parse()?)
        } else if is_value(input) {
            ArgValue::Misplaced(to_comma(input)?)
        } else {
            ArgValue::None
        };
        Ok(Self { name, value })
    }
}

impl ArgValue {
    /// What stands for a list that is not written as one: `["a"]`, `("a", "b")`, `vec!["a"]`, or one element.
    fn elements(self) -> TokenStream {
        match self {
            Self::Value(Expr::Array(array)) => array.elems.into_token_stream(),
            Self::Value(Expr::Macro(list)) if list.mac.path.is_ident("vec") => list.mac.tokens,
            Self::Value(value) => value.into_token_stream(),
            Self::Unreadable(tokens) | Self::Misplaced(tokens) => {
                tokens.into_iter().skip_while(is_operator).collect()
            }
            Self::List(_) | Self::None => TokenStream::new(),
        }
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
#[derive(Default)]
pub(crate) struct Args(Vec<Arg>);

impl Args {
    /// `unnamed` is the error message for anything that is not an option.
    pub(crate) fn parse(tokens: TokenStream, unnamed: &str, errors: &mut Errors) -> Self {
        Self::new(Self::named(tokens, unnamed, errors), errors)
    }

    /// The same, where a name may be given twice.
    fn named(tokens: TokenStream, unnamed: &str, errors: &mut Errors) -> Vec<Arg> {
        let parse = |input: ParseStream<'_>| separated(input, &|_| unnamed.to_owned(), errors);
        let parsed = parse.parse2(with_raw_texts(tokens));
        errors.ok(parsed).unwrap_or_default()
    }

    pub(crate) fn new(args: Vec<Arg>, errors: &mut Errors) -> Self {
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

    /// Takes out what is written as a list of these options: `inner(ge = 1)`.
    pub(crate) fn lists_of(&mut self, options: &[&str]) -> Vec<Ident> {
        let is_list = |arg: &mut Arg| {
            let ArgValue::List(list) = &arg.value else { return false };
            let first = list.clone().into_iter().next();
            matches!(first, Some(TokenTree::Ident(first)) if options.iter().any(|option| first == option))
        };
        self.0.extract_if(.., is_list).map(|arg| arg.name).collect()
    }

    /// A word that stands alone: `blocking`.
    pub(crate) fn flag(&mut self, name: &str, errors: &mut Errors) -> Option<Ident> {
        let arg = self.take(name)?;
        match arg.value {
            ArgValue::None => {}
            ArgValue::Value(Expr::Lit(ExprLit { lit: Lit::Bool(LitBool { value: false, .. }), .. })) => {
                let message = format!("the option `{name}` takes no value, and is off without it: remove it");
                errors.at(&arg.name, message);
                return None;
            }
            _ => errors.at(&arg.name, format!("the option `{name}` takes no value: write `{name}` alone")),
        }
        Some(arg.name)
    }

    /// `name = value`.
    pub(crate) fn value(&mut self, name: &str, errors: &mut Errors) -> Option<(Ident, Expr)> {
        self.written(name, "a value", example(name), errors)
    }

    /// `name = value`. What the option takes and the example are for the error if there is no value.
    fn written(
        &mut self,
        name: &str,
        takes: &str,
        example: &str,
        errors: &mut Errors,
    ) -> Option<(Ident, Expr)> {
        let arg = self.take(name)?;
        let instead = match arg.value {
            ArgValue::Value(value) => return Some((arg.name, value)),
            ArgValue::Misplaced(tokens) => {
                let written: TokenStream = tokens.clone().into_iter().skip_while(is_operator).collect();
                errors.at(
                    tokens,
                    format!("the value of an option stands after `=`: write `{name} = {}`", text(&written)),
                );
                return None;
            }
            ArgValue::Unreadable(tokens) if is_ellipsis(&tokens) && name == "default" => {
                errors.at(
                    tokens,
                    "`...` marks what must be sent, and that is what has no default: remove `default`",
                );
                return None;
            }
            ArgValue::Unreadable(tokens) if !tokens.is_empty() => {
                errors.at(tokens, format!("the option `{name}` takes {takes}: write `{name} = {example}`"));
                return None;
            }
            ArgValue::List(list) if !list.is_empty() => text(&list),
            _ => String::from(example),
        };
        errors.at(&arg.name, format!("the option `{name}` takes {takes}: write `{name} = {instead}`"));
        None
    }

    /// `name = "text"`.
    pub(crate) fn text(&mut self, name: &str, errors: &mut Errors) -> Option<LitStr> {
        match self.written(name, "a string", example(name), errors)?.1 {
            Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) => Some(text),
            other => {
                let written = match &other {
                    Expr::Path(path) if path.path.get_ident().is_some_and(is_lowercase) => {
                        format!("\"{}\"", text(path))
                    }
                    _ => String::from(example(name)),
                };
                errors.at(other, format!("the option `{name}` takes a string: write `{name} = {written}`"));
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
        let value = self.written(name, "a whole number", &example.to_string(), errors)?.1;
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

    /// What stands in `name(a, b)`. `instead` makes the rest of the error out of the elements, if
    /// they are not written as a list.
    fn list(
        &mut self,
        name: &str,
        instead: impl FnOnce(TokenStream) -> String,
        errors: &mut Errors,
    ) -> TokenStream {
        let Some(arg) = self.take(name) else { return TokenStream::new() };
        match arg.value {
            ArgValue::List(list) => list,
            other => {
                let instead = instead(other.elements());
                errors.at(&arg.name, format!("the option `{name}` takes a list{instead}"));
                TokenStream::new()
            }
        }
    }

    /// `name(a(…), b(…))`. `unnamed` is the error message for an element that has no name.
    pub(crate) fn args(&mut self, name: &str, unnamed: &str, errors: &mut Errors) -> Vec<Arg> {
        let list = self.list(name, |_| format!(": write `{}`", example(name)), errors);
        Self::named(list, unnamed, errors)
    }

    /// `name(1 + 1, b)`.
    pub(crate) fn exprs(&mut self, name: &str, errors: &mut Errors) -> Vec<Expr> {
        let list = self.list(name, |elements| format!(": write `{name}({})`", texts_of(elements)), errors);
        let parsed = Punctuated::<Expr, Token![,]>::parse_terminated.parse2(list.clone());
        if let Ok(elements) = parsed {
            return elements.into_iter().map(bare).collect();
        }
        let instead = texts_of(TokenStream::new());
        errors.at(list, format!("the option `{name}` lists strings: write `{name}({instead})`"));
        Vec::new()
    }

    /// `name("a", "b")`.
    pub(crate) fn texts(&mut self, name: &str, errors: &mut Errors) -> Vec<LitStr> {
        let mut texts = Vec::new();
        for element in self.exprs(name, errors) {
            if let Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) = element {
                texts.push(text);
            } else {
                let written = texts_of(element.to_token_stream());
                errors.at(element, format!("the option `{name}` lists strings: write `{written}`"));
            }
        }
        texts
    }

    /// `dependencies(a, b::c)`.
    pub(crate) fn dependencies(&mut self, errors: &mut Errors) -> Vec<Path> {
        let list = self.list("dependencies", effects::instead, errors);
        let parsed = Punctuated::<Effect, Token![,]>::parse_terminated.parse2(list);
        errors.ok(parsed).into_iter().flatten().filter_map(|effect| errors.ok(effect.into_path())).collect()
    }

    /// The hidden module that generated code refers to. It is that of `::epilogue`, unless `crate = …` says where the crate is.
    pub(crate) fn private(&mut self, errors: &mut Errors) -> TokenStream {
        match self.value("crate", errors) {
            Some((_, Expr::Path(path))) => quote!(#path::__private),
            Some((_, other)) => {
                errors.at(other, "the option `crate` takes the path of epilogue: write `crate = epilogue`");
                quote!(::epilogue::__private)
            }
            None => quote!(::epilogue::__private),
        }
    }

    /// Refuses whatever is left, since it is not an option of the macro.
    pub(crate) fn finish(self, of: &str, known: &[&str], errors: &mut Errors) {
        // `crate` is for the macros of other crates.
        let listed: Vec<_> = known.iter().copied().filter(|option| *option != "crate").collect();
        for arg in self.0 {
            let name = arg.name.unraw().to_string();
            let owner =
                || owner(&name).map_or_else(String::new, |owner| format!(", which belongs to {owner}"));
            let instead = match (hint(&name, known), nearest(&name, &listed)) {
                (Some(hint), _) => format!("; {hint}"),
                (None, Some(near)) => format!("; did you mean `{near}`?"),
                (None, None) if listed.is_empty() => format!("{}; remove it", owner()),
                (None, None) => format!(
                    "{}; it has {}",
                    owner(),
                    listed.iter().map(|option| format!("`{option}`")).collect::<Vec<_>>().join(", ")
                ),
            };
            errors.at(&arg.name, format!("{of} has no option `{name}`{instead}"));
        }
    }
}

/// The arguments, separated by commas. Anything else is refused and left out; `unnamed` makes the message for what has no name.
pub(crate) fn separated(
    input: ParseStream<'_>,
    unnamed: &dyn Fn(&TokenStream) -> String,
    errors: &mut Errors,
) -> syn::Result<Vec<Arg>> {
    let mut args: Vec<Arg> = Vec::new();
    while !input.is_empty() {
        if input.peek(Token![,]) {
            errors.push(input.error(NOTHING_BEFORE_COMMA));
        } else if input.peek(Ident::peek_any) {
            args.push(input.parse()?);
        } else {
            let written = to_comma(input)?;
            let message = unnamed(&written);
            errors.at(written, message);
        }
        comma(input, errors)?;
    }
    Ok(args)
}

/// The same tokens, where a string with an unknown escape, such as `"\d"`, is the raw string that rustc suggests. It has reported the escape,
/// so nothing else is said of the string.
pub(crate) fn with_raw_texts(tokens: TokenStream) -> TokenStream {
    let each = |token| match token {
        TokenTree::Literal(literal) => raw_text(&literal).unwrap_or(literal).into(),
        TokenTree::Group(group) if has_unreadable(group.stream()) => {
            let mut replaced = Group::new(group.delimiter(), with_raw_texts(group.stream()));
            replaced.set_span(group.span());
            replaced.into()
        }
        token => token,
    };
    tokens.into_iter().map(each).collect()
}

fn has_unreadable(tokens: TokenStream) -> bool {
    tokens.into_iter().any(|token| match token {
        TokenTree::Literal(literal) => raw_text(&literal).is_some(),
        TokenTree::Group(group) => has_unreadable(group.stream()),
        _ => false,
    })
}

/// What stands between the quotes of a string that cannot be read.
fn raw_text(literal: &Literal) -> Option<Literal> {
    let Lit::Verbatim(literal) = Lit::new(literal.clone()) else { return None };
    let written = literal.to_string();
    let text = written.strip_prefix('"')?.strip_suffix('"')?;
    Some(LitStr::new(text, literal.span()).token())
}

/// Whether what follows a name is neither the next name nor a separator.
fn is_value(input: ParseStream<'_>) -> bool {
    !input.is_empty() && !input.peek(Token![,]) && !input.peek(Token![;]) && !input.peek(Ident::peek_any)
}

pub(crate) fn is_operator(token: &TokenTree) -> bool {
    matches!(token, TokenTree::Punct(punct) if ":=<>!".contains(punct.as_char()))
}

/// Reads what stands between two arguments.
pub(crate) fn comma(input: ParseStream<'_>, errors: &mut Errors) -> syn::Result<()> {
    if input.is_empty() || input.parse::<Option<Token![,]>>()?.is_some() {
        return Ok(());
    }
    errors.push(input.error("options are separated by commas: write one here"));
    input.parse::<Option<Token![;]>>()?;
    Ok(())
}

/// All that comes before the next comma.
pub(crate) fn to_comma(input: ParseStream<'_>) -> syn::Result<TokenStream> {
    let mut tokens = TokenStream::new();
    while !input.is_empty() && !input.peek(Token![,]) {
        tokens.extend([input.parse::<TokenTree>()?]);
    }
    Ok(tokens)
}

/// The elements of a list of strings, as they were probably meant: words get quotes.
fn texts_of(elements: TokenStream) -> String {
    let parsed = Punctuated::<Expr, Token![,]>::parse_terminated.parse2(elements);
    let quoted = |element: &Expr| match element {
        Expr::Lit(ExprLit { lit: Lit::Str(written), .. }) => text(written),
        Expr::Lit(ExprLit { lit: Lit::Char(written), .. }) => format!("\"{}\"", written.value()),
        Expr::Path(path) => format!("\"{}\"", text(path)),
        Expr::Array(array) => texts_of(array.elems.to_token_stream()),
        Expr::Paren(paren) => texts_of(paren.expr.to_token_stream()),
        Expr::Tuple(tuple) => texts_of(tuple.elems.to_token_stream()),
        _ => String::from("\"…\""),
    };
    match parsed {
        Ok(elements) if !elements.is_empty() => elements.iter().map(quoted).collect::<Vec<_>>().join(", "),
        _ => String::from("\"…\""),
    }
}

/// Whether a word may well have been meant as a string.
fn is_lowercase(word: &Ident) -> bool {
    word.to_string().chars().all(|char| char.is_ascii_lowercase() || char == '_')
}
