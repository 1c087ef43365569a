//! Loads a chart from memory, renders it on four threads, reads a Deployment, and prints an error with its place.
use k8s_openapi::api::apps::v1::Deployment;
use pintle::diagnostic::show::{Colour, Format};
use pintle::{Chart, Request, Values};

const DEPLOYMENT: &str = "
apiVersion: apps/v1
kind: Deployment
metadata: {name: {{ .Release.Name }}}
spec: {replicas: {{ .Values.replicas | int }}, selector: {matchLabels: {app: web}}, template: {}}
";

fn main() -> Result<(), pintle::Error> {
    let chart = Chart::from_files([
        ("Chart.yaml", "{apiVersion: v2, name: web, version: 1.0.0}"),
        ("templates/deployment.yaml", DEPLOYMENT),
    ])?;
    let render =
        |i: usize| Request::new(&chart).name(format!("web-{i}")).values(Values::new().set(format!("replicas={i}"))).run();
    let releases = std::thread::scope(|s| [1, 2, 3, 4].map(|i| s.spawn(move || render(i))).map(|thread| thread.join().unwrap()));
    for release in releases {
        let deployment: Deployment = release?.manifests()[0].to()?;
        println!("{}: {:?} replicas", deployment.metadata.name.unwrap(), deployment.spec.unwrap().replicas.unwrap());
    }
    let values = Values::new().file("values-prod.yaml", "replicas: {min: 2}\n");
    let broken = Chart::from_files([
        ("Chart.yaml", "{apiVersion: v2, name: web, version: 1.0.0}"),
        ("templates/a.yaml", "a: {{ upper .Values.replicas }}"),
    ])?;
    if let Err(error) = Request::new(&broken).values(values).run() {
        print!("{}", Format::Text.show(error.diagnostics(), Colour::Never));
    }
    Ok(())
}
