//! `#[derive(Dependency)]` on a struct: its fields are parameters, and it is its own output.

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, format_ident, quote};
use syn::{Attribute, Data, DeriveInput, Fields, GenericParam, Generics, WherePredicate, parse_quote};

use crate::args::Args;
use crate::asserts::{check, is_extract};
use crate::dependency::static_generics;
use crate::diagnostics::Errors;
use crate::params::Params;
use crate::signature::{Parameter, allowed, without_lifetimes};
use crate::types::{Place, arguments, bare, check as check_type, holds_value, mentions};

pub(crate) fn expand(item: TokenStream) -> TokenStream {
    let mut errors = Errors::default();
    let Some(item) = errors.ok(syn::parse2::<DeriveInput>(item)) else { return errors.into_tokens() };
    let unnamed = "an option has a name: write `crate = …`";
    let mut args = Args::parse(TokenStream::new(), unnamed, &mut errors);
    for attr in &item.attrs {
        if attr.path().is_ident("dependency")
            && let Some(list) = errors.ok(attr.meta.require_list())
        {
            args = Args::parse(list.tokens.clone(), unnamed, &mut errors);
        }
    }
    let private = args.krate(&mut errors).private();
    args.finish("`#[dependency]` on a struct", &["crate"], &mut errors);
    let fields = fields(&item, &mut errors);
    let tokens = describe(&item, &fields, &private, &mut errors);
    if errors.is_empty() {
        return tokens;
    }
    let stub = stub(&item, &private);
    let errors = errors.into_tokens();
    quote!(#stub #errors)
}

fn fields(item: &DeriveInput, errors: &mut Errors) -> Vec<Parameter> {
    let fields = match &item.data {
        Data::Struct(data) => &data.fields,
        Data::Enum(data) => {
            errors.at(
                data.enum_token,
                "`#[derive(Dependency)]` is for a struct, whose fields are parameters; an enum has no fields that all of it has: write a struct",
            );
            return Vec::new();
        }
        Data::Union(data) => {
            errors.at(
                data.union_token,
                "`#[derive(Dependency)]` is for a struct, whose fields are parameters: write a struct",
            );
            return Vec::new();
        }
    };
    if let Fields::Unnamed(unnamed) = fields {
        errors.at(
            unnamed,
            "a field's name is what is looked up in the request: write a struct with named fields",
        );
        return Vec::new();
    }
    if let Some(lifetime) = item.generics.lifetimes().next() {
        let lifetime = &lifetime.lifetime;
        errors.at(
            lifetime,
            format!("a dependency outlives what it could borrow: remove `{lifetime}`, and let each field own what it holds"),
        );
        // Of which field it is need not be said.
        return Vec::new();
    }
    for field in fields {
        check_type(&bare(&field.ty), "a struct of parameters", Place::Parameter, errors);
    }
    fields
        .iter()
        .filter_map(|field| {
            Some(Parameter {
                name: field.ident.clone()?,
                ty: bare(&field.ty),
                ty_in_body: bare(&field.ty),
                ty_as_written: bare(&field.ty),
                borrowed: false,
                attrs: field.attrs.iter().filter(|attr| attr.path().is_ident("param")).cloned().collect(),
            })
        })
        .collect()
}

fn describe(
    item: &DeriveInput,
    fields: &[Parameter],
    private: &TokenStream,
    errors: &mut Errors,
) -> TokenStream {
    let name = &item.ident;
    let text = name.to_string();
    let fuel = format_ident!("__F", span = Span::mixed_site());
    let generics = with_bounds(&item.generics, fields);
    let mut params = Params::expand(fields, &quote!(#fuel), &generics, errors);
    for field in fields {
        params.asserts.field(&field.ty, &generics);
    }
    let asserts = params.asserts.tokens();
    let Params { nodes, takes, locals, .. } = &params;
    let names: Vec<_> = fields.iter().map(|field| &field.name).collect();
    let (impl_generics, ty_generics, where_clause) = generics.split_for_impl();
    let mut with_fuel = generics.clone();
    with_fuel.params.push(parse_quote!(#fuel: __epilogue::Fuel));
    let (fuel_generics, _, fuel_where) = with_fuel.split_for_impl();
    let is_generic = !item.generics.params.is_empty();
    let checks = fields.iter().enumerate().filter(|_| !is_generic).map(|(index, field)| {
        let node = quote!(&<#name as __epilogue::Describe<__epilogue::Full>>::NODE);
        check(&field.ty, &quote!(__epilogue::check_dependency(#node, #index)))
    });
    let checks = quote!(#(#checks)*);
    let allowed = allowed(&item.attrs);
    quote! {
        #[doc(hidden)]
        #allowed
        const _: () = {
            use #private as __epilogue;
            #[allow(unused_imports, reason = "needed where the struct has fields")]
            use __epilogue::{LeavesStream as _, Needed as _, NotField as _, NotShared as _, Unsourced as _, Untakeable as _};
            #asserts

            impl #impl_generics __epilogue::Dependency for #name #ty_generics #where_clause {
                type Output = Self;
                type This = Self;
                type Graph<#fuel: __epilogue::Fuel> = __epilogue::Graph<Self, #fuel>;
            }

            impl #fuel_generics __epilogue::Describe<#fuel> for #name #ty_generics #fuel_where {
                const NODE: __epilogue::DependencyNode = __epilogue::DependencyNode {
                    name: #text,
                    module: __epilogue::module_path!(),
                    at: __epilogue::SourceLine::new(__epilogue::file!(), __epilogue::line!()),
                    id: __epilogue::TypeId::of::<Self>(),
                    generic: #is_generic,
                    scope: __epilogue::DependencyScope::Request,
                    params: &[#(#nodes),*],
                    run: Self::__epilogue_run,
                    exit: __epilogue::None,
                    concurrent: false,
                };
            }

            #[allow(clippy::redundant_closure, reason = "they are in the user's words")]
            impl #impl_generics #name #ty_generics #where_clause {
                #[allow(unused_mut, unused_variables, reason = "a struct without fields takes nothing")]
                fn __epilogue_run(
                    __epilogue_scope: &mut __epilogue::Scope,
                    __epilogue_sites: &[__epilogue::Site],
                ) -> __epilogue::Running {
                    let mut __epilogue_taken = __epilogue::Taking::new(__epilogue_scope, __epilogue_sites);
                    let __epilogue_taking = &mut __epilogue_taken;
                    #(#takes)*
                    let (#(__epilogue::Some(#locals),)*) = (#(#locals,)*) else {
                        return __epilogue_taken.failed();
                    };
                    __epilogue::Output::<Self>::returned(move || __epilogue::Ok(Self { #(#names: #locals),* }))
                }
            }

            #checks
        };
    }
}

/// What the fields need of the names that stand for any type, as a derive of serde has it.
fn with_bounds(generics: &Generics, fields: &[Parameter]) -> Generics {
    let mut generics = static_generics(generics.clone());
    let mut bounds: Vec<WherePredicate> = Vec::new();
    for ty in fields.iter().map(|field| &field.ty).filter(|ty| mentions(ty, &generics)) {
        // First of what is read, so that what it lacks is said of that alone.
        if holds_value(ty) {
            bounds.extend(arguments(ty).into_iter().map(|value| parse_quote!(#value: __epilogue::Readable)));
        }
        // Of which kind an extractor is, only inference finds.
        if !is_extract(ty) {
            bounds.push(parse_quote!(#ty: __epilogue::Param));
        }
        bounds.push(parse_quote!(#ty: __epilogue::Send + __epilogue::Sync));
    }
    if !bounds.is_empty() {
        generics.make_where_clause().predicates.extend(bounds);
    }
    generics
}

/// The same for a struct under the macro that is for functions.
pub(crate) fn stub_of(item: &TokenStream, private: &TokenStream) -> TokenStream {
    match syn::parse2::<DeriveInput>(item.clone()) {
        // Its derive makes it a dependency.
        Ok(item) if !item.attrs.iter().any(is_derive) && item.generics.params.is_empty() => {
            stub(&item, private)
        }
        _ => TokenStream::new(),
    }
}

/// `#[derive(Dependency)]`
fn is_derive(attr: &Attribute) -> bool {
    attr.path().is_ident("derive") && attr.meta.to_token_stream().to_string().contains("Dependency")
}

/// What keeps `Depends<Name>` from failing too where the struct itself has an error.
fn stub(item: &DeriveInput, private: &TokenStream) -> TokenStream {
    let name = &item.ident;
    let arguments = item.generics.params.iter().map(|param| match param {
        GenericParam::Lifetime(_) => quote!('static),
        GenericParam::Type(param) => param.ident.to_token_stream(),
        GenericParam::Const(param) => param.ident.to_token_stream(),
    });
    let ty_generics = quote!(<#(#arguments),*>);
    let generics = static_generics(without_lifetimes(item.generics.clone()));
    let (impl_generics, _, where_clause) = generics.split_for_impl();
    let fuel = format_ident!("__F", span = Span::mixed_site());
    quote! {
        #[doc(hidden)]
        const _: () = {
            impl #impl_generics #private::Dependency for #name #ty_generics #where_clause {
                type Output = Self;
                type This = Self;
                type Graph<#fuel: #private::Fuel> = #private::Unfinished;
            }
        };
    }
}
