//! What is generated for the parameters of a function or struct.

use proc_macro2::{Span, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::ext::IdentExt;
use syn::spanned::Spanned;
use syn::{Expr, ExprLit, ExprUnary, Lit, Type, UnOp};

use crate::args::Args;
use crate::diagnostics::Errors;
use crate::signature::Parameter;

const OPTIONS: &[&str] = &[
    "default",
    "alias",
    "ge",
    "gt",
    "le",
    "lt",
    "min_length",
    "max_length",
    "pattern",
    "scopes",
    "description",
    "from_prefix",
];

/// The tokens of a list of parameters.
pub(crate) struct Params {
    /// Descriptions, for the constant graph.
    pub(crate) nodes: Vec<TokenStream>,
    /// `let p0 = taking.take::<…>(0);`
    pub(crate) takes: Vec<TokenStream>,
    /// `p0`, under names that no user's name can meet.
    pub(crate) locals: Vec<syn::Ident>,
    /// `p0` or `&p0`, as the function wants it.
    pub(crate) arguments: Vec<TokenStream>,
}

impl Params {
    /// `fuel` is the depth to which dependencies are described.
    pub(crate) fn expand(
        params: &[Parameter],
        private: &TokenStream,
        fuel: &TokenStream,
        errors: &mut Errors,
    ) -> Self {
        let mut all =
            Self { nodes: Vec::new(), takes: Vec::new(), locals: Vec::new(), arguments: Vec::new() };
        for (index, param) in params.iter().enumerate() {
            let options = Options::read(param, errors);
            let local = format_ident!("p{index}", span = Span::mixed_site());
            let argument = if param.borrowed { quote!(&#local) } else { quote!(#local) };
            all.nodes.push(options.node(param, private, fuel));
            all.takes.push(options.take(param, index, &local));
            all.locals.push(local);
            all.arguments.push(argument);
        }
        all
    }
}

/// `#[param(...)]` of one parameter.
#[derive(Default)]
struct Options {
    default: Option<Expr>,
    from_prefix: bool,
    /// The fields of `ParamOptions` that are set.
    fields: Vec<TokenStream>,
}

impl Options {
    fn read(param: &Parameter, errors: &mut Errors) -> Self {
        let mut options = Self::default();
        for attr in &param.attrs {
            let Some(list) = errors.ok(attr.meta.require_list()) else { continue };
            let mut args = Args::parse(list.tokens.clone(), errors);
            if let Some((_, default)) = args.value("default", errors) {
                options.fields.push(quote!(has_default: true));
                options.default = Some(default);
            }
            if let Some(alias) = args.text("alias", errors) {
                options.fields.push(quote!(alias: __epilogue::Some(#alias)));
            }
            for name in ["ge", "gt", "le", "lt"] {
                if let Some((ident, value)) = args.value(name, errors)
                    && let Some(bound) = bound(&value, name, errors)
                {
                    options.fields.push(quote!(#ident: __epilogue::Some(#bound)));
                }
            }
            for name in ["min_length", "max_length"] {
                if let Some(length) = args.integer::<usize>(name, errors) {
                    let ident = format_ident!("{name}");
                    options.fields.push(quote!(#ident: __epilogue::Some(#length)));
                }
            }
            for name in ["pattern", "description"] {
                if let Some(text) = args.text(name, errors) {
                    let ident = format_ident!("{name}");
                    options.fields.push(quote!(#ident: __epilogue::Some(#text)));
                }
            }
            let scopes: Vec<Expr> = args.list("scopes", errors);
            if !scopes.is_empty() {
                for scope in &scopes {
                    check_scope(scope, errors);
                }
                options.fields.push(quote!(scopes: &[#(#scopes),*]));
            }
            options.from_prefix |= args.flag("from_prefix", errors).is_some();
            args.finish("a parameter", OPTIONS, errors);
        }
        options
    }

    fn node(&self, param: &Parameter, private: &TokenStream, fuel: &TokenStream) -> TokenStream {
        let ty = &param.ty;
        let span = ty.span();
        let name = param.name.unraw().to_string();
        let hyphenated = name.replace('_', "-");
        let scalar = is_scalar(ty);
        let Self { fields, from_prefix, .. } = self;
        let line = quote_spanned!(span=> __epilogue::line!());
        let _ = private;
        quote_spanned! {span=>
            __epilogue::param::<#ty, _, #fuel>(
                #name,
                #hyphenated,
                __epilogue::ParamOptions { #(#fields,)* ..__epilogue::ParamOptions::NONE },
                __epilogue::ParamFlags {
                    scalar: #scalar,
                    from_prefix: #from_prefix,
                    takes_stream: __epilogue::TakesStream::<#ty>::TAKES_STREAM,
                },
                __epilogue::SourceLine { file: __epilogue::file!(), line: #line },
            )
        }
    }

    fn take(&self, param: &Parameter, index: usize, local: &syn::Ident) -> TokenStream {
        let ty = &param.ty;
        let span = ty.span();
        match &self.default {
            None => quote_spanned!(span=> let #local = taking.take::<#ty, _>(#index);),
            Some(default) => quote_spanned! {span=>
                let #local = taking.take_or::<#ty>(#index, || #default);
            },
        }
    }
}

/// Scopes are separated by spaces and stand in quotes in a challenge, so that none has either in it.
fn check_scope(scope: &Expr, errors: &mut Errors) {
    let Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) = scope else {
        errors.at(scope, "a scope is a text: write `scopes(\"…\")`");
        return;
    };
    let text = text.value();
    if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_graphic() && !matches!(byte, b'"' | b'\\')) {
        errors.at(
            scope,
            "a scope is one word of ASCII without quotes: write several as `scopes(\"one\", \"two\")`",
        );
    }
}

/// A limit: a number as written.
fn bound(value: &Expr, name: &str, errors: &mut Errors) -> Option<TokenStream> {
    let (negative, literal) = match value {
        Expr::Unary(ExprUnary { op: UnOp::Neg(_), expr, .. }) => (true, &**expr),
        other => (false, other),
    };
    let sign = negative.then(|| quote!(-));
    match literal {
        Expr::Lit(ExprLit { lit: Lit::Int(number), .. }) => {
            let number = errors.ok(number.base10_parse::<i128>())?;
            Some(quote!(__epilogue::Bound::Int(#sign #number)))
        }
        Expr::Lit(ExprLit { lit: Lit::Float(number), .. }) => {
            let number = errors.ok(number.base10_parse::<f64>())?;
            Some(quote!(__epilogue::Bound::Float(#sign #number)))
        }
        other => {
            errors.at(
                other,
                format!("the option `{name}` takes a number: write `{name} = 3` or `{name} = 2.5`"),
            );
            None
        }
    }
}

/// Whether the type inside `Path<…>` certainly is a single value, whose name must then be in the template.
fn is_scalar(ty: &Type) -> bool {
    const SCALARS: &[&str] = &[
        "u8", "u16", "u32", "u64", "u128", "usize", "i8", "i16", "i32", "i64", "i128", "isize", "f32", "f64",
        "bool", "char", "String",
    ];
    let Type::Path(path) = ty else { return false };
    let Some(last) = path.path.segments.last() else { return false };
    let syn::PathArguments::AngleBracketed(arguments) = &last.arguments else { return false };
    let Some(syn::GenericArgument::Type(Type::Path(inner))) = arguments.args.first() else { return false };
    inner.path.get_ident().is_some_and(|ident| SCALARS.iter().any(|scalar| ident == scalar))
}

/// Whether the type is `Path<…>` of certainly a single value.
pub(crate) fn is_path_scalar(ty: &Type) -> bool {
    let Type::Path(path) = ty else { return false };
    path.path.segments.last().is_some_and(|last| last.ident == "Path") && is_scalar(ty)
}
