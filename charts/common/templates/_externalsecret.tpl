{{/*
common.externalSecret: an ExternalSecret, from which the External Secrets operator makes a Secret.
Arguments: root; name (the fullname), also the Secret's; store ({name, kind}); refreshInterval ("1h"); extract (a list of remote secrets of which
every property is taken); data (a map from the Secret's keys to the remote's: its name, or {key, property, version}); component.
*/}}
{{- define "common.externalSecret" -}}
apiVersion: external-secrets.io/v1
kind: ExternalSecret
metadata:
  {{- include "common.metadata" (pick . "root" "name" "component" "version") | nindent 2 }}
spec:
  refreshInterval: {{ .refreshInterval | default "1h" }}
  secretStoreRef:
    name: {{ .store.name }}
    kind: {{ .store.kind | default "SecretStore" }}
  target:
    name: {{ .name | default (include "common.fullname" .root) }}
    creationPolicy: Owner
  {{- with .extract }}
  dataFrom:
    {{- range . }}
    - extract:
        key: {{ . | quote }}
    {{- end }}
  {{- end }}
  {{- with .data }}
  data:
    {{- range $key, $remote := . }}
    - secretKey: {{ $key | quote }}
      remoteRef:
        {{- toYaml (kindIs "string" $remote | ternary (dict "key" $remote) $remote) | nindent 8 }}
    {{- end }}
  {{- end }}
{{- end }}
