package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"strings"
)

const (
	account    = "/var/run/secrets/kubernetes.io/serviceaccount/"
	apiVersion = "world.example.com/v1"
)

// cluster is the Kubernetes API, as the pod's ServiceAccount may use it.
type cluster struct {
	client *http.Client
	url    string // of the RemediationRequests
}

// spec is that of a RemediationRequest; see manifests/crd.yaml.
type spec struct {
	AlertName   string            `json:"alertName"`
	Severity    string            `json:"severity"`
	Labels      map[string]string `json:"labels"`
	Annotations map[string]string `json:"annotations,omitempty"`
}

func inCluster() (*cluster, error) {
	host, port := os.Getenv("KUBERNETES_SERVICE_HOST"), os.Getenv("KUBERNETES_SERVICE_PORT")
	if host == "" {
		return nil, errors.New("KUBERNETES_SERVICE_HOST is not set: this runs in a pod only")
	}
	namespace, err := os.ReadFile(account + "namespace")
	if err != nil {
		return nil, err
	}
	ca, err := os.ReadFile(account + "ca.crt")
	if err != nil {
		return nil, err
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(ca) {
		return nil, errors.New("no certificate in " + account + "ca.crt")
	}
	return &cluster{
		client: &http.Client{
			Timeout:   callLimit,
			Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}, ForceAttemptHTTP2: true},
		},
		url: fmt.Sprintf("https://%s/apis/%s/namespaces/%s/remediationrequests",
			net.JoinHostPort(host, port), apiVersion, namespace),
	}, nil
}

// ping asks for the objects themselves: that needs the API, the CRD and the RBAC.
func (c *cluster) ping(ctx context.Context) error {
	status, answer, err := c.call(ctx, "GET", c.url+"?limit=1", nil)
	if err == nil && status != http.StatusOK {
		err = unexpected(status, answer)
	}
	return err
}

// create returns false if an object of that name is there already.
func (c *cluster) create(ctx context.Context, name string, s signal) (bool, error) {
	status, answer, err := c.call(ctx, "POST", c.url, map[string]any{
		"apiVersion": apiVersion,
		"kind":       "RemediationRequest",
		"metadata":   map[string]any{"name": name},
		"spec":       spec{s.Labels["alertname"], s.Labels["severity"], s.Labels, s.Annotations},
	})
	switch {
	case err != nil:
		return false, err
	case status == http.StatusConflict:
		return false, nil
	case status != http.StatusCreated:
		return false, unexpected(status, answer)
	}
	return true, nil
}

func (c *cluster) remove(ctx context.Context, name string) error {
	status, answer, err := c.call(ctx, "DELETE", c.url+"/"+name, nil)
	if err == nil && status != http.StatusOK && status != http.StatusNotFound {
		err = unexpected(status, answer)
	}
	return err
}

func (c *cluster) call(ctx context.Context, method, url string, value any) (int, []byte, error) {
	// Read each time, as the kubelet renews it.
	token, err := os.ReadFile(account + "token")
	if err != nil {
		return 0, nil, err
	}
	return call(ctx, c.client, method, url, strings.TrimSpace(string(token)), value)
}
