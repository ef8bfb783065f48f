//! What stands around the generated code: the function itself, the type of its name, and a scope for the rest.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::{Attribute, FnArg, Generics, Ident, Meta, Pat, Type, parse_quote};

use crate::asserts::Asserts;
use crate::diagnostics::Errors;
use crate::item::{self, ItemFn};
use crate::parameter::{Parameter, is_nameless, name_of};
use crate::signature::Function;
use crate::types;

impl Function {
    /// If nothing is wrong, the function with what its macro makes of it. Otherwise the function with the errors, with the assertions about
    /// what is not wrong so far, and with the `stub` that keeps code that names the function from failing too.
    pub(crate) fn finish(
        &self,
        right: &TokenStream,
        stub: &TokenStream,
        asserts: &Asserts,
        errors: Errors,
    ) -> TokenStream {
        if errors.is_empty() && self.unparsed.is_none() {
            let item = self.for_all();
            if self.generics().params.is_empty() {
                return quote!(#item #right);
            }
            // What is asserted of generic types is asserted in bodies. These come first, so that the user's body is not blamed before them.
            return quote!(#right #item);
        }
        let errors = errors.into_tokens();
        if let Some(unparsed) = &self.unparsed {
            // It comes last, since rustc reads nothing after code that does not parse.
            let unparsed = item::without_options(unparsed.clone());
            let unread = item::unread(self.name());
            return quote!(#errors #stub #unread #unparsed);
        }
        let item = self.with_errors();
        if self.is_method() {
            return quote!(#item #errors);
        }
        let asserts = generated(&self.private, &[], &asserts.tokens());
        quote!(#errors #stub #asserts #item)
    }

    /// The function for the compiler and, with the types as they were written, for rustdoc, which reads no body. These are two functions and
    /// not one with each type twice, so that an attribute below the macro sees each parameter once.
    fn for_all(&self) -> TokenStream {
        let named = self.named();
        if !self.names_dependency() {
            return quote!(#named);
        }
        let ItemFn { attrs, vis, sig, .. } = &self.item;
        quote! {
            #[cfg(not(doc))]
            #named
            #[cfg(doc)]
            #(#attrs)* #vis #sig { loop {} }
        }
    }

    /// The function as it was written, except for the types of parameters that name a dependency: see `names.rs`.
    fn named(&self) -> ItemFn {
        let private = &self.private;
        let mut item = self.item.clone();
        let mut named = TokenStream::new();
        for input in &mut item.sig.inputs {
            let FnArg::Typed(typed) = input else { continue };
            let Some(param) = self.naming_parameter(&typed.pat) else { continue };
            *typed.ty = types::bare(&typed.ty);
            match &mut *typed.ty {
                Type::Reference(reference) => *reference.elem = param.ty.clone(),
                ty => *ty = param.ty.clone(),
            }
            let written = typed.pat.clone();
            if self.names_in_body
                && param.can_be_named_in_body()
                && let Pat::Ident(pattern) = &mut *typed.pat
            {
                let (name, ty) = (&param.name, &param.ty_in_body);
                let span = name.span();
                let value = quote_spanned!(span=> #private::named(#name));
                // Lint attributes of the parameter are meant for this name, which the body uses.
                let lints = typed.attrs.extract_if(.., |attr| is_lint(attr));
                named.extend(quote!(#[allow(clippy::shadow_reuse)] #(#lints)* let #written: #ty = #value;));
                (pattern.by_ref, pattern.mutability) = (None, None);
            }
        }
        if !named.is_empty() {
            item.begin_with(&named);
        }
        if self.names_dependency() {
            // The names are looked up in a private type. It could not be public, since it would then have to name private types.
            item.attrs.push(parse_quote!(#[allow(private_interfaces)]));
        }
        item
    }

    fn names_dependency(&self) -> bool {
        self.params.iter().any(Parameter::names_dependency)
    }

    /// The parameter of this pattern, if it names a dependency.
    fn naming_parameter(&self, pattern: &Pat) -> Option<&Parameter> {
        let name = name_of(pattern)?;
        self.params.iter().find(|param| param.name == *name && param.names_dependency())
    }

    /// The attributes that also apply to the type of the same name. Its documentation is left out, since its examples would run twice.
    pub(crate) fn docs(&self, line: &str) -> TokenStream {
        let is_kept = |attr: &&Attribute| matches!(&attr.meta, Meta::List(list) if list.path.is_ident("doc"));
        let kept = self.item.attrs.iter().filter(is_kept);
        quote!(#[doc = #line] #(#kept)*)
    }

    /// The type that stands for the function: braces keep it out of the value namespace, where the function is.
    pub(crate) fn marker(&self, generics: &Generics, line: &str) -> TokenStream {
        let (name, vis, docs) = (self.name(), &self.item.vis, self.docs(line));
        let private = &self.private;
        let types: Vec<_> = generics.type_params().map(|param| &param.ident).collect();
        let field = (!types.is_empty())
            .then(|| quote!(#[doc(hidden)] __epilogue: #private::PhantomData<fn() -> (#(#types,)*)>,));
        let where_clause = &generics.where_clause;
        // At the span of the name, where rustc reports a second function of the same name.
        let structure = quote_spanned!(name.span()=> struct #name #generics #where_clause { #field });
        quote! {
            #docs
            #[allow(
                non_camel_case_types,
                missing_copy_implementations,
                missing_debug_implementations,
                dead_code,
                clippy::empty_structs_with_brackets,
                clippy::exhaustive_structs,
                reason = "it only names the function"
            )]
            #vis #structure
        }
    }

    /// The function for an item with errors: as it was written, except for what would make rustc report more errors.
    fn with_errors(&self) -> ItemFn {
        let private = &self.private;
        let mut item = if self.is_method() { self.item.clone() } else { self.named() };
        let has_no_types = self.params.iter().any(|param| !param.is_type);
        for input in &mut item.sig.inputs {
            let nameless = is_nameless(input);
            let FnArg::Typed(typed) = input else { continue };
            if nameless {
                *typed.pat = parse_quote!(_);
            }
            if has_no_types {
                *typed.ty = parse_quote!(#private::Unfinished);
            }
        }
        if self.has_no_output {
            item.sig.output = parse_quote!(-> #private::Unfinished);
        }
        if has_no_types || self.has_no_output || self.has_no_body {
            item.body = parse_quote!({ #private::unfinished() });
            // Its own body uses the parameters.
            item.attrs.push(parse_quote!(#[allow(unused_mut, unused_variables)]));
        }
        item
    }
}

/// Generated code in a scope of its own, where `__epilogue` is the hidden module and all that stands in for a missing implementation is
/// imported: which of it is needed depends on the user's types. It allows what lints would otherwise report at the user's tokens. `attrs`
/// are those of the item.
pub(crate) fn generated(private: &TokenStream, attrs: &[Attribute], code: &TokenStream) -> TokenStream {
    let allowed = allowed(attrs);
    quote! {
        #[doc(hidden)]
        #allowed
        #[allow(
            trivial_bounds,
            unused_imports,
            unused_mut,
            unused_qualifications,
            unused_variables,
            closure_returning_async_block,
            clippy::items_after_statements,
            clippy::multiple_bound_locations,
            clippy::redundant_closure,
            clippy::shadow_reuse,
            clippy::wildcard_imports,
            reason = "it is not as the user would write it"
        )]
        const _: () = {
            use #private as __epilogue;
            use __epilogue::stand_ins::*;
            #code
        };
    }
}

/// What the attributes of an item allow: it may be deprecated, or name what is. Not if they are about unused code, since what is named
/// where that is allowed counts as used.
pub(crate) fn allowed(attrs: &[Attribute]) -> TokenStream {
    let is_deprecated = attrs.iter().any(|attr| attr.path().is_ident("deprecated"));
    let deprecated = is_deprecated.then(|| quote!(#[allow(deprecated)]));
    let of_unused = |word: &Ident| ["dead_code", "unused", "warnings"].iter().any(|lint| word == lint);
    let lints = attrs.iter().filter_map(|attr| {
        let off = ["allow", "expect"].iter().any(|level| attr.path().is_ident(level));
        let lints = &attr.meta.require_list().ok().filter(|_| off)?.tokens;
        types::word(lints.clone(), &of_unused).is_none().then(|| quote!(#[allow(#lints)]))
    });
    quote!(#deprecated #(#lints)*)
}

/// `#[allow(…)]` and those like it.
fn is_lint(attr: &Attribute) -> bool {
    ["allow", "expect", "warn", "deny", "forbid"].iter().any(|level| attr.path().is_ident(level))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::signature::Kind;

    #[test]
    fn the_type_beside_a_function_has_none_of_its_examples() {
        let item = quote! {
            /// Reads.
            #[doc(hidden)]
            #[must_use]
            async fn read() {}
        };
        let function =
            Function::read(&item, Kind::Route, "#[get]", &quote!(), &mut Errors::default()).unwrap();
        let kept = quote!(#[doc = "A line."] #[doc(hidden)]);
        assert_eq!(function.docs("A line.").to_string(), kept.to_string());
    }
}
