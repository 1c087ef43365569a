{{/*
common.hpa: a HorizontalPodAutoscaler on the use of CPU and memory, if autoscaling.enabled. Fails if the minimum is above the maximum
(switched off, too: it may be switched on), if there is nothing to scale on, or if "resources" has no request to take the percentage of.
Arguments: root; autoscaling (enabled, minReplicas, maxReplicas, targetCPUUtilizationPercentage, targetMemoryUtilizationPercentage,
behavior, metrics: further ones); key ("autoscaling"); name (the fullname); component; resources (the container's); kind ("Deployment") and
apiVersion ("apps/v1") of what is scaled.
*/}}
{{- define "common.hpa" -}}
{{- $hpa := .autoscaling -}}
{{- $key := .key | default "autoscaling" -}}
{{- if and $hpa.minReplicas $hpa.maxReplicas -}}
{{- include "common.checkNumbers" (dict "low" $hpa.minReplicas "lowKey" (printf "%s.minReplicas" $key) "high" $hpa.maxReplicas "highKey" (printf "%s.maxReplicas" $key)) -}}
{{- end -}}
{{- if $hpa.enabled -}}
{{- $targets := dict "cpu" $hpa.targetCPUUtilizationPercentage "memory" $hpa.targetMemoryUtilizationPercentage -}}
{{- if not (or $targets.cpu $targets.memory $hpa.metrics) -}}
{{- fail (printf "%s.enabled needs something to scale on: set %s.targetCPUUtilizationPercentage or targetMemoryUtilizationPercentage" $key $key) -}}
{{- end -}}
{{- if hasKey . "resources" -}}
{{- $requests := get (.resources | default dict) "requests" | default dict -}}
{{- range $name, $target := $targets -}}
{{- if and $target (not (hasKey $requests $name)) -}}
{{- fail (printf "%s scales on %d %% of the requested %s, and resources.requests.%s is missing" $key (int $target) $name $name) -}}
{{- end -}}
{{- end -}}
{{- end -}}
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata:
  {{- include "common.metadata" (pick . "root" "name" "component" "version") | nindent 2 }}
spec:
  scaleTargetRef:
    apiVersion: {{ .apiVersion | default "apps/v1" }}
    kind: {{ .kind | default "Deployment" }}
    name: {{ .name | default (include "common.fullname" .root) }}
  minReplicas: {{ int $hpa.minReplicas }}
  maxReplicas: {{ int $hpa.maxReplicas }}
  metrics:
    {{- range $name, $target := $targets }}
    {{- with $target }}
    - type: Resource
      resource:
        name: {{ $name }}
        target:
          type: Utilization
          averageUtilization: {{ int . }}
    {{- end }}
    {{- end }}
    {{- with $hpa.metrics }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
  {{- with $hpa.behavior }}
  behavior:
    {{- toYaml . | nindent 4 }}
  {{- end }}
{{- end }}
{{- end }}

{{/*
common.replicas: the "replicas" line of a workload: none where an autoscaler decides, since each deployment would undo its work.
Arguments: replicas; autoscaling.
*/}}
{{- define "common.replicas" -}}
{{- if not (.autoscaling | default dict).enabled -}}
replicas: {{ int .replicas }}
{{- end }}
{{- end }}

{{/*
common.pdb: a PodDisruptionBudget, if budget.enabled; with neither bound one pod at a time may go. Fails if both minAvailable and maxUnavailable
are set, or if minAvailable is all the pods that are sure to run: no node could be drained then.
Arguments: root; budget (enabled, minAvailable, maxUnavailable); key ("podDisruptionBudget"); name; component; replicas (the pods that are
sure to run: replicaCount, or the autoscaler's minimum).
*/}}
{{- define "common.pdb" -}}
{{- $budget := .budget -}}
{{- $key := .key | default "podDisruptionBudget" -}}
{{- if $budget.enabled -}}
{{- $min := not (kindIs "invalid" $budget.minAvailable) -}}
{{- $max := not (kindIs "invalid" $budget.maxUnavailable) -}}
{{- if and $min $max -}}
{{- fail (printf "%s needs one of minAvailable and maxUnavailable, not both" $key) -}}
{{- end -}}
{{- if and $min (hasKey . "replicas") (not (kindIs "string" $budget.minAvailable)) (ge (int $budget.minAvailable) (int .replicas)) -}}
{{- fail (printf "%s.minAvailable (%d) must be below the number of pods (%d): no node could be drained" $key (int $budget.minAvailable) (int .replicas)) -}}
{{- end -}}
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata:
  {{- include "common.metadata" (pick . "root" "name" "component" "version") | nindent 2 }}
spec:
  {{- if $min }}
  minAvailable: {{ $budget.minAvailable }}
  {{- else }}
  maxUnavailable: {{ $max | ternary $budget.maxUnavailable 1 }}
  {{- end }}
  selector:
    matchLabels:
      {{- include "common.selectorLabels" (pick . "root" "component") | nindent 6 }}
{{- end }}
{{- end }}

{{/*
common.vpa: a VerticalPodAutoscaler, if vpa.enabled; updateMode Off only recommends. Fails if it would change the pods that a
HorizontalPodAutoscaler scales on the same figures.
Arguments: root; vpa (enabled, updateMode, minAllowed, maxAllowed); key ("verticalPodAutoscaler"); autoscaling; name; component; kind
("Deployment"), apiVersion ("apps/v1").
*/}}
{{- define "common.vpa" -}}
{{- $vpa := .vpa -}}
{{- if $vpa.enabled -}}
{{- $mode := $vpa.updateMode | default "Off" -}}
{{- if and (.autoscaling | default dict).enabled (ne $mode "Off") -}}
{{- fail (printf "%s.updateMode (%s) must be \"Off\" while autoscaling.enabled is true: both would act on the same CPU and memory" (.key | default "verticalPodAutoscaler") $mode) -}}
{{- end -}}
apiVersion: autoscaling.k8s.io/v1
kind: VerticalPodAutoscaler
metadata:
  {{- include "common.metadata" (pick . "root" "name" "component" "version") | nindent 2 }}
spec:
  targetRef:
    apiVersion: {{ .apiVersion | default "apps/v1" }}
    kind: {{ .kind | default "Deployment" }}
    name: {{ .name | default (include "common.fullname" .root) }}
  updatePolicy:
    updateMode: {{ $mode | quote }}
  {{- with pick $vpa "minAllowed" "maxAllowed" }}
  resourcePolicy:
    containerPolicies:
      - {{- toYaml (merge (dict "containerName" "*") .) | nindent 8 }}
  {{- end }}
{{- end }}
{{- end }}
