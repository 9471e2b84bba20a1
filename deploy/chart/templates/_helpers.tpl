{{- define "hub.name" -}}
{{- .Release.Name | trunc 40 | trimSuffix "-" -}}
{{- end -}}

{{- define "hub.image" -}}
{{- if .Values.image.digest -}}
{{ .Values.image.repository }}@{{ .Values.image.digest }}
{{- else -}}
{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}
{{- end -}}
{{- end -}}

{{- define "hub.labels" -}}
app.kubernetes.io/name: fulfilment-hub
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
{{- end -}}

{{/* What tells the pods of a part from all others: a list of root and part. */}}
{{- define "hub.selector" -}}
app.kubernetes.io/name: fulfilment-hub
app.kubernetes.io/instance: {{ (index . 0).Release.Name }}
app.kubernetes.io/component: {{ index . 1 }}
{{- end -}}

{{/* A pod of the hub: root, part, its values, its arguments, the Secret of its settings. */}}
{{- define "hub.pod" -}}
{{- $ := index . 0 -}}{{- $part := index . 1 -}}{{- $own := index . 2 -}}{{- $arguments := index . 3 -}}{{- $secret := index . 4 -}}
serviceAccountName: {{ include "hub.name" $ }}
automountServiceAccountToken: false
enableServiceLinks: false
{{- with $.Values.imagePullSecrets }}
imagePullSecrets: {{- toYaml . | nindent 2 }}
{{- end }}
securityContext:
  runAsNonRoot: true
  runAsUser: 10001
  runAsGroup: 10001
  fsGroup: 10001
  seccompProfile: {type: RuntimeDefault}
{{- with $.Values.nodeSelector }}
nodeSelector: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with $.Values.tolerations }}
tolerations: {{- toYaml . | nindent 2 }}
{{- end }}
volumes:
  - name: secrets
    secret: {secretName: {{ $secret }}, defaultMode: 0440}
  - name: tmp
    emptyDir: {}
  {{- with $.Values.certificates }}
  - name: certificates
    projected:
      sources:
        {{- range . }}
        - {{ if .configMapName }}configMap: {name: {{ .configMapName }}{{ else }}secret: {name: {{ .secretName }}{{ end }}, items: [{key: {{ .key }}, path: {{ .path }}}]}
        {{- end }}
  {{- end }}
containers:
  - name: {{ $part }}
    image: {{ include "hub.image" $ }}
    imagePullPolicy: {{ $.Values.image.pullPolicy }}
    args: {{ toJson $arguments }}
    env:
      - {name: HUB_SECRETS, value: /etc/hub/secrets}
      - {name: HUB_SHARDS, value: {{ $.Values.shards | toString | quote }}}
      {{- range $name, $value := merge (dict) ($own.settings | default dict) $.Values.settings }}
      - {name: {{ $name }}, value: {{ $value | toString | quote }}}
      {{- end }}
    resources: {{- toYaml $own.resources | nindent 6 }}
    securityContext:
      allowPrivilegeEscalation: false
      readOnlyRootFilesystem: true
      capabilities: {drop: [ALL]}
    volumeMounts:
      - {name: secrets, mountPath: /etc/hub/secrets, readOnly: true}
      - {name: tmp, mountPath: /tmp}
      {{- if $.Values.certificates }}
      - {name: certificates, mountPath: /etc/hub/certificates, readOnly: true}
      {{- end }}
{{- end -}}

{{/* Ports and probes of a part that stays up; the indentation is that of a container's fields. */}}
{{- define "hub.probes" -}}
startupProbe:
  httpGet: {path: /livez, port: telemetry}
  periodSeconds: 5
  failureThreshold: 24
livenessProbe:
  httpGet: {path: /livez, port: telemetry}
  periodSeconds: 10
  timeoutSeconds: 5
  failureThreshold: 3
readinessProbe:
  httpGet: {path: /readyz, port: telemetry}
  periodSeconds: 10
  timeoutSeconds: 5
  failureThreshold: 2
{{- end -}}

{{/* Pods of a part lie on different machines and in different zones, as far as that can be. */}}
{{- define "hub.spread" -}}
topologySpreadConstraints:
  {{- range list "topology.kubernetes.io/zone" "kubernetes.io/hostname" }}
  - maxSkew: 1
    topologyKey: {{ . }}
    whenUnsatisfiable: ScheduleAnyway
    labelSelector:
      matchLabels: {{- include "hub.selector" $ | nindent 8 }}
  {{- end }}
{{- end -}}
