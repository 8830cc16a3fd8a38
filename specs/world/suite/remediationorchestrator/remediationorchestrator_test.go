package remediationorchestrator

import (
	"fmt"
	"strings"
	"testing"

	"world/suite/harness"
)

var (
	url          = harness.URL("REMEDIATIONORCHESTRATOR_URL", "http://127.0.0.1:30084")
	datastorage  = harness.URL("DATASTORAGE_URL", "http://127.0.0.1:30184")
	remediations = url + "/api/v1/remediations"
)

// request makes a RemediationRequest in the cluster.
func request(t *testing.T, severity string) string {
	t.Helper()
	name := harness.Unique("request")
	harness.Create(t, fmt.Sprintf(`{"apiVersion":"world.example.com/v1","kind":"RemediationRequest","metadata":{"name":%q},
		"spec":{"alertName":"HighMemory","severity":%q,"labels":{}}}`, name, severity))
	return name
}

func becomes(t *testing.T, name, want string) {
	t.Helper()
	harness.Eventually(t, want, func() string {
		status, body := harness.Get(t, remediations+"/"+name)
		if status != 200 {
			t.Fatalf("status %d: %s", status, body)
		}
		return harness.Decode[struct{ Phase string }](t, body).Phase
	})
	if phase := harness.Kubectl(t, "get", "remediationrequest", name, "-o=jsonpath={.status.phase}"); phase != want {
		t.Errorf("the object is in phase %q, not %q", phase, want)
	}
}

// trail says which phases are on record.
func trail(t *testing.T, name string, phases ...string) {
	t.Helper()
	var types []string
	for _, phase := range phases {
		types = append(types, "remediation."+phase)
	}
	harness.Trail(t, datastorage, name, types...)
}

func TestReady(t *testing.T) {
	harness.Ready(t, url)
}

func TestWarningIsRemediated(t *testing.T) {
	name := request(t, "warning")
	becomes(t, name, "Completed")
	trail(t, name, "pending", "analyzing", "executing", "completed")
}

func TestInformationIsNotRemediated(t *testing.T) {
	name := request(t, "info")
	becomes(t, name, "Skipped")
	trail(t, name, "pending", "analyzing", "skipped")
}

func TestCriticalOneWaitsForApproval(t *testing.T) {
	name := request(t, "critical")
	becomes(t, name, "AwaitingApproval")
	if _, body := harness.Get(t, remediations+"?phase=AwaitingApproval"); !strings.Contains(body, name) {
		t.Errorf("it is not among those that wait: %s", body)
	}
	harness.Kubectl(t, "annotate", "remediationrequest", name, "world.example.com/approved-by=alice")
	becomes(t, name, "Completed")
	trail(t, name, "pending", "analyzing", "awaitingapproval", "executing", "completed")

	approver := harness.SQL(t,
		"SELECT data->>'approvedBy' FROM audit_events WHERE subject = :'subject' AND type = 'remediation.executing'", name)
	if approver != "alice" {
		t.Errorf("PostgreSQL has %q as who approved it", approver)
	}
}

func TestUnknownRemediation(t *testing.T) {
	if status, body := harness.Get(t, remediations+"/unknown"); status != 404 {
		t.Errorf("status %d: %s", status, body)
	}
}

func TestMetrics(t *testing.T) {
	harness.Counts(t, url, "remediationorchestrator_transitions_total")
}
