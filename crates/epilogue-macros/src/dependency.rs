//! `#[dependency]` on a function: the function stays, and a type of the same name implements `Dependency`.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Expr, Generics, Type, TypeParamBound};

use crate::args::Args;
use crate::asserts::unpack;
use crate::derive;
use crate::describe::{self, Described, Scope, fuel, static_generics};
use crate::diagnostics::Errors;
use crate::names::Names;
use crate::params::Params;
use crate::signature::{Function, Kind, Output, keep_bounds};
use crate::types::{self, is_named};

pub(crate) const OPTIONS: &[&str] = &["scope", "exit", "blocking", "concurrent", "crate"];

pub(crate) fn expand(args: TokenStream, item: &TokenStream) -> TokenStream {
    let mut errors = Errors::default();
    let mut args = Args::parse(args, "an option has a name: write `scope = \"app\"`", &mut errors);
    let options = Options::read(&mut args, &mut errors);
    let private = args.private(&mut errors);
    args.finish("`#[dependency]`", OPTIONS, &mut errors);
    let Some(mut function) = Function::read(item, Kind::Dependency, "#[dependency]", &private, &mut errors)
    else {
        let stub = derive::stub_of(item, &private);
        let item = errors.beside(item);
        return quote!(#item #stub);
    };
    options.check(&function, &mut errors);
    check_exit(&mut function, &mut errors);
    let names = Names::of(&mut function);
    let generics = static_generics(function.generics());
    let fuel = fuel();
    let mut params =
        Params::expand(&function.params, function.name(), &private, &quote!(#fuel), &generics, &mut errors);
    let returned = params.asserts.name_output(function.output_to_check(), &generics);
    params.asserts.output(function.output_to_check(), &returned, &generics);
    let description = describe(&function, &options, &params, &returned, &generics);
    let line = format!("What `Depends<{}>` names.", function.name());
    let marker = function.marker(&without_bounds(function.generics()), &line);
    let (names, stub) = (names.tokens(), stub(&function));
    function.finish(
        &quote!(#marker #names #description),
        &quote!(#marker #names #stub),
        &params.asserts,
        errors,
    )
}

/// Notes an error for a function that is the exit of a dependency, told by its parameters.
fn check_exit(function: &mut Function, errors: &mut Errors) {
    let name = function.name().clone();
    let [output, outcome] = &mut function.params[..] else { return };
    if output.borrowed && outcome.borrowed && is_named(&outcome.ty, "Outcome") {
        errors.at(
            &outcome.ty_as_written,
            format!(
                "an exit is a plain function, named by the dependency that it ends: remove `#[dependency]` here, and write \
                 `#[dependency(exit = {name})]` above the other function"
            ),
        );
        (output.is_reported, outcome.is_reported) = (true, true);
    }
}

/// The options of `#[dependency(...)]`.
pub(crate) struct Options {
    scope: Scope,
    exit: Option<Expr>,
    blocking: Option<syn::Ident>,
    concurrent: bool,
}

impl Options {
    fn read(args: &mut Args, errors: &mut Errors) -> Self {
        let scope = match args.text("scope", errors) {
            None => Scope::Request,
            Some(text) => match text.value().as_str() {
                "request" => Scope::Request,
                "function" => Scope::Function,
                "app" => Scope::App,
                other => {
                    let instead = match other {
                        "singleton" | "application" | "global" | "static" => {
                            "\"app\", which is from start-up to shutdown"
                        }
                        _ => "\"function\", \"request\" or \"app\"",
                    };
                    let message = format!("there is no scope `{other}`: write {instead}");
                    errors.at(text, message);
                    Scope::Request
                }
            },
        };
        Self {
            scope,
            exit: args.value("exit", errors).map(|(_, exit)| exit),
            blocking: args.flag("blocking", errors),
            concurrent: args.flag("concurrent", errors).is_some(),
        }
    }

    fn check(&self, function: &Function, errors: &mut Errors) {
        function.check_blocking(self.blocking.as_ref(), errors);
        let Some(exit) = &self.exit else { return };
        let message = match exit {
            Expr::Call(_) => {
                "`exit` takes the name of the function, which runs when the scope ends: write it without calling it"
            }
            Expr::Closure(_) | Expr::Block(_) | Expr::Async(_) => {
                "`exit` takes the name of a function: write `exit = close`, and `async fn close(output: &Output, outcome: &Outcome)`"
            }
            Expr::Lit(_) => "`exit` takes the name of a function, not a string: write `exit = close`",
            _ => return,
        };
        errors.at(exit, message);
    }
}

/// `returned` is the name of what the function returns.
fn describe(
    function: &Function,
    options: &Options,
    params: &Params,
    returned: &TokenStream,
    generics: &Generics,
) -> TokenStream {
    let (_, ty_generics, _) = generics.split_for_impl();
    let turbofish = ty_generics.as_turbofish();
    let described = Described {
        name: function.name(),
        generics,
        params: &function.params,
        expanded: params,
        scope: options.scope,
        output: &output_type(&function.output, returned),
        run: &run(function, options, params, returned, &quote!(#turbofish)),
        exit: exit(function, options, returned, generics),
        concurrent: options.concurrent,
        derived: false,
        attrs: &function.item.attrs,
    };
    described.tokens(&function.private)
}

fn run(
    function: &Function,
    options: &Options,
    params: &Params,
    returned: &TokenStream,
    turbofish: &TokenStream,
) -> TokenStream {
    let span = function.name().span();
    let output = output_type(&function.output, returned);
    let result = |value: TokenStream| match &function.output {
        Output::Result(_) => quote!(__epilogue::Returned(#value).into_output()),
        Output::PerhapsResult(ty) => {
            let unpack = unpack(returned, ty.span());
            quote!(__epilogue::Returned(<#returned as #unpack>::unpack(#value)).into_output())
        }
        Output::Plain(_) => quote!(__epilogue::Ok(#value)),
        Output::Unit => quote!(__epilogue::Ok({ #value; })),
    };
    if function.is_async() {
        let future = function.future(turbofish, &params.arguments);
        let result = if let Output::Unit = function.output {
            quote!(__epilogue::Ok)
        } else {
            let result = result(quote!(__epilogue_returned));
            quote!(|__epilogue_returned| #result)
        };
        quote_spanned!(span=> __epilogue::Output::<#output>::waiting(#future, #result))
    } else {
        let result = result(function.call(turbofish, &params.arguments));
        let start = if options.blocking.is_some() { quote!(blocking) } else { quote!(returned) };
        quote!(__epilogue::Output::<#output>::#start(move || #result))
    }
}

/// The function that the node's `exit` names.
fn exit(
    function: &Function,
    options: &Options,
    returned: &TokenStream,
    generics: &Generics,
) -> Option<TokenStream> {
    let exit = options.exit.as_ref()?;
    let output = output_type(&function.output, returned);
    let span = exit.span();
    // With the span of the exit's name: if they do not fit, that is what is wrong.
    let local = |name| syn::Ident::new(name, span);
    let (value, outcome) = (local("__epilogue_output"), local("__epilogue_ended"));
    let (called, returned) = (local("__epilogue_call"), local("__epilogue_returned"));
    // Not with that span, or rustc would suggest to remove the name as an argument too many.
    let at = proc_macro2::Span::call_site().located_at(span);
    let mut arguments =
        proc_macro2::Group::new(proc_macro2::Delimiter::Parenthesis, quote!(#value, #outcome));
    arguments.set_span(at);
    let call = quote!(#exit #arguments);
    // Without that span, so that it resolves even if the exit's name comes out of another macro.
    let future = quote!(__epilogue_future);
    let check = quote_spanned!(span=> __epilogue::exits_async(&#called));
    let result = quote_spanned!(span=> __epilogue::ExitReturn::into_exit_result(#returned));
    let run = quote_spanned!(span=> __epilogue::exit_function(#future));
    let (impl_generics, _, where_clause) = generics.split_for_impl();
    Some(quote! {
        fn __epilogue_exit #impl_generics (
            __epilogue_value: __epilogue::Value,
            __epilogue_outcome: __epilogue::Arc<__epilogue::Outcome>,
        ) -> __epilogue::BoxFuture<__epilogue::Result<(), __epilogue::Failure>>
        #where_clause
        {
            let __epilogue_future = async move {
                let #value: &#output = __epilogue::output_of(&__epilogue_value);
                let #outcome: &__epilogue::Outcome = &__epilogue_outcome;
                let #called = #call;
                #check;
                let #returned = __epilogue::Exiting(#called).into_future().await;
                #result
            };
            #run
        }
    })
}

/// What a dependency's function gives, where `returned` names what it returns.
fn output_type(output: &Output, returned: &TokenStream) -> TokenStream {
    match output {
        Output::Unit => quote!(()),
        Output::Plain(_) => returned.clone(),
        Output::Result(ty) => {
            let span = types::arguments(ty).first().map_or(ty.span(), Spanned::span);
            quote_spanned!(span=> <#returned as __epilogue::ResultLike>::Ok)
        }
        Output::PerhapsResult(ty) => {
            let unpack = unpack(returned, ty.span());
            quote!(<#returned as #unpack>::Ok)
        }
    }
}

/// What stands for the dependency if it has an error.
fn stub(function: &Function) -> TokenStream {
    let output = match &function.output {
        Output::Plain(ty) | Output::Result(ty) | Output::PerhapsResult(ty) if !function.has_no_output => {
            output_type(&function.output, &quote!(#ty))
        }
        // What is wrong with the output has been reported, and the code that takes it is written for what it should be.
        Output::Plain(Type::Reference(reference)) => {
            types::owned(&reference.elem).parse().unwrap_or_else(|_| quote!(()))
        }
        _ => quote!(()),
    };
    describe::stub(function.name(), function.generics(), &output, &function.private)
}

/// Removes the bounds, so that what an argument lacks is reported once, for the implementation, and not wherever the type is named.
/// `?Sized` stays: it does not add a bound but removes one.
fn without_bounds(generics: Generics) -> Generics {
    keep_bounds(generics, |bound| matches!(bound, TypeParamBound::Trait(bound) if bound.maybe.is_some()))
}
