package datastorage

import (
	"fmt"
	"testing"

	"world/suite/harness"
)

var (
	url    = harness.URL("DATASTORAGE_URL", "http://127.0.0.1:30181")
	events = url + "/api/v1/audit/events"
)

type event struct {
	ID, Type, Source, Subject string
	Data                      map[string]any
	RecordedAt                string
}

func record(t *testing.T, subject string) event {
	t.Helper()
	status, body := harness.Post(t, events,
		fmt.Sprintf(`{"type":"test.happened","source":"suite","subject":%q,"data":{"answer":42}}`, subject))
	if status != 201 {
		t.Fatalf("status %d: %s", status, body)
	}
	return harness.Decode[event](t, body)
}

func TestReady(t *testing.T) {
	harness.Ready(t, url)
}

func TestEventIsRecorded(t *testing.T) {
	subject := harness.Unique("subject")
	sent := record(t, subject)

	rows := harness.SQL(t, "SELECT id, type, source, data->>'answer' FROM audit_events WHERE subject = :'subject'", subject)
	if want := sent.ID + "|test.happened|suite|42"; rows != want {
		t.Errorf("PostgreSQL has %q, not %q", rows, want)
	}
}

func TestEventIsFoundBySubject(t *testing.T) {
	subject := harness.Unique("subject")
	first, second := record(t, subject), record(t, subject)

	status, body := harness.Get(t, events+"?subject="+subject)
	found := harness.Decode[struct{ Events []event }](t, body).Events
	if status != 200 || len(found) != 2 || found[0].ID != first.ID || found[1].ID != second.ID {
		t.Errorf("status %d: %s", status, body)
	}
}

func TestEventIsReadThroughRedis(t *testing.T) {
	sent := record(t, harness.Unique("subject"))
	key := "event:" + sent.ID
	if cached := redis(t, "EXISTS", key); cached != "1" {
		t.Fatalf("EXISTS %s: %s after the event was written", key, cached)
	}
	read := func() {
		t.Helper()
		status, body := harness.Get(t, events+"/"+sent.ID)
		if got := harness.Decode[event](t, body); status != 200 || fmt.Sprint(got) != fmt.Sprint(sent) {
			t.Errorf("status %d: %s", status, body)
		}
	}
	read() // from Redis
	redis(t, "DEL", key)
	read() // from PostgreSQL, and into Redis again
	if cached := redis(t, "EXISTS", key); cached != "1" {
		t.Errorf("EXISTS %s: %s after the event was read", key, cached)
	}
}

func redis(t *testing.T, args ...string) string {
	t.Helper()
	return harness.Kubectl(t, append([]string{"exec", "deployment/redis", "--", "redis-cli", "-e"}, args...)...)
}

func TestBadInputIsRefused(t *testing.T) {
	harness.Refuses(t, events, map[string]string{
		"no JSON":     `{`,
		"empty":       `{}`,
		"no subject":  `{"type":"t","source":"s"}`,
		"id given":    `{"type":"t","source":"s","subject":"x","id":"00000000-0000-0000-0000-000000000000"}`,
		"NUL in text": `{"type":"t","source":"s","subject":"a\u0000b"}`,
	})
	for path, want := range map[string]int{
		"":                                      400, // no subject
		"/nonsense":                             400,
		"/00000000-0000-0000-0000-000000000000": 404,
	} {
		if status, answer := harness.Get(t, events+path); status != want {
			t.Errorf("GET %s: status %d, not %d: %s", path, status, want, answer)
		}
	}
	if status, answer := harness.Post(t, events+"/x", "{}"); status != 405 {
		t.Errorf("POST to an event: status %d: %s", status, answer)
	}
}

func TestMetrics(t *testing.T) {
	record(t, harness.Unique("subject"))
	harness.Counts(t, url, "datastorage_events_recorded_total", "datastorage_http_requests_total")
}
