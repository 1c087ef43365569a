{{/*
common.selectorLabels: the labels by which services, workloads and policies find pods. They never change over a release's life:
a selector can't be changed.
Argument: the context, or (dict "root" $ "component" "frontend").
*/}}
{{- define "common.selectorLabels" -}}
{{- $root := .root | default . -}}
app.kubernetes.io/name: {{ include "common.name" $root }}
app.kubernetes.io/instance: {{ $root.Release.Name }}
{{- with .component }}
app.kubernetes.io/component: {{ . }}
{{- end }}
{{- end }}

{{/*
common.labels: the labels of every object: the selector's, the chart, the version that runs and who manages it.
Argument: the context, or (dict "root" $ "component" "frontend" "version" "v1.2.0"); without "version" it is image.tag, else the
chart's appVersion.
*/}}
{{- define "common.labels" -}}
{{- $root := .root | default . -}}
{{- $image := $root.Values.image | default dict -}}
helm.sh/chart: {{ include "common.chart" $root }}
{{ include "common.selectorLabels" . }}
{{- with .version | default $image.tag | default $root.Chart.AppVersion }}
app.kubernetes.io/version: {{ . | toString | trunc 63 | quote }}
{{- end }}
app.kubernetes.io/managed-by: {{ $root.Release.Service }}
{{- end }}

{{/*
common.metadata: name, namespace, labels and annotations of an object. The namespace is written out, so that the manifests land where
they belong however they are applied.
Arguments: root; name (the fullname), component, version, labels and annotations (maps that are added).
*/}}
{{- define "common.metadata" -}}
name: {{ .name | default (include "common.fullname" .root) }}
namespace: {{ .namespace | default .root.Release.Namespace }}
labels:
  {{- include "common.labels" . | nindent 2 }}
  {{- with .labels }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- with .annotations }}
annotations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}
