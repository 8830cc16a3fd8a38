package harness

import (
	"net/url"
	"strings"
	"testing"
	"time"
)

// Ready is what the probes ask.
func Ready(t *testing.T, url string) {
	t.Helper()
	for _, path := range []string{"/healthz", "/readyz"} {
		if status, body := Get(t, url+path); status != 200 {
			t.Errorf("%s: status %d: %s", path, status, body)
		}
	}
}

// Counts says that there are these metrics.
func Counts(t *testing.T, url string, names ...string) {
	t.Helper()
	status, body := Get(t, url+"/metrics")
	for _, name := range names {
		if status != 200 || !strings.Contains(body, "\n"+name) {
			t.Errorf("status %d, no %s:\n%s", status, name, body)
		}
	}
}

// Refuses says that each of the bodies is answered as the sender's mistake.
func Refuses(t *testing.T, url string, bodies map[string]string) {
	t.Helper()
	for name, body := range bodies {
		t.Run(name, func(t *testing.T) {
			if status, answer := Post(t, url, body); status != 400 {
				t.Errorf("status %d: %s", status, answer)
			}
		})
	}
}

// Trail says that DataStorage has events of these types for the subject, in this order, and no others.
func Trail(t *testing.T, datastorage, subject string, types ...string) {
	t.Helper()
	status, body := Get(t, datastorage+"/api/v1/audit/events?subject="+url.QueryEscape(subject))
	if status != 200 {
		t.Fatalf("status %d: %s", status, body)
	}
	var got []string
	for _, e := range Decode[struct{ Events []struct{ Type string } }](t, body).Events {
		got = append(got, e.Type)
	}
	if strings.Join(got, " ") != strings.Join(types, " ") {
		t.Errorf("the trail of %s is %q, not %q", subject, got, types)
	}
}

// Eventually says that it comes to be so.
func Eventually(t *testing.T, want string, get func() string) {
	t.Helper()
	got := get()
	for deadline := time.Now().Add(patience); got != want && time.Now().Before(deadline); got = get() {
		time.Sleep(200 * time.Millisecond)
	}
	if got != want {
		t.Fatalf("it stays %q, and does not become %q", got, want)
	}
}
