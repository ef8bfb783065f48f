//! The route macros: the function stays, and a type of the same name implements `Route`.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::LitStr;
use syn::ext::IdentExt;

use crate::args::{Named, template_and_args};
use crate::diagnostics::Errors;
use crate::params::Params;
use crate::signature::Function;
use crate::template;

const OPTIONS: &[&str] = &["status", "dependencies", "tags", "blocking", "concurrent", "hidden", "crate"];

pub(crate) fn expand(method: &str, args: TokenStream, item: TokenStream) -> TokenStream {
    let mut errors = Errors::default();
    let (template, mut args) = template_and_args(args, &mut errors);
    let options = Options {
        status: args.integer("status", &mut errors),
        dependencies: args.list("dependencies", &mut errors),
        tags: args.list("tags", &mut errors),
        blocking: args.flag("blocking", &mut errors),
        concurrent: args.flag("concurrent", &mut errors).is_some(),
        hidden: args.flag("hidden", &mut errors).is_some(),
    };
    let private = args.krate(&mut errors).private();
    let macro_name = method.to_lowercase();
    args.finish(&format!("`#[{macro_name}]`"), OPTIONS, &mut errors);
    let Some(function) = Function::read(item.clone(), "a path function", &mut errors) else {
        // What does not parse is given back as it is, so that rustc says what is wrong with it.
        return item;
    };
    let segments =
        template.as_ref().map(|template| template::segments(template, &mut errors)).unwrap_or_default();
    if template.is_none() && errors.is_empty() {
        let name = function.name();
        errors.at(name, format!("the route macro needs a path template: write `#[{macro_name}(\"/path\")]`"));
    }
    options.check(&function, &mut errors);
    check_segments(&function, template.as_ref(), &segments, &mut errors);
    let route = describe(method, &function, template.as_ref(), &segments, &options, &private, &mut errors);
    let item = &function.item;
    let marker = marker(&function);
    if errors.is_empty() {
        return quote!(#item #marker #route);
    }
    let errors = errors.into_tokens();
    let stub = stub(&function, &private);
    if function.item.sig.receiver().is_some() {
        // A method stays where it is; a type of its name cannot stand beside it.
        return quote!(#item #errors);
    }
    quote!(#item #marker #stub #errors)
}

struct Options {
    status: Option<u16>,
    dependencies: Vec<Named>,
    tags: Vec<LitStr>,
    blocking: Option<syn::Ident>,
    concurrent: bool,
    hidden: bool,
}

impl Options {
    fn check(&self, function: &Function, errors: &mut Errors) {
        if let Some(blocking) = &self.blocking
            && function.is_async()
        {
            errors.at(
                blocking,
                "`blocking` runs a sync function on the blocking pool, and this one is async: remove `blocking`, or write `fn` \
                 without `async`",
            );
        }
        let generics = &function.item.sig.generics;
        if !generics.params.is_empty() {
            errors.at(
                generics,
                "a path function cannot be generic, since nothing says which types a request means: write the concrete types",
            );
        }
        if let Some(status) = self.status
            && !(100..=999).contains(&status)
        {
            errors.at(function.name(), format!("{status} is no HTTP status: write one from 100 to 999"));
        }
    }
}

/// A single value of the path must be named in the template.
fn check_segments(function: &Function, template: Option<&LitStr>, segments: &[String], errors: &mut Errors) {
    let Some(template) = template else { return };
    for param in &function.params {
        let name = param.name.unraw().to_string();
        let plain = param.attrs.is_empty();
        if plain && crate::params::is_path_scalar(&param.ty) && !segments.contains(&name) {
            let near = segments.iter().map(String::as_str).collect::<Vec<_>>();
            let hint = match crate::diagnostics::nearest(&name, &near) {
                Some(near) => format!("rename it to `{near}`"),
                None => format!("write `{{{name}}}` in the template, or `Query<…>`"),
            };
            errors.at(
                &param.name,
                format!(
                    "the path parameter `{name}` is not in the template \"{}\": {hint}",
                    template.value()
                ),
            );
        }
    }
}

fn marker(function: &Function) -> TokenStream {
    let (name, vis) = (function.name(), &function.item.vis);
    let docs =
        function.item.attrs.iter().filter(|attr| attr.path().is_ident("doc") || attr.path().is_ident("cfg"));
    quote! {
        #(#docs)*
        #[allow(non_camel_case_types, missing_docs, missing_debug_implementations, dead_code, reason = "it only names the function")]
        #vis struct #name {}
    }
}

fn describe(
    method: &str,
    function: &Function,
    template: Option<&LitStr>,
    segments: &[String],
    options: &Options,
    private: &TokenStream,
    errors: &mut Errors,
) -> TokenStream {
    let name = function.name();
    let text = name.unraw().to_string();
    let params = Params::expand(&function.params, private, &quote!(__epilogue::Full), errors);
    let Params { nodes, takes, locals, .. } = &params;
    let Options { dependencies, tags, concurrent, hidden, .. } = options;
    let effects = dependencies.iter().map(|path| quote!(__epilogue::effect::<#path, __epilogue::Full>()));
    let status =
        options.status.map_or_else(|| quote!(__epilogue::None), |status| quote!(__epilogue::Some(#status)));
    let call = call(function, options, &params);
    let line = quote_spanned!(name.span()=> __epilogue::line!());
    quote! {
        #[doc(hidden)]
        const _: () = {
            use #private as __epilogue;
            #[allow(unused_imports, reason = "needed where the function has parameters or returns a Result")]
            use __epilogue::{LeavesStream as _, ReturnedValue as _};

            impl __epilogue::Route for #name {
                const NODE: __epilogue::RouteNode = __epilogue::RouteNode {
                    name: #text,
                    module: __epilogue::module_path!(),
                    at: __epilogue::SourceLine { file: __epilogue::file!(), line: #line },
                    method: #method,
                    template: #template,
                    segments: &[#(#segments),*],
                    status: #status,
                    tags: &[#(#tags),*],
                    hidden: #hidden,
                    concurrent: #concurrent,
                    dependencies: &[#(#effects),*],
                    params: &[#(#nodes),*],
                    run: Self::__epilogue_run,
                };
            }

            impl #name {
                fn __epilogue_run(mut scope: __epilogue::Scope) -> __epilogue::Handling {
                    __epilogue::Box::pin(async move {
                        let mut result = async {
                            if scope.must_prepare() {
                                scope.prepare().await?;
                            }
                            #[allow(unused_variables, reason = "a function without parameters takes nothing")]
                            let (#(#locals,)*) = scope.take_own(|taking| {
                                #(#takes)*
                                __epilogue::Some((#(#locals?,)*))
                            })?;
                            #call
                        }
                        .await;
                        // In a box, so that the future of a request without such exits is no larger for them.
                        if scope.must_leave() {
                            result = __epilogue::Box::pin(scope.leave_functions(result)).await;
                        }
                        scope.finish(result)
                    })
                }
            }

            const _: () = __epilogue::check_route(&<#name as __epilogue::Route>::NODE);
        };
    }
}

fn call(function: &Function, options: &Options, params: &Params) -> TokenStream {
    let name = function.name();
    let arguments = &params.arguments;
    let call = quote_spanned!(name.span()=> #name(#(#arguments),*));
    if function.is_async() {
        quote! {
            let returned = __epilogue::caught(#call).await?;
            __epilogue::Returned(returned).into_reply()
        }
    } else if options.blocking.is_some() {
        quote!(__epilogue::blocking(move || __epilogue::Returned(#call).into_reply()).await?)
    } else {
        quote!(__epilogue::caught_now(move || __epilogue::Returned(#call).into_reply()))
    }
}

/// What keeps `routes![name]` from failing too where the function itself has an error.
fn stub(function: &Function, private: &TokenStream) -> TokenStream {
    let name = function.name();
    quote! {
        #[doc(hidden)]
        const _: () = {
            impl #private::Route for #name {
                const NODE: #private::RouteNode = #private::UNFINISHED_ROUTE;
            }
        };
    }
}
