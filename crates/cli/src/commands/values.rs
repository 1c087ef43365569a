//! The flags that set values, shared by all commands that render.

use pintle_core::ahead::Ahead;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use pintle_core::release::Schemas;
use pintle_core::{Compat, DataMap, Error, LoadOptions, Values, ValuesFile, ValuesOptions};
use pintle_files::{TEXT, read, work_tree};

use crate::io;

#[derive(clap::Args, Default)]
#[cfg_attr(test, derive(Debug))]
// Every command has arguments, and clap names a group after their type.
#[group(skip)]
#[command(next_help_heading = "Values")]
pub struct Args {
    /// A file of values; `-` is standard input. Later files win; commas separate files
    #[arg(short = 'f', long = "values", value_name = "FILE")]
    pub files: Vec<String>,
    // Keys may begin with a hyphen; Helm takes the next argument whatever it is.
    /// Set values: `a.b=1,c[0]=x,d={y,z}`; `null` removes
    #[arg(long, value_name = "KEY=VALUE", allow_hyphen_values = true)]
    pub set: Vec<String>,
    /// Set text: `a.b=001`
    #[arg(long, value_name = "KEY=VALUE", allow_hyphen_values = true)]
    pub set_string: Vec<String>,
    /// Set JSON: `a.b={"c":1}`, or a whole object
    #[arg(long, value_name = "KEY=JSON", allow_hyphen_values = true)]
    pub set_json: Vec<String>,
    /// Set the text of a file: `a.b=path`
    #[arg(long, value_name = "KEY=FILE", allow_hyphen_values = true)]
    pub set_file: Vec<String>,
    /// Set text as it is, commas and all
    #[arg(long, value_name = "KEY=TEXT", allow_hyphen_values = true)]
    pub set_literal: Vec<String>,
}

impl Args {
    /// Reads the files and merges everything in Helm's order.
    pub fn merge(&self, compat: Compat) -> Result<Values, Error> {
        self.options()?.merge(compat, &io::read_values)
    }

    /// Reads the files.
    pub fn options(&self) -> Result<ValuesOptions, Error> {
        let mut files = Vec::new();
        for name in self.files.iter().flat_map(|f| split_commas(f)) {
            let text = io::read_values(&name).map_err(|e| Error::new(&pintle_core::rules::FILE_READ, e))?;
            files.push(ValuesFile::new(name, text));
        }
        Ok(ValuesOptions {
            data: DataMap::new(),
            files,
            json: self.set_json.clone(),
            set: self.set.clone(),
            strings: self.set_string.clone(),
            set_files: self.set_file.clone(),
            literals: self.set_literal.clone(),
        })
    }
}

/// A list in one argument, as pflag's `StringSlice` reads it: CSV, so a quoted comma doesn't split.
pub fn split_commas(text: &str) -> Vec<String> {
    let mut out = vec![String::new()];
    let mut chars = text.chars().peekable();
    let mut quoted = false;
    while let Some(c) = chars.next() {
        let current = out.len() - 1;
        match c {
            '"' if quoted && chars.peek() == Some(&'"') => {
                chars.next();
                out[current].push('"');
            }
            '"' if quoted || out[current].is_empty() => quoted = !quoted,
            ',' if !quoted => out.push(String::new()),
            c => out[current].push(c),
        }
    }
    if out.len() == 1 && out[0].is_empty() { Vec::new() } else { out }
}

/// Where links of a chart may lead: below `root`, or below the Git work tree around the chart.
pub fn load_options(chart: &Path, root: Option<&Path>, compat: Compat) -> LoadOptions {
    LoadOptions {
        root: root.map(Path::to_owned).or_else(|| work_tree(chart)),
        compat,
        on_demand: true,
        ahead: Ahead::on(),
        ..LoadOptions::default()
    }
}

/// Answers a schema's references by URL from a folder, if there is one.
pub fn schemas(dir: Option<&Path>) -> Schemas {
    let Some(dir) = dir.map(Path::to_owned) else { return pintle_core::Options::default().schemas };
    Arc::new(move |url| {
        let path = url.split_once("://").map_or(url, |(_, rest)| rest);
        let path = path.split(['?', '#']).next().unwrap_or(path);
        let plain = |p: &&str| !p.is_empty() && *p != "." && *p != "..";
        let whole: PathBuf = path.split('/').filter(plain).collect();
        let name = path.rsplit('/').next().filter(plain).unwrap_or("");
        let found = [dir.join(whole), dir.join(name)].into_iter().find(|p| p.is_file());
        let file = found.ok_or_else(|| format!("{url}: no such schema in {}", dir.display()))?;
        read::file(&file, TEXT).map_err(|e| format!("{}: {e}", file.display()))
    })
}
