//! `pintle seal`: seals a value as `kubeseal --raw` does, or proves that a sealed value opens.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::SystemTime;

use pintle_core::{Diagnostic, Error};
use pintle_seal::{OpeningKey, Scope, SealingKey};

use crate::rules;
use crate::{io, report};

/// Arguments of `pintle seal`.
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// The controller's certificate (`kubeseal --fetch-cert`)
    #[arg(long, value_name = "FILE", required_unless_present = "check")]
    cert: Option<PathBuf>,
    /// Prove that the sealed value on standard input opens; nothing of it is printed
    #[arg(long, requires = "key")]
    check: bool,
    /// The controller's private key, for --check
    #[arg(long, value_name = "FILE", requires = "check")]
    key: Option<PathBuf>,
    /// The secret's name; part of what a strict value is sealed for
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    /// The secret's namespace; part of what a strict or namespace-wide value is sealed for
    #[arg(short, long, value_name = "NAMESPACE")]
    namespace: Option<String>,
    /// Where the value may be opened: strict, namespace-wide or cluster-wide
    #[arg(long, value_name = "SCOPE", default_value = "strict", value_parser = scope)]
    scope: Scope,
    /// Read the value from this file [default: standard input]
    #[arg(long, value_name = "FILE")]
    from_file: Option<PathBuf>,
}

const EXAMPLES: &str = "Examples:
  printf %s \"$PASSWORD\" | pintle seal --cert sealed-secrets.pem --namespace prod --name db
  pintle seal --cert sealed-secrets.pem --scope cluster-wide --from-file token.txt
  pintle seal --check --key controller.key --namespace prod --name db < sealed.txt";

fn scope(name: &str) -> Result<Scope, String> {
    Scope::from_name(name).ok_or_else(|| "known are strict, namespace-wide and cluster-wide".to_owned())
}

pub fn run(args: &Args) -> ExitCode {
    match seal(args) {
        Ok(()) => ExitCode::SUCCESS,
        Err(e) => report::failure(&e),
    }
}

#[expect(clippy::disallowed_methods, reason = "a certificate holds until a day")]
fn seal(args: &Args) -> Result<(), Error> {
    let needed = |value: &Option<String>, flag: &str| {
        value.clone().ok_or_else(|| {
            Error::from(Diagnostic::new(&rules::USAGE_FLAGS, format!("--{flag} is part of what the value is sealed for")))
        })
    };
    let label = match args.scope {
        Scope::Strict => args.scope.label(&needed(&args.namespace, "namespace")?, &needed(&args.name, "name")?),
        Scope::NamespaceWide => args.scope.label(&needed(&args.namespace, "namespace")?, ""),
        Scope::ClusterWide => args.scope.label("", ""),
    };
    let failed = |file: &Path, e: pintle_seal::Error| Error::new(&rules::SEAL_FAILED, format!("{}: {e}", file.display()));
    if let Some(file) = &args.key {
        let key = OpeningKey::from_pem(&text(file)?).map_err(|e| failed(file, e))?;
        let sealed = String::from_utf8_lossy(&value(args)?).into_owned();
        key.open(sealed.trim(), &label).map_err(|e| Error::new(&rules::SEAL_FAILED, format!("the sealed value: {e}")))?;
        report::line("it opens");
        return Ok(());
    }
    let Some(file) = &args.cert else { return Ok(()) };
    let key = SealingKey::from_pem(&text(file)?, SystemTime::now()).map_err(|e| failed(file, e))?;
    let sealed = key.seal(&value(args)?, &label).map_err(|e| failed(file, e))?;
    io::print(sealed.as_bytes())
}

fn text(file: &Path) -> Result<String, Error> {
    let text = io::read_named(file)?;
    String::from_utf8(text)
        .map_err(|_| Error::new(&pintle_core::rules::FILE_READ, format!("open {}: not UTF-8 text", file.display())))
}

fn value(args: &Args) -> Result<Vec<u8>, Error> {
    if let Some(file) = &args.from_file {
        return io::read_named(file);
    }
    io::stdin().map_err(|e| Error::new(&pintle_core::rules::FILE_READ, e))
}
