//! From patterns to matchers, by the rewritings of gobwas' compiler.

use super::Node;
use super::matcher::Matcher;

/// Longest run of matchers that is searched for parts to glue together; the search takes cubic time.
const MAX_GLUED: usize = 96;

/// `compiler.Compile`
pub(super) fn compile(node: &Node) -> Matcher {
    let made = match node {
        Node::AnyOf(branches) => {
            return match minimize_branches(branches) {
                Some(rewritten) => compile(&rewritten),
                None => Matcher::AnyOf(compile_all(branches)),
            };
        }
        Node::Pattern(parts) if parts.is_empty() => return Matcher::Nothing,
        Node::Pattern(parts) => compile_row(minimize(compile_all(parts))),
        Node::Any => Matcher::Any,
        Node::Super => Matcher::Super,
        Node::Single => Matcher::Single,
        Node::Nothing => Matcher::Nothing,
        Node::List { chars, negated } => Matcher::List { chars: chars.chars().collect(), negated: *negated },
        Node::Range { lo, hi, negated } => Matcher::Range { lo: *lo, hi: *hi, negated: *negated },
        Node::Text(text) => Matcher::text(text),
    };
    optimize(made)
}

fn compile_all(nodes: &[Node]) -> Vec<Matcher> {
    nodes.iter().map(|n| optimize(compile(n))).collect()
}

/// Takes common parts at both ends out of alternatives (`minimizeTreeAnyOf`).
fn minimize_branches(branches: &[Node]) -> Option<Node> {
    let parts: Option<Vec<&[Node]>> = branches
        .iter()
        .map(|b| match b {
            Node::Pattern(parts) => Some(parts.as_slice()),
            _ => None,
        })
        .collect();
    let parts = parts?;
    let (left, right) = common(&parts);
    if left == 0 && right == 0 {
        return None;
    }
    let first = parts.first()?;
    let mut rewritten = Vec::new();
    if left > 0 {
        rewritten.push(Node::Pattern(first[..left].to_vec()));
    }
    let mut rest: Vec<Node> = Vec::new();
    for branch in &parts {
        let middle = branch.get(left..branch.len() - right).unwrap_or_default();
        let node = if middle.is_empty() { Node::Nothing } else { Node::Pattern(middle.to_vec()) };
        if !rest.contains(&node) {
            rest.push(node);
        }
    }
    match rest.as_slice() {
        [Node::Nothing] => {}
        [one] => rewritten.push(one.clone()),
        _ => rewritten.push(Node::AnyOf(rest)),
    }
    if right > 0 {
        rewritten.push(Node::Pattern(first[first.len() - right..].to_vec()));
    }
    Some(Node::Pattern(rewritten))
}

/// How many parts all branches begin and end with.
fn common(branches: &[&[Node]]) -> (usize, usize) {
    let shortest = branches.iter().map(|b| b.len()).min().unwrap_or(0);
    if branches.len() < 2 || shortest == 0 {
        return (0, 0);
    }
    let (mut left, mut right) = (0, 0);
    let (mut left_open, mut right_open) = (true, true);
    for i in 0..shortest {
        let j = shortest - 1 - i;
        if left + right >= shortest || !(left_open || right_open) {
            break;
        }
        let same = |at: &dyn Fn(&[Node]) -> usize| branches.iter().all(|b| b[at(b)] == branches[0][at(branches[0])]);
        left_open &= same(&|_| i);
        right_open &= !(left_open && j <= i);
        right_open &= same(&|b| b.len() - 1 - i);
        left += usize::from(left_open);
        right += usize::from(right_open);
    }
    (left, right)
}

/// A sequence of matchers as one (`compileMatchers`).
fn compile_row(mut matchers: Vec<Matcher>) -> Matcher {
    if matchers.len() <= 1 {
        return matchers.pop().unwrap_or(Matcher::Nothing);
    }
    if let Some(glued) = glue(&matchers) {
        return glued;
    }
    // The last of the longest that have a fixed length stands in the middle.
    let fixed = matchers.iter().enumerate().filter_map(|(i, m)| Some((m.len()?, i))).max();
    let Some((_, middle)) = fixed else {
        let rest = compile_row(matchers.split_off(1));
        let first = matchers.pop().unwrap_or(Matcher::Nothing);
        return Matcher::tree(first, None, Some(rest));
    };
    let right = matchers.split_off(middle + 1);
    let value = matchers.pop().unwrap_or(Matcher::Nothing);
    let side = |m: Vec<Matcher>| (!m.is_empty()).then(|| compile_row(m));
    Matcher::tree(value, side(matchers), side(right))
}

