//! Schemas of schemas: `not`, `allOf`, `anyOf`, `oneOf`, `if`, dynamic references, and what no other schema has looked at.

use pintle_diagnostic::Step;

use super::{At, Frame, Run};
use crate::error::ErrorKind;
use crate::instance::View;

impl<'s, 'v> Run<'s, 'v> {
    /// `condValidate`
    pub(super) fn check_conditions(&mut self, frame: &mut Frame<'_, 's, 'v>) {
        let at = frame.at;
        let node = at.node();
        if let Some(id) = node.not
            && self.check_same(frame, at.to(id), None, true).is_ok()
        {
            self.report(frame, || ErrorKind::Not);
        }
        if !node.all_of.is_empty() {
            let mut errors = Vec::new();
            for id in &node.all_of {
                if let Err(fault) = self.check_same(frame, at.to(*id), None, false) {
                    errors.push(fault);
                    if frame.quiet {
                        break;
                    }
                }
            }
            if !errors.is_empty() {
                let fault = self.fault_of(frame, errors, || ErrorKind::AllOf);
                frame.errors.push(fault);
            }
        }
        if !node.any_of.is_empty() {
            let (mut errors, mut matched) = (Vec::new(), false);
            for id in &node.any_of {
                match self.check_same(frame, at.to(*id), None, false) {
                    Err(fault) => errors.push(fault),
                    Ok(()) => {
                        matched = true;
                        // What is unevaluated depends on all that match.
                        if frame.unevaluated.is_empty() {
                            break;
                        }
                    }
                }
            }
            if !matched {
                let fault = self.fault_of(frame, errors, || ErrorKind::AnyOf);
                frame.errors.push(fault);
            }
        }
        if !node.one_of.is_empty() {
            self.check_one_of(frame);
        }
        if let Some(condition) = &node.condition {
            let branch = match self.check_same(frame, at.to(condition.test), None, true) {
                Ok(()) => condition.then,
                Err(_) => condition.otherwise,
            };
            if let Some(id) = branch {
                let result = self.check_same(frame, at.to(id), None, false);
                frame.add(result);
            }
        }
    }

    fn check_one_of(&mut self, frame: &mut Frame<'_, 's, 'v>) {
        let at = frame.at;
        let (mut errors, mut matched) = (Vec::new(), None);
        for (i, id) in at.node().one_of.iter().enumerate() {
            match (self.check_same(frame, at.to(*id), None, matched.is_some()), matched) {
                (Err(fault), None) => errors.push(fault),
                (Err(_), Some(_)) => {}
                (Ok(()), None) => matched = Some(i),
                (Ok(()), Some(first)) => {
                    self.report(frame, || ErrorKind::OneOf(Some((first, i))));
                    break;
                }
            }
        }
        if matched.is_none() {
            let fault = self.fault_of(frame, errors, || ErrorKind::OneOf(None));
            frame.errors.push(fault);
        }
    }

    /// `validateRefs`: `$recursiveRef` and `$dynamicRef` lead to the outermost schema that offers itself.
    pub(super) fn check_references(&mut self, frame: &mut Frame<'_, 's, 'v>) {
        let node = frame.at.node();
        if let Some(id) = node.recursive_reference {
            let mut target = frame.at.to(id);
            if target.node().recursive_anchor {
                let offers = |at: &At<'s>| at.program.node(at.node().resource).recursive_anchor;
                target = frame.scope.outwards().map(|scope| scope.at).filter(offers).last().unwrap_or(target);
            }
            let result = self.follow(frame, target, "$recursiveRef");
            frame.add(result);
        }
        if let Some((id, anchor)) = &node.dynamic_reference {
            let mut target = frame.at.to(*id);
            if let Some(anchor) = anchor
                && target.node().dynamic_anchor.as_ref() == Some(anchor)
            {
                let offered = |at: At<'s>| {
                    let resource = at.program.node(at.node().resource);
                    let (_, id) = resource.dynamic_anchors.iter().find(|(name, _)| name == anchor)?;
                    Some(at.to(*id))
                };
                target = frame.scope.outwards().filter_map(|scope| offered(scope.at)).last().unwrap_or(target);
            }
            let result = self.follow(frame, target, "$dynamicRef");
            frame.add(result);
        }
    }

    /// `unevalValidate`
    pub(super) fn check_unevaluated(&mut self, frame: &mut Frame<'_, 's, 'v>, view: View<'v>) {
        let node = frame.at.node();
        match view {
            View::Map(map) => {
                let Some(id) = node.unevaluated_properties else { return };
                for name in std::mem::take(&mut frame.unevaluated.properties) {
                    if let Some(value) = map.get(name) {
                        let result = self.check_part(frame, id, value, Step::field(name));
                        frame.add(result);
                    }
                }
            }
            View::List(list) => {
                let Some(id) = node.unevaluated_items else { return };
                for i in std::mem::take(&mut frame.unevaluated.items) {
                    if let Some(item) = list.get(i) {
                        let result = self.check_part(frame, id, item, Step::Index(i));
                        frame.add(result);
                    }
                }
            }
            _ => {}
        }
    }
}
