{{/*
The name of a component's objects: <release>-<component>. Argument: (dict "root" $ "component" "frontend").
*/}}
{{- define "todo-app.name" -}}
{{- include "common.fullname" (dict "root" .root "suffix" .component) -}}
{{- end }}

{{/*
The tag of one of our own images, checked: what runs must lead back to a commit or a release, which a moving tag doesn't.
Arguments: root; part (the component's values); key (where they stand); tag (a canary's).
*/}}
{{- define "todo-app.tag" -}}
{{- $tag := .tag | default .part.image.tag | default .root.Values.image.tag | default .root.Chart.AppVersion -}}
{{- if not (regexMatch "^([0-9a-f]{7,40}|v[0-9]+[.][0-9]+[.][0-9]+([-+.][0-9A-Za-z.-]+)?)$" $tag) -}}
{{- $place := empty .tag | not | ternary (printf "canary.tags.%s" .key) (printf "%s.image.tag" .key) -}}
{{- fail (printf "%s (%s) must be a commit's SHA (7 to 40 digits) or a version as v1.2.3" $place $tag) -}}
{{- end -}}
{{- $tag -}}
{{- end }}

{{/*
What all pods have in common. Arguments: root; context (over podSecurityContext).
*/}}
{{- define "todo-app.pod" -}}
{{- $context := deepCopy .root.Values.podSecurityContext -}}
{{- range $name, $value := .context }}{{ $_ := set $context $name $value }}{{ end -}}
serviceAccountName: {{ include "common.serviceAccountName" .root }}
automountServiceAccountToken: {{ .root.Values.serviceAccount.automount }}
{{- with .root.Values.imagePullSecrets }}
imagePullSecrets:
  {{- toYaml . | nindent 2 }}
{{- end }}
securityContext:
  {{- include "common.podSecurityContext" (dict "context" $context) | nindent 2 }}
{{- end }}

{{/*
A container's image, rights and resources. Arguments: root; part (the component's values); key; image and tag, if it isn't one of our own.
*/}}
{{- define "todo-app.container" -}}
{{- $image := .image -}}
{{- if not $image -}}
{{- $image = dict "registry" .root.Values.image.registry "repository" .part.image.repository "tag" (include "todo-app.tag" .) -}}
{{- end -}}
image: {{ include "common.image" (dict "root" .root "image" $image) | quote }}
imagePullPolicy: {{ $image.pullPolicy | default .root.Values.image.pullPolicy }}
securityContext:
  {{- include "common.containerSecurityContext" (dict "context" .root.Values.securityContext) | nindent 2 }}
resources:
  {{- include "common.resources" (dict "resources" .part.resources "key" (printf "%s.resources" .key)) | nindent 2 }}
{{- end }}

{{/*
A Deployment. Arguments: root; component; key (of the component's values); tag (a canary's); strategy ("RollingUpdate"); port; config (the text
whose change restarts the pods); env, envFrom, readiness, volumes, mounts.
*/}}
{{- define "todo-app.deployment" -}}
{{- $part := get .root.Values .key -}}
{{- $labels := dict "root" .root "component" .component "version" (include "todo-app.tag" (dict "root" .root "part" $part "key" .key "tag" .tag)) -}}
apiVersion: apps/v1
kind: Deployment
metadata:
  {{- include "common.metadata" (merge (dict "name" (include "todo-app.name" .)) $labels) | nindent 2 }}