fn glue(matchers: &[Matcher]) -> Option<Matcher> {
    if matchers.len() < 2 {
        return None;
    }
    glue_every(matchers).or_else(|| {
        let len = matchers.iter().map(Matcher::len).sum::<Option<usize>>()?;
        Some(Matcher::Row { matchers: matchers.to_vec(), len })
    })
}

/// Wildcards in a row as conditions on one text (`glueMatchersAsEvery`).
fn glue_every(matchers: &[Matcher]) -> Option<Matcher> {
    let (mut any, mut all, mut single, mut min) = (false, false, false, 0);
    let mut separators: Option<Vec<char>> = None;
    for m in matchers {
        let here = match m {
            Matcher::Super => {
                all = true;
                Vec::new()
            }
            Matcher::Any => {
                any = true;
                vec!['/']
            }
            Matcher::Single => {
                single = true;
                min += 1;
                vec!['/']
            }
            Matcher::List { chars, negated: true } => {
                single = true;
                min += 1;
                chars.clone()
            }
            _ => return None,
        };
        if *separators.get_or_insert_with(|| here.clone()) != here {
            return None;
        }
    }
    let separators = separators.unwrap_or_default();
    if all && !any && !single {
        return Some(Matcher::Super);
    }
    // The library makes one that knows the separators; `*` and a class with other ones don't get here together.
    if any && !all && !single {
        return Some(Matcher::Any);
    }
    if (any || all) && min > 0 && separators.is_empty() {
        return Some(Matcher::Min(min));
    }
    let mut every = Vec::new();
    if min > 0 {
        every.push(Matcher::Min(min));
        if !any && !all {
            every.push(Matcher::Max(min));
        }
    }
    if !separators.is_empty() {
        every.push(Matcher::Contains { needle: separators.iter().collect(), negated: true });
    }
    Some(Matcher::EveryOf(every))
}

/// Glues the longest run that can be glued, again and again (`minimizeMatchers`).
fn minimize(mut matchers: Vec<Matcher>) -> Vec<Matcher> {
    while matchers.len() <= MAX_GLUED {
        let mut done: Option<(Matcher, usize, usize)> = None;
        for l in 0..matchers.len() {
            for r in (l + 1..=matchers.len()).rev() {
                let Some(glued) = glue(&matchers[l..r]) else { continue };
                let better = match &done {
                    None => true,
                    Some((old, from, to)) => {
                        let longer = matches!((old.len(), glued.len()), (Some(old), Some(new)) if new > old);
                        longer || to - from < r - l
                    }
                };
                if better {
                    done = Some((glued, l, r));
                }
            }
        }
        let Some((glued, l, r)) = done else { break };
        matchers.splice(l..r, [glued]);
    }
    matchers
}

/// Simpler matchers for common shapes (`optimizeMatcher`).
fn optimize(m: Matcher) -> Matcher {
    match m {
        Matcher::AnyOf(mut branches) if branches.len() == 1 => branches.pop().unwrap_or(Matcher::Nothing),
        Matcher::List { chars, negated: false } if chars.len() == 1 => Matcher::text(&chars.iter().collect::<String>()),
        Matcher::Tree(mut tree) => {
            tree.left = tree.left.map(optimize);
            tree.right = tree.right.map(optimize);
            let Matcher::Text(text) = &tree.value else { return Matcher::Tree(tree) };
            let text = text.clone();
            match (&tree.left, &tree.right) {
                (None, None) => Matcher::Text(text),
                (Some(Matcher::Super), Some(Matcher::Super)) => Matcher::Contains { needle: text, negated: false },
                (Some(Matcher::Super), None) => Matcher::Suffix(text),
                (None, Some(Matcher::Super)) => Matcher::Prefix(text),
                (None, Some(Matcher::Suffix(suffix))) => Matcher::PrefixSuffix(text, suffix.clone()),
                (Some(Matcher::Prefix(prefix)), None) => Matcher::PrefixSuffix(prefix.clone(), text),
                (Some(Matcher::Any), None) => Matcher::SuffixAny(text),
                (None, Some(Matcher::Any)) => Matcher::PrefixAny(text),
                _ => Matcher::Tree(tree),
            }
        }
        m => m,
    }
}
