{{/* Groups of alerts: deployment and synchronisation, limits. Argument: the context. */}}
{{- define "warehouse.alerts" -}}
{{- $name := include "warehouse.fullname" . }}
{{- $pods := printf `namespace="%s",pod=~"%s-.*",container="app"` .Release.Namespace $name }}
{{- /* Argo CD's applications are called as the namespaces; its figures come from its own cluster, by federation. */}}
{{- $app := printf `name="%s"` .Release.Namespace }}
{{- $failed := printf `kube_deployment_status_condition{namespace="%s",deployment="%s",condition="Progressing",status="false"} == 1` .Release.Namespace $name }}
{{- if include "warehouse.isRollout" . }}
{{- $failed = printf `rollout_info{namespace="%s",name="%s",phase=~"Degraded|Error"} == 1` .Release.Namespace $name }}
{{- end }}
{{- $severity := eq .Values.environment "production" | ternary "critical" "warning" }}
- name: warehouse.deployment
  rules:
    - alert: WarehouseDeploymentFailed
      expr: {{ $failed | quote }}
      for: 1m
      labels:
        severity: {{ $severity }}
      annotations:
        summary: The new version of {{ $name }} doesn't come up
        description: It stopped making progress in {{ .Release.Namespace }}. The old version may still serve.
    - alert: WarehouseSyncFailed
      expr: {{ printf `increase(argocd_app_sync_total{%s,phase=~"Error|Failed"}[10m]) > 0` $app | quote }}
      labels:
        severity: {{ $severity }}
      annotations:
        summary: Argo CD could not apply {{ .Release.Namespace }}
        description: The last synchronisation failed; Argo CD shows the object and the reason.
    - alert: WarehouseOutOfSync
      expr: {{ printf `argocd_app_info{%s,sync_status="OutOfSync"} == 1` $app | quote }}
      for: 5m
      labels:
        severity: warning
      annotations:
        summary: {{ .Release.Namespace }} has differed from Git for over 5 minutes
        description: A commit waits for its synchronisation, or somebody changed the cluster by hand.
    - alert: WarehouseDegraded
      expr: {{ printf `argocd_app_info{%s,health_status="Degraded"} == 1` $app | quote }}
      for: 2m
      labels:
        severity: {{ $severity }}
      annotations:
        summary: {{ .Release.Namespace }} is degraded
        description: At least one object of the application isn't healthy.
- name: warehouse.limits
  rules:
    - alert: WarehouseMemoryLimit
      expr: {{ printf `max by (pod) (container_memory_working_set_bytes{%s}) / max by (pod) (kube_pod_container_resource_limits{%s,resource="memory"}) > 0.9` $pods $pods | quote }}
      for: 5m
      labels:
        severity: warning
      annotations:
        summary: A pod of {{ $name }} uses over 90 % of its memory limit
        description: Above the limit the pod is killed.
    - alert: WarehouseCpuLimit
      expr: {{ printf `sum by (pod) (rate(container_cpu_usage_seconds_total{%s}[5m])) / max by (pod) (kube_pod_container_resource_limits{%s,resource="cpu"}) > 0.9` $pods $pods | quote }}
      for: 15m
      labels:
        severity: warning
      annotations:
        summary: A pod of {{ $name }} uses over 90 % of its CPU limit
        description: Above the limit the pod is slowed down.
    - alert: WarehouseQuotaExceeded
      expr: {{ printf `max by (resource) (kube_resourcequota{namespace="%s",type="used"}) / max by (resource) (kube_resourcequota{namespace="%s",type="hard"}) > 0.9` .Release.Namespace .Release.Namespace | quote }}
      for: 5m
      labels:
        severity: warning
      annotations:
        summary: {{ .Release.Namespace }} uses over 90 % of its quota
        description: Above the quota no further pods start.
{{- end }}
