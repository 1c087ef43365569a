{{/*
common.configMap: a ConfigMap; numbers and truth values become text, as its format wants.
Arguments: root; data (a map); name (the fullname); component; version.
*/}}
{{- define "common.configMap" -}}
{{- $data := dict -}}
{{- range $name, $value := .data }}{{ $_ := set $data $name (include "common.text" $value) }}{{ end -}}
apiVersion: v1
kind: ConfigMap
metadata:
  {{- include "common.metadata" (pick . "root" "name" "component" "version") | nindent 2 }}
data:
  {{- toYaml $data | nindent 2 }}
{{- end }}

{{/*
common.checkSealed: fails if a value isn't what `kubeseal --raw` prints. Such a value starts with the length of its session key (512 bytes:
"Ag" in base64). The message doesn't repeat the value: it may be the secret itself. Prints nothing.
Arguments: value; key.
*/}}
{{- define "common.checkSealed" -}}
{{- if not (regexMatch "^Ag[A-Za-z0-9+/]{38,}={0,2}$" (toString .value)) -}}
{{- fail (printf "%s is not encrypted: put what `kubeseal --raw` prints there (it begins with Ag), never the secret itself" .key) -}}
{{- end -}}
{{- end }}

{{/*
common.sealedSecret: a SealedSecret, from which the controller makes a Secret of the same name. Fails on values that aren't encrypted.
The values are bound to this name and namespace (kubeseal --name … --namespace …) unless "scope" says otherwise.
Arguments: root; data (a map from keys to what `kubeseal --raw` prints); key ("secrets.data"); name (the fullname); component;
scope ("strict", "namespace-wide", "cluster-wide"); type ("Opaque").
*/}}
{{- define "common.sealedSecret" -}}
{{- $key := .key | default "secrets.data" -}}
{{- if not .data -}}
{{- fail (printf "%s is empty: a sealed secret needs at least one encrypted value" $key) -}}
{{- end -}}
{{- range $name, $value := .data -}}
{{- include "common.checkSealed" (dict "value" $value "key" (printf "%s.%s" $key $name)) -}}
{{- end -}}
{{- $annotations := dict -}}
{{- with .scope }}{{ if ne . "strict" }}{{ $_ := set $annotations (printf "sealedsecrets.bitnami.com/%s" .) "true" }}{{ end }}{{ end -}}
{{- $metadata := include "common.metadata" (merge (dict "annotations" $annotations) (pick . "root" "name" "component")) -}}
apiVersion: bitnami.com/v1alpha1
kind: SealedSecret
metadata:
  {{- $metadata | nindent 2 }}
spec:
  encryptedData:
    {{- toYaml .data | nindent 4 }}
  template:
    metadata:
      {{- $metadata | nindent 6 }}
    type: {{ .type | default "Opaque" }}
{{- end }}

{{/*
common.checksum: an annotation that changes with a config map, so that pods restart when their configuration does.
Argument: the text that is hashed.
*/}}
{{- define "common.checksum" -}}
checksum/config: {{ . | toString | sha256sum }}
{{- end }}

{{/*
common.serviceMonitor: a ServiceMonitor for the Prometheus operator.
Arguments: root; monitor (interval, scrapeTimeout, path, labels, namespace: where the operator looks for it); port (the service port's name);
name; component.
*/}}
{{- define "common.serviceMonitor" -}}
{{- $monitor := .monitor -}}
apiVersion: monitoring.coreos.com/v1
kind: ServiceMonitor
metadata:
  {{- include "common.metadata" (merge (pick $monitor "labels" "namespace") (pick . "root" "name" "component")) | nindent 2 }}
spec:
  {{- /* It may stand in the operator's namespace; the pods are in the release's. */}}
  namespaceSelector:
    matchNames:
      - {{ .root.Release.Namespace }}
  selector:
    matchLabels:
      {{- include "common.selectorLabels" (pick . "root" "component") | nindent 6 }}
  endpoints:
    - port: {{ .port | default "http" }}
      path: {{ $monitor.path | default "/metrics" }}
      interval: {{ $monitor.interval | default "30s" }}
      {{- with $monitor.scrapeTimeout }}
      scrapeTimeout: {{ . }}
      {{- end }}
{{- end }}
