//! The route macros: the function stays, and a type of the same name implements `DeclaredRoute`.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::ext::IdentExt;
use syn::spanned::Spanned;
use syn::{Expr, Generics, Ident, LitStr, Path, Type};

use crate::asserts::check;
use crate::diagnostics::Errors;
use crate::emit::generated;
use crate::names::{Names, alias, can_be_imported, imported};
use crate::parameter::Parameter;
use crate::params::Params;
use crate::route_template::{Template, template_and_args};
use crate::signature::{Function, Kind, Output};
use crate::types::{arguments, is_named, is_one_of};
use crate::{docs, types};

pub(crate) const OPTIONS: &[&str] =
    &["status", "dependencies", "tags", "blocking", "concurrent", "hidden", "crate"];

pub(crate) fn expand(method: &str, args: TokenStream, item: &TokenStream) -> TokenStream {
    let mut errors = Errors::default();
    let (template, mut args) = template_and_args(args, OPTIONS, &mut errors);
    let options = Options {
        status: args.integer("status", 201, &mut errors),
        dependencies: args.dependencies(&mut errors),
        tags: args.texts("tags", &mut errors),
        blocking: args.flag("blocking", &mut errors),
        concurrent: args.flag("concurrent", &mut errors).is_some(),
        hidden: args.flag("hidden", &mut errors).is_some(),
        protocols: Vec::new(),
    };
    let private = args.private(&mut errors);
    let macro_name = method.to_lowercase();
    args.finish(&format!("`#[{macro_name}]`"), OPTIONS, &mut errors);
    let Some(mut function) =
        Function::read(item, Kind::Route, &format!("#[{macro_name}]"), &private, &mut errors)
    else {
        return errors.beside(item);
    };
    let template = Template::read(template, &macro_name, &mut function, &mut errors);
    options.check(&function, &mut errors);
    let names = Names::of(&mut function);
    let mut params = Params::expand(
        &function.params,
        function.name(),
        &private,
        &quote!(__epilogue::Whole),
        &Generics::default(),
        &mut errors,
    );
    let output = params.asserts.name_output(function.output_to_check(), &Generics::default());
    params.asserts.reply(function.output_to_check(), &output);
    let run = call(&function, &options, &params, &output);
    let read = Read {
        method,
        function: &function,
        params: function.params.iter().collect(),
        output: &output,
        template,
        options: &options,
        names: &names,
    };
    read.tokens(&params, &run, errors)
}

/// The options after the template.
#[derive(Default)]
pub(crate) struct Options {
    pub(crate) status: Option<(Expr, u16)>,
    pub(crate) dependencies: Vec<Path>,
    pub(crate) tags: Vec<LitStr>,
    pub(crate) blocking: Option<Ident>,
    pub(crate) concurrent: bool,
    pub(crate) hidden: bool,
    /// The subprotocols of a WebSocket.
    pub(crate) protocols: Vec<LitStr>,
}

impl Options {
    pub(crate) fn check(&self, function: &Function, errors: &mut Errors) {
        function.check_blocking(self.blocking.as_ref(), errors);
        if let Some(name) = function.type_parameter() {
            errors.at(
                name,
                "a path function cannot be generic, since nothing says which types a request means: write the concrete types, without \
                 a type parameter",
            );
        }
        if let Some((expr, status)) = &self.status
            && !(200..=599).contains(status)
        {
            errors.at(
                expr,
                format!(
                    "{status} is not the status of a reply: write one from 200 to 599, as in `status = 201`"
                ),
            );
        }
        if let Some((_, status @ (204 | 205 | 304))) = &self.status
            && !function.params.iter().any(|param| is_named(&param.ty, "Reply"))
            && let Some(body) = body(&function.output)
        {
            errors.at(
                body,
                format!(
                    "a reply with status {status} has no body: write `()`, or leave `status = {status}` out"
                ),
            );
        }
        for (index, dependency) in self.dependencies.iter().enumerate() {
            if self.dependencies[..index].iter().any(|earlier| types::same(earlier, dependency)) {
                errors
                    .at(dependency, "this dependency is listed twice, but runs once per request: remove one");
            }
        }
    }
}

/// The type that a function returns, if it certainly has a body.
fn body(output: &Output) -> Option<&Type> {
    let ty = match output {
        Output::Plain(ty) => ty,
        Output::Result(ty) => arguments(ty).first().copied()?,
        Output::Unit | Output::PerhapsResult(_) => return None,
    };
    let is_text = |ty: &Type| matches!(ty, Type::Reference(reference) if is_named(&reference.elem, "str"));
    let is_bytes = is_named(ty, "Vec") && arguments(ty).first().is_some_and(|byte| is_named(byte, "u8"));
    let has_body = is_one_of(ty, &["Bytes", "Html", "Json", "String"]) || is_text(ty) || is_bytes;
    has_body.then_some(ty)
}

