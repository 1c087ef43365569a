{{/*
An application's place: a cluster by the name that Argo CD has it under, or by its address; the cluster of Argo CD itself otherwise.
Use: include "gitops.destination" (dict "namespace" "x" "cluster" "c" "server" "s" "key" "applications.x")
*/}}
{{- define "gitops.destination" -}}
{{- if and .cluster .server -}}
{{- fail (printf "%s has both cluster (%s) and server (%s): set one of them" .key .cluster .server) -}}
{{- else if .cluster -}}
name: {{ .cluster }}
{{- else -}}
server: {{ .server | default "https://kubernetes.default.svc" }}
{{- end }}
namespace: {{ .namespace | quote }}
{{- end }}

{{/*
An application as all of them are here. "sync" decides: "automated" follows Git by itself, prunes and heals; "manual" waits for a person.
What is deployed by hand is also removed by hand: it is neither pruned by the root application nor deleted with its Application.
Use: include "gitops.application" (dict "root" $ "name" "x" "project" "p" "source" (dict ...) "destination" (dict ...) "sync" "manual")
*/}}
{{- define "gitops.application" -}}
{{- $automated := eq .sync "automated" -}}
{{- $options := list "CreateNamespace=true" "PruneLast=true" -}}
{{- if .ignoreDifferences -}}
{{- $options = append $options "RespectIgnoreDifferences=true" -}}
{{- end -}}
{{- $annotations := .annotations | default dict -}}
{{- if not $automated -}}
{{- $annotations = merge (dict "argocd.argoproj.io/sync-options" "Prune=false") $annotations -}}
{{- end -}}
{{- $labels := merge (dict "app.kubernetes.io/part-of" .root.Values.system) (.labels | default dict) -}}
{{- include "common.argoApplication" (dict
  "root" .root
  "name" .name
  "namespace" .root.Values.argocd.namespace
  "labels" $labels
  "annotations" $annotations
  "finalizer" $automated
  "project" .project
  "source" .source
  "destination" (include "gitops.destination" .destination | fromYaml)
  "automated" $automated
  "syncOptions" $options
  "retry" (dict "limit" 5 "backoff" (dict "duration" "5s" "factor" 2 "maxDuration" "3m"))
  "ignoreDifferences" .ignoreDifferences
  "revisionHistoryLimit" 10
) -}}
{{- end }}

{{/* Whether a text matches one of Argo CD's patterns, where * stands for anything: "true" or nothing. */}}
{{- define "gitops.matches" -}}
{{- $text := .text -}}
{{- $found := false -}}
{{- range .patterns -}}
{{- $pattern := regexQuoteMeta . | replace "\\*" ".*" -}}
{{- if regexMatch (printf "^%s$" $pattern) $text -}}{{- $found = true -}}{{- end -}}
{{- end -}}
{{- if $found }}true{{ end -}}
{{- end }}

{{/*
Argo CD refuses an application that its project doesn't allow, long after the commit: say so here.
Use: include "gitops.checkProject" (dict "root" $ "key" "applications.x" "project" "p" "repo" "url" "destination" (dict ...))
*/}}
{{- define "gitops.checkProject" -}}
{{- $projects := .root.Values.projects -}}
{{- $place := .destination -}}
{{- if hasKey $projects .project -}}
  {{- $project := get $projects .project -}}
  {{- if not (include "gitops.matches" (dict "text" .repo "patterns" $project.sources)) -}}
    {{- fail (printf "%s takes its source from %s, and projects.%s.sources allows only %s" .key .repo .project (join ", " $project.sources)) -}}
  {{- end -}}
  {{- $allowed := list -}}
  {{- $seen := list -}}
  {{- range $project.destinations -}}
    {{- $seen = append $seen (printf "%s on %s" .namespace (.cluster | default .server | default "https://kubernetes.default.svc")) -}}
    {{- $sameCluster := and (eq (.cluster | default "") ($place.cluster | default "")) (eq (.server | default "") ($place.server | default "")) -}}
    {{- if and $sameCluster (include "gitops.matches" (dict "text" $place.namespace "patterns" (list .namespace))) -}}
      {{- $allowed = append $allowed .namespace -}}
    {{- end -}}
  {{- end -}}
  {{- if not $allowed -}}
    {{- fail (printf "%s goes to namespace %s on %s, and projects.%s.destinations allows only %s" .key $place.namespace ($place.cluster | default $place.server | default "https://kubernetes.default.svc") .project (join ", " $seen)) -}}
  {{- end -}}
{{- else if ne .project "default" -}}
  {{- /* Argo CD always has "default"; any other project must be here. */ -}}
  {{- fail (printf "%s.project is %q, and projects has only: %s" .key .project (keys $projects | sortAlpha | join ", " | default "none")) -}}
{{- end -}}
{{- end }}
