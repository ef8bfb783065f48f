//! `concurrent`: the parameters of one function are resolved at the same time, each of them and what is below it in order.

use std::ops::Range;
use std::task::{Context, Poll};

use super::run::Waiting;
use super::running::drop_each;
use super::{Running, Scope, Slot, SlotIndex, Step, poll_caught};
use crate::response::Failure;

/// The steps of a function's parameters that run at the same time.
#[derive(Debug)]
pub(crate) struct Group {
    /// The steps of each parameter, in the order in which the parameters are declared.
    pub(super) branches: Vec<Range<usize>>,
}

impl Group {
    pub(super) fn start(&self) -> usize {
        self.branches.first().map_or(0, |branch| branch.start)
    }

    fn end(&self) -> usize {
        self.branches.last().map_or(0, |branch| branch.end)
    }
}

/// How far one parameter has come.
struct Branch {
    left: Range<usize>,
    waiting: Option<Waiting>,
    /// Orders its tasks among those of the others as if the parameters had been resolved one after another.
    turn: u32,
}

struct Branches(Vec<Branch>);

impl Drop for Branches {
    /// Branches that still wait are dropped half-way if another one fails or the request is cut off.
    fn drop(&mut self) {
        drop_each(self.0.drain(..));
    }
}

impl Scope {
    pub(super) async fn run_concurrently(&mut self, steps: &[Step], group: &Group) -> Result<(), Failure> {
        self.slots.resize_with(group.end(), || Slot::Empty);
        let turns = self.turn + 1..;
        let branches = group.branches.iter().zip(turns);
        let branches = branches.map(|(steps, turn)| Branch { left: steps.clone(), waiting: None, turn });
        let mut branches = Branches(branches.collect());
        let result =
            std::future::poll_fn(|context| self.poll_branches(steps, &mut branches.0, context)).await;
        // Tasks added from here on come after those that are there, even if they are added through a list that an output has kept.
        self.turn = 0;
        if let (Some(tasks), Some(last)) = (&self.tasks, branches.0.last()) {
            self.turn = last.turn + 1;
            tasks.end_turns(self.turn);
        }
        result
    }

    fn poll_branches(
        &mut self,
        steps: &[Step],
        branches: &mut [Branch],
        context: &mut Context<'_>,
    ) -> Poll<Result<(), Failure>> {
        loop {
            let mut any_moved = false;
            for branch in &mut *branches {
                any_moved |= self.advance(steps, branch, context)?;
            }
            if branches.iter().all(|branch| branch.left.is_empty()) {
                return Poll::Ready(Ok(()));
            }
            if !any_moved {
                return Poll::Pending;
            }
        }
    }

    /// Runs a branch as far as it can go, and returns whether it got anywhere.
    fn advance(
        &mut self,
        steps: &[Step],
        branch: &mut Branch,
        context: &mut Context<'_>,
    ) -> Result<bool, Failure> {
        let mut moved = false;
        while let Some(step) = steps.get(branch.left.start).filter(|_| !branch.left.is_empty()) {
            let slot = match &mut branch.waiting {
                Some(future) => match poll_caught(future.as_mut(), context).map(Result::flatten) {
                    Poll::Pending => break,
                    Poll::Ready(result) => self.settle(step, result)?,
                },
                // Another branch runs the step that this one needs.
                None if !self.has_what_it_needs(step) => break,
                None => {
                    self.turn = branch.turn;
                    match self.start(step) {
                        Running::Done(output) => self.settle(step, Ok(output))?,
                        Running::Failed(failure) => self.settle(step, Err(failure))?,
                        Running::Untaken(untaken) => self.untaken(step, untaken)?,
                        Running::Waiting(future) => {
                            branch.waiting = Some(future);
                            continue;
                        }
                        Running::Blocking(call) => {
                            branch.waiting = Some(self.enter_on_pool(step, call));
                            continue;
                        }
                    }
                }
            };
            self.slots[branch.left.start] = slot;
            branch.waiting = None;
            branch.left.start += 1;
            moved = true;
        }
        Ok(moved)
    }

    fn has_what_it_needs(&self, step: &Step) -> bool {
        step.sites.iter().all(|site| match site.slot {
            SlotIndex::Request(slot) => !matches!(self.slots[slot], Slot::Empty),
            _ => true,
        })
    }
}
