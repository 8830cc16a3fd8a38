// Package remediation handles the RemediationRequests of the pod's namespace, as its ServiceAccount may.
package remediation

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"strings"

	"world/internal/call"
)

const (
	account    = "/var/run/secrets/kubernetes.io/serviceaccount/"
	apiVersion = "world.example.com/v1"
)

// ApprovedBy is the annotation that tells who approved a request.
const ApprovedBy = "world.example.com/approved-by"

// Request is a RemediationRequest; see manifests/crd.yaml.
type Request struct {
	APIVersion string   `json:"apiVersion,omitempty"`
	Kind       string   `json:"kind,omitempty"`
	Metadata   Metadata `json:"metadata"`
	Spec       Spec     `json:"spec"`
	Status     Status   `json:"status"`
}

type Metadata struct {
	Name        string            `json:"name"`
	Annotations map[string]string `json:"annotations,omitempty"`
}

type Spec struct {
	AlertName   string            `json:"alertName"`
	Severity    string            `json:"severity"`
	Labels      map[string]string `json:"labels"`
	Annotations map[string]string `json:"annotations,omitempty"`
}

type Status struct {
	Phase string `json:"phase,omitempty"`
}

// Requests are those of the cluster.
type Requests struct {
	client *http.Client
	url    string
}

// Connect works in a pod only.
func Connect() (*Requests, error) {
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
	return &Requests{
		client: &http.Client{
			Timeout:   call.Limit,
			Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}, ForceAttemptHTTP2: true},
		},
		url: fmt.Sprintf("https://%s/apis/%s/namespaces/%s/remediationrequests",
			net.JoinHostPort(host, port), apiVersion, namespace),
	}, nil
}

// Ping asks for the objects themselves: that needs the API, the CRD and the RBAC.
func (r *Requests) Ping(ctx context.Context) error {
	_, _, err := r.call(ctx, http.MethodGet, "?limit=1", nil, http.StatusOK)
	return err
}

// Create returns false if an object of that name is there already.
func (r *Requests) Create(ctx context.Context, name string, spec Spec) (bool, error) {
	status, _, err := r.call(ctx, http.MethodPost, "",
		Request{APIVersion: apiVersion, Kind: "RemediationRequest", Metadata: Metadata{Name: name}, Spec: spec},
		http.StatusCreated, http.StatusConflict)
	return status == http.StatusCreated, err
}

func (r *Requests) Remove(ctx context.Context, name string) error {
	_, _, err := r.call(ctx, http.MethodDelete, "/"+name, nil, http.StatusOK, http.StatusNotFound)
	return err
}

func (r *Requests) List(ctx context.Context) ([]Request, error) {
	_, answer, err := r.call(ctx, http.MethodGet, "", nil, http.StatusOK)
	if err != nil {
		return nil, err
	}
	var found struct{ Items []Request }
	err = json.Unmarshal(answer, &found)
	return found.Items, err
}

// SetPhase does nothing if the object is gone meanwhile.
func (r *Requests) SetPhase(ctx context.Context, name, phase string) error {
	_, _, err := r.call(ctx, http.MethodPatch, "/"+name+"/status", map[string]any{"status": Status{phase}},
		http.StatusOK, http.StatusNotFound)
	return err
}

// call returns an error if the status is none of those that are wanted.
func (r *Requests) call(ctx context.Context, method, path string, value any, want ...int) (int, []byte, error) {
	// Read each time, as the kubelet renews it.
	token, err := os.ReadFile(account + "token")
	if err != nil {
		return 0, nil, err
	}
	status, answer, err := call.Do(ctx, r.client, method, r.url+path, strings.TrimSpace(string(token)), value)
	if err != nil {
		return status, nil, err
	}
	for _, wanted := range want {
		if status == wanted {
			return status, answer, nil
		}
	}
	return status, nil, call.Unexpected(status, answer)
}
