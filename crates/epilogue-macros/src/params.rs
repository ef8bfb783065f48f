//! The code that is generated for the parameters of a function or struct.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, format_ident, quote, quote_spanned};
use syn::ext::IdentExt;
use syn::spanned::Spanned;
use syn::{Generics, Type};

use crate::asserts::Asserts;
use crate::diagnostics::Errors;
use crate::docs::{self, HoistedDefault};
use crate::habits::advice::is_direct;
use crate::param_options::ParamOptions;
use crate::parameter::Parameter;
use crate::types::{arguments, dependency_of, is_extract, is_named, is_one_of, is_scalar, mentions};

/// The tokens of a list of parameters.
pub(crate) struct Params {
    /// Descriptions, for the constant graph.
    pub(crate) nodes: Vec<TokenStream>,
    /// The ways from them back to the item, where they may be dependencies.
    pub(crate) ways: Vec<Option<TokenStream>>,
    /// `let p0 = …::take(taking, 0);`
    pub(crate) takes: Vec<TokenStream>,
    /// Functions that make the closures of defaults, which are both documented and taken.
    pub(crate) defaults: Vec<TokenStream>,
    /// `p0`, under names that do not clash with the user's, at the user's own tokens.
    pub(crate) locals: Vec<Ident>,
    /// `p0` or `&p0`, as the function wants it.
    pub(crate) arguments: Vec<TokenStream>,
    /// The names of the types.
    pub(crate) types: Vec<TokenStream>,
    pub(crate) asserts: Asserts,
}

