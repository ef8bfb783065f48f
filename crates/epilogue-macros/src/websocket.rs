//! `#[websocket]`: a route whose function gets the socket that the request becomes.

use proc_macro2::{Span, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Generics, ReturnType};

use crate::diagnostics::Errors;
use crate::names::Names;
use crate::param_options::is_token;
use crate::parameter::{Parameter, is_nameless};
use crate::params::Params;
use crate::route::{Options, Read};
use crate::route_template::{Template, template_and_args};
use crate::signature::{Function, Kind};
use crate::types::{arguments, is_named};

pub(crate) const OPTIONS: &[&str] = &["dependencies", "tags", "concurrent", "protocols", "crate"];

pub(crate) fn expand(args: TokenStream, item: &TokenStream) -> TokenStream {
    let mut errors = Errors::default();
    let (template, mut args) = template_and_args(args, OPTIONS, &mut errors);
    let options = Options {
        dependencies: args.dependencies(&mut errors),
        tags: args.texts("tags", &mut errors),
        concurrent: args.flag("concurrent", &mut errors).is_some(),
        protocols: args.texts("protocols", &mut errors),
        // OpenAPI cannot describe WebSockets.
        hidden: true,
        ..Options::default()
    };
    for protocol in &options.protocols {
        let text = protocol.value();
        if text.is_empty() || !is_token(&text) {
            errors.at(protocol, "a subprotocol is one word without separators: write several as `protocols(\"one\", \"two\")`");
        }
    }
    let private = args.private(&mut errors);
    args.finish("`#[websocket]`", OPTIONS, &mut errors);
    let Some(mut function) = Function::read(item, Kind::Route, "#[websocket]", &private, &mut errors) else {
        return errors.beside(item);
    };
    let template = Template::read(template, "websocket", &mut function, &mut errors);
    options.check(&function, &mut errors);
    // Of one that does not parse, the parameters are not known.
    let position = if function.unparsed.is_none() { socket(&mut function, &mut errors) } else { None };
    let names = Names::of(&mut function);
    let taken: Vec<&Parameter> =
        function.params.iter().filter(|param| !is_named(&param.ty, "WebSocket")).collect();
    let params = Params::expand(
        taken.iter().copied(),
        function.name(),
        &private,
        &quote!(__epilogue::Whole),
        &Generics::default(),
        &mut errors,
    );
    let run = run(&function, &params, position.unwrap_or(0));
    let read = Read {
        method: "WEBSOCKET",
        function: &function,
        params: taken,
        // It is not documented.
        output: &TokenStream::new(),
        template,
        options: &options,
        names: &names,
    };
    read.tokens(&params, &run, errors)
}

/// The position of the socket among the parameters. The request has the values of the others.
fn socket(function: &mut Function, errors: &mut Errors) -> Option<usize> {
    if !function.is_async() {
        errors.at(function.name(), "a function under `#[websocket]` waits for its client: write `async fn`");
    }
    if let Some(wrapped) = function
        .params
        .iter_mut()
        .find(|param| arguments(&param.ty).iter().any(|inner| is_named(inner, "WebSocket")))
    {
        wrapped.is_reported = true;
        let message =
            format!("under `#[websocket]` there is always a socket: write `mut {}: WebSocket`", wrapped.name);
        errors.at(&wrapped.ty_as_written, message);
        return None;
    }
    let mut sockets =
        function.params.iter().enumerate().filter(|(_, param)| is_named(&param.ty, "WebSocket"));
    let Some((position, socket)) = sockets.next() else {
        // What has no name may be the socket, and is reported.
        if !function.item.sig.inputs.iter().any(is_nameless) {
            errors.at(
                function.name(),
                "a function under `#[websocket]` takes the socket: write `mut socket: WebSocket` among its parameters",
            );
        }
        return None;
    };
    if socket.borrowed && !socket.is_reported {
        errors.at(&socket.ty_as_written, "the socket is the function's own: write `WebSocket` without `&`");
    }
    if let Some(attr) = socket.attrs.first() {
        errors.at(attr, "the socket is not a value of the request, so it has no options: remove `#[param]`");
    }
    if let Some((_, second)) = sockets.next() {
        errors.at(
            &second.ty,
            "there is one socket: remove this `WebSocket`, or call `split()` on the other one",
        );
    }
    Some(position)
}

/// Passes the function to the code that runs it.
fn run(function: &Function, params: &Params, position: usize) -> TokenStream {
    let span = function.name().span();
    let Params { locals, arguments, .. } = params;
    let socket = format_ident!("__epilogue_socket", span = Span::mixed_site());
    let mut arguments = arguments.clone();
    arguments.insert(position.min(arguments.len()), quote!(#socket));
    let future = function.future(&TokenStream::new(), &arguments);
    let returned = match &function.item.sig.output {
        ReturnType::Default => span,
        ReturnType::Type(_, ty) => ty.span(),
    };
    // Without the name's span, so that they resolve even if the function's name comes out of another macro.
    let (scope, take) = (quote!(__epilogue_scope), quote!(__epilogue_take));
    let value = syn::Ident::new("__epilogue_returned", returned);
    let end = quote_spanned!(returned=> __epilogue::SocketReturn::into_end(#value));
    let call = quote!(|(#(#locals,)*), #socket: __epilogue::WebSocket| #future);
    quote_spanned!(span=> __epilogue::socket_function(#scope, #take, #call, |#value| #end))
}
