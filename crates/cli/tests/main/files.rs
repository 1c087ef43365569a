//! What the program does with files, in repositories and charts of strangers: it reads nothing outside of them, hangs on nothing, writes
//! through no link, and what it writes is old or new, whatever ends it.

use std::fs;
use std::os::unix::fs::symlink;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use crate::case::{self, Case, pintle};

const REPOSITORY: &str = "-- pintle.yaml --
output: rendered
releases:
  web:
    chart: charts/web
    values: [values.yaml]
    environments: [dev, prod]
-- values.yaml --
a: one
-- charts/web/Chart.yaml --
apiVersion: v2
name: web
version: 1.0.0
-- charts/web/values.yaml --
a: none
size: 1
-- charts/web/templates/a.yaml --
apiVersion: v1
kind: ConfigMap
metadata:
  name: web
data:
  a: {{ repeat (int .Values.size) .Values.a }}
";

/// A folder with a file of the user's and a repository of a stranger's.
fn stranger(name: &str) -> (PathBuf, PathBuf) {
    let folder = case::folder(&format!("files-{name}"));
    let repo = folder.join("repo");
    Case::parse(REPOSITORY.as_bytes()).lay_out(&repo);
    fs::create_dir(repo.join(".git")).unwrap();
    case::write(&folder.join("victim"), b"secret: hunter2\n");
    (folder.canonicalize().unwrap(), repo.canonicalize().unwrap())
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// Standard error of a command that must fail in time, print nothing and show nothing of the user's file.
fn fails(folder: &Path, line: &str) -> String {
    let start = Instant::now();
    let output = pintle(folder, line, &[]);
    let said = text(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{line}: {said}");
    assert!(output.stdout.is_empty(), "{line}: {}", text(&output.stdout));
    assert!(!said.contains("hunter2"), "{line}: {said}");
    assert!(start.elapsed() < Duration::from_secs(10), "{line} took {:?}", start.elapsed());
    said
}

fn succeeds(folder: &Path, line: &str) -> String {
    let output = pintle(folder, line, &[]);
    assert!(output.status.success(), "{line}: {}", text(&output.stderr));
    text(&output.stdout)
}

/// Runs a line of a shell, in which `pintle` is the program.
fn shell(folder: &Path, script: &str) -> Output {
    let pintle = format!("pintle() {{ '{}' \"$@\"; }}\n{script}", env!("CARGO_BIN_EXE_pintle"));
    let mut command = Command::new("/bin/bash");
    command.current_dir(folder).env_clear().env("PATH", std::env::var_os("PATH").unwrap_or_default());
    command.args(["-c", &pintle]).stdin(Stdio::null()).output().unwrap()
}

fn pipe(path: &Path) {
    assert!(Command::new("mkfifo").arg(path).status().unwrap().success());
}

fn sparse(path: &Path) {
    fs::File::create(path).unwrap().set_len(2 << 30).unwrap();
}

/// The files below a folder that aren't finished.
fn unfinished(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.file_name().unwrap().to_string_lossy().contains("pintle-new") {
            found.push(path);
        } else if path.is_dir() && !path.is_symlink() {
            found.extend(unfinished(&path));
        }
    }
    found
}

#[test]
fn files_that_hang_or_have_no_end_are_refused() {
    let (_, repo) = stranger("kinds");
    let places = [
        ("charts/web/.helmignore", "template charts/web"),
        ("charts/web/Chart.yaml", "template charts/web"),
        ("charts/web/values.yaml", "render --env prod"),
        ("charts/web/more.txt", "template charts/web"),
        ("charts/web/charts/x.tgz", "template charts/web"),
        ("charts/web/values.schema.json", "template charts/web"),
        ("values.yaml", "render --env prod"),
        ("pintle.yaml", "render --env prod"),
        ("overlay/kustomization.yaml", "build overlay"),
        ("overlay/in.yaml", "build overlay"),
        ("manifests/a.yaml", "validate manifests"),
        ("manifests/a.yaml", "diff manifests charts"),
        ("charts/web/values.yaml", "cmp generate charts/web"),
    ];
    for (path, command) in places {
        case::write(&repo.join("overlay/kustomization.yaml"), b"configMapGenerator: [{name: a, files: [in.yaml]}]\n");
        case::write(&repo.join("overlay/in.yaml"), b"a: b\n");
        let file = repo.join(path);
        let old = fs::read(&file).ok();
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        for kind in ["pipe", "zero", "sparse"] {
            let _ = fs::remove_file(&file);
            match kind {
                "pipe" => pipe(&file),
                "zero" => symlink("/dev/zero", &file).unwrap(),
                _ => sparse(&file),
            }
            let start = Instant::now();
            // As much memory as the program takes for anything, and no more.
            let output =
                shell(&repo, &format!("ulimit -v 1500000; timeout -s KILL 20 '{}' {command}", env!("CARGO_BIN_EXE_pintle")));
            let said = text(&output.stderr);
            let code = output.status.code().unwrap_or(-1);
            // A pipe among manifests is no manifest; everything else is an error.
            let is_skipped = command.starts_with("validate") && kind != "sparse";
            assert!(code == 1 || code == 2 || is_skipped && code == 0, "{kind} {path}: {code} {said}");
            assert!(start.elapsed() < Duration::from_secs(10), "{kind} {path} took {:?}", start.elapsed());
        }
        fs::remove_file(&file).unwrap();
        if let Some(old) = old {
            fs::write(&file, old).unwrap();
        }
    }
}

#[test]
fn what_the_user_names_may_be_a_pipe() {
    let (_, repo) = stranger("pipes");
    let output = shell(&repo, "pintle template charts/web -f <(echo a: two)");
    assert!(text(&output.stdout).contains("a: two"), "{}", text(&output.stderr));
    let output = shell(&repo, "echo a: three | pintle template charts/web -f -");
    assert!(text(&output.stdout).contains("a: three"), "{}", text(&output.stderr));
    let output =
        shell(&repo, "pintle validate <(pintle template charts/web) && pintle diff <(echo) <(pintle template charts/web)");
    assert!(output.status.success(), "{}", text(&output.stderr));
    let said = fails(&repo, "template charts/web -f /dev/zero");
    assert!(said.contains("is larger than the limit of 256 MiB"), "{said}");
}

#[test]
fn paths_of_pintle_yaml_stay_in_the_repository() {
    let (folder, repo) = stranger("project");
    let outside = folder.join("outside");
    for (path, content) in [
        ("outside/chart/Chart.yaml", "apiVersion: v2\nname: x\nversion: 1.0.0\n"),
        ("outside/overlay/kustomization.yaml", "resources: [a.yaml]\n"),
        ("outside/overlay/a.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: hunter2}\n"),
    ] {
        case::write(&folder.join(path), content.as_bytes());
    }
    symlink("../victim", repo.join("linked.yaml")).unwrap();
    symlink("../outside", repo.join("linked")).unwrap();
    case::write(&repo.join("bases/kustomization.yaml"), b"resources: [../../outside/overlay]\n");
    case::write(&repo.join("generated/kustomization.yaml"), b"configMapGenerator: [{name: a, files: [in]}]\n");
    symlink("../../victim", repo.join("generated/in")).unwrap();
    case::write(&repo.join(".git/config"), b"secret: hunter2\n");
    case::write(
        &repo.join("inflated/kustomization.yaml"),
        b"helmGlobals: {chartHome: ../../outside}\nhelmCharts: [{name: chart}]\n",
    );
    let shown = outside.display();
    for fields in [
        "chart: charts/web, values: [../victim]".to_owned(),
        format!("chart: charts/web, values: [{}]", folder.join("victim").display()),
        "chart: charts/web, values: [linked.yaml]".to_owned(),
        "chart: charts/web, values: [.git/config]".to_owned(),
        "chart: ../outside/chart".to_owned(),
        format!("chart: {shown}/chart"),
        "chart: linked/chart".to_owned(),
        "kustomization: ../outside/overlay".to_owned(),
        "kustomization: linked/overlay".to_owned(),
        "kustomization: bases".to_owned(),
        "kustomization: generated".to_owned(),
        "kustomization: inflated".to_owned(),
        "chart: charts/web, overlay: {patches: [{path: ../victim}]}".to_owned(),
        "chart: charts/web, overlay: {resources: [../outside/overlay]}".to_owned(),
        "chart: charts/web, overlay: {configMapGenerator: [{name: a, files: [linked.yaml]}]}".to_owned(),
    ] {
        let project = format!("releases: {{web: {{environments: [prod], {fields}}}}}\n");
        case::write(&repo.join("pintle.yaml"), project.as_bytes());
        let said = fails(&repo, "render");
        assert!(
            ["leads out of", "leads into .git", "security;", "no chart found"].iter().any(|why| said.contains(why)),
            "{fields}: {said}"
        );
    }
    // A flag lets it out.
    case::write(&repo.join("pintle.yaml"), b"releases: {web: {environments: [prod], kustomization: ../outside/overlay}}\n");
    assert!(succeeds(&repo, "render --root ..").contains("ConfigMap"));
}

#[test]
fn the_output_of_pintle_yaml_stays_in_the_repository() {
    let (folder, repo) = stranger("output");
    let project = fs::read_to_string(repo.join("pintle.yaml")).unwrap();
    symlink("..", repo.join("up")).unwrap();
    fs::create_dir(folder.join("elsewhere")).unwrap();
    symlink("../elsewhere", repo.join("linked")).unwrap();
    let absolute = folder.join("absolute").display().to_string();
    for output in ["../out", &absolute, "up/out", "linked", "linked/out", ".git/hooks"] {
        case::write(&repo.join("pintle.yaml"), project.replace("output: rendered", &format!("output: {output}")).as_bytes());
        fails(&repo, "render --all");
    }
    // Links of the repository lead nobody out either who names them with a flag.
    case::write(&repo.join("pintle.yaml"), project.as_bytes());
    for dir in ["up/out", "linked", "linked/out", "./linked/", ".git/x"] {
        fails(&repo, &format!("render --all --output-dir {dir}"));
        fails(&repo, &format!("render charts/web --output-dir {dir}"));
        fails(&repo, &format!("template charts/web --output-dir {dir}"));
        fails(&repo, &format!("build nothing --output {dir}/a.yaml"));
    }
    assert_eq!(fs::read_dir(&folder).unwrap().count(), 3);
    assert_eq!(fs::read_dir(folder.join("elsewhere")).unwrap().count(), 0);
    // Their real names do.
    succeeds(&repo, &format!("render --all --output-dir {absolute}"));
    assert!(folder.join("absolute/prod/web.yaml").exists());
}

#[test]
fn nothing_is_written_through_links() {
    let (folder, repo) = stranger("links");
    let victim = folder.join("victim");
    fs::create_dir_all(repo.join("rendered/prod")).unwrap();
    // The name that a file once had before it was finished.
    symlink("../../../victim", repo.join("rendered/prod/web.yaml.pintle-new")).unwrap();
    symlink("../../victim", repo.join("rendered/.pintle-rendered.pintle-new")).unwrap();
    succeeds(&repo, "render --all");
    fs::remove_dir_all(repo.join("rendered")).unwrap();
    for (link, target, command) in [
        ("rendered/prod/web.yaml", "../../../victim", "render --all"),
        ("rendered/.pintle-rendered", "../../victim", "render --all"),
        ("rendered/dev", "../..", "render --all"),
        ("rendered", "..", "render --all"),
        ("made/web/templates/a.yaml", "../../../../victim", "template charts/web --output-dir made"),
        ("made/web", "../..", "template charts/web --output-dir made"),
        ("made/web/templates/a.yaml", "../../../../victim", "render charts/web --output-dir made"),
        ("overlays/out.yaml", "../../victim", "build overlays/x --output overlays/out.yaml"),
        ("umbrella/charts", "../..", "dependency build umbrella"),
        ("umbrella/charts/web-1.0.0.tgz", "../../../victim", "dependency build umbrella"),
        ("fresh/pintle.yaml", "../../victim", "init --force fresh"),
        ("fresh/pintle.yaml", "../../absent", "init fresh"),
        ("shop", "../shop", "init --jinja shop"),
        ("lookups.yaml", "../victim", "template charts/web --cluster cluster.yaml --record-lookups lookups.yaml"),
    ] {
        case::write(&repo.join("overlays/x/kustomization.yaml"), b"configMapGenerator: [{name: a, literals: [a=b]}]\n");
        case::write(
            &repo.join("umbrella/Chart.yaml"),
            b"apiVersion: v2\nname: u\nversion: 1.0.0\ndependencies: [{name: web, version: 1.0.0, repository: 'file://../charts/web'}]\n",
        );
        case::write(&repo.join("fresh/chart/Chart.yaml"), b"apiVersion: v2\nname: web\nversion: 1.0.0\n");
        case::write(&repo.join("cluster.yaml"), b"kind: ClusterSnapshot\n");
        case::link(&repo.join(link), target);
        // What was rendered is printed before lookups are written.
        let output = shell(&repo, &format!("pintle {command} > /dev/null"));
        let said = text(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{command}: {said}");
        assert!(said.contains("symbolic link") || said.contains("leads out of"), "{command}: {said}");
        assert_eq!(fs::read(&victim).unwrap(), b"secret: hunter2\n", "{command}");
        let mut here: Vec<_> = fs::read_dir(&folder).unwrap().map(|e| e.unwrap().file_name()).collect();
        here.sort();
        assert_eq!(here, ["repo", "victim"], "{command}");
        for made in ["rendered", "made", "umbrella/charts", link] {
            let path = repo.join(made);
            let _ = if path.is_symlink() { fs::remove_file(&path) } else { fs::remove_dir_all(&path) };
        }
    }
}

#[test]
fn a_list_removes_only_what_was_written() {
    let (_, repo) = stranger("list");
    case::write(&repo.join("src/main.rs"), b"fn main() {}\n");
    let out = repo.join("rendered");
    let digest = "0".repeat(64);
    case::write(
        &out.join(".pintle-rendered"),
        format!("dev/old.yaml\n{digest}  dev/older.yaml\n{digest}  dev/gone.yaml\n").as_bytes(),
    );
    case::write(&out.join("dev/old.yaml"), b"of an older list\n");
    case::write(&out.join("dev/older.yaml"), b"changed by hand\n");
    let output = pintle(&repo, "render --all", &[]);
    let said = text(&output.stderr);
    assert!(
        output.status.success() && said.contains("dev/old.yaml isn't what .pintle-rendered says was written, and stays"),
        "{said}"
    );
    assert!(out.join("dev/old.yaml").exists() && out.join("dev/older.yaml").exists());
    let list = fs::read_to_string(out.join(".pintle-rendered")).unwrap();
    assert!(list.contains("dev/old.yaml\n") && list.contains("  dev/older.yaml\n") && !list.contains("gone"), "{list}");
    // What was written goes, also after a run that was ended in between.
    let project = fs::read_to_string(repo.join("pintle.yaml")).unwrap();
    case::write(&repo.join("pintle.yaml"), project.replace("[dev, prod]", "[prod]").as_bytes());
    let said = text(&pintle(&repo, "render --all", &[]).stderr);
    assert!(said.contains("removed ") && !out.join("dev/web.yaml").exists() && out.join("dev/old.yaml").exists(), "{said}");
    // A list of the repository's own making.
    case::write(&repo.join("pintle.yaml"), project.replace("output: rendered", "output: .").as_bytes());
    case::write(&repo.join(".pintle-rendered"), format!("src/main.rs\n{digest}  values.yaml\n").as_bytes());
    succeeds(&repo, "render --all");
    assert!(repo.join("src/main.rs").exists() && repo.join("values.yaml").exists());
}

#[test]
fn git_is_no_part_of_a_chart() {
    let (_, repo) = stranger("git-files");
    let chart = repo.join("charts/web");
    case::write(&chart.join(".git/config"), b"token\n");
    case::write(&chart.join("sub/.git"), b"gitdir: elsewhere\n");
    case::write(&chart.join(".github/a.yaml"), b"kept\n");
    case::write(
        &chart.join("templates/a.yaml"),
        b"a: {{ range $p, $_ := .Files.Glob \"**\" }}{{ $p }},{{ end }}{{ .Files.Get \".git/config\" }}\n",
    );
    assert!(succeeds(&repo, "template charts/web").contains("a: .github/a.yaml,\n"));
    symlink(".git", chart.join("linked")).unwrap();
    assert!(fails(&repo, "template charts/web").contains("leads into .git"));
}

/// Runs of `render --all`, killed at any moment: files are old or new. `PINTLE_KILLS` says how many, 20 by default.
#[test]
fn a_killed_run_leaves_old_files_or_new_ones() {
    let (_, repo) = stranger("kill");
    let kills = std::env::var("PINTLE_KILLS").ok().and_then(|n| n.parse().ok()).unwrap_or(20);
    let project = fs::read_to_string(repo.join("pintle.yaml")).unwrap();
    case::write(&repo.join("pintle.yaml"), project.replace("[dev, prod]", "[a, b, c, d, e, f, g, h]").as_bytes());
    let run = |value: &str| {
        case::write(&repo.join("values.yaml"), format!("a: {value}\nsize: 200000\n").as_bytes());
        let mut command = Command::new(env!("CARGO_BIN_EXE_pintle"));
        command.current_dir(&repo).args(["render", "--all"]).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
    };
    let start = Instant::now();
    assert!(run("xx").wait().unwrap().success());
    let whole = start.elapsed();
    let content = |value: &str| fs::read(repo.join("rendered/a/web.yaml")).map(|text| (value.to_owned(), text)).unwrap();
    let x = content("xx").1;
    assert!(run("zz").wait().unwrap().success());
    let y = content("zz").1;
    let mut killed = 0;
    for n in 0..kills {
        let mut child = run(if n % 2 == 0 { "xx" } else { "zz" });
        // All moments of a run, the last ones more often: there it writes.
        std::thread::sleep(whole.mul_f64(f64::from(n % 20 + 1) / 20.0));
        let _ = child.kill();
        killed += u32::from(child.wait().unwrap().signal() == Some(9));
        for env in ["a", "b", "c", "d", "e", "f", "g", "h"] {
            let text = fs::read(repo.join(format!("rendered/{env}/web.yaml"))).unwrap();
            assert!(text == x || text == y, "{n}: {env} has {} bytes", text.len());
        }
    }
    assert!(killed > 0, "no run lasted long enough to be killed");
    assert!(run("xx").wait().unwrap().success());
    assert_eq!(unfinished(&repo), [""; 0].map(PathBuf::from));
    // Beside files that stay as they are, too.
    case::write(&repo.join("rendered/a/.pintle-new-0123456789abcdef"), b"half");
    assert!(run("xx").wait().unwrap().success());
    assert_eq!(unfinished(&repo), [""; 0].map(PathBuf::from));
    // The list knows them all: without the releases all of them go.
    case::write(&repo.join("pintle.yaml"), project.as_bytes());
    succeeds(&repo, "render --all");
    assert!(!repo.join("rendered/a").exists() && repo.join("rendered/prod/web.yaml").exists());
}

#[test]
fn two_runs_at_once_take_turns() {
    let (_, repo) = stranger("twice");
    let run = |value: &str| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_pintle"));
        command.current_dir(&repo).args(["render", "--all", "--set", &format!("a={value},size=100000")]);
        command.stderr(Stdio::piped()).spawn().unwrap()
    };
    for _ in 0..5 {
        let both = [run("x"), run("z")];
        for child in both {
            let output = child.wait_with_output().unwrap();
            assert!(output.status.success(), "{}", text(&output.stderr));
        }
        for env in ["dev", "prod"] {
            let text = fs::read_to_string(repo.join(format!("rendered/{env}/web.yaml"))).unwrap();
            let (x, z) = ("x".repeat(100_000), "z".repeat(100_000));
            assert!(text.contains(&x) != text.contains(&z) && text.len() < 101_000, "{} bytes", text.len());
        }
    }
    assert!(unfinished(&repo).is_empty());
}

#[test]
fn a_full_disk_is_an_error_that_names_the_file() {
    let (_, repo) = stranger("full");
    case::write(&repo.join("overlay/kustomization.yaml"), b"configMapGenerator: [{name: a, literals: [a=b]}]\n");
    case::write(&repo.join("cluster.yaml"), b"kind: ClusterSnapshot\n");
    case::write(
        &repo.join("umbrella/Chart.yaml"),
        b"apiVersion: v2\nname: u\nversion: 1.0.0\ndependencies: [{name: web, version: 1.0.0, repository: 'file://../charts/web'}]\n",
    );
    case::write(&repo.join("fresh/chart/Chart.yaml"), b"apiVersion: v2\nname: web\nversion: 1.0.0\n");
    for (command, named) in [
        ("render --all", "rendered/.pintle-rendered"),
        ("render --all --output-dir out", "out/.pintle-rendered"),
        ("render charts/web --output-dir out", "out/web/templates/a.yaml"),
        ("template charts/web --output-dir out", "out/web/templates/a.yaml"),
        ("build overlay --output out.yaml", "out.yaml"),
        ("build overlay --output umbrella", "umbrella/v1_configmap_a"),
        ("dependency build umbrella", "umbrella/charts/web-1.0.0.tgz"),
        ("helm dependency build umbrella", "umbrella/charts/web-1.0.0.tgz"),
        ("init fresh", "fresh/pintle.yaml"),
        ("init --jinja shop", "shop/.helmignore"),
        ("template charts/web --cluster cluster.yaml --record-lookups lookups.yaml", "lookups.yaml"),
    ] {
        // A file may have no bytes; pipes are no files.
        let output = shell(&repo, &format!("ulimit -f 0; pintle {command} | cat; exit ${{PIPESTATUS[0]}}"));
        let said = text(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{command}: {said}");
        assert!(said.contains("File too large") && said.contains(named), "{command}: {said}");
        assert!(unfinished(&repo).is_empty(), "{command}");
        assert!(!repo.join(named).exists() && !repo.join("shop").exists(), "{command}");
    }
}

#[test]
fn standard_output_that_cannot_be_written_is_an_error() {
    let (_, repo) = stranger("stdout");
    case::write(&repo.join("overlay/kustomization.yaml"), b"configMapGenerator: [{name: a, literals: [a=b]}]\n");
    let certificate = Path::new(env!("CARGO_MANIFEST_DIR")).join("../seal/tests/cert.pem");
    let seal = format!("seal --cert {} --scope cluster-wide --from-file values.yaml", certificate.display());
    for command in [
        "render --env prod",
        "render charts/web",
        "template charts/web",
        "build overlay",
        "graph charts/web",
        "diff --env dev prod --set a=b",
        "diff values.yaml pintle.yaml",
        "validate pintle.yaml",
        "dependency list umbrella",
        "init --print",
        "rules",
        "completions bash",
        "cmp config plugin",
        "cmp files",
        "helm version",
        "helm show values charts/web",
        "helm env",
        "helm completion bash",
        "--help",
        "--version",
        &seal,
    ] {
        case::write(
            &repo.join("umbrella/Chart.yaml"),
            b"apiVersion: v2\nname: u\nversion: 1.0.0\ndependencies: [{name: web, version: 1.0.0, repository: 'file://../charts/web'}]\n",
        );
        case::write(&repo.join("pintle.yaml"), b"releases: {web: {chart: charts/web, environments: [prod, dev]}}\n");
        let command = if command == "cmp files" { "cmp files charts/web" } else { command };
        let output = shell(&repo, &format!("pintle {command} > /dev/full"));
        let said = text(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{command}: {said}");
        assert!(said.contains("rror: writing to standard output: No space left on device"), "{command}: {said}");
        // Not even to a file that is open for reading only.
        let output = shell(&repo, &format!("pintle {command} 1< values.yaml"));
        assert_eq!(output.status.code(), Some(1), "{command}: {}", text(&output.stderr));
    }
    let output = shell(&repo, "set -o pipefail; pintle template charts/web --set size=1000000 | head -c 1");
    assert!(output.status.success() && output.stderr.is_empty(), "{}", text(&output.stderr));
}

/// Git with a repository's own configuration, and nothing of the user's.
fn git(repo: &Path, args: &[&str]) -> bool {
    let mut command = Command::new("git");
    command.current_dir(repo).env_clear().env("PATH", std::env::var_os("PATH").unwrap_or_default()).env("HOME", repo);
    let identity = ["-c", "user.name=t", "-c", "user.email=t@example.com", "-c", "commit.gpgsign=false"];
    command.args(identity).args(args).output().is_ok_and(|o| o.status.success())
}

#[test]
fn a_revision_is_read_without_running_anything_of_the_repository() {
    let (folder, repo) = stranger("revision");
    fs::remove_dir_all(repo.join(".git")).unwrap();
    case::write(&repo.join(".gitattributes"), b"*.yaml filter=evil ident\n");
    symlink("../victim", repo.join("linked.yaml")).unwrap();
    symlink("..", repo.join("up")).unwrap();
    symlink("values.yaml", repo.join("own.yaml")).unwrap();
    let project = "releases: {web: {chart: charts/web, values: [own.yaml], environments: [prod]}}\n";
    case::write(&repo.join("pintle.yaml"), project.as_bytes());
    if !git(&repo, &["init", "-q"]) {
        return; // There is no git here; what needs it can't be tried.
    }
    assert!(git(&repo, &["add", "-A"]) && git(&repo, &["commit", "-qm", "first"]));
    let ran = folder.join("ran");
    let evil = format!("touch {}", ran.display());
    case::write(&repo.join("hooks/post-checkout"), format!("#!/bin/sh\n{evil}\n").as_bytes());
    for hook in ["post-checkout", "post-index-change", "reference-transaction"] {
        let hook = repo.join(".git/hooks").join(hook);
        case::write(&hook, format!("#!/bin/sh\n{evil}\n").as_bytes());
        std::os::unix::fs::chown(&hook, None, None).unwrap();
        fs::set_permissions(&hook, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    }
    for (key, value) in [
        ("filter.evil.smudge", &*evil),
        ("filter.evil.process", &evil),
        ("core.fsmonitor", &evil),
        ("core.pager", &evil),
        ("core.alternateRefsCommand", &evil),
        ("diff.external", &evil),
        ("tar.tar.command", &evil),
    ] {
        assert!(git(&repo, &["config", key, value]));
    }
    case::write(&repo.join("values.yaml"), b"a: two\n");
    let run = |more: &str| shell(&repo, &format!("export TMPDIR='{}' {more}; pintle diff --git HEAD", folder.display()));
    let output = run("");
    assert!(text(&output.stdout).contains("-  a: one\n+  a: two\n"), "{}{}", text(&output.stdout), text(&output.stderr));
    // What the environment says of Git is of another repository.
    let output =
        run("GIT_DIR=/nowhere GIT_INDEX_FILE=/nowhere GIT_CONFIG_COUNT=1 GIT_CONFIG_KEY_0=core.bare GIT_CONFIG_VALUE_0=x");
    assert!(text(&output.stdout).contains("+  a: two\n"), "{}", text(&output.stderr));
    assert!(!ran.exists());
    // The folder of the revision is gone, and links out of it are no files of it.
    let mut here: Vec<_> = fs::read_dir(&folder).unwrap().map(|e| e.unwrap().file_name()).collect();
    here.sort();
    assert_eq!(here, ["repo", "victim"]);
    for values in ["linked.yaml", "up/victim"] {
        case::write(&repo.join("pintle.yaml"), project.replace("own.yaml", values).as_bytes());
        assert!(git(
            &repo,
            &[
                "-c",
                "core.fsmonitor=false",
                "-c",
                "core.hooksPath=/dev/null",
                "-c",
                "filter.evil.process=",
                "-c",
                "filter.evil.smudge=",
                "commit",
                "-qam",
                "x"
            ]
        ));
        let output = run("");
        let said = text(&output.stderr);
        assert!(output.status.code() == Some(1) && !said.contains("hunter2") && said.contains("at HEAD"), "{said}");
    }
}

/// `pintle cmp generate` in a folder that is named as a shell would, with what Argo CD says of it.
fn cmp(repo: &Path, app: &str, variables: &[(&str, &str)]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_pintle"));
    command.current_dir(repo.join(app)).env_clear().env("ARGOCD_APP_NAME", "web").env("PWD", repo.join(app));
    command.envs(variables.iter().copied()).args(["cmp", "generate"]).stdin(Stdio::null()).output().unwrap()
}

#[test]
fn an_application_stays_in_the_repository() {
    let (folder, repo) = stranger("cmp");
    case::write(&folder.join("outside/a.yaml"), b"apiVersion: v1\nkind: ConfigMap\nmetadata: {name: hunter2}\n");
    case::write(&folder.join("outside/kustomization.yaml"), b"resources: [a.yaml]\n");
    symlink("../../outside", repo.join("charts/out")).unwrap();
    case::write(&repo.join(".git/config"), b"hunter2\n");
    let overlays = [
        ("bases", "resources: [../../../outside]\n"),
        ("linked", "resources: [../out]\n"),
        ("component", "components: [../../../outside]\n"),
        ("file", "resources: [in.yaml]\n"),
        ("generated", "configMapGenerator: [{name: a, files: [in.yaml]}]\n"),
        ("git", "configMapGenerator: [{name: a, files: [git]}]\n"),
        ("inflated", "helmGlobals: {chartHome: ../../..}\nhelmCharts: [{name: outside}]\n"),
    ];
    for (name, text) in overlays {
        let app = repo.join("charts").join(name);
        case::write(&app.join("kustomization.yaml"), text.as_bytes());
        symlink("../../../outside/a.yaml", app.join("in.yaml")).unwrap();
        symlink("../../.git/config", app.join("git")).unwrap();
    }
    let apps = overlays.iter().map(|(name, _)| *name).chain(["out"]);
    for app in apps.map(|name| format!("charts/{name}")) {
        for source in [None, Some(("ARGOCD_APP_SOURCE_PATH", app.as_str()))] {
            let output = cmp(&repo, &app, source.as_slice());
            let said = text(&output.stderr);
            assert_eq!(output.status.code(), Some(1), "{app}: {said}");
            assert!(!said.contains("hunter2") && output.stdout.is_empty(), "{app}: {said}");
        }
        // As an overlay of a chart.
        let overlay = format!(r#"[{{"name": "overlay", "string": "/{app}"}}]"#);
        let output = cmp(&repo, "charts/web", &[("ARGOCD_APP_PARAMETERS", &overlay)]);
        let said = text(&output.stderr);
        assert!(output.status.code() == Some(1) && !said.contains("hunter2") && output.stdout.is_empty(), "{app}: {said}");
    }
    // A link within the repository is an application like another.
    symlink("web", repo.join("charts/same")).unwrap();
    let output = cmp(&repo, "charts/same", &[("ARGOCD_APP_SOURCE_PATH", "charts/same")]);
    assert!(output.status.success() && text(&output.stdout).contains("ConfigMap"), "{}", text(&output.stderr));
}

#[test]
fn globs_take_no_longer_than_there_are_files() {
    let (_, repo) = stranger("globs");
    let mut deep = repo.join("values");
    for n in 0..20 {
        deep = deep.join(format!("d{}", n % 2));
        case::write(&deep.join("x.yaml"), b"a: deep\n");
    }
    // Folders that lead to each other, and patterns that could go through them in every way.
    fs::create_dir_all(repo.join("rounds")).unwrap();
    for n in 0..8 {
        symlink(".", repo.join(format!("rounds/l{n}"))).unwrap();
    }
    for (pattern, found) in [
        ("/values/".to_owned() + &"**/".repeat(14) + "x.yaml", Some("deep")),
        ("/values/".to_owned() + &"**/d*/".repeat(14) + "none.yaml", None),
        ("/rounds/".to_owned() + &"*/".repeat(30) + "none.yaml", None),
    ] {
        let parameters = format!(r#"[{{"name": "value-files", "array": ["{pattern}"]}}]"#);
        let start = Instant::now();
        let output = cmp(&repo, "charts/web", &[("ARGOCD_APP_PARAMETERS", &parameters)]);
        assert!(start.elapsed() < Duration::from_secs(5), "{pattern} took {:?}", start.elapsed());
        match found {
            Some(found) => assert!(text(&output.stdout).contains(found), "{pattern}: {}", text(&output.stderr)),
            None => assert_eq!(output.status.code(), Some(1), "{pattern}"),
        }
    }
}
