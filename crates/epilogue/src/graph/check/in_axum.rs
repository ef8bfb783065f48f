//! Dependencies that an axum handler takes.

use super::walk::{Chain, Seen, add_names};
use crate::graph::node::{DependencyNode, ParamNode, Source};
use crate::graph::verdict::Verdict;
use crate::rejection::Place;

/// Checks a dependency that an axum handler takes: nothing that it is made from may need what only an app's route has.
pub(crate) const fn check_in_axum(node: &'static DependencyNode) -> Verdict {
    check_below_handler(&Chain { node, next: None }, &mut Seen::new())
}

const fn check_below_handler(chain: &Chain<'_>, seen: &mut Seen) -> Verdict {
    if !seen.first_time(chain.node) {
        return Verdict::RIGHT;
    }
    let mut i = 0;
    while i < chain.node.params.len() {
        let param = &chain.node.params[i];
        if let Source::Dependency { node: Some(node), .. } = param.source {
            return_if_wrong!(check_below_handler(&Chain { node, next: Some(chain) }, seen));
        }
        if let Some(why) = needs_route(param) {
            // Names the parameter in the message, because its own macro cannot point at it: whether it is wrong depends on who asks.
            let mut verdict = Verdict::RIGHT;
            add_names(&mut verdict, Some(chain));
            verdict.add(&[param.name, " (", param.at.file, ":"]);
            verdict.add_number(param.at.line);
            verdict.add(&[") ", why]);
            return verdict;
        }
        i += 1;
    }
    Verdict::RIGHT
}

/// Why only an app's route has what a parameter takes.
const fn needs_route(param: &ParamNode) -> Option<&'static str> {
    let takes_body = match param.source {
        Source::Json(_) | Source::Form | Source::File { .. } | Source::RawBody => true,
        Source::Extract(_) => param.takes_stream,
        _ => false,
    };
    if takes_body {
        return Some("takes the body, which is the axum handler's own: take the body in the handler");
    }
    if let Source::Value(Place::Path) = param.source {
        return Some(
            "is a `Path`, and axum has matched the path of its handler: take `Extract<axum::extract::Path<...>>`",
        );
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_handler_of_axum_cannot_lend_is_told_with_its_place() {
        use crate::graph::fuel::node_of;
        use crate::{Depends, Json, Query};

        #[crate::dependency(crate = crate)]
        fn item(body: Json<u32>) -> u32 {
            *body
        }

        #[crate::dependency(crate = crate)]
        fn doubled(by: Query<u32>, item: Depends<item>) -> u32 {
            *by * *item
        }

        let verdict = check_in_axum(node_of::<doubled>());
        let (chain, rest) = verdict.text().split_once(" (").unwrap();
        assert_eq!(chain, "doubled -> item -> body");
        assert!(rest.contains("in_axum.rs:") && rest.contains(") takes the body"), "{rest}");
    }
}
