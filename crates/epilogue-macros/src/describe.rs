//! The code that makes a type a dependency, whether it comes from a function or from a struct.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, format_ident, quote, quote_spanned};
use syn::ext::IdentExt;
use syn::spanned::Spanned;
use syn::{Attribute, GenericParam, Generics, parse_quote};

use crate::asserts::check;
use crate::emit::generated;
use crate::parameter::Parameter;
use crate::params::Params;
use crate::signature::without_lifetimes;

/// How long the output of a dependency lives.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Scope {
    Function,
    Request,
    App,
}

/// The variant of `DependencyScope`.
impl ToTokens for Scope {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        tokens.extend(match self {
            Self::Function => quote!(Function),
            Self::Request => quote!(Request),
            Self::App => quote!(App),
        });
    }
}

/// A dependency, as far as its macro has read it.
pub(crate) struct Described<'a> {
    pub(crate) name: &'a Ident,
    pub(crate) generics: &'a Generics,
    pub(crate) params: &'a [Parameter],
    pub(crate) expanded: &'a Params,
    pub(crate) scope: Scope,
    pub(crate) output: &'a TokenStream,
    /// Makes the output out of the parameters' values.
    pub(crate) run: &'a TokenStream,
    /// The function `__epilogue_exit`, with the dependency's generics.
    pub(crate) exit: Option<TokenStream>,
    pub(crate) concurrent: bool,
    /// It is a struct, which has no scope to choose.
    pub(crate) derived: bool,
    /// Its attributes.
    pub(crate) attrs: &'a [Attribute],
}

