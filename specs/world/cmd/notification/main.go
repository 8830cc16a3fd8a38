// Notification delivers messages to the log or to a webhook, and tries again where nobody takes them. It remembers nothing
// itself: how far a message has come is what DataStorage's audit trail says of it.
package main

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"time"

	"world/internal/audit"
	"world/internal/call"
	"world/internal/service"
)

const (
	path       = "/api/v1/notifications"
	tries      = 3
	retryAfter = 500 * time.Millisecond
	prefix     = "notification."
)

var version = "dev"

type notification struct {
	Channel string `json:"channel"` // log or webhook
	Target  string `json:"target"`  // of a webhook: its URL
	Message string `json:"message"`
}

type api struct {
	trail     *audit.Trail
	client    *http.Client
	delivered func()
	failed    func()
}

func main() {
	s := service.New("notification")
	a := &api{
		trail:     audit.NewTrail(service.Env("DATASTORAGE_URL"), "notification"),
		client:    &http.Client{Timeout: call.Limit},
		delivered: s.Counter("delivered_total", "Notifications delivered."),
		failed:    s.Counter("failed_total", "Notifications given up."),
	}
	s.Needs("datastorage", a.trail.Ping)
	s.Handle(path, map[string]service.Handler{"POST": a.accept})
	s.Handle(path+"/", map[string]service.Handler{"GET": a.status})
	if err := s.Run(service.Env("LISTEN"), version); err != nil {
		service.Fatal(err)
	}
}

// accept answers before the message is delivered, and after it is on record.
func (a *api) accept(w http.ResponseWriter, r *http.Request) error {
	var n notification
	if err := service.Read(r, &n); err != nil {
		return err
	}
	target, err := url.Parse(n.Target)
	switch {
	case n.Message == "":
		return service.Errorf(http.StatusBadRequest, "a notification needs a message")
	case n.Channel != "log" && n.Channel != "webhook":
		return service.Errorf(http.StatusBadRequest, "the channel is log or webhook, not %q", n.Channel)
	case n.Channel == "webhook" && (err != nil || target.Scheme != "http" || target.Host == ""):
		return service.Errorf(http.StatusBadRequest, "%q is not the address of a webhook", n.Target)
	}
	id := service.NewID("notification")
	if _, err := a.trail.Record(r.Context(), prefix+"accepted", id, n); err != nil {
		return err
	}
	go a.deliver(id, n)
	return service.JSON(w, http.StatusAccepted, map[string]string{"id": id, "status": "accepted"})
}

func (a *api) deliver(id string, n notification) {
	outcome, count, data := "delivered", a.delivered, map[string]any{"channel": n.Channel}
	for try := 1; ; try++ {
		data["tries"] = try
		err := a.send(id, n)
		if err == nil {
			break
		}
		if try == tries {
			outcome, count, data["error"] = "failed", a.failed, err.Error()
			break
		}
		time.Sleep(retryAfter)
	}
	count()
	if _, err := a.trail.Record(context.Background(), prefix+outcome, id, data); err != nil {
		service.Log("outcome not recorded", service.Fields{"id": id, "outcome": outcome, "error": err.Error()})
	}
}

func (a *api) send(id string, n notification) error {
	if n.Channel == "log" {
		service.Log("notification", service.Fields{"id": id, "text": n.Message})
		return nil
	}
	status, answer, err := call.Do(context.Background(), a.client, http.MethodPost, n.Target, "",
		map[string]string{"id": id, "message": n.Message})
	if err == nil && status >= 300 {
		err = call.Unexpected(status, answer)
	}
	return err
}

func (a *api) status(w http.ResponseWriter, r *http.Request) error {
	id := strings.TrimPrefix(r.URL.Path, path+"/")
	events, err := a.trail.Of(r.Context(), id)
	if err != nil {
		return err
	}
	for i := len(events) - 1; i >= 0; i-- {
		if status := strings.TrimPrefix(events[i].Type, prefix); status != events[i].Type {
			return service.JSON(w, http.StatusOK, map[string]any{"id": id, "status": status, "details": events[i].Data})
		}
	}
	return service.Errorf(http.StatusNotFound, "there is no notification %s", id)
}
