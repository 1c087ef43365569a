{{/*
common.argoApplication: an Argo CD Application. Without "automated" it is synced by hand: in Argo CD the mere presence of syncPolicy.automated,
even with prune and selfHeal false, syncs by itself.
Arguments: root; name; namespace ("argocd": Argo CD's own); project ("default"); source (a map), or sources (a list); destination (namespace; server, the
cluster itself unless given, or name); automated (false, true, or a map of prune, selfHeal, allowEmpty); syncOptions (list); retry (map);
ignoreDifferences (list); revisionHistoryLimit; labels; annotations; finalizer (false; true deletes the objects with the Application).
*/}}
{{- define "common.argoApplication" -}}
{{- $destination := .destination -}}
{{- if not (or $destination.server $destination.name) -}}
{{- $destination = merge (dict "server" "https://kubernetes.default.svc") $destination -}}
{{- end -}}
{{- $automated := .automated -}}
{{- if kindIs "bool" $automated }}{{ $automated = $automated | ternary (dict "prune" true "selfHeal" true) nil }}{{ end -}}
apiVersion: argoproj.io/v1alpha1
kind: Application
metadata:
  {{- include "common.metadata" (merge (dict "namespace" (.namespace | default "argocd")) (pick . "root" "name" "labels" "annotations")) | nindent 2 }}
  {{- if .finalizer }}
  finalizers:
    - resources-finalizer.argocd.argoproj.io
  {{- end }}
spec:
  project: {{ .project | default "default" }}
  {{- if .sources }}
  sources:
    {{- toYaml .sources | nindent 4 }}
  {{- else }}
  source:
    {{- toYaml .source | nindent 4 }}
  {{- end }}
  destination:
    {{- toYaml $destination | nindent 4 }}
  syncPolicy:
    {{- if kindIs "map" $automated }}
    automated:
      prune: {{ $automated.prune | default false }}
      selfHeal: {{ $automated.selfHeal | default false }}
      {{- with $automated.allowEmpty }}
      allowEmpty: {{ . }}
      {{- end }}
    {{- end }}
    syncOptions:
      {{- toYaml (.syncOptions | default (list "CreateNamespace=true")) | nindent 6 }}
    {{- with .retry }}
    retry:
      {{- toYaml . | nindent 6 }}
    {{- end }}
  {{- with .ignoreDifferences }}
  ignoreDifferences:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with .revisionHistoryLimit }}
  revisionHistoryLimit: {{ int . }}
  {{- end }}
{{- end }}

{{/*
common.argoProject: an Argo CD AppProject: who may deploy what from where to where.
Arguments: root; name; namespace ("argocd"); description; spec (sourceRepos, destinations and the rest, as Argo CD has them).
*/}}
{{- define "common.argoProject" -}}
apiVersion: argoproj.io/v1alpha1
kind: AppProject
metadata:
  {{- include "common.metadata" (merge (dict "namespace" (.namespace | default "argocd")) (pick . "root" "name" "labels" "annotations")) | nindent 2 }}
spec:
  {{- with .description }}
  description: {{ . | quote }}
  {{- end }}
  {{- toYaml .spec | nindent 2 }}
{{- end }}
