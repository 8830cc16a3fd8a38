package authwebhook

import (
	"fmt"
	"strings"
	"testing"

	"world/suite/harness"
)

const approvedBy = "world.example.com/approved-by="

var (
	url         = harness.URL("AUTHWEBHOOK_URL", "http://127.0.0.1:30083")
	datastorage = harness.URL("DATASTORAGE_URL", "http://127.0.0.1:30183")
)

type review struct {
	APIVersion, Kind string
	Response         struct {
		UID     string
		Allowed bool
		Status  struct{ Message string }
	}
}

// request makes a RemediationRequest in the cluster.
func request(t *testing.T) string {
	t.Helper()
	name := harness.Unique("request")
	harness.Create(t, fmt.Sprintf(`{"apiVersion":"world.example.com/v1","kind":"RemediationRequest","metadata":{"name":%q},
		"spec":{"alertName":"HighMemory","severity":"critical","labels":{}}}`, name))
	return name
}

// annotate is what somebody does who may do anything.
func annotate(user, name, annotation string) []string {
	return []string{"annotate", "remediationrequest", name, annotation, "--as=" + user, "--as-group=system:masters"}
}

// recorded says that PostgreSQL has events of these types for the request; of how many is Kubernetes' affair.
func recorded(t *testing.T, name, types string) {
	t.Helper()
	got := harness.SQL(t, "SELECT string_agg(DISTINCT type, ' ' ORDER BY type) FROM audit_events WHERE subject = :'subject'", name)
	if got != types {
		t.Errorf("PostgreSQL has %q, not %q", got, types)
	}
}

func TestReady(t *testing.T) {
	harness.Ready(t, url)
}

func TestKubernetesAsksBeforeItWrites(t *testing.T) {
	name := request(t)
	recorded(t, name, "")

	told := harness.Forbidden(t, annotate("mallory", name, approvedBy+"alice")...)
	if !strings.Contains(told, "mallory can't approve in the name of alice") {
		t.Errorf("kubectl is told %q", told)
	}
	recorded(t, name, "approval.refused")

	harness.Kubectl(t, append(annotate("alice", name, approvedBy+"alice"), "--dry-run=server")...)
	recorded(t, name, "approval.refused")

	harness.Kubectl(t, annotate("alice", name, approvedBy+"alice")...)
	recorded(t, name, "approval.granted approval.refused")

	// Once it is approved anybody may change the rest of it.
	harness.Kubectl(t, annotate("mallory", name, "note=seen")...)
	recorded(t, name, "approval.granted approval.refused")
}

func TestReviewIsAnswered(t *testing.T) {
	for user, allowed := range map[string]bool{"alice": true, "mallory": false} {
		t.Run(user, func(t *testing.T) {
			name := harness.Unique("request")
			status, body := harness.Post(t, url+"/validate", fmt.Sprintf(
				`{"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview","request":{"uid":"u-1","name":%q,"userInfo":{"username":%q},
				"object":{"metadata":{"annotations":{"world.example.com/approved-by":"alice"}}},"oldObject":null}}`, name, user))
			got := harness.Decode[review](t, body)
			if status != 200 || got.Kind != "AdmissionReview" || got.Response.UID != "u-1" || got.Response.Allowed != allowed {
				t.Errorf("status %d: %s", status, body)
			}
			harness.Trail(t, datastorage, name, map[bool]string{true: "approval.granted", false: "approval.refused"}[allowed])
		})
	}
}

func TestBadInputIsRefused(t *testing.T) {
	harness.Refuses(t, url+"/validate", map[string]string{
		"no JSON":     `{`,
		"empty":       `{}`,
		"old version": `{"apiVersion":"admission.k8s.io/v1beta1","kind":"AdmissionReview","request":{"uid":"u-1"}}`,
		"no uid":      `{"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview","request":{}}`,
		"no object":   `{"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview","request":{"uid":"u-1","object":7}}`,
	})
}

func TestMetrics(t *testing.T) {
	harness.Counts(t, url, "authwebhook_approvals_granted_total", "authwebhook_approvals_refused_total")
}
