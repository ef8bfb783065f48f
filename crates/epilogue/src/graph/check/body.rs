//! The body of a request, which there is once.

use super::text::same;
use super::walk::Seen;
use crate::graph::node::{Need, ParamNode, RouteNode, Sharing, Source};
use crate::graph::verdict::Verdict;

/// Who uses the body, by the parameter's name.
#[derive(Clone, Copy)]
struct BodyUse {
    /// Takes it unread.
    stream: Option<&'static str>,
    /// Reads it.
    reader: Option<&'static str>,
    /// Requires JSON.
    json: Option<&'static str>,
    /// Requires a form.
    form: Option<&'static str>,
}

impl BodyUse {
    const NOBODY: Self = Self { stream: None, reader: None, json: None, form: None };
}

/// Whether a parameter uses the body when an earlier one has already used it up.
pub(super) const fn check_body(
    params: &'static [ParamNode],
    effects: &'static [ParamNode],
    index: usize,
) -> Verdict {
    let mut seen = Seen::new();
    let mut earlier = BodyUse::NOBODY;
    let mut i = 0;
    while i < effects.len() {
        earlier = body_use(&effects[i], earlier, &mut seen);
        i += 1;
    }
    let mut i = 0;
    while i < index {
        earlier = body_use(&params[i], earlier, &mut seen);
        i += 1;
    }
    let own = body_use(&params[index], BodyUse::NOBODY, &mut seen);
    return_if_wrong!(check_kinds(earlier, own));
    let first = match own {
        BodyUse { stream: Some(_), .. } if earlier.reader.is_some() => earlier.reader,
        _ => earlier.stream,
    };
    let second = match own.stream {
        Some(stream) => Some(stream),
        None => own.reader,
    };
    let (Some(first), Some(second)) = (first, second) else { return Verdict::RIGHT };
    Verdict::wrong(&[
        "the body is used twice: `",
        first,
        "` and `",
        second,
        "` both want it, and an Extract takes it unread; remove one of them, or read it as Bytes in both",
    ])
}

/// A request has one body, which is JSON or a form.
const fn check_kinds(earlier: BodyUse, own: BodyUse) -> Verdict {
    let ((BodyUse { json: Some(json), .. }, BodyUse { form: Some(form), .. })
    | (BodyUse { form: Some(form), .. }, BodyUse { json: Some(json), .. })
    | (_, BodyUse { json: Some(json), form: Some(form), .. })) = (earlier, own)
    else {
        return Verdict::RIGHT;
    };
    Verdict::wrong(&[
        "the body is used twice: `",
        json,
        "` wants JSON and `",
        form,
        "` a form, and a request has one of them; send both as fields of the form, or both as JSON",
    ])
}

/// A request for a WebSocket has no body.
pub(super) const fn check_socket(route: &'static RouteNode, param: &'static ParamNode) -> Verdict {
    if !same(route.method, "WEBSOCKET") {
        return Verdict::RIGHT;
    }
    let (BodyUse { json: Some(name), .. } | BodyUse { form: Some(name), .. }) =
        body_use(param, BodyUse::NOBODY, &mut Seen::new())
    else {
        return Verdict::RIGHT;
    };
    Verdict::wrong(&[
        "the request of a WebSocket has no body, which `",
        name,
        "` wants: take it as a message of the socket, or as a Query",
    ])
}

const fn body_use(param: &'static ParamNode, mut so_far: BodyUse, seen: &mut Seen) -> BodyUse {
    let is_required = matches!(param.need, Need::Required);
    match param.source {
        Source::Json(_) => {
            so_far.reader = first(so_far.reader, param);
            if is_required {
                so_far.json = first(so_far.json, param);
            }
        }
        Source::Form | Source::File { .. } => {
            so_far.reader = first(so_far.reader, param);
            // A struct may do without any of its fields.
            let is_one = param.scalar || matches!(param.source, Source::File { .. });
            if is_required && is_one {
                so_far.form = first(so_far.form, param);
            }
        }
        Source::RawBody => so_far.reader = first(so_far.reader, param),
        Source::Extract(_) if param.takes_stream => so_far.stream = first(so_far.stream, param),
        // A shared output uses the body only once.
        Source::Dependency { node: Some(node), sharing, need, .. }
            if seen.first_time(node) || matches!(sharing, Sharing::Fresh) =>
        {
            let BodyUse { json, form, .. } = so_far;
            let mut i = 0;
            while i < node.params.len() {
                so_far = body_use(&node.params[i], so_far, seen);
                i += 1;
            }
            if matches!(need, Need::Optional) {
                (so_far.json, so_far.form) = (json, form);
            }
        }
        _ => {}
    }
    so_far
}

/// Who comes first. `Option::or` is not `const`.
const fn first(earlier: Option<&'static str>, param: &ParamNode) -> Option<&'static str> {
    if earlier.is_some() { earlier } else { Some(param.name) }
}
