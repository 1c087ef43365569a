{{/*
common.prometheusRule: a PrometheusRule for the Prometheus operator.
Arguments: root; groups (as Prometheus has them); name; labels (those by which the operator finds it); namespace; component.
*/}}
{{- define "common.prometheusRule" -}}
apiVersion: monitoring.coreos.com/v1
kind: PrometheusRule
metadata:
  {{- include "common.metadata" (pick . "root" "name" "component" "version" "labels" "namespace") | nindent 2 }}
spec:
  groups:
    {{- toYaml .groups | nindent 4 }}
{{- end }}

{{/*
common.dashboard: a Grafana dashboard in a ConfigMap, where Grafana's sidecar finds it by its label.
Arguments: root; name; file (the dashboard's file name); json (its text); labels; namespace; component.
*/}}
{{- define "common.dashboard" -}}
apiVersion: v1
kind: ConfigMap
metadata:
  {{- $labels := merge (dict "grafana_dashboard" "1") (.labels | default dict) }}
  {{- include "common.metadata" (merge (dict "labels" $labels) (pick . "root" "name" "component" "version" "namespace")) | nindent 2 }}
data:
  {{ .file }}: |
    {{- .json | nindent 4 }}
{{- end }}
