//! The template of a route macro: the first of its arguments, which has the names of the function's parameters.

use proc_macro2::TokenStream;
use syn::ext::IdentExt;
use syn::parse::{ParseStream, Parser};
use syn::{Ident, LitInt, LitStr, Token};

use crate::args::{Args, comma, is_operator, separated, to_comma, with_raw_texts};
use crate::diagnostics::Errors;
use crate::param_options::ParamOptions;
use crate::signature::Function;
use crate::template;
use crate::types::{is_named, is_scalar};

/// The path template of a route macro, as far as it can be read.
pub(crate) enum Written {
    Text(LitStr),
    Missing,
    /// An error has been noted.
    Unreadable,
}

/// The first argument of a route macro is its template; the rest are options.
pub(crate) fn template_and_args(
    tokens: TokenStream,
    options: &[&str],
    errors: &mut Errors,
) -> (Written, Args) {
    let before = errors.count();
    let parse = |input: ParseStream<'_>| {
        let template = written(input, options, errors)?;
        let is_missing = matches!(template, Written::Missing);
        let unnamed = |written: &TokenStream| {
            if syn::parse2::<LitInt>(written.clone()).is_ok() && options.contains(&"status") {
                format!("an option has a name: write `status = {written}`")
            } else if written.clone().into_iter().next().is_some_and(|first| is_operator(&first)) {
                String::from("an option has a name, which stands before its value: write it here")
            } else if is_missing {
                String::from(TEMPLATE_FIRST)
            } else {
                String::from(
                    "a route has one template: write a second function for another path, which may call this one",
                )
            }
        };
        if !is_missing {
            comma(input, errors)?;
        }
        Ok((template, separated(input, &unnamed, errors)?))
    };
    let parsed = parse.parse2(with_raw_texts(tokens));
    let Some((template, args)) = errors.ok(parsed) else { return (Written::Unreadable, Args::default()) };
    let args = Args::new(args, errors);
    match template {
        // The template may be among what was not understood, so it is not reported as missing.
        Written::Missing if errors.count() > before => (Written::Unreadable, args),
        template => (template, args),
    }
}

const TEMPLATE_FIRST: &str = "the template is a string literal and comes first: write `\"/path\"`";

/// Reads what stands where the template should.
fn written(input: ParseStream<'_>, options: &[&str], errors: &mut Errors) -> syn::Result<Written> {
    if input.peek(LitStr) {
        return Ok(Written::Text(input.parse()?));
    }
    let ahead = input.fork();
    let is_option = match ahead.call(Ident::parse_any) {
        Ok(name) if name == "path" => false,
        Ok(name) => {
            options.iter().any(|option| name == option)
                || ahead.peek(Token![=])
                || ahead.peek(syn::token::Paren)
        }
        Err(_) => input.is_empty(),
    };
    if is_option {
        return Ok(Written::Missing);
    }
    errors.at(to_comma(input)?, TEMPLATE_FIRST);
    Ok(Written::Unreadable)
}

/// The template, as far as it could be read.
pub(crate) struct Template {
    pub(crate) text: Option<LitStr>,
    pub(crate) segments: Vec<String>,
}

impl Template {
    /// Reads the template, and checks that it has the names of the function's parameters.
    pub(crate) fn read(
        written: Written,
        macro_name: &str,
        function: &mut Function,
        errors: &mut Errors,
    ) -> Self {
        let name = function.name();
        let text = match written {
            Written::Text(text) => text,
            Written::Missing => {
                errors.at(
                    name,
                    format!("the route macro of `{name}` needs a path template: write `#[{macro_name}(\"/path\")]`"),
                );
                return Self { text: None, segments: Vec::new() };
            }
            Written::Unreadable => return Self { text: None, segments: Vec::new() },
        };
        let before = errors.count();
        let segments = template::segments(&text, errors);
        name_like_segments(function, &segments);
        // If the template is wrong, its names are not known.
        if errors.count() == before {
            check_segments(function, &text, &segments, errors);
        }
        Self { text: Some(text), segments }
    }
}

/// Lets an unused parameter `_id` read the segment `{_id}`, if there is one, and not `{id}`.
fn name_like_segments(function: &mut Function, segments: &[String]) {
    for param in &mut function.params {
        let name = param.name.unraw().to_string();
        if is_named(&param.ty, "Path") && segments.contains(&name) {
            param.key = name;
        }
    }
}

/// A single value in the path must be named in the template.
fn check_segments(function: &Function, template: &LitStr, segments: &[String], errors: &mut Errors) {
    // What is wrong with their options is reported elsewhere.
    let mut unsaid = Errors::default();
    let named: Vec<_> = function
        .params
        .iter()
        .filter(|param| is_named(&param.ty, "Path") && is_scalar(&param.ty))
        .map(|param| (param, ParamOptions::read(param, &mut unsaid)))
        .collect();
    let is_taken = |segment: &&str| named.iter().any(|(param, options)| options.key(param) == *segment);
    let free: Vec<&str> = segments.iter().map(String::as_str).filter(|segment| !is_taken(segment)).collect();
    for (param, options) in &named {
        let key = options.key(param);
        if options.from_prefix || segments.contains(&key) {
            continue;
        }
        let written = template.value();
        let instead = template::rename(&key, options.alias.is_some(), &written, &free);
        let message = format!("the path parameter `{key}` is not in the template \"{written}\": {instead}");
        match &options.alias {
            Some(alias) => errors.at(alias, message),
            None => errors.at(&param.name, message),
        }
    }
}
