{{/* Arguments that all helpers of the library share; merged with "root". The component is part of the selectors. */}}
{{- define "app.object" -}}
name: {{ include "common.fullname" . }}
component: app
{{- end }}

{{/* "true" where Argo Rollouts replaces the Deployment, else nothing. */}}
{{- define "app.isRollout" -}}
{{- if has .Values.rollout.strategy (list "BlueGreen" "Canary") }}true{{ end -}}
{{- end }}

{{/* Pods that are sure to run. */}}
{{- define "app.minPods" -}}
{{- if .Values.autoscaling.enabled }}{{ int .Values.autoscaling.minReplicas }}{{ else }}{{ int .Values.replicas }}{{ end -}}
{{- end }}

{{/* The labels of this release's requests in Prometheus. */}}
{{- define "app.series" -}}
namespace="{{ .Release.Namespace }}",service="{{ include "common.fullname" . }}"
{{- end }}

{{/* What no schema can compare. Prints nothing. */}}
{{- define "app.check" -}}
{{- if and (eq .Values.environment "production") (lt (include "app.minPods" . | int) 3) -}}
{{- $key := .Values.autoscaling.enabled | ternary "autoscaling.minReplicas" "replicas" -}}
{{- fail (printf "%s is %s, and production needs at least 3" $key (include "app.minPods" .)) -}}
{{- end -}}
{{- $budget := .Values.monitoring.slo.budget -}}
{{- if or (ge (float64 $budget.warning) (float64 $budget.critical)) (ge (float64 $budget.critical) (float64 $budget.emergency)) -}}
{{- fail (printf "monitoring.slo.budget: warning (%v), critical (%v) and emergency (%v) must grow" $budget.warning $budget.critical $budget.emergency) -}}
{{- end -}}
{{- $canary := .Values.istio.canaryRelease -}}
{{- if and $canary.weight (not $canary.name) -}}
{{- fail (printf "istio.canaryRelease.weight is %d, and istio.canaryRelease.name doesn't say which release gets these requests" (int $canary.weight)) -}}
{{- end -}}
{{- if and $canary.name (eq .Values.rollout.strategy "Canary") -}}
{{- fail (printf "istio.canaryRelease.name (%s) and rollout.strategy Canary exclude each other: one VirtualService can't split twice" $canary.name) -}}
{{- end -}}
{{- if and (eq .Values.rollout.strategy "Canary") (not .Values.istio.enabled) -}}
{{- fail "rollout.strategy Canary needs istio.enabled: the mesh splits the requests" -}}
{{- end -}}
{{- end }}