impl Params {
    /// `item` is the name of the function or struct, `private` the hidden module, `fuel` how far dependencies are described;
    /// `generics` are the item's own.
    pub(crate) fn expand<'p>(
        params: impl IntoIterator<Item = &'p Parameter>,
        item: &Ident,
        private: &TokenStream,
        fuel: &TokenStream,
        generics: &Generics,
        errors: &mut Errors,
    ) -> Self {
        let mut all = Self {
            nodes: Vec::new(),
            ways: Vec::new(),
            takes: Vec::new(),
            defaults: Vec::new(),
            locals: Vec::new(),
            arguments: Vec::new(),
            types: Vec::new(),
            asserts: Asserts::of(item),
        };
        for (index, param) in params.into_iter().enumerate() {
            let before = errors.count();
            let options = ParamOptions::read(param, errors);
            let is_right = errors.count() == before && !param.is_reported;
            let local = format_ident!("__epilogue_{index}", span = names_span(&param.ty));
            let argument =
                if param.borrowed { quote_spanned!(local.span()=> &#local) } else { quote!(#local) };
            let ty =
                if is_right { all.asserts.name(&param.ty, generics) } else { param.ty.to_token_stream() };
            if is_right {
                all.asserts.parameter(param, &ty, options.limits, generics);
                all.asserts.fields(param, &ty, &options.limited, generics);
            }
            let default = options
                .meant(param)
                .and_then(|default| docs::default(&param.ty, &ty, default, index, generics));
            all.ways.push(way(param, &ty, fuel));
            all.nodes.push(node(param, &ty, &options, default.as_ref(), private, fuel, generics));
            all.takes.push(take(param, &ty, &options, default.as_ref(), index, &local));
            all.defaults.extend(default.map(|default| default.function));
            all.locals.push(local);
            all.arguments.push(argument);
            all.types.push(ty);
        }
        all
    }
}

/// The description: what `ParamNode::new` makes of the name and the type, and what else is known.
fn node(
    param: &Parameter,
    type_name: &TokenStream,
    options: &ParamOptions,
    default: Option<&HoistedDefault>,
    private: &TokenStream,
    fuel: &TokenStream,
    generics: &Generics,
) -> TokenStream {
    let ty = &param.ty;
    let span = ty.span();
    let name = param.name.unraw().to_string();
    let key = options.key(param);
    let hyphenated = if options.alias.is_some() { key.clone() } else { key.replace('_', "-") };
    let mut known = Vec::new();
    if !options.fields.is_empty() {
        let options = options.tokens();
        known.push(quote!(options: #options));
    }
    if is_scalar(ty) {
        known.push(quote!(scalar: true));
    }
    if let parts @ 1.. = path_parts(ty) {
        known.push(quote!(parts: #parts));
    }
    if options.default.is_some() {
        known.push(quote!(need: __epilogue::Need::Optional));
    } else if let Some(need) = need(ty, type_name, generics) {
        known.push(quote!(need: #need));
    }
    if options.from_prefix {
        known.push(quote!(from_prefix: true));
    }
    if is_extract(ty) {
        known.push(quote_spanned!(span=> takes_stream: __epilogue::TakesStream::<#type_name>::TAKES_STREAM));
    }
    if !options.limited.is_empty() {
        known.push(quote_spanned!(span=> reads: __epilogue::Usable::<#type_name, #fuel>::READS_FIELDS));
    } else if is_asked(ty, options) {
        known.push(quote_spanned!(span=> reads: __epilogue::Usable::<#type_name, #fuel>::READS));
    }
    known.extend(docs::param(ty, type_name, default, private));
    let source = if is_extract(ty) {
        quote_spanned!(span=> <#type_name as __epilogue::ExtractParam<_>>::SOURCE)
    } else {
        quote_spanned!(span=> __epilogue::Usable::<#type_name, #fuel>::SOURCE)
    };
    let new = quote_spanned!(span=> __epilogue::ParamNode::new(#name, #key, #hyphenated, #source));
    if known.is_empty() { new } else { quote_spanned!(span=> __epilogue::ParamNode { #(#known,)* ..#new }) }
}

/// The way from a parameter back to the item, unless it is certainly no dependency.
fn way(param: &Parameter, type_name: &TokenStream, fuel: &TokenStream) -> Option<TokenStream> {
    let ty = &param.ty;
    let is_value = is_direct(ty) && dependency_of(ty).is_none() || is_extract(ty);
    (!is_value).then(|| quote_spanned!(ty.span()=> __epilogue::Usable::<#type_name, #fuel>::WAY))
}

/// Whether the start asks the type for the names that it reads: it reads the path, or has a name that may be an alias of a `Path<…>`.
fn is_asked(ty: &Type, options: &ParamOptions) -> bool {
    let may_be_path =
        is_named(ty, "Path") || !is_direct(ty) && !is_one_of(ty, &["Option", "Result", "String"]);
    !is_scalar(ty) && (options.alias.is_some() || may_be_path)
}

fn take(
    param: &Parameter,
    type_name: &TokenStream,
    options: &ParamOptions,
    default: Option<&HoistedDefault>,
    index: usize,
    local: &Ident,
) -> TokenStream {
    let ty = &param.ty;
    let span = ty.span();
    // Without the type's span, so that it resolves even if the type comes out of another macro.
    let taking = quote!(__epilogue_taking);
    if let Some(HoistedDefault { call, .. }) = default {
        return quote_spanned! {span=>
            let #local = __epilogue::Usable::<#type_name>::take_or(#taking, #index, #call);
        };
    }
    match options.meant(param) {
        None if is_extract(ty) => {
            quote_spanned!(span=> let #local: __epilogue::Option<#type_name> = #taking.take_extracted(#index);)
        }
        None => {
            quote_spanned!(span=> let #local = __epilogue::Usable::<#type_name>::take(#taking, #index);)
        }
        Some(default) => quote_spanned! {span=>
            let #local = __epilogue::Usable::<#type_name>::take_or(#taking, #index, || #default);
        },
    }
}

/// The span for the use of a parameter's value: the dependency's name, so that what is wrong with it is not blamed on the macro.
fn names_span(ty: &Type) -> Span {
    match arguments(ty)[..] {
        [inner] if is_named(ty, "Depends") => inner.span(),
        _ => ty.span(),
    }
}

/// How many values in the path a `Path<(…)>` takes.
fn path_parts(ty: &Type) -> usize {
    match arguments(ty)[..] {
        [Type::Tuple(tuple)] if is_named(ty, "Path") => tuple.elems.len(),
        _ => 0,
    }
}

/// Whether a value that is read from the body may be missing. For a generic type that is not known here, so it counts as optional.
fn need(ty: &Type, type_name: &TokenStream, generics: &Generics) -> Option<TokenStream> {
    is_one_of(ty, &["Json", "File"]).then(|| {
        if mentions(ty, generics) {
            quote!(__epilogue::Need::Optional)
        } else {
            quote!(__epilogue::NeedOf::<#type_name>::NEED)
        }
    })
}
