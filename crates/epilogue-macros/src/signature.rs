//! What a function says: its parameters, whether it is async, what it returns. The body is left alone.

use proc_macro2::TokenStream;
use quote::ToTokens;
use syn::{Attribute, FnArg, ItemFn, Pat, ReturnType, Signature, Type};

use crate::diagnostics::Errors;

/// A function that an attribute may stand on.
pub(crate) struct Function {
    pub(crate) item: ItemFn,
    pub(crate) params: Vec<Parameter>,
    pub(crate) output: Output,
}

/// One parameter of it, or field of a struct.
pub(crate) struct Parameter {
    pub(crate) name: syn::Ident,
    /// The type without the reference.
    pub(crate) ty: Type,
    /// It is taken as `&T`.
    pub(crate) borrowed: bool,
    /// `#[param(...)]`, taken off the function.
    pub(crate) attrs: Vec<Attribute>,
}

/// What a function returns.
pub(crate) enum Output {
    Unit,
    /// A type that is written `Result<…>`, by whatever path.
    Result(Type),
    Plain(Type),
}

impl Function {
    /// Reads a function; `of` names the macro in errors.
    pub(crate) fn read(item: TokenStream, of: &str, errors: &mut Errors) -> Option<Self> {
        let mut item = errors.ok(syn::parse2::<ItemFn>(item))?;
        check_qualifiers(&item.sig, of, errors);
        let params = item.sig.inputs.iter_mut().filter_map(|input| parameter(input, of, errors)).collect();
        let output = output(&item.sig.output, of, errors);
        Some(Self { item, params, output })
    }

    pub(crate) fn is_async(&self) -> bool {
        self.item.sig.asyncness.is_some()
    }

    pub(crate) fn name(&self) -> &syn::Ident {
        &self.item.sig.ident
    }
}

fn check_qualifiers(signature: &Signature, of: &str, errors: &mut Errors) {
    if let Some(abi) = &signature.abi {
        errors.at(
            abi,
            format!("{of} cannot be an `extern` function: remove it, or call it from a plain Rust function"),
        );
    }
    if let syn::Safety::Unsafe(unsafety) = &signature.safety {
        errors.at(
            unsafety,
            format!("{of} cannot be `unsafe`: remove it, and put the unsafe block into the body"),
        );
    }
    if let Some(constness) = &signature.constness {
        errors.at(constness, format!("{of} cannot be `const`: remove it"));
    }
    if let Some(variadic) = &signature.variadic {
        errors.at(variadic, format!("{of} cannot take a variable number of arguments: remove `...`"));
    }
}

fn parameter(input: &mut FnArg, of: &str, errors: &mut Errors) -> Option<Parameter> {
    let input = match input {
        FnArg::Receiver(receiver) => {
            errors.at(
                receiver,
                format!(
                    "{of} is a free function and takes no `self`: remove it, move the function out of the `impl`, and take \
                     what it needs as `State<…>` or `Depends<…>`"
                ),
            );
            return None;
        }
        FnArg::Typed(input) => input,
    };
    let (attrs, kept) =
        std::mem::take(&mut input.attrs).into_iter().partition(|attr| attr.path().is_ident("param"));
    input.attrs = kept;
    let Pat::Ident(pattern) = &*input.pat else {
        errors.at(
            &input.pat,
            "a parameter needs a name, which is what is looked up in the request: write `name: Type`, and take it apart in the body",
        );
        return None;
    };
    let (ty, borrowed) = match &*input.ty {
        Type::Reference(reference) => {
            if let Some(mutability) = &reference.mutability {
                let ty = &reference.elem;
                errors.at(
                    mutability,
                    format!(
                        "a parameter cannot be `&mut`, since the request shares it: write `&{0}` or `{0}`",
                        ty.to_token_stream()
                    ),
                );
            }
            ((*reference.elem).clone(), true)
        }
        ty => (ty.clone(), false),
    };
    if matches!(ty, Type::ImplTrait(_)) {
        errors.at(
            &ty,
            format!("{of} cannot take `impl Trait`, since nothing says which type is meant: write the type"),
        );
        return None;
    }
    Some(Parameter { name: pattern.ident.clone(), ty, borrowed, attrs })
}

fn output(output: &ReturnType, of: &str, errors: &mut Errors) -> Output {
    let ReturnType::Type(_, ty) = output else { return Output::Unit };
    match &**ty {
        Type::ImplTrait(_) if of == "a dependency" => {
            errors.at(
                ty,
                "a dependency cannot return `impl Trait`, since `Depends` names its output: write the type",
            );
            Output::Unit
        }
        Type::Reference(_) if of == "a dependency" => {
            errors.at(
                ty,
                "a dependency returns an owned value, which outlives the call: write the type without `&`",
            );
            Output::Unit
        }
        Type::Path(path) if path.path.segments.last().is_some_and(|last| last.ident == "Result") => {
            Output::Result((**ty).clone())
        }
        ty => Output::Plain(ty.clone()),
    }
}
