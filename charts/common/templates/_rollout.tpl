{{/*
common.blueGreen: the strategy of an Argo Rollout that starts the new version beside the old one and switches the service over.
Arguments: activeService, previewService; autoPromote (false: a person switches); scaleDownDelaySeconds (how long the old version stays for an
immediate way back, 600); before, after (analyses, as Argo Rollouts has them: templates and args).
*/}}
{{- define "common.blueGreen" -}}
blueGreen:
  activeService: {{ .activeService }}
  previewService: {{ .previewService }}
  autoPromotionEnabled: {{ .autoPromote | default false }}
  scaleDownDelaySeconds: {{ int (.scaleDownDelaySeconds | default 600) }}
  {{- with .before }}
  prePromotionAnalysis:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with .after }}
  postPromotionAnalysis:
    {{- toYaml . | nindent 4 }}
  {{- end }}
{{- end }}

{{/*
common.minutes: a duration as whole minutes: "6h" is 360. Fails on what isn't minutes, hours or days.
Arguments: duration; key.
*/}}
{{- define "common.minutes" -}}
{{- if not (regexMatch "^[0-9]+[mhd]$" (toString .duration)) -}}
{{- fail (printf "%s: %q is no duration: write a whole number and m, h or d, as 30m or 6h" .key (toString .duration)) -}}
{{- end -}}
{{- $units := dict "m" 1 "h" 60 "d" 1440 -}}
{{- $unit := regexFind "[mhd]$" .duration -}}
{{- mul (trimSuffix $unit .duration | int64) (get $units $unit) -}}
{{- end }}

{{/*
common.canarySteps: the steps of a canary: each weight, then a pause. Fails if the weights don't grow to 100, or if the pauses together
are shorter than the canary must last.
Arguments: steps (a list of {weight, pause}; without a pause the step goes on at once, and "manual" waits for a person); minDuration ("24h";
none unless given); key ("canary").
*/}}
{{- define "common.canarySteps" -}}
{{- $key := .key | default "canary" -}}
{{- $last := 0 -}}
{{- $total := 0 -}}
{{- $manual := false -}}
{{- range $i, $step := .steps -}}
{{- $place := printf "%s.steps[%d]" $key $i -}}
{{- if le (int $step.weight) (int $last) -}}
{{- fail (printf "%s.weight (%d) must be above the one before (%d): a canary only grows" $place (int $step.weight) (int $last)) -}}
{{- end -}}
{{- $last = $step.weight -}}
{{- if eq ($step.pause | default "") "manual" -}}
{{- $manual = true -}}
{{- else if $step.pause -}}
{{- $total = add $total (include "common.minutes" (dict "duration" $step.pause "key" (printf "%s.pause" $place)) | int64) -}}
{{- end -}}
{{- end -}}
{{- if ne (int $last) 100 -}}
{{- fail (printf "%s.steps end at %d %%: the last weight must be 100" $key (int $last)) -}}
{{- end -}}
{{- with .minDuration -}}
{{- $wanted := include "common.minutes" (dict "duration" . "key" (printf "%s.minDuration" $key)) | int64 -}}
{{- if and (lt (int64 $total) $wanted) (not $manual) -}}
{{- fail (printf "%s.steps pause for %d minutes together, and %s.minDuration is %s (%d minutes)" $key $total $key . $wanted) -}}
{{- end -}}
{{- end -}}
steps:
{{- range .steps }}
  - setWeight: {{ int .weight }}
  {{- if eq (.pause | default "") "manual" }}
  - pause: {}
  {{- else if .pause }}
  - pause:
      duration: {{ .pause }}
  {{- end }}
{{- end }}
{{- end }}

{{/*
common.previewService: the Service of a blue-green Rollout's version that doesn't have the traffic yet. It lacks the component's label,
so that the ServiceMonitor, which goes by that label, doesn't count its pods twice.
Arguments: root; name; component (required); ports (as common.service).
*/}}
{{- define "common.previewService" -}}
apiVersion: v1
kind: Service
metadata:
  {{- include "common.metadata" (pick . "root" "name") | nindent 2 }}
spec:
  type: ClusterIP
  ports:
    {{- toYaml .ports | nindent 4 }}
  selector:
    {{- include "common.selectorLabels" (pick . "root" "component") | nindent 4 }}
{{- end }}
