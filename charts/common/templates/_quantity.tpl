{{/*
common.quantity: a Kubernetes quantity as a plain number that float64 reads: "200m" is 0.2, "1Gi" is 1073741824.
Arguments: quantity (text or number), key. Fails on what is no quantity, naming the key.
*/}}
{{- define "common.quantity" -}}
{{- $text := toString .quantity -}}
{{- $units := dict "" 1.0 "n" 0.000000001 "u" 0.000001 "m" 0.001
  "k" 1e3 "M" 1e6 "G" 1e9 "T" 1e12 "P" 1e15 "E" 1e18
  "Ki" 1024.0 "Mi" 1048576.0 "Gi" 1073741824.0 "Ti" 1099511627776.0 "Pi" 1125899906842624.0 "Ei" 1152921504606846976.0 -}}
{{- /* The exponent comes with a digit: a lone E is the unit exa. */ -}}
{{- $number := regexFind "^([0-9]+[.]?[0-9]*|[.][0-9]+)([eE][+-]?[0-9]+)?" $text -}}
{{- $unit := trimPrefix $number $text -}}
{{- if or (eq $number "") (not (hasKey $units $unit)) -}}
{{- fail (printf "%s: %q is no quantity: write a number and a unit, as 250m for CPU or 256Mi for memory" .key $text) -}}
{{- end -}}
{{- mulf (float64 $number) (get $units $unit) -}}
{{- end }}

{{/*
common.checkQuantities: fails if one quantity is above another. Prints nothing.
Arguments: low, lowKey, high, highKey.
*/}}
{{- define "common.checkQuantities" -}}
{{- $low := include "common.quantity" (dict "quantity" .low "key" .lowKey) | float64 -}}
{{- $high := include "common.quantity" (dict "quantity" .high "key" .highKey) | float64 -}}
{{- if gt $low $high -}}
{{- fail (printf "%s (%s) must not be above %s (%s)" .lowKey (include "common.text" .low) .highKey (include "common.text" .high)) -}}
{{- end -}}
{{- end }}

{{/*
common.checkNumbers: fails if one whole number is above another. Prints nothing.
Arguments: low, lowKey, high, highKey.
*/}}
{{- define "common.checkNumbers" -}}
{{- if gt (int64 .low) (int64 .high) -}}
{{- fail (printf "%s (%d) must not be above %s (%d)" .lowKey (int64 .low) .highKey (int64 .high)) -}}
{{- end -}}
{{- end }}

{{/*
common.resources: a container's requests and limits, checked: every entry is a quantity, no request is above its limit, and memory isn't
counted in thousandths of a byte (256m for 256Mi).
Arguments: resources; key ("resources").
*/}}
{{- define "common.resources" -}}
{{- $key := .key | default "resources" -}}
{{- range $kind := list "requests" "limits" -}}
{{- range $name, $quantity := get $.resources $kind | default dict -}}
{{- $place := printf "%s.%s.%s" $key $kind $name -}}
{{- $_ := include "common.quantity" (dict "quantity" $quantity "key" $place) -}}
{{- if and (ne $name "cpu") (regexMatch "^[0-9.]+m$" (toString $quantity)) -}}
{{- fail (printf "%s: %s means thousandths of a byte: did you mean %sMi?" $place $quantity (trimSuffix "m" $quantity)) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- $limits := .resources.limits | default dict -}}
{{- range $name, $request := .resources.requests -}}
{{- if hasKey $limits $name -}}
{{- include "common.checkQuantities" (dict "low" $request "lowKey" (printf "%s.requests.%s" $key $name) "high" (get $limits $name) "highKey" (printf "%s.limits.%s" $key $name)) -}}
{{- end -}}
{{- end -}}
{{- toYaml .resources -}}
{{- end }}
