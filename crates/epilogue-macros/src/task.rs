//! `#[task]` on a function: the function stays, and a struct of the same name holds its arguments by name.

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, format_ident, quote, quote_spanned};
use syn::ext::IdentExt;
use syn::spanned::Spanned;
use syn::{Expr, ExprLit, GenericArgument, Lit, PathArguments, Type};

use crate::args::Args;
use crate::diagnostics::Errors;
use crate::signature::Function;

const OPTIONS: &[&str] = &["retries", "retry_on_panic", "timeout", "always", "crate"];

pub(crate) fn expand(args: TokenStream, item: TokenStream) -> TokenStream {
    let mut errors = Errors::default();
    let mut args = Args::parse(args, &mut errors);
    let defaults = defaults(&mut args, &mut errors);
    let private = args.krate(&mut errors).private();
    args.finish("`#[task]`", OPTIONS, &mut errors);
    let Some(function) = Function::read(item.clone(), "a task", &mut errors) else {
        // What does not parse is given back as it is, so that rustc says what is wrong with it.
        return item;
    };
    check(&function, &mut errors);
    let structure = structure(&function, &defaults, &private);
    let item = &function.item;
    let errors = errors.into_tokens();
    quote!(#item #structure #errors)
}

/// The calls that make the defaults of the attribute.
fn defaults(args: &mut Args, errors: &mut Errors) -> Vec<TokenStream> {
    let mut calls = Vec::new();
    if let Some(times) = args.integer::<u32>("retries", errors) {
        calls.push(quote!(.retries(#times)));
    }
    if args.flag("retry_on_panic", errors).is_some() {
        calls.push(quote!(.retry_on_panic()));
    }
    if let Some((_, value)) = args.value("timeout", errors)
        && let Some(milliseconds) = errors.ok(milliseconds(&value))
    {
        calls.push(quote!(.timeout(__epilogue::Duration::from_millis(#milliseconds))));
    }
    if args.flag("always", errors).is_some() {
        calls.push(quote!(.always()));
    }
    calls
}

/// `"30s"`, `"1m"`, `"250ms"`.
fn milliseconds(value: &Expr) -> syn::Result<u64> {
    let error = || syn::Error::new_spanned(value, "a timeout is a text like \"250ms\", \"30s\" or \"5m\"");
    let Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) = value else { return Err(error()) };
    let text = text.value();
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let factor = match &text[digits.len()..] {
        "ms" => 1,
        "s" => 1_000,
        "m" => 60_000,
        "h" => 3_600_000,
        _ => return Err(error()),
    };
    let number: u64 = digits.trim().parse().map_err(|_| error())?;
    number.checked_mul(factor).ok_or_else(error)
}

fn check(function: &Function, errors: &mut Errors) {
    let generics = &function.item.sig.generics;
    if !generics.params.is_empty() {
        errors.at(
            generics,
            "a `#[task]` cannot be generic, since its arguments are written down: write the concrete types",
        );
    }
    for param in &function.params {
        if param.borrowed {
            let name = &param.name;
            errors.at(
                &param.ty,
                format!(
                    "a `#[task]` owns its arguments, which outlive the request: take `{name}` without `&`"
                ),
            );
        }
    }
}

/// The dependency that a parameter `Depends<D>` names.
fn dependency_of(ty: &Type) -> Option<&Type> {
    let Type::Path(path) = ty else { return None };
    let last = path.path.segments.last().filter(|last| last.ident == "Depends")?;
    let PathArguments::AngleBracketed(arguments) = &last.arguments else { return None };
    match arguments.args.first()? {
        GenericArgument::Type(dependency) => Some(dependency),
        _ => None,
    }
}

fn structure(function: &Function, defaults: &[TokenStream], private: &TokenStream) -> TokenStream {
    let (name, vis) = (function.name(), &function.item.vis);
    let text = name.unraw().to_string();
    let (taken, fields): (Vec<_>, Vec<_>) =
        function.params.iter().partition(|param| dependency_of(&param.ty).is_some());
    let names: Vec<_> = fields.iter().map(|param| &param.name).collect();
    let types: Vec<_> = fields.iter().map(|param| &param.ty).collect();
    let locals: Vec<_> = (0..taken.len()).map(|i| format_ident!("d{i}", span = Span::mixed_site())).collect();
    let dependencies: Vec<_> = taken.iter().filter_map(|param| dependency_of(&param.ty)).collect();
    let checks = dependencies.iter().map(|dependency| {
        quote_spanned!(dependency.span()=> const _: () = __epilogue::check_in_task::<#dependency>();)
    });
    let take = dependencies.iter().zip(&locals).map(|(dependency, local)| {
        quote! {
            let #local = match __epilogue::in_task::<#dependency>(context) {
                __epilogue::Ok(output) => output,
                __epilogue::Err(missing) => {
                    return __epilogue::TaskRunning::async_(async move { __epilogue::Err::<(), _>(missing) });
                }
            };
        }
    });
    let arguments =
        function.params.iter().map(|param| match taken.iter().position(|of| of.name == param.name) {
            Some(position) => locals[position].to_token_stream(),
            None => {
                let name = &param.name;
                quote!(self.#name)
            }
        });
    let serde = format!("{}::serde", quote!(#private).to_string().replace(' ', ""));
    let docs =
        function.item.attrs.iter().filter(|attr| attr.path().is_ident("doc") || attr.path().is_ident("cfg"));
    let line = quote_spanned!(name.span()=> __epilogue::line!());
    let call = quote_spanned!(name.span()=> #name(#(#arguments),*));
    let running = if function.is_async() {
        quote!(__epilogue::TaskRunning::async_(#call))
    } else {
        quote!(__epilogue::TaskRunning::blocking(move || #call))
    };
    quote! {
        #(#docs)*
        #[derive(Clone, #private::serde::Serialize, #private::serde::Deserialize)]
        #[serde(crate = #serde)]
        #[allow(non_camel_case_types, missing_docs, missing_debug_implementations, reason = "it has the function's name")]
        #vis struct #name {
            #(#vis #names: #types,)*
        }

        #[doc(hidden)]
        const _: () = {
            use #private as __epilogue;

            #(#checks)*

            impl __epilogue::Task for #name {
                const NAME: &'static __epilogue::str = #text;
                const OPTIONS: __epilogue::TaskDefaults = __epilogue::TaskDefaults::new()#(#defaults)*;
                const LOCATION: __epilogue::SourceLine =
                    __epilogue::SourceLine { file: __epilogue::file!(), line: #line };

                #[allow(unused_variables, reason = "a task without dependencies leaves the context alone")]
                fn run(self, context: &__epilogue::TaskContext) -> __epilogue::TaskRunning {
                    #(#take)*
                    #running
                }
            }
        };
    }
}
