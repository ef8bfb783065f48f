//! One assertion for each fact that rustc must check for us, on the user's own token.
//!
//! A where-clause without generics is checked with the signatures, before any body, so its errors come first. If a type mentions a
//! function's generic names, the assertion is a call in a body with the same generics.

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, format_ident, quote, quote_spanned};
use syn::{Generics, Ident, Type};

use crate::habits::advice;
use crate::parameter::Parameter;
use crate::signature::Output;
use crate::types::{BUILT_IN, arguments, ends, holds_value, is_named, is_one_of, mentions};

/// Whether a type is an `Extract<…>` of an axum extractor. Only inference finds out which kind it is, where it is described.
pub(crate) fn is_extract(ty: &Type) -> bool {
    is_named(ty, "Extract") && arguments(ty).len() == 1
}

/// The type that `Depends<…>` names, also within an `Option` or `Result`, which ask for the same without failing the request.
pub(crate) fn dependency_of(ty: &Type) -> Option<&Type> {
    match arguments(ty)[..] {
        [named] if is_named(ty, "Depends") => Some(named),
        [inner] if is_named(ty, "Option") && is_named(inner, "Depends") => dependency_of(inner),
        [inner, error]
            if is_named(ty, "Result") && is_named(inner, "Depends") && is_named(error, "Rejection") =>
        {
            dependency_of(inner)
        }
        _ => None,
    }
}

/// `subject: bound`, underlined from the first to the last token of `at`.
fn clause(at: &impl ToTokens, subject: &impl ToTokens, bound: &str) -> TokenStream {
    clause_of(at, subject, |at| Ident::new(bound, at).into_token_stream())
}

