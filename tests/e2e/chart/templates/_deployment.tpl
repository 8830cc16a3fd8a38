{{- define "shop.deployment" -}}
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ .name }}
spec:
  selector: {matchLabels: {app: {{ .name }}}}
  template:
    metadata: {labels: {app: {{ .name }}}}
    spec:
      terminationGracePeriodSeconds: 0
      containers:
        - name: main
          image: {{ printf "localhost/%s:%s" .image .root.Values.tag }}
          env: [{name: PASSWORD, valueFrom: {secretKeyRef: {name: password, key: password}}}]
{{- end -}}