/// What a route macro has read.
pub(crate) struct Read<'a> {
    pub(crate) method: &'a str,
    pub(crate) function: &'a Function,
    /// The parameters that the request has values for.
    pub(crate) params: Vec<&'a Parameter>,
    /// The name of what it returns.
    pub(crate) output: &'a TokenStream,
    pub(crate) template: Template,
    pub(crate) options: &'a Options,
    pub(crate) names: &'a Names,
}

impl Read<'_> {
    /// The function with all that makes it a route, or with its errors. `run` is the code that answers a request, out of the scope and a
    /// closure that takes the parameters.
    pub(crate) fn tokens(&self, params: &Params, run: &TokenStream, errors: Errors) -> TokenStream {
        let function = self.function;
        let line = format!("What `routes![{}]` names.", function.name());
        let marker = function.marker(&Generics::default(), &line);
        let names = self.names.tokens();
        // If there is no template, there are errors.
        let route = self.template.text.as_ref().map(|template| self.implement(template, params, run));
        let stub = stub(function);
        function.finish(
            &quote!(#marker #names #route),
            &quote!(#marker #names #stub),
            &params.asserts,
            errors,
        )
    }

    fn implement(&self, template: &LitStr, params: &Params, run: &TokenStream) -> TokenStream {
        let Self { method, function, options, .. } = self;
        let segments = &self.template.segments;
        let name = function.name();
        let text = name.unraw().to_string();
        let asserts = params.asserts.tokens();
        let Params { nodes, takes, locals, defaults, .. } = params;
        let Options { tags, concurrent, hidden, protocols, .. } = options;
        let effects = effects(&options.dependencies);
        // Outside of the implementation, since rustc may show where what is not a dependency stands.
        let (listed, effects) = if effects.is_empty() {
            (None, quote!(&[]))
        } else {
            let listed = quote!(const __DEPENDENCIES: &[__epilogue::ParamNode] = &[#(#effects),*];);
            (Some(listed), quote!(__DEPENDENCIES))
        };
        let status = match &options.status {
            None => quote!(__epilogue::None),
            Some((_, status)) => quote!(__epilogue::Some(#status)),
        };
        let checks = self.checks(template);
        let at = quote_spanned!(name.span()=> __epilogue::SourceLine::caller());
        let docs = docs::route(function, self.output, *hidden);
        let private = &function.private;
        let code = quote! {
            #asserts
            #(#defaults)*
            #listed

            impl __epilogue::DeclaredRoute for #name {
                const NODE: __epilogue::RouteNode = __epilogue::RouteNode {
                    name: #text,
                    module: #private::module_path!(),
                    at: #at,
                    method: #method,
                    template: #template,
                    shape: __epilogue::shape_of(#template),
                    segments: &[#(#segments),*],
                    status: #status,
                    tags: &[#(#tags),*],
                    hidden: #hidden,
                    protocols: &[#(#protocols),*],
                    concurrent: #concurrent,
                    dependencies: #effects,
                    params: &[#(#nodes),*],
                    run: __epilogue_run,
                    #docs,
                };
            }

            fn __epilogue_run(__epilogue_scope: __epilogue::Scope) -> __epilogue::Handling {
                let __epilogue_take = |__epilogue_taking: &mut __epilogue::Taking<'_>| {
                    #(#takes)*
                    __epilogue::Some((#(#locals?,)*))
                };
                #run
            }

            #checks
        };
        generated(&function.private, &function.item.attrs, &code)
    }

    /// The checks of the route's graph, each at the tokens that it is about.
    fn checks(&self, template: &LitStr) -> TokenStream {
        let name = self.function.name();
        let node = quote!(&<#name as __epilogue::Route>::NODE);
        let segments = &self.template.segments;
        let takes_segment = |param: &Parameter| is_plain_segment(param, segments);
        let needs_none = |param: &Parameter| {
            takes_segment(param)
                || param.needs_no_check() && !segments.contains(&param.name.unraw().to_string())
        };
        let checked = self.params.iter().enumerate().filter(|(_, param)| !needs_none(param));
        let params = checked.map(|(index, param)| {
            check(&param.ty_as_written, &quote!(__epilogue::check_param(#node, #index)))
        });
        let effects = self
            .options
            .dependencies
            .iter()
            .enumerate()
            .map(|(index, path)| check(path, &quote!(__epilogue::check_effect(#node, #index))));
        let taken = self.params.iter().filter(|param| takes_segment(param)).count();
        let template =
            (taken < segments.len()).then(|| check(template, &quote!(__epilogue::check_template(#node))));
        quote!(#(#effects)* #(#params)* #template)
    }
}

/// Whether a parameter is a `Path<…>` with the name of a segment of the template.
fn is_plain_segment(param: &Parameter, segments: &[String]) -> bool {
    param.attrs.is_empty()
        && is_named(&param.ty, "Path")
        && !matches!(arguments(&param.ty)[..], [Type::Tuple(_)])
        && segments.contains(&param.key)
}

/// The descriptions of the dependencies that the route runs for their effect.
fn effects(dependencies: &[Path]) -> Vec<TokenStream> {
    let effect = |path: &Path| {
        let mut last = path.segments.last().cloned().expect("a path has a segment");
        let span = last.ident.span();
        if !can_be_imported(path) {
            return quote_spanned!(span=> __epilogue::effect::<#path>());
        }
        let alias = alias(span);
        last.ident = alias.clone();
        imported(path, &alias, &quote_spanned!(span=> __epilogue::effect::<#last>()))
    };
    dependencies.iter().map(effect).collect()
}

/// Passes the function to the code that runs it.
fn call(function: &Function, options: &Options, params: &Params, output: &TokenStream) -> TokenStream {
    let Params { locals, arguments, .. } = params;
    let span = function.name().span();
    // Without the name's span, so that they resolve even if the function's name comes out of another macro.
    let (scope, take, taken) = (quote!(__epilogue_scope), quote!(__epilogue_take), quote!((#(#locals,)*)));
    let none = TokenStream::new();
    if function.is_async() {
        if function.output.unnamed().is_some() {
            // The value may borrow from the parameters, which live only as long as this future, so the reply is made in it.
            let call = function.call(&none, arguments);
            let reply = reply(&function.output, &quote!(__epilogue_returned));
            let future = quote!(async move { let __epilogue_returned = #call.await; #reply });
            return quote_spanned!(span=> __epilogue::path_function(#scope, #take, |#taken| #future, __epilogue::identity));
        }
        let future = function.future(&none, arguments);
        let pattern =
            if let Output::Unit = function.output { quote!(()) } else { quote!(__epilogue_returned) };
        let reply = reply(&function.output, &pattern);
        // With the type, or rustc would infer one that borrows from a parameter if a lifetime is missing in it.
        let reply = quote!(|#pattern: #output| #reply);
        return quote_spanned!(span=> __epilogue::path_function(#scope, #take, |#taken| #future, #reply));
    }
    let call = function.call(&none, arguments);
    let value = if let Output::Unit = function.output { quote!({ #call; }) } else { call };
    let reply = reply(&function.output, &value);
    let run =
        if options.blocking.is_some() { quote!(blocking_path_function) } else { quote!(sync_path_function) };
    quote_spanned!(span=> __epilogue::#run(#scope, #take, |#taken| #reply))
}

/// Turns a returned value into the reply: first a `Result` into what it holds, then that into a reply.
fn reply(output: &Output, value: &TokenStream) -> TokenStream {
    if let Some(ty) = output.unnamed() {
        return unnamed_reply(output, ty, value);
    }
    quote! {
        match __epilogue::Returned(#value).into_value() {
            __epilogue::Ok(__epilogue_value) => __epilogue::Returned(__epilogue_value).into_reply(),
            __epilogue::Err(__epilogue_failure) => __epilogue::Err(__epilogue_failure),
        }
    }
}

/// The same for a type that no assertion can name: if it is not a reply, this code is the error, at the span of the type.
fn unnamed_reply(output: &Output, ty: &Type, value: &TokenStream) -> TokenStream {
    let parts = if let Output::Result(_) = output { arguments(ty) } else { Vec::new() };
    let [ok, error] = [0, 1].map(|index| parts.get(index).copied().unwrap_or(ty).span());
    // Also where they are bound, so that they resolve even if the type comes out of another macro.
    let (held, failure) = (Ident::new("__epilogue_value", ok), Ident::new("__epilogue_failure", error));
    let reply = quote_spanned!(ok=> __epilogue::ReplyValue::reply(#held));
    let (value, raise) = if let Output::Result(_) = output {
        (quote!(#value), quote_spanned!(error=> __epilogue::RaisedError::raise(#failure)))
    } else {
        (quote!(__epilogue::Returned(#value).into_value()), quote!(#failure))
    };
    quote! {
        match #value {
            __epilogue::Ok(#held) => __epilogue::replied(#reply),
            __epilogue::Err(#failure) => __epilogue::Err(#raise),
        }
    }
}

/// Keeps `routes![name]` from failing too if the function itself has an error.
fn stub(function: &Function) -> TokenStream {
    let (name, private) = (function.name(), &function.private);
    quote! {
        impl #private::DeclaredRoute for #name {
            const NODE: #private::RouteNode = #private::UNFINISHED_ROUTE;
        }
    }
}
