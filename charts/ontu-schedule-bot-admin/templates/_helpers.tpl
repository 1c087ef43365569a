{{/*
The container's envFrom: the chart's own config map and secret, after what the values name. Values may name the two as well.
*/}}
{{- define "bot-admin.envFrom" -}}
{{- $sources := .Values.envFrom | default list -}}
{{- if .Values.configMap.enabled -}}
{{- $own := dict "configMapRef" (dict "name" (include "common.fullname" .)) -}}
{{- if not (has $own $sources) }}{{ $sources = append $sources $own }}{{ end -}}
{{- end -}}
{{- if .Values.secrets.enabled -}}
{{- $own := dict "secretRef" (dict "name" (include "common.fullname" (dict "root" . "suffix" "secrets"))) -}}
{{- if not (has $own $sources) }}{{ $sources = append $sources $own }}{{ end -}}
{{- end -}}
{{- with $sources }}{{ toYaml . }}{{ end -}}
{{- end }}
