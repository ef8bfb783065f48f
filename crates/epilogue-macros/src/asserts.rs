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
use crate::types::{
    BUILT_IN, arguments, dependency_of, ends, has_impl, holds_value, is_extract, is_named, is_one_of,
    mentions,
};

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

/// The value that a parameter's type holds. `name` is what generated code calls the type.
pub(crate) fn held(ty: &Type, name: &TokenStream) -> TokenStream {
    let at = arguments(ty).first().copied().unwrap_or(ty);
    member(at, name, "Holds", "Value")
}

/// The trait that takes a type apart if it is a `Result`.
pub(crate) fn unpack(name: &TokenStream, at: Span) -> TokenStream {
    quote_spanned!(at=> __epilogue::Unpack<{ __epilogue::IsResult::<#name>::IS }>)
}

/// A part of a reply that ends in a `Json`.
fn json_member(at: &Type, ty: &TokenStream, name: &str) -> TokenStream {
    let (_, last) = ends(at);
    let of = quote_spanned!(last=> __epilogue::JsonReply<{ __epilogue::EndsInJson::<#ty>::ENDS }>);
    member_of(at, ty, &of, name)
}

/// The value that a function returns, or that the `Result` it returns holds.
struct Returned<'t> {
    /// The type as it is written, or the type that it is part of.
    at: &'t Type,
    ty: TokenStream,
    /// The type of the error, likewise.
    error: Option<(&'t Type, TokenStream)>,
}

/// The part of an output that assertions can name, if there is one.
fn returned<'o>(output: &'o Output, name: &TokenStream) -> Option<Returned<'o>> {
    let (ty, parts) = match output {
        Output::Unit | Output::Plain(Type::Never(_)) => return None,
        _ if output.unnamed().is_some() => return None,
        Output::Plain(ty) => return Some(Returned { at: ty, ty: name.clone(), error: None }),
        Output::Result(ty) => (ty, arguments(ty)),
        Output::PerhapsResult(ty) => (ty, Vec::new()),
    };
    let [at, error] = [0, 1].map(|index| parts.get(index).copied().unwrap_or(ty));
    let part = |at: &Type, part| match output {
        Output::PerhapsResult(_) => member_of(at, name, &unpack(name, ends(at).1), part),
        _ => member(at, name, "ResultLike", part),
    };
    Some(Returned { at, ty: part(at, "Ok"), error: Some((error, part(error, "Err"))) })
}

/// The type of a reply, and that of the data in its `Json`; `()` if it does not end in one.
pub(crate) fn reply_type(output: &Output, name: &TokenStream) -> Option<(TokenStream, TokenStream)> {
    let Returned { at, ty, .. } = returned(output, name)?;
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

/// All assertions about one item, each in a scope of its own, and the names of the types that these and other generated code are about.
pub(crate) struct Asserts {
    /// Where the name of the item stands.
    item: Span,
    names: Vec<TokenStream>,
    facts: Vec<TokenStream>,
}

impl Asserts {
    /// Those about the item of this name.
    pub(crate) fn of(item: &Ident) -> Self {
        Self { item: item.span(), names: Vec::new(), facts: Vec::new() }
    }

    /// A name for a type. rustc reports what is wrong with a type wherever it is written, so generated code writes it once.
    pub(crate) fn name(&mut self, ty: &Type, generics: &Generics) -> TokenStream {
        if mentions(ty, generics) {
            // The name would have to be generic, too.
            return quote!(#ty);
        }
        self.name_as(ty, ty)
    }

    /// The same for what a function returns, if it can be named.
    pub(crate) fn name_output(&mut self, output: &Output, generics: &Generics) -> TokenStream {
        match output {
            Output::Unit => quote!(()),
            Output::Plain(ty @ Type::Never(_)) => quote!(#ty),
            Output::Plain(ty) | Output::Result(ty) | Output::PerhapsResult(ty) if has_impl(ty) => quote!(#ty),
            Output::Plain(ty) | Output::Result(ty) | Output::PerhapsResult(ty) => self.name(ty, generics),
        }
    }

    /// The name of a type that is written otherwise.
    fn name_as(&mut self, ty: &Type, written: &impl ToTokens) -> TokenStream {
        let name = |at| format_ident!("__EpilogueType{}", self.names.len(), span = at);
        // For a type that it does not find, rustc suggests a type parameter behind the item's name. This name stands there, too, so that
        // it is the same error.
        let (first, last) = ends(ty);
        let (given, used) = (name(self.item), name(first));
        self.names.push(quote!(type #given = #written;));
        // The brackets are there for their span.
        quote_spanned!(last=> #used<>)
    }

    fn add(&mut self, assert: TokenStream) {
        self.facts.push(assert);
    }

    /// `subject: bound`, underlined from the first to the last token of `at`.
    fn clause(&mut self, at: &impl ToTokens, subject: &impl ToTokens, bound: &str) {
        self.clause_of(at, subject, |at| Ident::new(bound, at).into_token_stream());
    }

    /// The same for a bound that may have arguments.
    fn clause_of(
        &mut self,
        at: &impl ToTokens,
        subject: &impl ToTokens,
        bound: impl FnOnce(Span) -> TokenStream,
    ) {
        let (first, last) = ends(at);
        let bound = bound(last);
        // rustc may report a bound at the whole item, so all of it gets the spans of the user's tokens. The arguments of the bound may be
        // types that rustc does not find: see `name_as`.
        let function = quote_spanned!(first=> fn);
        let name = Ident::new("holds", self.item);
        let none = quote_spanned!(last=> ());
        let holds = quote_spanned!(last=> : __epilogue::#bound {});
        self.add(quote!(#function #name #none where #subject #holds));
    }

    /// The error that a function returns.
    fn raised(&mut self, error: Option<(&Type, TokenStream)>) {
        if let Some((at, ty)) = error {
            self.clause(at, &ty, "RaisedError");
        }
    }

    /// A parameter, with the limits that `#[param(...)]` sets. `name` is that of its type.
    pub(crate) fn parameter(
        &mut self,
        param: &Parameter,
        name: &TokenStream,
        limits: Limits,
        generics: &Generics,
    ) {
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
                self.clause(inner, &member(inner, name, "InState", "Value"), "Shared");
            }
            [inner] if is_named(ty, "File") => self.clause(inner, &held(ty, name), "Files"),
            [inner] if holds_value(ty) && !parts(inner).is_empty() && !advice::is_file(inner) => {
                self.clause(ty, name, "Holds");
                let inner_name = self.name(inner, generics);
                self.data(inner, &inner_name, true, &advice::readable);
            }
            [inner] if holds_value(ty) => {
                self.clause_of(inner, &held(ty, name), |at| advice::readable(inner, at));
            }
            _ => match dependency_of(ty) {
                // It is asserted where its name is imported.
                Some(_) if param.names_dependency() => {}
                Some(named) => {
                    self.clause(named, &member(named, name, "InDepends", "Named"), "Dependency");
                }
                None => self.clause_of(ty, name, |at| advice::param(ty, name, at)),
            },
        }
        self.limits(ty, name, limits);
    }

    /// What limits a parameter suits its value.
    fn limits(&mut self, ty: &Type, name: &TokenStream, limits: Limits) {
        if is_one_of(ty, BUILT_IN) {
            // It is not even a parameter, which has been said.
            return;
        }
        if !holds_value(ty) {
            // Without a value there is nothing to limit, which these assertions report.
            if limits.has_default {
                self.clause(ty, name, "WithValue");
            } else if limits.number || limits.text {
                self.clause(ty, name, "Holds");
            }
            return;
        }
        let at = arguments(ty).first().copied().unwrap_or(ty);
        if limits.number {
            self.clause(at, &held(ty, name), "Number");
        }
        if limits.text {
            self.clause(at, &held(ty, name), "Text");
        }
    }

    /// The fields of a parameter's struct that `#[param(fields(...))]` limits: they exist, and the limits suit their types.
    pub(crate) fn fields(
        &mut self,
        param: &Parameter,
        name: &TokenStream,
        limited: &[(Ident, Limits)],
        generics: &Generics,
    ) {
        if limited.is_empty() {
            return;
        }
        let ty = &param.ty;
        if !holds_value(ty) {
            if mentions(ty, generics) {
                let (_, last) = ends(ty);
                let value = member(ty, name, "Holds", "Value");
                self.call(&quote_spanned!(last=> let _: &#value), generics);
            } else {
                self.clause(ty, name, "Holds");
            }
            return;
        }
        let first = |ty| arguments(ty).first().copied();
        let optional = first(ty).filter(|held| is_named(held, "Option")).and_then(first);
        let held =
            optional.map_or_else(|| quote!(<#name as __epilogue::Holds>::Value), ToTokens::to_token_stream);
        let value = format_ident!("value", span = Span::mixed_site());
        let checks = limited.iter().map(|(field, limits)| {
            let at = field.span();
            let held = Ident::new("__epilogue_field", at);
            let number = limits.number.then(|| quote_spanned!(at=> __epilogue::number(#held);));
            let text = limits.text.then(|| quote_spanned!(at=> __epilogue::text(#held);));
            quote_spanned!(at=> let #held = &#value.#field; #number #text)
        });
        let (impl_generics, _, where_clause) = generics.split_for_impl();
        self.add(quote! {
            fn holds #impl_generics (#value: &#held) #where_clause { #(#checks)* }
        });
    }

    /// What a path function returns: a reply, or a `Result` of one.
    pub(crate) fn reply(&mut self, output: &Output, name: &TokenStream) {
        let Some(Returned { at, ty, error }) = returned(output, name) else { return };
        let bound = if let Type::Tuple(_) = at { "TupleReply" } else { "ReplyValue" };
        let json = match output {
            // An alias of a `Result` may hide a `Json`.
            Output::PerhapsResult(_) => Some(arguments(at).into_iter().find_map(json).unwrap_or(at)),
            _ => json(at),
        };
        if let Some(json) = json {
            if parts(json).is_empty() {
                self.clause(json, &json_member(json, &ty, "Data"), "Writable");
            } else {
                let name = self.name(json, &Generics::default());
                self.data(json, &name, true, &|_, at| quote_spanned!(at=> Writable));
            }
            self.clause(at, &json_member(at, &ty, "Rest"), bound);
        } else {
            self.clause_of(at, &ty, |span| advice::reply(at, bound, span));
        }
        self.raised(error);
    }

    /// What a dependency returns.
    pub(crate) fn output(&mut self, output: &Output, name: &TokenStream, generics: &Generics) {
        if let Output::Plain(ty @ Type::Path(_)) = output
            && !is_data(ty)
        {
            self.no_result(ty, name, generics);
        }
        let Some(Returned { at, ty, error }) = returned(output, name) else { return };
        if mentions(&ty, generics) {
            self.generic_call(at, &ty, "output", generics);
            return;
        }
        self.clause(at, &ty, "Shared");
        self.raised(error);
    }

    /// A `Result` whose name does not show it would be taken for a plain value, and its error would not end the request.
    fn no_result(&mut self, ty: &Type, name: &TokenStream, generics: &Generics) {
        let (_, span) = ends(ty);
        if !mentions(ty, generics) {
            self.clause(ty, &member_of(ty, name, &unpack(name, span), "Kind"), "PlainOutput");
            return;
        }
        let call = quote_spanned!(span=> __epilogue::no_result(__epilogue::IsResult::<#ty>::KIND));
        self.call(&call, generics);
    }

    /// What a `#[task]` returns.
    pub(crate) fn task_return(&mut self, output: &Output, name: &TokenStream) {
        match output {
            // No assertion can name it.
            Output::Unit | Output::Plain(Type::Never(_)) => {}
            _ if output.unnamed().is_some() => {}
            Output::Plain(ty) | Output::Result(ty) | Output::PerhapsResult(ty) => {
                self.clause(ty, name, "TaskReturn");
            }
        }
    }

    /// A field of a struct that is an output, if the field is a parameter at all.
    pub(crate) fn field(&mut self, ty: &Type, name: &TokenStream, generics: &Generics) {
        if mentions(ty, generics) {
            // The bounds of the generated implementations say what is required of it.
        } else if is_extract(ty) {
            self.clause(ty, name, "Shared");
        } else {
            let (first, last) = ends(ty);
            let usable = quote_spanned!(first=> __epilogue::Usable);
            let call = quote_spanned!(last=> __epilogue::shared(#usable::<#name>::FIELD));
            self.call(&call, &Generics::default());
        }
    }

    /// An argument of a task. Returns the name of its type.
    pub(crate) fn task_argument(&mut self, ty: &Type) -> TokenStream {
        let name = self.name(ty, &Generics::default());
        if advice::data_of(ty, Span::call_site()).is_some() {
            self.clause_of(ty, &name, |at| advice::task_data(ty, at));
        } else {
            self.data(ty, &name, false, &advice::task_data);
        }
        name
    }

    /// Asserts that everything a value is made of is data, so that what the items of a list lack is reported of the items. `within` says
    /// whether the type stands between angle brackets.
    fn data(
        &mut self,
        ty: &Type,
        name: &TokenStream,
        within: bool,
        bound: &dyn Fn(&Type, Span) -> TokenStream,
    ) {
        let (parts, within) = (parts(ty), within || matches!(ty, Type::Path(_)));
        if parts.is_empty() {
            self.clause_of(ty, name, |at| bound(ty, at));
        } else if let Type::Path(_) = ty {
            self.clause(ty, name, "OfStd");
        }
        for part in parts {
            // Only between angle brackets does rustc suggest a type parameter.
            let written = if within { quote!(__epilogue::Same<#part>) } else { quote!(#part) };
            let name = self.name_as(part, &written);
            self.data(part, &name, within, bound);
        }
    }

    /// A parameter whose type mentions one of the generic names. If all depends on what it holds, only that is asserted.
    fn generic_parameter(&mut self, ty: &Type, generics: &Generics) {
        match arguments(ty)[..] {
            [inner] if holds_value(ty) => {
                self.generic_call(inner, &held(ty, &quote!(#ty)), "readable", generics);
            }
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

    /// The names and the assertions, which come before everything else that is generated.
    pub(crate) fn tokens(&self) -> TokenStream {
        let Self { names, facts, .. } = self;
        if facts.is_empty() {
            return quote!(#(#names)*);
        }
        // The lint is not off for all of the generated code: what that names would count as used.
        quote! {
            #(#names)*
            #[allow(dead_code, reason = "these are checked, and never called")]
            const _: () = { #({ #facts })* };
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

/// A check that runs at compile time, and fails at the tokens `at`.
pub(crate) fn check(at: &impl ToTokens, verdict: &TokenStream) -> TokenStream {
    let (first, last) = ends(at);
    let report = quote_spanned!(first=> __epilogue::report);
    let verdict = quote_spanned!(last=> (#verdict));
    quote!(const _: () = #report #verdict;)
}
