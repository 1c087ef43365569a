//! The values that an application's parameters give: files, tables and settings, in the order in which they win.

use std::path::{Path, PathBuf};

use pintle_core::project::discover;
use pintle_core::{Data, DataMap, Error, ValuesFile, ValuesOptions};
use pintle_value::json;
use pintle_yaml::Tree;

use crate::Application;
use crate::parameters::{Given, VALUE};
use crate::paths::is_glob;
use crate::rules;

/// Files of values, and where more of them would be.
pub struct Files {
    /// Those that are there, the strongest last.
    pub files: Vec<PathBuf>,
    /// What would be one if it were there: missing files, and the folders of globs.
    pub watched: Vec<PathBuf>,
}

/// The files of the environment (for a chart without a pintle.yaml) and of `value-files`. Paths and globs as in Argo CD's own Helm support
/// (`getResolvedValueFiles`): substituted, relative to the application's folder, `/` for the root, a missing one an error unless asked.
pub fn files(app: &Application, chart: Option<&Path>) -> Result<Files, Error> {
    let mut out = Files { files: Vec::new(), watched: Vec::new() };
    if let (Some(chart), Some(environment)) = (chart, app.parameters.text("environment")?) {
        let file = discover::environment_values(chart, environment)?;
        out.files.push(app.paths.inside(&file, &file.display().to_string())?);
    }
    let ignore = app.parameters.switch("ignore-missing-value-files")?.unwrap_or(false);
    for name in app.parameters.list("value-files")?.unwrap_or_default() {
        let name = app.environment.substitute(&name);
        let found = app.paths.glob(&name)?;
        if is_glob(&name) {
            let path = app.paths.named(&name)?;
            let fixed = path.ancestors().find(|p| !is_glob(&p.to_string_lossy())).map(Path::to_owned);
            out.watched.extend(fixed.filter(|p| p.starts_with(app.paths.root.folder())));
        } else if found.is_empty() {
            out.watched.push(app.paths.named(&name)?);
        }
        if found.is_empty() && !ignore {
            return Err(Error::new(&rules::CMP_ABSENT, format!("value file {name} doesn't exist")));
        }
        for file in found {
            let real = app.paths.inside(&file, &app.paths.shown(&file))?;
            // A file that a glob names again keeps its place.
            if !(is_glob(&name) && out.files.contains(&real)) {
                out.files.push(real);
            }
        }
    }
    Ok(out)
}

/// The files that `set-file` names.
pub fn set_files(app: &Application) -> Result<Vec<PathBuf>, Error> {
    let pairs = app.parameters.pairs("set-file")?;
    let paths = pairs.iter().filter_map(|pair| pair.split_once('=')).map(|(_, path)| app.environment.substitute(path));
    paths.map(|path| inside(app, &path)).collect()
}

/// The snapshot of a cluster that the parameter `cluster` names.
pub fn snapshot_file(app: &Application) -> Result<Option<PathBuf>, Error> {
    named(app, "cluster")
}

/// The folder with a kustomization that the parameter `overlay` names.
pub fn overlay_folder(app: &Application) -> Result<Option<PathBuf>, Error> {
    named(app, "overlay")
}

/// The file or folder of the repository that a parameter names.
fn named(app: &Application, parameter: &str) -> Result<Option<PathBuf>, Error> {
    let Some(path) = app.parameters.text(parameter)? else { return Ok(None) };
    let path = app.environment.substitute(path);
    inside(app, &path).map(Some).map_err(|e| e.wrap(format_args!("parameter {parameter}: ")))
}

/// Everything, read. `defaults` are the chart's own values: they decide of which kind a text is.
pub fn options(app: &Application, chart: Option<&Path>, defaults: &DataMap) -> Result<ValuesOptions, Error> {
    let mut given = Vec::new();
    for file in files(app, chart)?.files {
        let name = app.paths.shown(&file);
        let text = app.paths.text(&file, &name)?;
        if let Ok(Some(tree)) = Tree::parse(&text)
            && let Ok(Data::Map(values)) = tree.to_data()
        {
            app.secrets.of_values(&values);
        }
        given.push(ValuesFile::new(name, text));
    }
    for (name, values) in [("parameter values", table(app)?), ("parameters", own(app, defaults)?)] {
        if !values.is_empty() {
            app.secrets.of_values(&values);
            let text = json::to_string(&Data::Map(values))
                .map_err(|_| Error::new(&pintle_core::rules::VALUES_TYPE, "values that JSON can't hold"))?;
            given.push(ValuesFile::new(name, text.into_bytes()));
        }
    }
    let substituted =
        |name| Ok::<_, Error>(app.parameters.pairs(name)?.iter().map(|p| app.environment.substitute(p)).collect::<Vec<_>>());
    Ok(ValuesOptions {
        files: given,
        set: substituted("set")?,
        strings: substituted("set-string")?,
        set_files: substituted("set-file")?,
        ..ValuesOptions::default()
    })
}