spec:
  replicas: {{ .replicas | default $part.replicas | int }}
  strategy:
    {{- if eq (.strategy | default "RollingUpdate") "Recreate" }}
    type: Recreate
    {{- else }}
    {{- include "common.rollingUpdate" dict | nindent 4 }}
    {{- end }}
  selector:
    matchLabels:
      {{- include "common.selectorLabels" (pick $labels "root" "component") | nindent 6 }}
  template:
    metadata:
      {{- with .config }}
      annotations:
        {{- include "common.checksum" . | nindent 8 }}
      {{- end }}
      labels:
        {{- include "common.labels" $labels | nindent 8 }}
    spec:
      {{- include "todo-app.pod" (dict "root" .root) | nindent 6 }}
      containers:
        - name: {{ .component }}
          {{- include "todo-app.container" (dict "root" .root "part" $part "key" .key "tag" .tag) | nindent 10 }}
          {{- with .port }}
          ports:
            - name: http
              containerPort: {{ . }}
              protocol: TCP
          {{- end }}
          {{- with .env }}
          env:
            {{- include "common.env" (dict "env" .) | nindent 12 }}
          {{- end }}
          {{- with .envFrom }}
          envFrom:
            {{- range . }}
            - configMapRef:
                name: {{ . }}
            {{- end }}
          {{- end }}
          {{- with include "common.probes" (dict "readiness" .readiness) }}
          {{- . | nindent 10 }}
          {{- end }}
          volumeMounts:
            - name: tmp
              mountPath: /tmp
            {{- with .mounts }}
            {{- toYaml . | nindent 12 }}
            {{- end }}
      volumes:
        - name: tmp
          emptyDir: {}
        {{- with .volumes }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
{{- end }}

{{/*
A CronJob that works on the database. Arguments: root; component; key (of its values); image (if it isn't one of our own); version; env, volumes, mounts.
*/}}
{{- define "todo-app.cronJob" -}}
{{- $part := get .root.Values .key -}}
{{- $labels := pick . "root" "component" "version" -}}
apiVersion: batch/v1
kind: CronJob
metadata:
  {{- include "common.metadata" (merge (dict "name" (include "todo-app.name" .)) $labels) | nindent 2 }}
spec:
  schedule: {{ $part.schedule | quote }}
  {{- /* A run that takes too long isn't overtaken by the next. */}}
  concurrencyPolicy: Forbid
  successfulJobsHistoryLimit: 3
  failedJobsHistoryLimit: 3
  jobTemplate:
    spec:
      backoffLimit: 3
      template:
        metadata:
          labels:
            {{- include "common.labels" $labels | nindent 12 }}
        spec:
          restartPolicy: OnFailure
          {{- include "todo-app.pod" (dict "root" .root) | nindent 10 }}
          containers:
            - name: {{ .component }}
              {{- include "todo-app.container" (merge (dict "part" $part) (pick . "root" "key" "image")) | nindent 14 }}
              env:
                {{- toYaml .env | nindent 16 }}
              volumeMounts:
                - name: tmp
                  mountPath: /tmp
                {{- with .mounts }}
                {{- toYaml . | nindent 16 }}
                {{- end }}
          volumes:
            - name: tmp
              emptyDir: {}
            {{- with .volumes }}
            {{- toYaml . | nindent 12 }}
            {{- end }}
{{- end }}

{{/*
The database's settings as environment variables. Arguments: root; names (a map from variables to PGHOST, PGPORT, PGUSER, PGDATABASE, PGPASSWORD).
*/}}
{{- define "todo-app.databaseEnv" -}}
{{- $config := include "todo-app.name" (dict "root" .root "component" "database") -}}
{{- $secret := .root.Values.secrets.database -}}
{{- $env := list -}}
{{- range $variable, $setting := .names -}}
{{- $source := dict "configMapKeyRef" (dict "name" $config "key" $setting) -}}
{{- if eq $setting "PGPASSWORD" }}{{ $source = dict "secretKeyRef" $secret }}{{ end -}}
{{- $env = append $env (dict "name" $variable "valueFrom" $source) -}}
{{- end -}}
{{- toYaml $env -}}
{{- end }}

{{/*
The component whose canary is on: "true" or nothing. Arguments: root; key (of the component's values).
*/}}
{{- define "todo-app.hasCanary" -}}
{{- $canary := .root.Values.canary -}}
{{- if and $canary.enabled (get $canary.tags .key) -}}true{{- end -}}
{{- end }}

{{/*
Where a rule of the route leads: the component's service, and its canary's for part of the requests. Arguments: root; component; key.
*/}}
{{- define "todo-app.backends" -}}
{{- $name := include "todo-app.name" . -}}
{{- if include "todo-app.hasCanary" . -}}
{{- $weight := int .root.Values.canary.weight -}}
- name: {{ $name }}
  port: 80
  weight: {{ sub 100 $weight }}
- name: {{ $name }}-canary
  port: 80
  weight: {{ $weight }}
{{- else -}}
- name: {{ $name }}
  port: 80
{{- end }}
{{- end }}

{{/*
A service on port 80 in front of a component. Arguments: root; component; version.
*/}}
{{- define "todo-app.service" -}}
{{- include "common.service" (merge (dict "name" (include "todo-app.name" .) "ports" (list (dict "name" "http" "port" 80))) (pick . "root" "component" "version")) }}
{{- end }}

{{/*
A persistent volume claim's spec. Argument: persistence (size, storageClass).
*/}}
{{- define "todo-app.claim" -}}
accessModes: [ReadWriteOnce]
{{- with .storageClass }}
storageClassName: {{ . }}
{{- end }}
resources:
  requests:
    storage: {{ .size }}
{{- end }}
