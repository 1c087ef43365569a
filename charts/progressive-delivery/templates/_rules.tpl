{{/* Groups of recording rules, objectives and the error budget that they leave. Argument: the context. */}}
{{- define "app.rules" -}}
{{- $slo := .Values.monitoring.slo }}
{{- $series := include "app.series" . }}
{{- $name := include "common.fullname" . }}
{{- $budget := $slo.budget }}
# Computed once here, so that alerts and dashboards need not go over all series again.
- name: {{ $name }}.recording
  interval: 30s
  rules:
    - record: service:http_requests:rate5m
      expr: {{ printf `sum by (namespace, service) (rate(http_requests_total{%s}[5m]))` $series | quote }}
    {{- range list "5m" "1h" "6h" "3d" }}
    - record: service:http_errors:ratio_rate{{ . }}
      expr: {{ printf `sum by (namespace, service) (rate(http_requests_total{%s,status=~"5.."}[%s])) / sum by (namespace, service) (rate(http_requests_total{%s}[%s]))` $series . $series . | quote }}
    {{- end }}
    {{- range list "0.95" "0.99" }}
    - record: service:http_latency:p{{ trimPrefix "0." . }}
      expr: {{ printf `histogram_quantile(%s, sum by (namespace, service, le) (rate(http_request_duration_seconds_bucket{%s}[5m])))` . $series | quote }}
    {{- end }}
- name: {{ $name }}.slo
  interval: 30s
  rules:
    - alert: AvailabilityBelowObjective
      expr: {{ printf `1 - service:http_errors:ratio_rate5m{%s} < %v` $series $slo.availability | quote }}
      for: 5m
      labels:
        severity: critical
      annotations:
        summary: {{ $name }} answers fewer requests than promised
        description: {{ printf "{{ $value | humanizePercentage }} of the requests succeed; the objective is %v." $slo.availability | quote }}
    - alert: LatencyP95AboveObjective
      expr: {{ printf `service:http_latency:p95{%s} > %v` $series $slo.latencyP95 | quote }}
      for: 5m
      labels:
        severity: warning
      annotations:
        summary: {{ $name }} is slower than promised
        description: {{ printf "5 of 100 requests take longer than {{ $value | humanizeDuration }}; the objective is %vs." $slo.latencyP95 | quote }}
    - alert: LatencyP99AboveObjective
      expr: {{ printf `service:http_latency:p99{%s} > %v` $series $slo.latencyP99 | quote }}
      for: 5m
      labels:
        severity: warning
      annotations:
        summary: {{ $name }} is much slower than promised for some
        description: {{ printf "1 of 100 requests takes longer than {{ $value | humanizeDuration }}; the objective is %vs." $slo.latencyP99 | quote }}
- name: {{ $name }}.error-budget
  interval: {{ $budget.interval }}
  rules:
    - record: service:error_budget:consumed30d
      expr: {{ printf `(sum by (namespace, service) (increase(http_requests_total{%s,status=~"5.."}[30d])) / sum by (namespace, service) (increase(http_requests_total{%s}[30d]))) / (1 - %v)` $series $series $slo.availability | quote }}
    {{- range $severity := list "warning" "critical" "emergency" }}
    {{- $threshold := get $budget $severity }}
    - alert: ErrorBudget{{ title $severity }}
      expr: {{ printf `service:error_budget:consumed30d{%s} >= %v` $series $threshold | quote }}
      labels:
        severity: {{ $severity }}
      annotations:
        summary: {{ printf "%v of the error budget of %s is used up" $threshold $name | quote }}
        description: {{ "{{ $value | humanizePercentage }} of what 30 days allow is gone." | quote }}
        {{- if ne $severity "warning" }}
        action: Take the last release back, and release nothing else until the budget recovers.
        {{- end }}
    {{- end }}
    # Fast: 2 % of the month's budget within an hour. Slow: 5 % within six. The short window ends the alert soon after the trouble.
    - alert: ErrorBudgetBurnsFast
      expr: {{ printf `service:http_errors:ratio_rate1h{%s} > 14.4 * (1 - %v) and service:http_errors:ratio_rate5m{%s} > 14.4 * (1 - %v)` $series $slo.availability $series $slo.availability | quote }}
      labels:
        severity: critical
      annotations:
        summary: {{ $name }} uses its error budget up within two days
        description: {{ "{{ $value | humanizePercentage }} of the requests of the last hour failed." | quote }}
    - alert: ErrorBudgetBurnsSlowly
      expr: {{ printf `service:http_errors:ratio_rate6h{%s} > 6 * (1 - %v) and service:http_errors:ratio_rate1h{%s} > 6 * (1 - %v)` $series $slo.availability $series $slo.availability | quote }}
      labels:
        severity: warning
      annotations:
        summary: {{ $name }} uses its error budget up within five days
        description: {{ "{{ $value | humanizePercentage }} of the requests of the last six hours failed." | quote }}
{{- end }}