impl Described<'_> {
    pub(crate) fn tokens(&self, private: &TokenStream) -> TokenStream {
        let Self { name, generics, expanded, output, exit, .. } = self;
        let (asserts, defaults) = (expanded.asserts.tokens(), &expanded.defaults);
        let (fuel, node, run, checks) = (fuel(), self.node(private), self.run_function(), self.checks());
        let (impl_generics, ty_generics, where_clause) = generics.split_for_impl();
        let mut with_fuel = (*generics).clone();
        with_fuel.params.push(parse_quote!(#fuel: __epilogue::Fuel));
        let (fuel_generics, _, fuel_where) = with_fuel.split_for_impl();
        let (kind, stored) = if generics.params.is_empty() {
            (quote!(Named), self.stored())
        } else {
            (quote!(Generic), quote!(__epilogue::None))
        };
        let (nodes, ways) = (&expanded.nodes, self.ways());
        let app_scoped = (self.scope == Scope::App).then(|| {
            quote! {
                impl #impl_generics __epilogue::AppScoped for #name #ty_generics #where_clause {
                    const IMPLEMENTED_BY_THE_MACRO: () = ();
                }
            }
        });
        // If the output is less visible than the dependency, rustc says so here.
        let associated = quote_spanned!(output.span()=> type Output = #output;);
        let code = quote! {
            #asserts
            #(#defaults)*

            impl #impl_generics __epilogue::Dependency for #name #ty_generics #where_clause {
                #associated
                type This = Self;
                type Target<#fuel: __epilogue::Fuel> = <#fuel as __epilogue::Fuel>::#kind<Self>;
                const ALONE: __epilogue::DependencyNode = #node;
                const NODE: __epilogue::Option<&'static __epilogue::DependencyNode> = #stored;
            }

            #app_scoped

            impl #fuel_generics __epilogue::Describe<#fuel> for #name #ty_generics #fuel_where {
                const PARAMS: &'static [__epilogue::ParamNode] = &[#(#nodes),*];
                const WAYS: &'static [__epilogue::Way] = &[#(#ways),*];
            }

            #run
            #exit
            #checks
        };
        generated(private, self.attrs, &code)
    }

    /// For each parameter, the way that leads from it back to the dependency; none at all if no parameter is a dependency.
    fn ways(&self) -> Vec<TokenStream> {
        let ways = &self.expanded.ways;
        if ways.iter().all(Option::is_none) {
            return Vec::new();
        }
        ways.iter().map(|way| way.clone().unwrap_or_else(|| quote!(__epilogue::Way::NONE))).collect()
    }

    /// The node to which all edges lead, in a `static`.
    fn stored(&self) -> TokenStream {
        let name = self.name;
        let reach = if self.ways().is_empty() {
            quote!(__epilogue::Whole)
        } else {
            quote!(__epilogue::FuelOf<{ __epilogue::in_cycle::<#name>() }>)
        };
        quote!({
            static NODE: __epilogue::DependencyNode = __epilogue::described::<#name, #reach>();
            __epilogue::Some(&NODE)
        })
    }

    /// What the graph knows of it, without its parameters.
    fn node(&self, private: &TokenStream) -> TokenStream {
        let Self { name, generics, scope, exit, concurrent, derived, .. } = self;
        let text = name.unraw().to_string();
        let at = quote_spanned!(name.span()=> __epilogue::SourceLine::caller());
        let is_generic = !generics.params.is_empty();
        let (_, ty_generics, _) = generics.split_for_impl();
        let turbofish = ty_generics.as_turbofish();
        let exit = if exit.is_some() {
            quote!(__epilogue::Some(__epilogue_exit #turbofish))
        } else {
            quote!(__epilogue::None)
        };
        quote! {
            __epilogue::DependencyNode {
                name: #text,
                module: #private::module_path!(),
                at: #at,
                id: __epilogue::TypeId::of::<Self>(),
                generic: #is_generic,
                derived: #derived,
                scope: __epilogue::DependencyScope::#scope,
                params: &[],
                run: __epilogue_run #turbofish,
                exit: #exit,
                concurrent: #concurrent,
            }
        }
    }

    /// The function `__epilogue_run`, which takes the parameters out of the scope.
    fn run_function(&self) -> TokenStream {
        let Self { generics, expanded, run, .. } = self;
        let Params { takes, locals, .. } = expanded;
        let (impl_generics, _, where_clause) = generics.split_for_impl();
        let take = (!takes.is_empty()).then(|| {
            quote! {
                let mut __epilogue_taken = __epilogue::Taking::new(__epilogue_scope, __epilogue_sites);
                let __epilogue_taking = &mut __epilogue_taken;
                #(#takes)*
                let (#(__epilogue::Some(#locals),)*) = (#(#locals,)*) else {
                    return __epilogue_taken.failed();
                };
            }
        });
        quote! {
            fn __epilogue_run #impl_generics (
                __epilogue_scope: &mut __epilogue::Scope,
                __epilogue_sites: &[__epilogue::Site],
            ) -> __epilogue::Running
            #where_clause
            {
                #take
                #run
            }
        }
    }

    /// The checks of each parameter, at its own tokens. A generic dependency stands for many, which are checked by the routes that use them.
    fn checks(&self) -> TokenStream {
        let name = self.name;
        if !self.generics.params.is_empty() {
            // The name alone does not say which of the types is meant.
            return TokenStream::new();
        }
        let is_checked = |param: &Parameter| self.scope == Scope::App || !param.needs_no_check();
        let checked = self.params.iter().enumerate().filter(|(_, param)| is_checked(param));
        let checks = checked.map(|(index, param)| {
            check(&param.ty_as_written, &quote!(__epilogue::check_dependency::<#name>(#index)))
        });
        quote!(#(#checks)*)
    }
}

/// The name of the generic parameter that says how far a dependency is described.
pub(crate) fn fuel() -> Ident {
    format_ident!("__F", span = Span::mixed_site())
}

/// Keeps `Depends<Name>` from failing too if the dependency itself has an error. It counts as app-scoped: whether it is that is not known.
pub(crate) fn stub(
    name: &Ident,
    generics: Generics,
    output: &TokenStream,
    private: &TokenStream,
) -> TokenStream {
    let arguments = generics.params.iter().map(|param| match param {
        GenericParam::Lifetime(_) => quote!('static),
        GenericParam::Type(param) => param.ident.to_token_stream(),
        GenericParam::Const(param) => param.ident.to_token_stream(),
    });
    let dependency = quote!(#name<#(#arguments),*>);
    let generics = static_generics(without_lifetimes(generics));
    let (impl_generics, _, where_clause) = generics.split_for_impl();
    let fuel = fuel();
    let code = quote! {
        impl #impl_generics __epilogue::Dependency for #dependency #where_clause {
            type Output = #output;
            type This = Self;
            type Target<#fuel: __epilogue::Fuel> = __epilogue::Unfinished;
            const ALONE: __epilogue::DependencyNode = __epilogue::Unfinished::NODE;
            const NODE: __epilogue::Option<&'static __epilogue::DependencyNode> = __epilogue::None;
        }
        impl #impl_generics __epilogue::AppScoped for #dependency #where_clause {
            const IMPLEMENTED_BY_THE_MACRO: () = ();
        }
    };
    generated(private, &[], &code)
}

/// A dependency is identified by its `TypeId`, so whatever it is generic over must be `'static`.
pub(crate) fn static_generics(mut generics: Generics) -> Generics {
    for param in &mut generics.params {
        if let GenericParam::Type(param) = param {
            param.bounds.push(parse_quote!('static));
        }
    }
    generics
}
