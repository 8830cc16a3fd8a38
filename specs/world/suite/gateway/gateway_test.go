package gateway

import (
	"fmt"
	"strings"
	"sync"
	"testing"

	"world/suite/harness"
)

var (
	url         = harness.URL("GATEWAY_URL", "http://127.0.0.1:30080")
	datastorage = harness.URL("DATASTORAGE_URL", "http://127.0.0.1:30081")
)

type outcome struct {
	Fingerprint        string
	Duplicate          bool
	RemediationRequest string
	AuditEvent         string
}

type event struct {
	ID, Type, Source, Subject string
}

func alert(pod string) string {
	return fmt.Sprintf(`{"labels":{"alertname":"HighMemory","severity":"critical","namespace":"shop","pod":%q}}`, pod)
}

// send posts the alerts as one message.
func send(t *testing.T, alerts ...string) (int, []outcome) {
	t.Helper()
	status, body := harness.Post(t, url+"/api/v1/signals", `{"alerts":[`+strings.Join(alerts, ",")+`]}`)
	if status >= 300 {
		t.Fatalf("status %d: %s", status, body)
	}
	signals := harness.Decode[struct{ Signals []outcome }](t, body).Signals
	if len(signals) != len(alerts) {
		t.Fatalf("%d alerts, and the answer is %s", len(alerts), body)
	}
	return status, signals
}

func TestReady(t *testing.T) {
	harness.Ready(t, url)
}

func TestSignalIsAccepted(t *testing.T) {
	pod := harness.Unique("cart")
	status, signals := send(t, alert(pod))
	signal := signals[0]
	if status != 201 || signal.Duplicate {
		t.Fatalf("status %d: %+v", status, signal)
	}

	t.Run("is found through DataStorage", func(t *testing.T) {
		status, body := harness.Get(t, datastorage+"/api/v1/audit/events/"+signal.AuditEvent)
		got := harness.Decode[event](t, body)
		if want := (event{signal.AuditEvent, "signal.received", "gateway", signal.Fingerprint}); status != 200 || got != want {
			t.Errorf("status %d: %s", status, body)
		}
	})
	t.Run("is in PostgreSQL", func(t *testing.T) {
		rows := harness.SQL(t, "SELECT id, type, data->'labels'->>'pod' FROM audit_events WHERE subject = :'subject'",
			signal.Fingerprint)
		if want := signal.AuditEvent + "|signal.received|" + pod; rows != want {
			t.Errorf("PostgreSQL has %q, not %q", rows, want)
		}
	})
	t.Run("is a custom object", func(t *testing.T) {
		got := harness.Kubectl(t, "get", "remediationrequest", signal.RemediationRequest,
			"-o=jsonpath={.spec.alertName} {.spec.severity} {.spec.labels.pod}")
		if want := "HighMemory critical " + pod; got != want {
			t.Errorf("the object has %q, not %q", got, want)
		}
	})
}

func TestDuplicateIsRecognised(t *testing.T) {
	pod := harness.Unique("cart")
	_, first := send(t, alert(pod))
	// The same labels in another order, and other annotations: the same signal.
	status, again := send(t, fmt.Sprintf(
		`{"annotations":{"summary":"again"},"labels":{"pod":%q,"namespace":"shop","severity":"critical","alertname":"HighMemory"}}`, pod))
	if status != 200 || !again[0].Duplicate || again[0].RemediationRequest != first[0].RemediationRequest {
		t.Errorf("status %d: %+v after %+v", status, again[0], first[0])
	}
	harness.Trail(t, datastorage, first[0].Fingerprint, "signal.received", "signal.deduplicated")
	_, other := send(t, alert(harness.Unique("cart")))
	if other[0].Duplicate {
		t.Errorf("another pod's signal is taken for a duplicate: %+v", other[0])
	}
}

func TestOfManyAtOnceOneIsNew(t *testing.T) {
	pod := harness.Unique("cart")
	var all sync.WaitGroup
	found := make(chan bool, 8)
	for i := 0; i < cap(found); i++ {
		all.Add(1)
		go func() {
			defer all.Done()
			status, body := harness.Post(t, url+"/api/v1/signals", `{"alerts":[`+alert(pod)+`]}`)
			if status >= 300 {
				t.Errorf("status %d: %s", status, body)
			}
			found <- status == 201
		}()
	}
	all.Wait()
	close(found)
	created := 0
	for isNew := range found {
		if isNew {
			created++
		}
	}
	if created != 1 {
		t.Errorf("%d of %d were taken for new", created, cap(found))
	}
}

func TestMessageOfSeveralSignals(t *testing.T) {
	old, fresh := harness.Unique("cart"), harness.Unique("cart")
	send(t, alert(old))
	status, signals := send(t, alert(old), alert(fresh))
	if status != 201 || !signals[0].Duplicate || signals[1].Duplicate {
		t.Errorf("status %d: %+v", status, signals)
	}
}

func TestBadInputIsRefused(t *testing.T) {
	harness.Refuses(t, url+"/api/v1/signals", map[string]string{
		"no JSON":         `{`,
		"no alerts":       `{"alerts":[]}`,
		"no alertname":    `{"alerts":[{"labels":{"severity":"info"}}]}`,
		"unknown gravity": `{"alerts":[{"labels":{"alertname":"A","severity":"dire"}}]}`,
	})
	if status, answer := harness.Get(t, url+"/api/v1/signals"); status != 405 {
		t.Errorf("GET: status %d: %s", status, answer)
	}
}

func TestMetrics(t *testing.T) {
	send(t, alert(harness.Unique("cart")))
	harness.Counts(t, url, "gateway_signals_received_total", "gateway_http_requests_total")
}
