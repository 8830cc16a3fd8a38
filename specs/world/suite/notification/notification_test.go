package notification

import (
	"fmt"
	"testing"

	"world/suite/harness"
)

var (
	url           = harness.URL("NOTIFICATION_URL", "http://127.0.0.1:30082")
	datastorage   = harness.URL("DATASTORAGE_URL", "http://127.0.0.1:30182")
	notifications = url + "/api/v1/notifications"
)

type state struct {
	ID, Status string
	Details    struct{ Tries int }
}

func send(t *testing.T, body string) string {
	t.Helper()
	status, answer := harness.Post(t, notifications, body)
	sent := harness.Decode[state](t, answer)
	if status != 202 || sent.Status != "accepted" {
		t.Fatalf("status %d: %s", status, answer)
	}
	return sent.ID
}

func webhook(path string) string {
	return fmt.Sprintf(`{"channel":"webhook","target":"http://notification:8080%s","message":"the cart is full"}`, path)
}

// becomes waits for the status, and returns after how many tries.
func becomes(t *testing.T, id, want string) int {
	t.Helper()
	var found state
	harness.Eventually(t, want, func() string {
		status, body := harness.Get(t, notifications+"/"+id)
		if found = harness.Decode[state](t, body); status != 200 || found.ID != id {
			t.Fatalf("status %d: %s", status, body)
		}
		return found.Status
	})
	harness.Trail(t, datastorage, id, "notification.accepted", "notification."+want)
	return found.Details.Tries
}

func TestReady(t *testing.T) {
	harness.Ready(t, url)
}

func TestMessageIsDeliveredToTheLog(t *testing.T) {
	message := harness.Unique("message")
	id := send(t, fmt.Sprintf(`{"channel":"log","message":%q}`, message))
	if tries := becomes(t, id, "delivered"); tries != 1 {
		t.Errorf("%d tries", tries)
	}
	rows := harness.SQL(t, "SELECT data->>'message' FROM audit_events WHERE subject = :'subject' AND type = 'notification.accepted'", id)
	if rows != message {
		t.Errorf("PostgreSQL has %q, not %q", rows, message)
	}
}

func TestMessageIsDeliveredToAWebhook(t *testing.T) {
	if tries := becomes(t, send(t, webhook("/healthz")), "delivered"); tries != 1 {
		t.Errorf("%d tries", tries)
	}
}

func TestMessageThatNobodyTakesIsTriedAgainAndGivenUp(t *testing.T) {
	if tries := becomes(t, send(t, webhook("/nowhere")), "failed"); tries != 3 {
		t.Errorf("%d tries", tries)
	}
}

func TestBadInputIsRefused(t *testing.T) {
	harness.Refuses(t, notifications, map[string]string{
		"no JSON":    `{`,
		"no message": `{"channel":"log"}`,
		"channel":    `{"channel":"pigeon","message":"m"}`,
		"no target":  `{"channel":"webhook","message":"m"}`,
	})
	if status, answer := harness.Get(t, notifications+"/unknown"); status != 404 {
		t.Errorf("status %d: %s", status, answer)
	}
}

func TestMetrics(t *testing.T) {
	becomes(t, send(t, `{"channel":"log","message":"m"}`), "delivered")
	harness.Counts(t, url, "notification_delivered_total", "notification_http_requests_total")
}
