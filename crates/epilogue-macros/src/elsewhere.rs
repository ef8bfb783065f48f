//! Options that FastAPI has, or that people guess, and where their meaning is here.

/// What is said of an option of another name: it, the option that a macro must have for that to be true, and the words.
const ELSEWHERE: &[(&str, &str, &str)] = &[
    ("status_code", "status", "write `status = 201`"),
    ("include_in_schema", "hidden", "write `hidden`"),
    ("methods", "status", "each method has its macro: write `#[get(\"/path\")]`, `#[post(\"/path\")]`, …"),
    ("response_model", "status", "the return type says it: write `-> Json<…>`"),
    ("response_class", "status", "the return type says it: write the type of the reply"),
    ("async", "blocking", "write `async fn`"),
    ("regex", "pattern", "write `pattern = \"…\"`"),
    ("min", "ge", "write `ge = …`"),
    ("max", "le", "write `le = …`"),
    ("minimum", "ge", "write `ge = …`"),
    ("maximum", "le", "write `le = …`"),
    ("min_items", "min_length", "write `min_length = …`"),
    ("max_items", "max_length", "write `max_length = …`"),
    ("use_cache", "scope", "write `Depends<Fresh<…>>` at the parameter that wants an output of its own"),
    ("app", "scope", "write `scope = \"app\"`"),
    ("request", "scope", "write `scope = \"request\"`"),
    ("function", "scope", "write `scope = \"function\"`"),
];

/// Where the meaning of an option is, for a macro that has these options.
pub(crate) fn hint(name: &str, known: &[&str]) -> Option<&'static str> {
    let (_, _, hint) = ELSEWHERE.iter().find(|(other, needs, _)| *other == name && known.contains(needs))?;
    Some(hint)
}
