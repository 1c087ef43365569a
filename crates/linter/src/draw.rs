//! The references as a picture: Mermaid, DOT, or an SVG that needs nothing else. Broken references are red.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use crate::{Edge, Graph, Target};

/// A box of the picture.
struct Node {
    label: String,
    state: State,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Here,
    Elsewhere,
    Missing,
}

/// Boxes and arrows: who, to whom, what stands on it, whether it is broken.
struct Picture {
    nodes: Vec<Node>,
    arrows: Vec<(usize, usize, &'static str, bool)>,
}

impl Graph {
    fn picture(&self) -> Picture {
        let mut nodes: Vec<Node> = self.titles.iter().map(|t| Node { label: t.clone(), state: State::Here }).collect();
        let mut others: BTreeMap<String, usize> = BTreeMap::new();
        let mut arrows = Vec::new();
        for edge in &self.edges {
            let to = match &edge.to {
                Target::Object(i) => *i,
                Target::Elsewhere(kind, namespace, name) | Target::Missing(kind, namespace, name) => {
                    let label = format!("{kind} {namespace}/{name}");
                    let state = if matches!(edge.to, Target::Missing(..)) { State::Missing } else { State::Elsewhere };
                    *others.entry(label.clone()).or_insert_with(|| {
                        nodes.push(Node { label, state });
                        nodes.len() - 1
                    })
                }
            };
            let arrow = (edge.from, to, edge.relation.word(), is_broken(edge));
            if !arrows.contains(&arrow) && edge.from != to {
                arrows.push(arrow);
            }
        }
        Picture { nodes, arrows }
    }

    /// For Markdown that draws Mermaid: GitHub, GitLab and most editors.
    pub fn to_mermaid(&self) -> String {
        let p = self.picture();
        let mut out = String::from("flowchart LR\n");
        for (i, node) in p.nodes.iter().enumerate() {
            let label = node.label.replace('"', "#quot;");
            let class = match node.state {
                State::Here => "",
                State::Elsewhere => ":::elsewhere",
                State::Missing => ":::missing",
            };
            let _ = writeln!(out, "  n{i}[\"{label}\"]{class}");
        }
        for (n, (from, to, word, broken)) in p.arrows.iter().enumerate() {
            let _ = writeln!(out, "  n{from} -->|{word}| n{to}");
            if *broken {
                let _ = writeln!(out, "  linkStyle {n} stroke:#c00,color:#c00");
            }
        }
        out += "  classDef elsewhere stroke-dasharray: 4 4\n  classDef missing stroke:#c00,color:#c00,stroke-dasharray: 4 4\n";
        out
    }

    /// For Graphviz.
    pub fn to_dot(&self) -> String {
        let p = self.picture();
        let mut out = String::from(
            "digraph release {\n  rankdir=LR;\n  node [shape=box, fontname=\"sans-serif\"];\n  edge [fontname=\"sans-serif\", fontsize=10];\n",
        );
        for (i, node) in p.nodes.iter().enumerate() {
            let style = match node.state {
                State::Here => "",
                State::Elsewhere => ", style=dashed",
                State::Missing => ", style=dashed, color=red, fontcolor=red",
            };
            let _ = writeln!(out, "  n{i} [label={:?}{style}];", node.label);
        }
        for (from, to, word, broken) in &p.arrows {
            let colour = if *broken { ", color=red, fontcolor=red" } else { "" };
            let _ = writeln!(out, "  n{from} -> n{to} [label={word:?}{colour}];");
        }
        out + "}\n"
    }

