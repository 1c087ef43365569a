{{/* What depends on the environment alone. Use: get (include "warehouse.facts" . | fromYaml) "prefix" */}}
{{- define "warehouse.facts" -}}
{{- $all := dict
  "development" (dict "prefix" "dev-" "strategy" "Recreate" "apiUrl" "https://api-dev.warehouse.com" "tags" "^dev-([0-9a-f]{7,40}|latest)$" "tagsInWords" "dev-<commit> or dev-latest")
  "staging" (dict "prefix" "staging-" "strategy" "RollingUpdate" "apiUrl" "https://api-staging.warehouse.com" "tags" "^staging-([0-9a-f]{7,40}|latest)$" "tagsInWords" "staging-<commit> or staging-latest")
  "production" (dict "prefix" "" "strategy" "BlueGreen" "apiUrl" "https://api.warehouse.com" "tags" "^(v[0-9]+[.][0-9]+[.][0-9]+(-[0-9A-Za-z.-]+)?|prod-latest)$" "tagsInWords" "v<major>.<minor>.<patch> or prod-latest")
-}}
{{- toYaml (get $all .Values.environment) -}}
{{- end }}

{{/* The objects' name. */}}
{{- define "warehouse.fullname" -}}
{{- .Values.fullnameOverride | default (printf "%swarehouse-frontend" (get (include "warehouse.facts" . | fromYaml) "prefix")) -}}
{{- end }}

{{- define "warehouse.configName" -}}
{{ get (include "warehouse.facts" . | fromYaml) "prefix" }}app-config
{{- end }}

{{/* The deployment strategy: what the values say, else the environment's. */}}
{{- define "warehouse.strategy" -}}
{{- .Values.strategy.type | default (get (include "warehouse.facts" . | fromYaml) "strategy") -}}
{{- end }}

{{/* Argo Rollouts' strategies: "true" or nothing. */}}
{{- define "warehouse.isRollout" -}}
{{- if has (include "warehouse.strategy" .) (list "BlueGreen" "Canary") }}true{{ end -}}
{{- end }}

{{/* Labels besides the common ones: selectors that people and affinity rules already use. */}}
{{- define "warehouse.labels" -}}
app: warehouse
environment: {{ .Values.environment }}
{{- end }}

{{/* Arguments that most helpers of the library share. Use: include "warehouse.object" . | fromYaml, merged with "root". */}}
{{- define "warehouse.object" -}}
name: {{ include "warehouse.fullname" . }}
component: frontend
{{- end }}

{{/* What no schema can compare. Prints nothing. */}}
{{- define "warehouse.check" -}}
{{- $facts := include "warehouse.facts" . | fromYaml -}}
{{- if and .Values.namespace (ne .Values.namespace .Release.Namespace) -}}
{{- fail (printf "namespace is %s, and the release goes to %s: they must be the same" .Values.namespace .Release.Namespace) -}}
{{- end -}}
{{- if not (regexMatch $facts.tags (toString .Values.image.tag)) -}}
{{- fail (printf "image.tag is %s, and %s takes %s" (toString .Values.image.tag) .Values.environment $facts.tagsInWords) -}}
{{- end -}}
{{- /* While a version replaces another both may run: the quota must hold twice the pods. */ -}}
{{- if .Values.quota.enabled -}}
{{- $pods := .Values.autoscaling.enabled | ternary .Values.autoscaling.maxReplicas .Values.replicas | int -}}
{{- $factor := eq (include "warehouse.strategy" .) "Recreate" | ternary 1 2 -}}
{{- if gt (mul $pods $factor) (int64 .Values.quota.hard.pods) -}}
{{- fail (printf "quota.hard.pods (%d) is too low: %d pods and strategy %s need %d" (int .Values.quota.hard.pods) $pods (include "warehouse.strategy" .) (mul $pods $factor)) -}}
{{- end -}}
{{- end -}}
{{- end }}
