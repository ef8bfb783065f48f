//! `#[derive(Dependency)]` on a struct: its fields are parameters, and it is its own output.

use proc_macro2::{TokenStream, TokenTree};
use quote::{ToTokens, quote};
use syn::punctuated::Punctuated;
use syn::visit_mut::VisitMut;
use syn::{Data, DeriveInput, Expr, Field, Fields, Generics, Meta, Token, Type, WherePredicate, parse_quote};

use crate::args::Args;
use crate::describe::{self, Described, Scope, fuel, static_generics};
use crate::diagnostics::Errors;
use crate::emit::generated;
use crate::forbidden::{self, Place, unsourced};
use crate::item;
use crate::parameter::Parameter;
use crate::params::Params;
use crate::types::{
    WithoutSelf, arguments, bare, dependency_of, holds_value, is_extract, is_unsized, mentions, text,
};

pub(crate) fn expand(item: TokenStream) -> TokenStream {
    let mut errors = Errors::default();
    let Ok(item) = syn::parse2::<DeriveInput>(item.clone()) else { return unparsed(item) };
    let unnamed = "an option has a name: write `crate = …`";
    let mut args = Args::parse(TokenStream::new(), unnamed, &mut errors);
    for attr in &item.attrs {
        match &attr.meta {
            Meta::List(list) if list.path.is_ident("dependency") => {
                args = Args::parse(list.tokens.clone(), unnamed, &mut errors);
            }
            meta if meta.path().is_ident("dependency") => {
                errors.at(attr, "`#[derive(Dependency)]` makes the struct a dependency: remove this");
            }
            meta if meta.path().is_ident("param") => {
                errors.at(attr, "the options of a parameter stand above its field: move them there");
            }
            _ => {}
        }
    }
    let private = args.private(&mut errors);
    for option in ["scope", "exit"] {
        if let Some((name, _)) = args.value(option, &mut errors) {
            errors.at(
                name,
                format!("a struct is made for each request, so it has no `{option}`: write a function under `#[dependency({option} = …)]` that returns it"),
            );
        }
    }
    args.finish("`#[dependency]` on a struct", &["crate"], &mut errors);
    let fields = fields(&item, &mut errors);
    let generics = with_bounds(&item.generics, &fields);
    let fuel = fuel();
    let mut params = Params::expand(&fields, &item.ident, &private, &quote!(#fuel), &generics, &mut errors);
    for (field, name) in fields.iter().zip(&params.types).filter(|(field, _)| !field.is_reported) {
        params.asserts.field(&field.ty, name, &generics);
    }
    if errors.is_empty() {
        return describe(&item, &fields, &params, &generics, &private);
    }
    let (stub, asserts) = (stub(&item, &private), generated(&private, &[], &params.asserts.tokens()));
    let errors = errors.into_tokens();
    quote!(#stub #asserts #errors)
}

fn fields(item: &DeriveInput, errors: &mut Errors) -> Vec<Parameter> {
    let fields = match &item.data {
        Data::Struct(data) => &data.fields,
        Data::Enum(data) => {
            errors.at(
                data.enum_token,
                "`#[derive(Dependency)]` is for a struct, whose fields are parameters; the variants of an enum do not share their fields: write a struct",
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
        // The fields are not checked any further: which of them borrows need not be reported as well.
        return Vec::new();
    }
    let (name, (_, arguments, _)) = (&item.ident, item.generics.split_for_impl());
    let this = parse_quote!(#name #arguments);
    fields.iter().filter_map(|one| field(one, &this, errors)).collect()
}

/// Reads a field that has a name, of a struct of `this` type.
fn field(field: &Field, this: &Type, errors: &mut Errors) -> Option<Parameter> {
    let before = errors.count();
    let mut ty = bare(&field.ty);
    match &ty {
        Type::Reference(reference) if is_unsized(&reference.elem) => {
            errors.at(reference, unsourced(reference, &reference.elem));
        }
        Type::Reference(reference) => {
            errors.at(reference, format!("a field owns what it holds: write `{}`", text(&reference.elem)));
        }
        ty => _ = forbidden::check(ty, "a struct of parameters", Place::Parameter, errors),
    }
    for attr in field.attrs.iter().filter(|attr| attr.path().is_ident("dependency")) {
        errors.at(attr, "a field says by its type what it depends on, as in `Depends<name>`: remove this");
    }
    WithoutSelf(this).visit_type_mut(&mut ty);
    let mut attrs: Vec<_> =
        field.attrs.iter().filter(|attr| attr.path().is_ident("param")).cloned().collect();
    for attr in &mut attrs {
        // What is wrong with options that are no expressions is reported where they are read.
        if let Meta::List(list) = &mut attr.meta
            && let Ok(mut options) = list.parse_args_with(Punctuated::<Expr, Token![,]>::parse_terminated)
        {
            options.iter_mut().for_each(|option| WithoutSelf(this).visit_expr_mut(option));
            list.tokens = options.into_token_stream();
        }
    }
    let mut param = Parameter::new(field.ident.clone()?, ty, attrs);
    param.is_reported = errors.count() > before;
    Some(param)
}

fn describe(
    item: &DeriveInput,
    fields: &[Parameter],
    params: &Params,
    generics: &Generics,
    private: &TokenStream,
) -> TokenStream {
    let name = &item.ident;
    let (_, ty_generics, _) = generics.split_for_impl();
    let output = quote!(#name #ty_generics);
    let (names, locals) = (fields.iter().map(|field| &field.name), &params.locals);
    let run = quote!(__epilogue::Output::<#output>::returned(move || __epilogue::Ok(#name { #(#names: #locals),* })));
    let described = Described {
        name,
        generics,
        params: fields,
        expanded: params,
        scope: Scope::Request,
        output: &output,
        run: &run,
        exit: None,
        concurrent: false,
        derived: true,
        attrs: &item.attrs,
    };
    described.tokens(private)
}

/// Adds the bounds that the fields require of the type parameters, as serde's derives do.
fn with_bounds(generics: &Generics, fields: &[Parameter]) -> Generics {
    let mut generics = static_generics(generics.clone());
    let mut bounds: Vec<WherePredicate> = Vec::new();
    for ty in fields.iter().map(|field| &field.ty).filter(|ty| mentions(ty, &generics)) {
        // The value that is read comes first, so that what it lacks is reported of the value alone.
        if holds_value(ty) {
            bounds.extend(arguments(ty).into_iter().map(|value| parse_quote!(#value: __epilogue::Readable)));
        }
        if let Some(named) = dependency_of(ty) {
            bounds.push(parse_quote!(#named: __epilogue::Dependency));
        }
        // Only inference finds out which kind of extractor an `Extract` holds.
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

/// The stub for a struct that does not parse, of which rustc reports why.
fn unparsed(item: TokenStream) -> TokenStream {
    let mut tokens = item.into_iter().skip_while(|token| token.to_string() != "struct").skip(1);
    match (tokens.next(), tokens.next()) {
        // A generic one is left alone: its parameters may be what does not parse.
        (Some(TokenTree::Ident(name)), Some(TokenTree::Group(_))) => {
            let private = quote!(::epilogue::__private);
            let stub = describe::stub(&name, Generics::default(), &quote!(Self), &private);
            let unread = item::unread(&name);
            quote!(#stub #unread)
        }
        _ => TokenStream::new(),
    }
}

/// The stub for a struct under the macro that is meant for functions.
pub(crate) fn stub_of(item: &TokenStream, private: &TokenStream) -> TokenStream {
    match syn::parse2::<DeriveInput>(item.clone()) {
        Ok(item) if item.generics.params.is_empty() => stub(&item, private),
        _ => TokenStream::new(),
    }
}

/// What stands for the dependency if it has an error.
fn stub(item: &DeriveInput, private: &TokenStream) -> TokenStream {
    describe::stub(&item.ident, item.generics.clone(), &quote!(Self), private)
}
