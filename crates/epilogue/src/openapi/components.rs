//! The components that a document refers to: what they are called, and that nothing else is among them.

use std::collections::{BTreeMap, BTreeSet};

use percent_encoding::percent_decode_str;
use serde_json::{Map, Value};

/// Where the references of each generator point, until it is known what the components are called.
pub(super) const INPUTS: &str = "/inputs";
pub(super) const OUTPUTS: &str = "/outputs";
const COMPONENTS: &str = "#/components/schemas/";

/// The components made of these definitions. The references in `document` are changed to them.
pub(super) fn of(
    mut inputs: Map<String, Value>,
    mut outputs: Map<String, Value>,
    document: &mut Value,
) -> Map<String, Value> {
    keep_used(document, INPUTS, &mut inputs);
    keep_used(document, OUTPUTS, &mut outputs);
    let names = names_of(&inputs, &outputs);
    let settle = |value: &mut Value| {
        each_reference(value, &mut |path| {
            let found = [INPUTS, OUTPUTS].into_iter().find_map(|at| Some((at, name_in(path, at)?)));
            if let Some(name) = found.and_then(|found| names.get(&found)) {
                *path = format!("{COMPONENTS}{name}");
            }
        });
    };
    settle(document);
    let mut components = Map::new();
    for (definitions, at) in [(inputs, INPUTS), (outputs, OUTPUTS)] {
        for (name, mut definition) in definitions {
            settle(&mut definition);
            if let Some(name) = names.get(&(at, name)) {
                components.insert(name.clone(), definition);
            }
        }
    }
    components
}

/// What each definition is called as a component. If it is the same on both sides, it has one name.
fn names_of(
    inputs: &Map<String, Value>,
    outputs: &Map<String, Value>,
) -> BTreeMap<(&'static str, String), String> {
    let two_sided = two_sided(inputs, outputs);
    // As OpenAPI allows it, and as FastAPI changes it.
    let is_allowed = |c: char| c.is_ascii_alphanumeric() || ".-_".contains(c);
    let mut names = BTreeMap::new();
    let mut taken = BTreeSet::new();
    for (definitions, at, side) in [(inputs, INPUTS, "-Input"), (outputs, OUTPUTS, "-Output")] {
        for name in definitions.keys() {
            let side = if two_sided.contains(name) { side } else { "" };
            if let Some(shared) = names.get(&(INPUTS, name.clone())).filter(|_| side.is_empty()) {
                let shared = String::clone(shared);
                names.insert((at, name.clone()), shared);
                continue;
            }
            let plain: String = name.chars().map(|c| if is_allowed(c) { c } else { '_' }).collect();
            let numbers = std::iter::once(String::new()).chain((2..).map(|number: u32| number.to_string()));
            let mut free = numbers.map(|number| format!("{plain}{number}{side}"));
            names.extend(free.find(|free| taken.insert(free.clone())).map(|free| ((at, name.clone()), free)));
        }
    }
    names
}

/// The name that a reference ends in, if it is one to a definition there.
pub(super) fn name_in(path: &str, definitions: &str) -> Option<String> {
    let name = path.strip_prefix('#')?.strip_prefix(definitions)?.strip_prefix('/')?;
    Some(percent_decode_str(name).decode_utf8_lossy().replace("~1", "/").replace("~0", "~"))
}

fn each_reference(value: &mut Value, visit: &mut dyn FnMut(&mut String)) {
    match value {
        Value::Object(fields) => {
            for (key, value) in fields {
                match value {
                    Value::String(path) if key == "$ref" => visit(path),
                    value => each_reference(value, visit),
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| each_reference(item, visit)),
        _ => {}
    }
}

/// Drops the definitions that nothing in the document leads to.
fn keep_used(document: &mut Value, at: &str, definitions: &mut Map<String, Value>) {
    let names_in = |value: &mut Value| {
        let mut names = Vec::new();
        each_reference(value, &mut |path| names.extend(name_in(path, at)));
        names
    };
    let mut used = BTreeSet::new();
    let mut found = names_in(document);
    while let Some(name) = found.pop() {
        if let Some(definition) = definitions.get_mut(&name)
            && used.insert(name)
        {
            found.extend(names_in(definition));
        }
    }
    definitions.retain(|name, _| used.contains(name));
}

/// The names of types that are not written as they are read, or that hold such a type.
fn two_sided(inputs: &Map<String, Value>, outputs: &Map<String, Value>) -> BTreeSet<String> {
    let comparable = |definition: &Value, at: &str| {
        let (mut definition, mut holds) = (definition.clone(), Vec::new());
        each_reference(&mut definition, &mut |path| {
            if let Some(name) = name_in(path, at) {
                path.clone_from(&name);
                holds.push(name);
            }
        });
        (definition, holds)
    };
    let mut differing = BTreeSet::new();
    let mut alike = Vec::new();
    for (name, input) in inputs {
        let Some(output) = outputs.get(name) else { continue };
        let (input, holds) = comparable(input, INPUTS);
        if input == comparable(output, OUTPUTS).0 {
            alike.push((name, holds));
        } else {
            differing.insert(name.clone());
        }
    }
    loop {
        let before = differing.len();
        for (name, holds) in &alike {
            if holds.iter().any(|held| differing.contains(held)) {
                differing.insert((*name).clone());
            }
        }
        if differing.len() == before {
            return differing;
        }
    }
}