/// Reads what `set-file` names.
pub fn read_file(app: &Application, path: &str) -> Result<Vec<u8>, String> {
    let file = app.paths.named(path).and_then(|file| app.paths.text(&file, path));
    file.map_err(|e| e.to_string())
}

fn inside(app: &Application, path: &str) -> Result<PathBuf, Error> {
    app.paths.inside(&app.paths.named(path)?, path)
}

/// The parameter `values`: a map of paths and their YAML, or the YAML of all in one text.
fn table(app: &Application) -> Result<DataMap, Error> {
    let mut out = DataMap::new();
    match app.parameters.get("values") {
        None => {}
        Some(Given::Map(map)) => {
            for (path, text) in map {
                put(&mut out, path, yaml(path, &app.environment.substitute(text))?)?;
            }
        }
        Some(Given::Text(text)) => match yaml("values", &app.environment.substitute(text))? {
            Data::Map(map) => out = map,
            Data::Null => {}
            _ => return Err(Error::new(&rules::CMP_PARAMETER, "parameter values is a map")),
        },
        Some(Given::List(_)) => return Err(Error::new(&rules::CMP_PARAMETER, "parameter values is a map")),
    }
    Ok(out)
}

/// The chart's own values as parameters (`values.image.tag`). Argo CD knows texts only: the default says what a text means.
fn own(app: &Application, defaults: &DataMap) -> Result<DataMap, Error> {
    let mut out = DataMap::new();
    for (name, given) in app.parameters.iter() {
        let Some(path) = name.strip_prefix(VALUE) else { continue };
        let default =
            split(path).iter().try_fold(None::<&Data>, |at, key| at.map_or_else(|| defaults.get(key), |d| d.get(key)).map(Some));
        let default = default.flatten();
        let typed = |text: &str, like: Option<&Data>| {
            let text = app.environment.substitute(text);
            match like {
                Some(Data::String(_)) => Ok(Data::String(text)),
                _ => yaml(name, &text),
            }
        };
        let value = match given {
            Given::Text(text) => typed(text, default)?,
            Given::List(list) => {
                let like = default.and_then(Data::as_list).and_then(<[Data]>::first);
                Data::List(list.iter().map(|item| typed(item, like)).collect::<Result<_, Error>>()?)
            }
            Given::Map(map) => {
                // An annotation or a label is text, whatever it looks like, unless its neighbours are of another kind.
                let text = Data::String(String::new());
                let like = |key: &String| {
                    let map = default.and_then(Data::as_map);
                    map.and_then(|m| m.get(key)).or_else(|| map.and_then(|m| m.values().next())).or(Some(&text))
                };
                let pair = |(k, v): (&String, &String)| Ok((k.clone(), typed(v, like(k))?));
                Data::Map(map.iter().map(pair).collect::<Result<_, Error>>()?)
            }
        };
        put(&mut out, path, value)?;
    }
    Ok(out)
}

/// YAML's value of a text. The text isn't repeated: it may be a secret.
fn yaml(name: &str, text: &str) -> Result<Data, Error> {
    let failed =
        |e: pintle_yaml::Error| Error::new(&rules::CMP_PARAMETER, format!("parameter {name} isn't valid YAML: {}", e.message));
    match Tree::parse(text.as_bytes()).map_err(failed)? {
        None => Ok(Data::Null),
        Some(tree) => tree.to_data().map_err(failed),
    }
}

/// The keys of a path; a backslash before a dot keeps it, as with `--set`.
pub fn split(path: &str) -> Vec<String> {
    let mut keys = vec![String::new()];
    let mut chars = path.chars();
    while let Some(c) = chars.next() {
        let last = keys.len() - 1;
        match c {
            '\\' => keys[last].extend(chars.next()),
            '.' => keys.push(String::new()),
            c => keys[last].push(c),
        }
    }
    keys
}

/// A key as a part of a path.
pub fn escape(key: &str) -> String {
    key.replace('\\', "\\\\").replace('.', "\\.")
}

fn put(out: &mut DataMap, path: &str, value: Data) -> Result<(), Error> {
    let keys = split(path);
    let (last, parents) = keys.split_last().map_or(("", &[][..]), |(last, parents)| (last.as_str(), parents));
    let mut at = out;
    for key in parents {
        let next = at.entry(key.clone()).or_insert_with(|| Data::Map(DataMap::new()));
        at = next
            .as_map_mut()
            .ok_or_else(|| Error::new(&rules::CMP_PARAMETER, format!("{path}: {key} is set as a whole, too")))?;
    }
    if let (Some(Data::Map(old)), Data::Map(new)) = (at.get_mut(last), &value) {
        old.extend(new.clone());
        return Ok(());
    }
    at.insert(last.to_owned(), value);
    Ok(())
}
