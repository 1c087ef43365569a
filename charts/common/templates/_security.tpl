{{/*
common.podSecurityContext: a pod's security context: not root, UID, GID and file group 1000, the runtime's seccomp profile; "context" overrides.
Arguments: context (a map, may be empty).
*/}}
{{- define "common.podSecurityContext" -}}
{{- $defaults := dict "runAsNonRoot" true "runAsUser" 1000 "runAsGroup" 1000 "fsGroup" 1000 "seccompProfile" (dict "type" "RuntimeDefault") -}}
{{- /* Not merge: Sprig's takes false for an absent value. */ -}}
{{- range $name, $value := .context }}{{ $_ := set $defaults $name $value }}{{ end -}}
{{- toYaml $defaults -}}
{{- end }}

{{/*
common.containerSecurityContext: a container's security context: no escalation, no capabilities, a read-only root file system; "context"
overrides.
Arguments: context (a map, may be empty).
*/}}
{{- define "common.containerSecurityContext" -}}
{{- $defaults := dict "allowPrivilegeEscalation" false "readOnlyRootFilesystem" true "capabilities" (dict "drop" (list "ALL")) -}}
{{- /* Not merge: Sprig's takes false for an absent value. */ -}}
{{- range $name, $value := .context }}{{ $_ := set $defaults $name $value }}{{ end -}}
{{- toYaml $defaults -}}
{{- end }}

{{/*
common.serviceAccountName: the service account that the pods use: the one that the chart makes, or an existing one.
Argument: the context or (dict "root" $); reads .Values.serviceAccount (create, name).
*/}}
{{- define "common.serviceAccountName" -}}
{{- $root := .root | default . -}}
{{- $account := $root.Values.serviceAccount | default dict -}}
{{- $account.name | default ($account.create | ternary (include "common.fullname" $root) "default") -}}
{{- end }}

{{/*
common.serviceAccount: the ServiceAccount, if .Values.serviceAccount.create says so. Its token is mounted where serviceAccount.automount
asks for it.
Arguments: root.
*/}}
{{- define "common.serviceAccount" -}}
{{- $account := .root.Values.serviceAccount | default dict -}}
{{- if $account.create -}}
apiVersion: v1
kind: ServiceAccount
metadata:
  {{- include "common.metadata" (dict "root" .root "name" (include "common.serviceAccountName" .root) "annotations" $account.annotations) | nindent 2 }}
automountServiceAccountToken: {{ $account.automount | default false }}
{{- end }}
{{- end }}
