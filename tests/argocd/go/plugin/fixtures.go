package main

import (
	"os"
	"path/filepath"
)

// fixtures are applications that the project's systems don't have: every parameter shows in the output of `probe`, and it fails, takes
// long or renders nothing when it is asked to.
var fixtures = map[string]string{
	"cases/probe/Chart.yaml":       "apiVersion: v2\nname: probe\nversion: 1.0.0\n",
	"cases/probe/values-prod.yaml": "note: of prod\n",
	"cases/probe/values.yaml": `# What is written into the config map
note: default
replicas: 1
# A number that is a text
count: "007"
image:
  repository: web
  # The image's tag
  tag: v1
ports: [80, 443]
labels: {}
password: hunter2-secret
enabled: true
`,
	"cases/clusters/prod.yaml":           "kind: ClusterSnapshot\nkubeVersion: v1.33.7\napiVersions: [v1]\n",
	"cases/laid-over/kustomization.yaml": "namePrefix: laid-over-\n",
	"cases/probe/values.schema.json":     `{"properties": {"replicas": {"type": "integer", "description": "How many"}}}`,
	"cases/probe/crds/a.yaml": `apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: probes.example.com}
spec:
  group: example.com
  names: {kind: Probe, listKind: ProbeList, plural: probes, singular: probe}
  scope: Namespaced
  versions:
    - name: v1
      served: true
      storage: true
      schema: {openAPIV3Schema: {type: object}}
`,
	"cases/probe/templates/a.yaml": `{{- if .Values.enabled }}
apiVersion: v1
kind: ConfigMap
metadata:
  name: {{ .Release.Name }}
  namespace: {{ .Release.Namespace }}
data:
  note: {{ .Values.note | quote }}
  replicas: {{ .Values.replicas | quote }}
  count: {{ .Values.count | quote }}
  tag: {{ .Values.image.tag | quote }}
  ports: {{ .Values.ports | toJson | quote }}
  labels: {{ .Values.labels | toJson | quote }}
  kube: {{ .Capabilities.KubeVersion.Version }}
  api: {{ .Capabilities.APIVersions.Has "x.dev/v1" | quote }}
{{- end }}
{{- if eq .Values.note "fail" }}
{{ fail (printf "password %s is bad" .Values.password) }}
{{- end }}
{{- if eq .Values.note "slow" }}
{{- range until 1000 }}{{ $_ := bcrypt "long" }}{{ end }}
{{- end }}
`,
	"cases/probe/templates/test.yaml": `{{- if .Values.enabled }}
apiVersion: v1
kind: Pod
metadata:
  name: {{ .Release.Name }}-test
  annotations: {helm.sh/hook: test}
spec:
  restartPolicy: Never
  containers:
    - name: a
      image: a:1.0.0
      resources: {limits: {memory: 64Mi}, requests: {cpu: 10m, memory: 64Mi}}
{{- end }}
`,
	"cases/values/a.yaml":              "note: of a file\n",
	"cases/values/text.md":             "from a text",
	"cases/overlay/kustomization.yaml": "namePrefix: prod-\nresources: [a.yaml]\n",
	"cases/overlay/a.yaml":             "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n",
	"cases/plain/a.yaml":               "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: plain}\n---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: plain-2}\n",
	"cases/chance/Chart.yaml":          "apiVersion: v2\nname: chance\nversion: 1.0.0\n",
	"cases/chance/templates/a.yaml":    "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: chance}\ndata:\n  drawn: {{ randAlphaNum 20 }}\n",
}

// LayOut puts the project's systems and the fixtures into a folder, as a repository that Argo CD would have checked out.
func LayOut(project, folder string) error {
	for _, part := range []string{"charts", "values"} {
		if err := os.CopyFS(filepath.Join(folder, part), os.DirFS(filepath.Join(project, part))); err != nil {
			return err
		}
	}
	text, err := os.ReadFile(filepath.Join(project, "pintle.yaml"))
	if err != nil {
		return err
	}
	if err := write(filepath.Join(folder, "pintle.yaml"), string(text)); err != nil {
		return err
	}
	for name, text := range fixtures {
		if err := write(filepath.Join(folder, name), text); err != nil {
			return err
		}
	}
	return nil
}

func write(path, text string) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	return os.WriteFile(path, []byte(text), 0o644)
}