    /// A picture of its own: columns from what nothing refers to, to what refers to nothing.
    pub fn to_svg(&self) -> String {
        let (w, h, gap_x, gap_y, margin) = (250usize, 34usize, 120usize, 16usize, 24usize);
        let p = self.picture();
        let column = p.columns();
        let mut row_of = vec![0; p.nodes.len()];
        let mut rows: BTreeMap<usize, usize> = BTreeMap::new();
        for (i, c) in column.iter().enumerate() {
            let row = rows.entry(*c).or_default();
            row_of[i] = *row;
            *row += 1;
        }
        let place = |i: usize| (margin + column[i] * (w + gap_x), margin + row_of[i] * (h + gap_y));
        let columns = rows.len().max(1);
        let tallest = rows.values().copied().max().unwrap_or(1);
        let width = 2 * margin + columns * w + (columns - 1) * gap_x;
        let height = 2 * margin + tallest * h + (tallest - 1) * gap_y;
        let mut out = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {width} {height}\" \
             font-family=\"sans-serif\" font-size=\"12\">\n<defs><marker id=\"a\" viewBox=\"0 0 8 8\" refX=\"8\" refY=\"4\" \
             markerWidth=\"7\" markerHeight=\"7\" orient=\"auto\"><path d=\"M0 0 8 4 0 8z\" fill=\"context-stroke\"/></marker></defs>\n\
             <rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n"
        );
        for (from, to, word, broken) in &p.arrows {
            let ((x1, y1), (x2, y2)) = (place(*from), place(*to));
            let forward = x2 > x1;
            let (x1, x2) = if forward { (x1 + w, x2) } else { (x1, x2 + w) };
            let (y1, y2) = (y1 + h / 2, y2 + h / 2);
            let bend = if forward { (x2 - x1) / 2 } else { gap_x / 2 };
            let (c1, c2) = if forward { (x1 + bend, x2 - bend) } else { (x1.saturating_sub(bend), x2 + bend) };
            let colour = if *broken { "#c00" } else { "#667" };
            let _ = writeln!(
                out,
                "<path d=\"M{x1} {y1}C{c1} {y1} {c2} {y2} {x2} {y2}\" fill=\"none\" stroke=\"{colour}\" marker-end=\"url(#a)\"><title>{word}</title></path>"
            );
            let _ = writeln!(
                out,
                "<text x=\"{}\" y=\"{}\" fill=\"{colour}\" font-size=\"9\" text-anchor=\"middle\">{word}</text>",
                (x1 + x2) / 2,
                (y1 + y2) / 2 - 3
            );
        }
        for (i, node) in p.nodes.iter().enumerate() {
            let (x, y) = place(i);
            let (stroke, dash) = match node.state {
                State::Here => ("#335", ""),
                State::Elsewhere => ("#889", " stroke-dasharray=\"4 3\""),
                State::Missing => ("#c00", " stroke-dasharray=\"4 3\""),
            };
            let _ = writeln!(
                out,
                "<rect x=\"{x}\" y=\"{y}\" width=\"{w}\" height=\"{h}\" rx=\"4\" fill=\"#f6f7fb\" stroke=\"{stroke}\"{dash}/>"
            );
            let short = shorten(&node.label, 38);
            let (label, whole) = (escape(&short), escape(&node.label));
            let _ = writeln!(
                out,
                "<text x=\"{}\" y=\"{}\" text-anchor=\"middle\" fill=\"{stroke}\">{label}<title>{whole}</title></text>",
                x + w / 2,
                y + h / 2 + 4
            );
        }
        out + "</svg>\n"
    }
}

fn is_broken(edge: &Edge) -> bool {
    matches!(edge.to, Target::Missing(..))
}

impl Picture {
    /// The column of every box: one more than that of whatever refers to it, loops aside.
    fn columns(&self) -> Vec<usize> {
        let mut column = vec![0; self.nodes.len()];
        // Each round moves boxes one column on; more rounds than boxes only loops would need.
        for _ in 0..self.nodes.len().min(12) {
            let mut moved = false;
            for (from, to, ..) in &self.arrows {
                if column[*to] <= column[*from] && column[*from] < 12 {
                    column[*to] = column[*from] + 1;
                    moved = true;
                }
            }
            if !moved {
                break;
            }
        }
        // Columns that a loop left empty go.
        let used: BTreeSet<usize> = column.iter().copied().collect();
        column.iter().map(|c| used.iter().position(|u| u == c).unwrap_or(0)).collect()
    }
}

fn shorten(text: &str, most: usize) -> String {
    if text.chars().count() <= most { text.to_owned() } else { text.chars().take(most - 1).chain(['…']).collect() }
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
