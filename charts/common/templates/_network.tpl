{{/*
common.service: a Service in front of the application's pods.
Arguments: root; ports (a list of {name, port, targetPort, nodePort}; targetPort is the port's name unless given); type ("ClusterIP");
headless (false); name; component; version; annotations.
*/}}
{{- define "common.service" -}}
apiVersion: v1
kind: Service
metadata:
  {{- include "common.metadata" (pick . "root" "name" "component" "version" "annotations") | nindent 2 }}
spec:
  type: {{ .type | default "ClusterIP" }}
  {{- if .headless }}
  clusterIP: None
  {{- end }}
  ports:
    {{- range .ports }}
    - name: {{ .name }}
      port: {{ int .port }}
      targetPort: {{ .targetPort | default .name }}
      {{- with .nodePort }}
      nodePort: {{ int . }}
      {{- end }}
      protocol: TCP
    {{- end }}
  selector:
    {{- include "common.selectorLabels" (pick . "root" "component") | nindent 4 }}
{{- end }}

{{/*
common.ingress: an Ingress, if ingress.enabled. Fails without hosts, and if TLS names a host that isn't served.
Arguments: root; ingress (enabled, className, annotations, hosts: [{host, paths: [{path, pathType}]}], tls: [{secretName, hosts}]); port (the
service's, a number or a name); service (the fullname); key ("ingress"); name; component.
*/}}
{{- define "common.ingress" -}}
{{- $ingress := .ingress -}}
{{- $key := .key | default "ingress" -}}
{{- $service := .service | default (include "common.fullname" .root) -}}
{{- if $ingress.enabled -}}
{{- $hosts := list -}}
{{- range $ingress.hosts }}{{ $hosts = append $hosts .host }}{{ end -}}
{{- if not $hosts -}}
{{- fail (printf "%s.enabled needs at least one entry in %s.hosts" $key $key) -}}
{{- end -}}
{{- range $i, $tls := $ingress.tls -}}
{{- range $tls.hosts -}}
{{- if not (has . $hosts) -}}
{{- fail (printf "%s.tls[%d].hosts names %s, which %s.hosts doesn't have" $key $i . $key) -}}
{{- end -}}
{{- end -}}
{{- end -}}
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  {{- include "common.metadata" (merge (dict "annotations" $ingress.annotations) (pick . "root" "name" "component" "version")) | nindent 2 }}
spec:
  {{- with $ingress.className }}
  ingressClassName: {{ . }}
  {{- end }}
  {{- with $ingress.tls }}
  tls:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  rules:
    {{- range $ingress.hosts }}
    - host: {{ .host | quote }}
      http:
        paths:
          {{- range .paths | default (list dict) }}
          - path: {{ .path | default "/" }}
            pathType: {{ .pathType | default "Prefix" }}
            backend:
              service:
                name: {{ $service }}
                port:
                  {{ kindIs "string" $.port | ternary "name" "number" }}: {{ $.port }}
          {{- end }}
    {{- end }}
{{- end }}
{{- end }}

{{/*
common.httpRoute: an HTTPRoute of the Gateway API.
Arguments: root; parentRefs, hostnames, rules (as the Gateway API has them); name; component; annotations.
*/}}
{{- define "common.httpRoute" -}}
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata:
  {{- include "common.metadata" (pick . "root" "name" "component" "annotations") | nindent 2 }}
spec:
  parentRefs:
    {{- toYaml .parentRefs | nindent 4 }}
  {{- with .hostnames }}
  hostnames:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  rules:
    {{- toYaml .rules | nindent 4 }}
{{- end }}

{{/*
common.networkPolicy: a NetworkPolicy that closes the application's pods but for what is listed. Name resolution stays open: without
it no rule by name could work.
Arguments: root; ingress, egress (lists of rules as Kubernetes has them; an empty list lets nothing through); name; component.
*/}}
{{- define "common.networkPolicy" -}}
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  {{- include "common.metadata" (pick . "root" "name" "component") | nindent 2 }}
spec:
  podSelector:
    matchLabels:
      {{- include "common.selectorLabels" (pick . "root" "component") | nindent 6 }}
  policyTypes:
    - Ingress
    - Egress
  {{- with .ingress }}
  ingress:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  egress:
    - ports:
        - port: 53
          protocol: UDP
        - port: 53
          protocol: TCP
    {{- with .egress }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
{{- end }}
