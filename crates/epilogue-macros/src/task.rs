//! `#[task]` on a function: the function stays, and a struct of the same name holds its arguments by name.

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, format_ident, quote, quote_spanned};
use syn::ext::IdentExt;
use syn::spanned::Spanned;
use syn::{Expr, ExprLit, FnArg, Generics, Ident, Lit, Type};

use crate::args::Args;
use crate::asserts::{Asserts, check};
use crate::diagnostics::Errors;
use crate::emit::{allowed, generated};
use crate::names::Names;
use crate::parameter::{Parameter, name_of};
use crate::signature::{Function, Kind, Output};
use crate::types::{bare, is_named};

pub(crate) const OPTIONS: &[&str] = &["retries", "retry_on_panic", "timeout", "always", "crate"];

pub(crate) fn expand(args: TokenStream, item: &TokenStream) -> TokenStream {
    let mut errors = Errors::default();
    let mut args = Args::parse(args, "an option has a name: write `retries = 3`", &mut errors);
    let (options, retries) = options(&mut args, &mut errors);
    let private = args.private(&mut errors);
    args.finish("`#[task]`", OPTIONS, &mut errors);
    let Some(mut function) = Function::read(item, Kind::Task, "#[task]", &private, &mut errors) else {
        return errors.beside(item);
    };
    let generics = &function.item.sig.generics;
    if let Some(name) = function.type_parameter() {
        errors.at(
            name,
            "a `#[task]` cannot be generic, since its arguments are written down: write the concrete types",
        );
    } else if !generics.params.is_empty() && errors.is_empty() {
        // An argument that borrows has been reported.
        errors.at(generics, "a `#[task]` owns its arguments, so nothing has this lifetime: remove it");
    }
    if let (Some(retries), Output::Unit) = (retries, &function.output) {
        errors.at(
            retries,
            "a task is tried again when it returns an `Err`, and this one returns nothing: write `-> Result<(), …>`, or remove `retries`",
        );
    }
    let names = Names::of(&mut function);
    let (structure, names) = (structure(&function), names.tokens());
    let (asserts, types) = asserts(&function);
    let task = task(&function, &options, &asserts, &types);
    let stub = stub(&function);
    function.finish(&quote!(#structure #names #task), &quote!(#names #stub), &asserts, errors)
}

/// The calls that set the options in the attribute, and the retries if they are only for an `Err`, so that the task has to return a `Result`.
fn options(args: &mut Args, errors: &mut Errors) -> (Vec<TokenStream>, Option<Expr>) {
    let mut calls = Vec::new();
    let mut retries = args.integer::<u32>("retries", 3, errors);
    if let Some((_, times)) = &retries {
        calls.push(quote!(.retries(#times)));
    }
    if let Some(flag) = args.flag("retry_on_panic", errors) {
        if retries.take().is_none_or(|(_, times)| times == 0) {
            errors.at(
                flag,
                "`retry_on_panic` does nothing without retries: write `retries = 3` beside it, or remove it",
            );
        }
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
    (calls, retries.map(|(expr, _)| expr))
}

/// `"30s"`, `"1m"`, `"250ms"`.
fn milliseconds(value: &Expr) -> syn::Result<u64> {
    let error = || {
        syn::Error::new_spanned(
            value,
            "a timeout is a string of a number and its unit: write \"250ms\", \"30s\" or \"5m\"",
        )
    };
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
    if number == 0 {
        return Err(syn::Error::new_spanned(
            value,
            "a timeout of zero ends a task before it begins: write a longer one",
        ));
    }
    number.checked_mul(factor).ok_or_else(error)
}

/// The arguments that are the task's data; the others are app-scoped dependencies, which it gets when it runs.
fn fields(function: &Function) -> impl Iterator<Item = &Parameter> {
    function.params.iter().filter(|param| !param.is_owned_depends())
}

/// The struct that a user fills in.
fn structure(function: &Function) -> TokenStream {
    let (name, vis) = (function.name(), &function.item.vis);
    let fields = fields(function).map(|Parameter { name, ty, .. }| {
        let line = format!("The argument `{}`.", name.unraw());
        quote!(#[doc = #line] #vis #name: #ty)
    });
    let docs =
        function.docs(&format!("The arguments of the task `{name}`, which `BackgroundTasks::add` takes."));
    let allowed = allowed(&function.item.attrs);
    // At the span of the name: rustc shows the struct where the task is not what was wanted.
    let structure = quote_spanned!(name.span()=> struct #name { #(#fields,)* });
    quote! {
        #docs
        #allowed
        #[allow(
            non_camel_case_types,
            missing_copy_implementations,
            missing_debug_implementations,
            dead_code,
            clippy::empty_structs_with_brackets,
            clippy::exhaustive_structs,
            clippy::struct_excessive_bools,
            clippy::struct_field_names,
            reason = "it stands for the function"
        )]
        #vis #structure
    }
}

/// The assertions, and the names of the fields' types.
fn asserts(function: &Function) -> (Asserts, Vec<TokenStream>) {
    let mut asserts = Asserts::of(function.name());
    let mut types = Vec::new();
    for field in fields(function).filter(|field| !field.is_reported) {
        types.push(asserts.task_argument(&field.ty));
    }
    let output = asserts.name_output(function.output_to_check(), &Generics::default());
    asserts.task_return(function.output_to_check(), &output);
    (asserts, types)
}

/// The code that makes the struct a task.
fn task(
    function: &Function,
    options: &[TokenStream],
    asserts: &Asserts,
    types: &[TokenStream],
) -> TokenStream {
    let name = function.name();
    let text = name.unraw().to_string();
    let checks = function.params.iter().filter(|param| param.is_owned_depends()).map(|param| {
        let ty = &param.ty;
        check(&param.ty_as_written, &quote!(__epilogue::InTask::<#ty>::VERDICT))
    });
    let checks = quote!(#(#checks)*);
    let (asserts, data, running) = (asserts.tokens(), data(function, types), running(function));
    let at = quote_spanned!(name.span()=> __epilogue::SourceLine::caller());
    let code = quote! {
        #asserts
        #checks
        #data

        impl __epilogue::Task for #name {
            const NAME: &'static __epilogue::str = #text;
            const OPTIONS: __epilogue::TaskOptions = __epilogue::TaskOptions::new()#(#options)*;
            const LOCATION: __epilogue::SourceLine = #at;

            fn run(self, __epilogue_context: &__epilogue::TaskContext) -> __epilogue::TaskRunning {
                #running
            }
        }
    };
    generated(&function.private, &function.item.attrs, &code)
}

/// The code that makes the struct data. It goes through a struct that is generic over the arguments, so that what an argument lacks is
/// reported once, by the assertion on its type, and not by each derived implementation.
fn data(function: &Function, types: &[TokenStream]) -> TokenStream {
    let (name, private) = (function.name(), &function.private);
    let text = name.unraw().to_string();
    let names: Vec<_> = fields(function).map(|param| &param.name).collect();
    let type_params: Vec<_> = (0..names.len()).map(type_param).collect();
    let expected = format!("the arguments of the task `{text}`");
    let data = quote!(__EpilogueData<#(#types),*>);
    let lent = quote!(__EpilogueData<#(&#types),*>);
    quote! {
        #[derive(#private::serde::Serialize, #private::serde::Deserialize)]
        #[serde(crate = "__epilogue::serde", rename = #text, expecting = #expected)]
        struct __EpilogueData<#(#type_params),*> {
            #(#names: #type_params,)*
        }

        impl __epilogue::Clone for #name {
            fn clone(&self) -> Self {
                Self { #(#names: __epilogue::Argument::<#types>::cloned(&self.#names),)* }
            }
        }

        impl __epilogue::serde::Serialize for #name {
            fn serialize<__S: __epilogue::serde::Serializer>(
                &self,
                __epilogue_serializer: __S,
            ) -> __epilogue::Result<__S::Ok, __S::Error> {
                __epilogue::Argument::<#lent>::serialize(&__EpilogueData { #(#names: &self.#names,)* }, __epilogue_serializer)
            }
        }

        impl<'de> __epilogue::serde::Deserialize<'de> for #name {
            fn deserialize<__D: __epilogue::serde::Deserializer<'de>>(
                __epilogue_deserializer: __D,
            ) -> __epilogue::Result<Self, __D::Error> {
                let __EpilogueData { #(#names,)* } = __epilogue::Argument::<#data>::deserialize(__epilogue_deserializer)?;
                __epilogue::Ok(Self { #(#names,)* })
            }
        }
    }
}

/// The name of the type parameter that stands for the argument at this index.
fn type_param(index: usize) -> Ident {
    format_ident!("__A{index}", span = Span::mixed_site())
}

/// The code that runs the function: its dependencies come from the app, its other arguments out of the struct.
fn running(function: &Function) -> TokenStream {
    let span = function.name().span();
    let (mut takes, mut arguments) = (Vec::new(), Vec::new());
    for (index, param) in function.params.iter().enumerate() {
        let Parameter { name, ty, .. } = param;
        if !param.is_owned_depends() {
            arguments.push(quote!(self.#name));
            continue;
        }
        let local = format_ident!("__epilogue_{index}", span = Span::mixed_site());
        takes.push(quote! {
            let #local = match __epilogue::InTask::<#ty>::take(__epilogue_context) {
                __epilogue::Ok(__epilogue_output) => __epilogue_output,
                __epilogue::Err(__epilogue_missing) => return __epilogue::task_failed(__epilogue_missing),
            };
        });
        arguments.push(quote!(#local));
    }
    let call = function.call(&TokenStream::new(), &arguments);
    let run = if function.is_async() {
        // Without the name's span, so that it resolves even if the function's name comes out of another macro.
        let local = quote!(__epilogue_returned);
        let returned = match function.output {
            Output::Unit | Output::Plain(Type::Never(_)) => local.clone(),
            _ => returned(&function.output, &local),
        };
        quote_spanned!(span=> __epilogue::task_function(#call, |#local| #returned))
    } else {
        let returned = returned(&function.output, &call);
        quote!(__epilogue::TaskRunning::blocking(move || #returned))
    };
    quote!(#(#takes)* #run)
}

/// What a task may return, out of what this one does.
fn returned(output: &Output, value: &TokenStream) -> TokenStream {
    // No assertion can name the type, so the value is checked.
    if let Some(ty) = output.unnamed() {
        // Also where it is bound, so that it resolves even if the type comes out of another macro.
        let result = Ident::new("__epilogue_result", ty.span());
        let check = quote_spanned!(ty.span()=> __epilogue::returned_by_task(&#result));
        return quote!({ let #result = #value; #check; __epilogue::TaskReturned(#result).into_return() });
    }
    match output {
        Output::Unit => quote!(#value),
        Output::Plain(Type::Never(_)) => quote!({ #[allow(unreachable_code)] { #value; } }),
        _ => quote!(__epilogue::TaskReturned(#value).into_return()),
    }
}

/// Keeps `tasks.add(name { … })` from failing too if the function itself has an error: an argument whose type is not known to be right takes
/// whatever it is given.
fn stub(function: &Function) -> TokenStream {
    let (name, vis) = (function.name(), &function.item.vis);
    let (mut names, mut types, mut type_params) = (Vec::new(), Vec::new(), Vec::new());
    for (index, input) in function.item.sig.inputs.iter().enumerate() {
        if let FnArg::Typed(typed) = input
            && let Some(name) = name_of(&typed.pat)
            && !is_named(&bare(&typed.ty), "Depends")
            && !names.contains(&name)
        {
            let right = function.params.iter().find(|param| param.name == *name && !param.is_reported);
            types.push(right.map_or_else(
                || {
                    type_params.push(type_param(index));
                    type_param(index).into_token_stream()
                },
                |param| param.ty.to_token_stream(),
            ));
            names.push(name);
        }
    }
    let structure = quote! {
        #[allow(non_camel_case_types, missing_debug_implementations, dead_code)]
        #vis struct #name<#(#type_params),*> {
            #(#vis #names: #types,)*
        }
    };
    let code = quote! {
        impl<#(#type_params),*> __epilogue::Clone for #name<#(#type_params),*> {
            fn clone(&self) -> Self {
                __epilogue::unfinished()
            }
        }

        impl<#(#type_params),*> __epilogue::serde::Serialize for #name<#(#type_params),*> {
            fn serialize<S: __epilogue::serde::Serializer>(&self, _: S) -> __epilogue::Result<S::Ok, S::Error> {
                __epilogue::unfinished()
            }
        }

        impl<'de, #(#type_params),*> __epilogue::serde::Deserialize<'de> for #name<#(#type_params),*> {
            fn deserialize<D: __epilogue::serde::Deserializer<'de>>(_: D) -> __epilogue::Result<Self, D::Error> {
                __epilogue::unfinished()
            }
        }

        impl<#(#type_params: __epilogue::Send + __epilogue::Sync + 'static),*> __epilogue::Task for #name<#(#type_params),*> {
            const NAME: &'static __epilogue::str = "";
            const OPTIONS: __epilogue::TaskOptions = __epilogue::TaskOptions::new();
            const LOCATION: __epilogue::SourceLine = __epilogue::SourceLine::new("", 0);

            fn run(self, _context: &__epilogue::TaskContext) -> __epilogue::TaskRunning {
                __epilogue::unfinished()
            }
        }
    };
    let code = generated(&function.private, &[], &code);
    quote!(#structure #code)
}
