package signalprocessing

import (
	"fmt"
	"testing"

	"world/suite/harness"
)

var (
	url         = harness.URL("SIGNALPROCESSING_URL", "http://127.0.0.1:30085")
	datastorage = harness.URL("DATASTORAGE_URL", "http://127.0.0.1:30185")
)

type enriched struct {
	Fingerprint, Environment, Owner, Priority, AuditEvent string
}

func process(t *testing.T, namespace, severity, pod string) enriched {
	t.Helper()
	status, body := harness.Post(t, url+"/api/v1/signals", fmt.Sprintf(
		`{"labels":{"alertname":"HighMemory","severity":%q,"namespace":%q,"pod":%q}}`, severity, namespace, pod))
	if status != 200 {
		t.Fatalf("status %d: %s", status, body)
	}
	return harness.Decode[enriched](t, body)
}

func TestReady(t *testing.T) {
	harness.Ready(t, url)
}

func TestSignalIsEnrichedByItsNamespace(t *testing.T) {
	for _, c := range []struct{ namespace, severity, environment, owner, priority string }{
		{"shop", "critical", "production", "team-shop", "P0"},
		{"shop-eu", "warning", "production", "team-shop", "P1"},
		{"shop-staging", "critical", "staging", "team-shop", "P3"}, // the first rule that matches
		{"kube-system", "info", "production", "team-platform", "P2"},
		{"elsewhere", "critical", "unknown", "nobody", "P3"},
		{"", "warning", "unknown", "nobody", "P3"},
	} {
		t.Run(c.namespace+" "+c.severity, func(t *testing.T) {
			got := process(t, c.namespace, c.severity, harness.Unique("pod"))
			if got.Environment != c.environment || got.Owner != c.owner || got.Priority != c.priority {
				t.Errorf("%+v, not %+v", got, c)
			}
		})
	}
}

func TestEventIsRecorded(t *testing.T) {
	pod := harness.Unique("pod")
	first := process(t, "shop", "critical", pod)
	again := process(t, "shop", "critical", pod)
	if first.Fingerprint != again.Fingerprint || first.AuditEvent == again.AuditEvent {
		t.Errorf("%+v, then %+v", first, again)
	}
	harness.Trail(t, datastorage, first.Fingerprint, "signal.enriched", "signal.enriched")
	rows := harness.SQL(t, "SELECT data->>'owner', data->>'priority' FROM audit_events WHERE subject = :'subject' LIMIT 1", first.Fingerprint)
	if want := "team-shop|P0"; rows != want {
		t.Errorf("PostgreSQL has %q, not %q", rows, want)
	}
}

func TestBadInputIsRefused(t *testing.T) {
	harness.Refuses(t, url+"/api/v1/signals", map[string]string{
		"no JSON":         `{`,
		"no alertname":    `{"labels":{"severity":"info"}}`,
		"unknown gravity": `{"labels":{"alertname":"A","severity":"dire"}}`,
	})
}

func TestMetrics(t *testing.T) {
	harness.Counts(t, url, "signalprocessing_signals_processed_total")
}
