{{/*
common.meshHost: the name by which the mesh knows the application's service. Argument: root, name (the fullname).
*/}}
{{- define "common.meshHost" -}}
{{ .name | default (include "common.fullname" .root) }}.{{ .root.Release.Namespace }}.svc.cluster.local
{{- end }}

{{/*
common.virtualService: an Istio VirtualService for calls within the mesh. Fails if the weights of a route don't make 100.
Arguments: root; http (routes as Istio has them); name; component; hosts (the service's own name unless given).
*/}}
{{- define "common.virtualService" -}}
{{- range .http -}}
{{- $sum := 0 -}}
{{- range .route }}{{ $sum = add $sum (.weight | default 0) }}{{ end -}}
{{- if and (gt (len .route) 1) (ne (int $sum) 100) -}}
{{- fail (printf "the weights of route %s make %d, not 100" .name $sum) -}}
{{- end -}}
{{- end -}}
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata:
  {{- include "common.metadata" (pick . "root" "name" "component" "version") | nindent 2 }}
spec:
  hosts:
    {{- toYaml (.hosts | default (list (include "common.meshHost" .))) | nindent 4 }}
  http:
    {{- toYaml .http | nindent 4 }}
{{- end }}

{{/*
common.destinationRule: an Istio DestinationRule: mutual TLS to the pods, and the subsets that routes may name.
Arguments: root; subsets (a list of names); name; component; labels come from the selector, so that a subset holds the release's pods only.
*/}}
{{- define "common.destinationRule" -}}
{{- $labels := include "common.selectorLabels" (pick . "root" "component") | fromYaml -}}
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata:
  {{- include "common.metadata" (pick . "root" "name" "component" "version") | nindent 2 }}
spec:
  host: {{ include "common.meshHost" . }}
  trafficPolicy:
    tls:
      mode: ISTIO_MUTUAL
  subsets:
    {{- range .subsets }}
    - name: {{ . }}
      labels:
        {{- toYaml $labels | nindent 8 }}
    {{- end }}
{{- end }}

{{/*
common.peerAuthentication: which connections the pods accept: STRICT is mutual TLS only.
Arguments: root; mode ("STRICT"); name; component.
*/}}
{{- define "common.peerAuthentication" -}}
apiVersion: security.istio.io/v1
kind: PeerAuthentication
metadata:
  {{- include "common.metadata" (pick . "root" "name" "component" "version") | nindent 2 }}
spec:
  selector:
    matchLabels:
      {{- include "common.selectorLabels" (pick . "root" "component") | nindent 6 }}
  mtls:
    mode: {{ .mode | default "STRICT" }}
{{- end }}
