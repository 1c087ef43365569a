{{/*
How the application finds Redis: REDIS_URL, and REDIS_PASSWORD where there is one. Kubernetes puts the password into the address, so that
the manifest doesn't hold it; $(…) sees only variables that stand before it.
*/}}
{{- define "todo.redisVariables" -}}
{{- $password := "" -}}
{{- if .Values.redis.enabled -}}
{{- $redis := .Subcharts.redis -}}
{{- if $redis.Values.auth.enabled -}}
{{- include "redis.passwordVariable" $redis }}
{{ $password = ":$(REDIS_PASSWORD)@" -}}
{{- end -}}
- name: REDIS_URL
  value: redis://{{ $password }}{{ include "common.fullname" $redis }}:6379
{{- else -}}
{{- $url := .Values.externalRedis.url -}}
{{- if not $url -}}
{{- fail "redis.enabled is false: set externalRedis.url to the Redis that is used instead" -}}
{{- end -}}
{{- if contains "@" $url -}}
{{- fail "externalRedis.url must not hold a password: name the secret that has it under externalRedis.passwordSecret" -}}
{{- end -}}
{{- with .Values.externalRedis.passwordSecret -}}
- name: REDIS_PASSWORD
  valueFrom:
    secretKeyRef:
      name: {{ . }}
      key: {{ $.Values.externalRedis.passwordKey }}
{{ $url = regexReplaceAll "^(rediss?://)" $url "${1}:$(REDIS_PASSWORD)@" -}}
{{- end -}}
- name: REDIS_URL
  value: {{ $url }}
{{- end -}}
{{- end }}
