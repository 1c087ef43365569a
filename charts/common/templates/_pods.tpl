{{/*
common.image: an image's reference: [registry/]repository:tag, or @digest where one is given. Without a tag it is the chart's appVersion.
Arguments: root; image (registry, repository, tag, digest).
*/}}
{{- define "common.image" -}}
{{- $name := .image.repository -}}
{{- with .image.registry }}{{ $name = printf "%s/%s" . $name }}{{ end -}}
{{- if .image.digest -}}
{{- printf "%s@%s" $name .image.digest -}}
{{- else -}}
{{- printf "%s:%s" $name (.image.tag | default .root.Chart.AppVersion) -}}
{{- end -}}
{{- end }}

{{/*
common.text: a scalar from the values as text: 8080 and true are "8080" and "true"; large whole numbers keep their digits, which
Helm's float64 would print as 1e+06.
Argument: the scalar.
*/}}
{{- define "common.text" -}}
{{- if and (kindIs "float64" .) (eq (floor .) .) -}}{{ int64 . }}{{- else -}}{{ . }}{{- end -}}
{{- end }}

{{/*
common.env: a container's environment variables. Besides {name, value} and {name, valueFrom} an entry may be short, as "LOG_LEVEL: info":
it becomes name and value, since a cluster rejects an entry without a name.
Arguments: env (list); key ("env").
*/}}
{{- define "common.env" -}}
{{- $key := .key | default "env" -}}
{{- $env := list -}}
{{- range $i, $entry := .env -}}
{{- if hasKey $entry "name" -}}
{{- $odd := keys (omit $entry "name" "value" "valueFrom") | sortAlpha -}}
{{- if or $odd (and (hasKey $entry "value") (hasKey $entry "valueFrom")) -}}
{{- fail (printf "%s[%d] (%s): an entry has a name and either a value or a valueFrom, nothing else" $key $i $entry.name) -}}
{{- end -}}
{{- $entry = hasKey $entry "value" | ternary (dict "name" $entry.name "value" (include "common.text" $entry.value)) $entry -}}
{{- $env = append $env $entry -}}
{{- else -}}
{{- range $name, $value := $entry -}}
{{- $env = append $env (dict "name" $name "value" (include "common.text" $value)) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- toYaml $env -}}
{{- end }}

{{/*
common.probes: a container's livenessProbe, readinessProbe and startupProbe, each if given.
Arguments: liveness, readiness, startup (probes as Kubernetes has them).
*/}}
{{- define "common.probes" -}}
{{- $probes := dict -}}
{{- with .liveness }}{{ $_ := set $probes "livenessProbe" . }}{{ end -}}
{{- with .readiness }}{{ $_ := set $probes "readinessProbe" . }}{{ end -}}
{{- with .startup }}{{ $_ := set $probes "startupProbe" . }}{{ end -}}
{{- with $probes }}{{ toYaml . }}{{ end -}}
{{- end }}

{{/*
common.antiAffinity: a podAntiAffinity that keeps the pods of one application apart.
Arguments: root; component; topologyKey ("kubernetes.io/hostname"); required (false: prefer, so that pods still start on one node);
weight (100).
*/}}
{{- define "common.antiAffinity" -}}
{{- $selector := dict "matchLabels" (include "common.selectorLabels" . | fromYaml) -}}
{{- $term := dict "labelSelector" $selector "topologyKey" (.topologyKey | default "kubernetes.io/hostname") -}}
podAntiAffinity:
  {{- if .required }}
  requiredDuringSchedulingIgnoredDuringExecution:
    {{- toYaml (list $term) | nindent 4 }}
  {{- else }}
  preferredDuringSchedulingIgnoredDuringExecution:
    {{- toYaml (list (dict "weight" (.weight | default 100) "podAffinityTerm" $term)) | nindent 4 }}
  {{- end }}
{{- end }}

{{/*
common.placement: where pods may run: imagePullSecrets, nodeSelector, tolerations and affinity, each if given. antiAffinity.enabled adds
common.antiAffinity; affinity.podAntiAffinity beside it is an error, since only one of the two could hold.
Arguments: root; component; imagePullSecrets, nodeSelector, tolerations, affinity, antiAffinity (enabled, required, topologyKey, weight).
*/}}
{{- define "common.placement" -}}
{{- $affinity := deepCopy (.affinity | default dict) -}}
{{- with .antiAffinity -}}
{{- if .enabled -}}
{{- if $affinity.podAntiAffinity -}}
{{- fail "antiAffinity.enabled and affinity.podAntiAffinity exclude each other: set one of them" -}}
{{- end -}}
{{- $rule := include "common.antiAffinity" (merge (dict "root" $.root "component" $.component) .) | fromYaml -}}
{{- $affinity = merge $affinity $rule -}}
{{- end -}}
{{- end -}}
{{- $fields := dict -}}
{{- with .imagePullSecrets }}{{ $_ := set $fields "imagePullSecrets" . }}{{ end -}}
{{- with .nodeSelector }}{{ $_ := set $fields "nodeSelector" . }}{{ end -}}
{{- with .tolerations }}{{ $_ := set $fields "tolerations" . }}{{ end -}}
{{- with $affinity }}{{ $_ := set $fields "affinity" . }}{{ end -}}
{{- with $fields }}{{ toYaml . }}{{ end -}}
{{- end }}

{{/*
common.rollingUpdate: a Deployment's strategy without downtime: a new pod is ready before an old one goes.
Arguments: maxSurge (1), maxUnavailable (0).
*/}}
{{- define "common.rollingUpdate" -}}
type: RollingUpdate
rollingUpdate:
  maxSurge: {{ .maxSurge | default 1 }}
  maxUnavailable: {{ .maxUnavailable | default 0 }}
{{- end }}