/// The same for a bound that may have arguments.
fn clause_of(
    at: &impl ToTokens,
    subject: &impl ToTokens,
    bound: impl FnOnce(Span) -> TokenStream,
) -> TokenStream {
    let (first, last) = ends(at);
    let bound = bound(last);
    // rustc may report a bound at the whole item, so all of it gets the spans of the user's tokens.
    let function = quote_spanned!(first=> fn);
    let name = Ident::new("holds", Span::mixed_site().located_at(last));
    // Without the brackets, rustc would suggest to add a type that it does not find as a parameter of this function, at the user's tokens.
    let brackets = quote!(<>);
    let none = quote_spanned!(last=> ());
    let holds = quote_spanned!(last=> : __epilogue::#bound {});
    quote! {
        #function #name #brackets #none where #subject #holds
    }
}

/// `<Type as Trait>::Member`, underlined in the same way.
fn member(at: &Type, ty: &impl ToTokens, of: &str, name: &str) -> TokenStream {
    let (_, last) = ends(at);
    let of = Ident::new(of, last);
    member_of(at, ty, &quote_spanned!(last=> __epilogue::#of), name)
}

/// The same for a trait that may have arguments.
fn member_of(at: &Type, ty: &impl ToTokens, of: &TokenStream, name: &str) -> TokenStream {
    let (first, last) = ends(at);
    let open = quote_spanned!(first=> <);
    let name = Ident::new(name, last);
    let rest = quote_spanned!(last=> as #of>::#name);
    quote!(#open #ty #rest)
}

/// The value that a parameter's type holds.
pub(crate) fn held(ty: &Type) -> TokenStream {
    let at = arguments(ty).first().copied().unwrap_or(ty);
    member(at, ty, "Holds", "Value")
}

/// The trait that takes a type apart if it is a `Result`.
pub(crate) fn unpack(ty: &Type, at: Span) -> TokenStream {
    quote_spanned!(at=> __epilogue::Unpack<{ __epilogue::IsResult::<#ty>::IS }>)
}

/// A part of a reply that ends in a `Json`.
fn json_member(at: &Type, ty: &TokenStream, name: &str) -> TokenStream {
    let (_, last) = ends(at);
    let of = quote_spanned!(last=> __epilogue::JsonReply<{ __epilogue::EndsInJson::<#ty>::ENDS }>);
    member_of(at, ty, &of, name)
}

/// The value that a function returns, or that the `Result` it returns holds.
struct Value<'t> {
    /// The type as it is written, or the type that it is part of.
    at: &'t Type,
    ty: TokenStream,
    /// The assertion about the error.
    raises: Option<TokenStream>,
}

/// The part of an output that assertions can name, if there is one.
fn value(output: &Output) -> Option<Value<'_>> {
    let (ty, parts) = match output {
        Output::Unit | Output::Plain(Type::Never(_)) => return None,
        _ if output.unnamed().is_some() => return None,
        Output::Plain(ty) => return Some(Value { at: ty, ty: quote!(#ty), raises: None }),
        Output::Result(ty) => (ty, arguments(ty)),
        Output::PerhapsResult(ty) => (ty, Vec::new()),
    };
    let [at, error] = [0, 1].map(|index| parts.get(index).copied().unwrap_or(ty));
    let part = |at: &Type, name| match output {
        Output::PerhapsResult(_) => member_of(at, ty, &unpack(ty, ends(at).1), name),
        _ => member(at, ty, "ResultLike", name),
    };
    let raises = clause(error, &part(error, "Err"), "RaisedError");
    Some(Value { at, ty: part(at, "Ok"), raises: Some(raises) })
}

/// The type of a reply, and that of the data in its `Json`; `()` if it does not end in one.
pub(crate) fn reply_type(output: &Output) -> Option<(TokenStream, TokenStream)> {
    let Value { at, ty, .. } = value(output)?;
    let data = json_member(at, &ty, "Data");
    Some((ty, data))
}

/// The type in the `Json<…>` that a reply is, or that it ends in.
fn json(reply: &Type) -> Option<&Type> {
    let last = if let Type::Tuple(tuple) = reply { tuple.elems.last()? } else { reply };
    match arguments(last)[..] {
        [data] if is_named(last, "Json") => Some(data),
        _ => None,
    }
}

/// The types that a type of std is made of, if they alone decide whether it can be read and written. Empty if it certainly can:
/// each assertion costs the user's build a little.
fn parts(ty: &Type) -> Vec<&Type> {
    let parts = all_parts(ty);
    if parts.iter().all(|part| is_data(part)) { Vec::new() } else { parts }
}

fn all_parts(ty: &Type) -> Vec<&Type> {
    if let Type::Tuple(tuple) = ty {
        return tuple.elems.iter().collect();
    }
    match arguments(ty)[..] {
        [item] if is_one_of(ty, &["Option", "Vec", "VecDeque"]) => vec![item],
        // A key of any other type must not only be data, but also `Ord` or `Hash`.
        [key, value] if is_one_of(ty, &["BTreeMap", "HashMap"]) && is_named(key, "String") => vec![value],
        _ => Vec::new(),
    }
}

fn is_data(ty: &Type) -> bool {
    let parts = all_parts(ty);
    if parts.is_empty() {
        is_named(ty, "String") || is_one_of(ty, BUILT_IN)
    } else {
        parts.into_iter().all(is_data)
    }
}

/// All assertions about one function, each in a scope of its own.
#[derive(Default)]
pub(crate) struct Asserts(Vec<TokenStream>);

impl Asserts {
    fn add(&mut self, assert: TokenStream) {
        self.0.push(assert);
    }

    /// A parameter, with the limits that `#[param(...)]` sets.
    pub(crate) fn parameter(&mut self, param: &Parameter, limits: Limits, generics: &Generics) {
        let ty = &param.ty;
        if is_extract(ty) {
            return;
        }
        if mentions(ty, generics) {
            self.generic_parameter(ty, generics);
            return;
        }
        match arguments(ty)[..] {
            [inner] if is_named(ty, "State") => {
                self.add(clause(inner, &member(inner, ty, "InState", "Value"), "Shared"));
            }
            [inner] if is_named(ty, "File") => self.add(clause(inner, &held(ty), "Files")),
            [inner] if holds_value(ty) && !parts(inner).is_empty() && !advice::is_file(inner) => {
                self.add(clause(ty, ty, "Holds"));
                self.data(inner, &advice::readable);
            }
            [inner] if holds_value(ty) => {
                self.add(clause_of(inner, &held(ty), |at| advice::readable(inner, at)));
            }
            _ => match dependency_of(ty) {
                // It is asserted where its name is imported.
                Some(_) if param.names_dependency() => {}
                Some(named) => {
                    self.add(clause(named, &member(named, ty, "InDepends", "Named"), "Dependency"));
                }
                None => self.add(clause_of(ty, ty, |at| advice::param(ty, at))),
            },
        }
        if !holds_value(ty) {
            // Without a value there is nothing to limit, which these assertions report. That a plain value is not even a parameter is said
            // above.
            let limits = if is_one_of(ty, BUILT_IN) { Limits::default() } else { limits };
            if limits.has_default {
                self.add(clause(ty, ty, "WithValue"));
            } else if limits.number || limits.text {
                self.add(clause(ty, ty, "Holds"));
            }
            return;
        }
        let at = arguments(ty).first().copied().unwrap_or(ty);
        if limits.number {
            self.add(clause(at, &held(ty), "Number"));
        }
        if limits.text {
            self.add(clause(at, &held(ty), "Text"));
        }
    }

    /// The fields of a parameter's struct that `#[param(fields(...))]` limits: they exist, and the limits suit their types.
    pub(crate) fn fields(&mut self, param: &Parameter, limited: &[(Ident, Limits)]) {
        if limited.is_empty() {
            return;
        }
        let ty = &param.ty;
        if !holds_value(ty) {
            self.add(clause(ty, ty, "Holds"));
            return;
        }
        let first = |ty| arguments(ty).first().copied();
        let optional = first(ty).filter(|held| is_named(held, "Option")).and_then(first);
        let held =
            optional.map_or_else(|| quote!(<#ty as __epilogue::Holds>::Value), ToTokens::to_token_stream);
        let value = format_ident!("value", span = Span::mixed_site());
        let checks = limited.iter().map(|(field, limits)| {
            let at = field.span();
            let held = Ident::new("__epilogue_field", at);
            let number = limits.number.then(|| quote_spanned!(at=> __epilogue::number(#held);));
            let text = limits.text.then(|| quote_spanned!(at=> __epilogue::text(#held);));
            quote_spanned!(at=> let #held = &#value.#field; #number #text)
        });
        self.add(quote! {
            fn holds(#value: &#held) { #(#checks)* }
        });
    }

    /// What a path function returns: a reply, or a `Result` of one.
    pub(crate) fn reply(&mut self, output: &Output) {
        let Some(Value { at, ty, raises }) = value(output) else { return };
        let bound = if let Type::Tuple(_) = at { "TupleReply" } else { "ReplyValue" };
        let json = match output {
            // An alias of a `Result` may hide a `Json`.
            Output::PerhapsResult(_) => Some(arguments(at).into_iter().find_map(json).unwrap_or(at)),
            _ => json(at),
        };
        if let Some(json) = json {
            if parts(json).is_empty() {
                self.add(clause(json, &json_member(json, &ty, "Data"), "Writable"));
            } else {
                self.data(json, &|_, at| quote_spanned!(at=> Writable));
            }
            self.add(clause(at, &json_member(at, &ty, "Rest"), bound));
        } else {
            self.add(clause_of(at, &ty, |span| advice::reply(at, bound, span)));
        }
        self.0.extend(raises);
    }

    /// What a dependency returns.
    pub(crate) fn output(&mut self, output: &Output, generics: &Generics) {
        if let Output::Plain(ty @ Type::Path(_)) = output
            && !is_data(ty)
        {
            self.no_result(ty, generics);
        }
        let Some(Value { at, ty, raises }) = value(output) else { return };
        if mentions(&ty, generics) {
            self.generic_call(at, &ty, "output", generics);
            return;
        }
        self.add(clause(at, &ty, "Shared"));
        self.0.extend(raises);
    }

    /// A `Result` whose name does not show it would be taken for a plain value, and its error would not end the request.
    fn no_result(&mut self, ty: &Type, generics: &Generics) {
        let (_, span) = ends(ty);
        if !mentions(ty, generics) {
            self.add(clause(ty, &member_of(ty, ty, &unpack(ty, span), "Kind"), "PlainOutput"));
            return;
        }
        let call = quote_spanned!(span=> __epilogue::no_result(__epilogue::IsResult::<#ty>::KIND));
        self.call(&call, generics);
    }

    /// What a `#[task]` returns.
    pub(crate) fn task_return(&mut self, output: &Output) {
        match output {
            // No assertion can name it.
            Output::Unit | Output::Plain(Type::Never(_)) => {}
            _ if output.unnamed().is_some() => {}
            Output::Plain(ty) | Output::Result(ty) | Output::PerhapsResult(ty) => {
                self.add(clause(ty, ty, "TaskReturn"));
            }
        }
    }

    /// A field of a struct that is an output, if the field is a parameter at all.
    pub(crate) fn field(&mut self, ty: &Type, generics: &Generics) {
        if mentions(ty, generics) {
            // The bounds of the generated implementations say what is required of it.
        } else if is_extract(ty) {
            self.add(clause(ty, ty, "Shared"));
        } else {
            let (first, last) = ends(ty);
            let probe = quote_spanned!(first=> __epilogue::Probe);
            let call = quote_spanned!(last=> __epilogue::shared(#probe::<#ty>::FIELD));
            self.call(&call, &Generics::default());
        }
    }

    pub(crate) fn task_argument(&mut self, ty: &Type) {
        if advice::data_of(ty, Span::call_site()).is_some() {
            self.add(clause_of(ty, ty, |at| advice::task_data(ty, at)));
        } else {
            self.data(ty, &advice::task_data);
        }
    }

    /// Asserts that everything a value is made of is data, so that what the items of a list lack is reported of the items.
    fn data(&mut self, ty: &Type, bound: &dyn Fn(&Type, Span) -> TokenStream) {
        let parts = parts(ty);
        if parts.is_empty() {
            self.add(clause_of(ty, ty, |at| bound(ty, at)));
        } else if let Type::Path(_) = ty {
            self.add(clause(ty, ty, "OfStd"));
        }
        for part in parts {
            self.data(part, bound);
        }
    }

    /// A parameter whose type mentions one of the generic names. If all depends on what it holds, only that is asserted.
    fn generic_parameter(&mut self, ty: &Type, generics: &Generics) {
        match arguments(ty)[..] {
            [inner] if holds_value(ty) => self.generic_call(inner, &held(ty), "readable", generics),
            [inner] if is_named(ty, "State") => {
                self.generic_call(inner, &member(inner, ty, "InState", "Value"), "output", generics);
            }
            _ => match dependency_of(ty) {
                Some(named) => {
                    self.generic_call(
                        named,
                        &member(named, ty, "InDepends", "Named"),
                        "dependency",
                        generics,
                    );
                }
                None => self.generic_call(ty, &quote!(#ty), "parameter", generics),
            },
        }
    }

    fn generic_call(&mut self, at: &Type, ty: &TokenStream, assert: &str, generics: &Generics) {
        let (_, span) = ends(at);
        let assert = Ident::new(assert, span);
        self.call(&quote_spanned!(span=> __epilogue::#assert::<#ty, _>(__epilogue::asserting)), generics);
    }

    /// A call in a body with the same generics.
    fn call(&mut self, call: &TokenStream, generics: &Generics) {
        let (impl_generics, _, where_clause) = generics.split_for_impl();
        self.add(quote! {
            fn holds #impl_generics () #where_clause { #call; }
        });
    }

    /// The assertions, which come before everything else that is generated.
    pub(crate) fn tokens(&self) -> TokenStream {
        let asserts = &self.0;
        if asserts.is_empty() {
            return TokenStream::new();
        }
        // The lint is not off for all of the generated code: what that names would count as used.
        quote! {
            #[allow(dead_code, reason = "these are checked, and never called")]
            const _: () = { #({ #asserts })* };
        }
    }
}

/// What `#[param(...)]` requires of a parameter's type.
#[derive(Default, Clone, Copy)]
pub(crate) struct Limits {
    /// It has a default.
    pub(crate) has_default: bool,
    /// It has the limits of a number.
    pub(crate) number: bool,
    /// It has the limits of a text or a list.
    pub(crate) text: bool,
}

/// Whether a path function's check of this parameter could find nothing: it depends on nothing, leaves path and body alone, and has no
/// options. Such a check is left out, since each costs the user's build a little.
pub(crate) fn is_plain(param: &Parameter) -> bool {
    const PLAIN: &[&str] =
        &["Query", "Header", "Cookie", "State", "BackgroundTasks", "Reply", "RequestParts", "ClientAddr"];
    param.attrs.is_empty() && is_one_of(&param.ty, PLAIN)
}

/// A check that runs at compile time, and fails at the tokens `at`.
pub(crate) fn check(at: &impl ToTokens, verdict: &TokenStream) -> TokenStream {
    let (first, last) = ends(at);
    let report = quote_spanned!(first=> __epilogue::report);
    let verdict = quote_spanned!(last=> (#verdict));
    quote!(const _: () = #report #verdict;)
}
