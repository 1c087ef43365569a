{{/*
Arguments of the helpers. Most take one map: (dict "root" $ …), where "root" is the template's own context. Those that need nothing
else (name, fullname, chart, labels, selectorLabels, serviceAccountName) take the context itself as well. Further keys:

  component  a part of the application with pods of its own, as "frontend": it becomes a label and belongs to the selector
  key        where in the values the argument stands, as "backend.resources": error messages name it
*/}}

{{/*
common.name: the application's name: the chart's, or nameOverride. At most 63 characters, the limit of a label's value.
Argument: the context or (dict "root" $).
*/}}
{{- define "common.name" -}}
{{- $root := .root | default . -}}
{{- $root.Values.nameOverride | default $root.Chart.Name | trunc 63 | trimSuffix "-" -}}
{{- end }}

{{/*
common.fullname: the name of the release's objects: the release's name, followed by the chart's unless it is in there already;
fullnameOverride replaces it. At most 63 characters.
Argument: the context, or (dict "root" $ "suffix" "redis") for "<fullname>-redis".
*/}}
{{- define "common.fullname" -}}
{{- $root := .root | default . -}}
{{- $name := include "common.name" $root -}}
{{- $full := $root.Values.fullnameOverride | default (contains $name $root.Release.Name | ternary $root.Release.Name (printf "%s-%s" $root.Release.Name $name)) -}}
{{- with .suffix -}}
{{- /* The suffix tells objects apart, so that it is the name which gives way. */ -}}
{{- $full = printf "%s-%s" ($full | trunc (int (sub 62 (len .))) | trimSuffix "-") . -}}
{{- end -}}
{{- $full | trunc 63 | trimSuffix "-" -}}
{{- end }}

{{/*
common.chart: the chart and its version as a label's value: a label has no "+".
Argument: the context or (dict "root" $).
*/}}
{{- define "common.chart" -}}
{{- $root := .root | default . -}}
{{- printf "%s-%s" $root.Chart.Name $root.Chart.Version | replace "+" "_" | trunc 63 | trimSuffix "-" -}}
{{- end }}
