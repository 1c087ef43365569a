{{/*
Where a value of this chart stands in the values of the chart that is rendered: "redis.auth.password" if this one is a dependency.
Argument: (dict "root" $ "key" "auth.password").
*/}}
{{- define "redis.key" -}}
{{- if not .root.Chart.IsRoot }}{{ .root.Chart.Name }}.{{ end }}{{ .key -}}
{{- end }}

{{/*
The secret with the password. Argument: this chart's context; a parent has it as .Subcharts.redis.
*/}}
{{- define "redis.secretName" -}}
{{- .Values.auth.existingSecret | default (include "common.fullname" .) -}}
{{- end }}

{{/*
REDIS_PASSWORD as an environment variable. Argument: this chart's context.
*/}}
{{- define "redis.passwordVariable" -}}
- name: REDIS_PASSWORD
  valueFrom:
    secretKeyRef:
      name: {{ include "redis.secretName" . }}
      key: {{ .Values.auth.existingSecretPasswordKey }}
{{- end }}
