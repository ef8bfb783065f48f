//! Options that FastAPI has, or that people guess, and what to write here instead; and what our own options take.

use crate::{dependency, param_options, route, task, websocket};

/// The other name of an option, the option that a macro must have for the hint to be true, and the hint.
const ELSEWHERE: &[(&str, &str, &str)] = &[
    ("status_code", "status", "write `status = 201`"),
    ("include_in_schema", "hidden", "write `hidden`"),
    ("methods", "status", "each method has its macro: write `#[get(\"/path\")]`, `#[post(\"/path\")]`, …"),
    ("method", "status", "each method has its macro: write `#[get(\"/path\")]`, `#[post(\"/path\")]`, …"),
    ("name", "status", "the function's name is the route's: rename that"),
    ("summary", "status", "the function's name is the summary, and `/// …` above it the description"),
    ("description", "status", "write it above the function, as `/// …`"),
    ("operation_id", "status", "the function's name and the path are the route's: rename the function"),
    ("deprecated", "status", "write `#[deprecated]` above the function"),
    ("state", "status", "write `state: State<…>` among the parameters"),
    ("depends", "dependencies", "write `dependencies(…)`"),
    ("depend", "dependencies", "write `dependencies(…)`"),
    ("dependency", "dependencies", "write `dependencies(…)`"),
    ("response_model", "status", "the return type says it: write `-> Json<…>`"),
    ("response_model_exclude_none", "status", SKIPPED),
    ("response_model_exclude_unset", "status", SKIPPED),
    ("responses", "status", EDITED),
    ("response_description", "status", EDITED),
    ("openapi_extra", "status", EDITED),
    ("callbacks", "status", EDITED),
    ("response_class", "status", "the return type says it: write the type of the reply"),
    ("async", "blocking", "write `async fn`"),
    ("regex", "pattern", "write `pattern = \"…\"`"),
    ("regexp", "pattern", "write `pattern = \"…\"`"),
    ("len", "min_length", "write `min_length = …, max_length = …`"),
    ("length", "min_length", "write `min_length = …, max_length = …`"),
    ("convert_underscores", "alias", "write `alias = \"…\"`, the name as it is sent"),
    ("name", "alias", "write `alias = \"…\"`"),
    ("rename", "alias", "write `alias = \"…\"`"),
    ("validation_alias", "alias", "write `alias = \"…\"`"),
    ("min", "ge", "write `ge = …`"),
    ("max", "le", "write `le = …`"),
    ("minimum", "ge", "write `ge = …`"),
    ("maximum", "le", "write `le = …`"),
    ("min_items", "min_length", "write `min_length = …`"),
    ("max_items", "max_length", "write `max_length = …`"),
    ("range", "ge", "write `ge = …, le = …`"),
    ("exclusive_minimum", "ge", "write `gt = …`"),
    ("exclusive_maximum", "ge", "write `lt = …`"),
    ("multiple_of", "ge", "write a type of your own, whose `Deserialize` refuses what is none"),
    ("title", "description", "write `description = \"…\"`"),
    ("deprecated", "description", "write `description = \"…\"`, which says so"),
    ("examples", "description", EXAMPLE),
    ("example", "description", EXAMPLE),
    ("default_factory", "default", "write `default = …`, an expression that is evaluated for each request"),
    ("required", "default", "the type says it: write `Option<…>` for what may be missing"),
    ("optional", "default", "the type says it: write `Option<…>` for what may be missing"),
    ("cache", "scope", "write `Depends<Fresh<…>>` at the parameter that wants an output of its own"),
    ("lifetime", "scope", "write `scope = \"app\"`, `scope = \"request\"` or `scope = \"function\"`"),
    ("singleton", "scope", "write `scope = \"app\"`"),
    ("yield", "exit", EXIT),
    ("close", "exit", EXIT),
    ("teardown", "exit", EXIT),
    ("cleanup", "exit", EXIT),
    ("on_exit", "exit", EXIT),
    ("finally", "exit", EXIT),
    ("depends", "exit", "each is a parameter: write `name: Depends<name>`"),
    ("dependencies", "exit", "each is a parameter: write `_name: Depends<name>` for its effect alone"),
    ("max_retries", "retries", "write `retries = 3`"),
    ("name", "retries", "write `.name(…)` where it is added, as in `tasks.add(…).name(…)`"),
    ("backoff", "retries", "write `.backoff(…)` where it is added, as in `tasks.add(…).backoff(…)`"),
    ("blocking", "retries", "a sync function is run on the blocking pool without it: remove it"),
    ("hidden", "protocols", "no WebSocket is documented: remove it"),
    ("use_cache", "scope", "write `Depends<Fresh<…>>` at the parameter that wants an output of its own"),
    ("app", "scope", "write `scope = \"app\"`"),
    ("request", "scope", "write `scope = \"request\"`"),
    ("function", "scope", "write `scope = \"function\"`"),
];

const SKIPPED: &str = "what serde writes is the reply: write `#[serde(skip_serializing_if = \"Option::is_none\")]` above the fields";

const EDITED: &str = "the app adds it to the document: `OpenApi::edit(…)`";

const EXAMPLE: &str = "write `description = \"…\"`, or `#[schemars(example = …)]` in a type of your own";

const EXIT: &str = "write `exit = …`, the name of the function that runs when the scope ends";

/// What to write instead of an option, for a macro that has these options.
pub(crate) fn hint(name: &str, known: &[&str]) -> Option<&'static str> {
    let (_, _, hint) = ELSEWHERE.iter().find(|(other, needs, _)| *other == name && known.contains(needs))?;
    Some(hint)
}

/// Whose option it is, if it is not this macro's.
pub(crate) fn owner(name: &str) -> Option<&'static str> {
    let owners = [
        (route::OPTIONS, "the route macros"),
        (websocket::OPTIONS, "`#[websocket]`"),
        (dependency::OPTIONS, "`#[dependency]`"),
        (task::OPTIONS, "`#[task]`"),
        (param_options::OPTIONS, "the `#[param(…)]` of a parameter"),
    ];
    owners.into_iter().find(|(options, _)| options.contains(&name)).map(|(_, owner)| owner)
}

/// What may stand after the `=` of an option, or all of it if it takes a list.
pub(crate) fn example(name: &str) -> &'static str {
    match name {
        "crate" => "epilogue",
        "status" => "201",
        "exit" => "close",
        "scope" => "\"app\"",
        "retries" | "ge" | "gt" | "le" | "lt" => "3",
        "timeout" => "\"30s\"",
        "alias" | "pattern" | "description" => "\"…\"",
        "fields" => "fields(name(ge = 1))",
        _ => "…",
    }
}
