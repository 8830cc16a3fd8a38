package main

import (
	"context"
	"encoding/json"
	"net/http"

	"world/internal/audit"
)

// trail is the audit trail that DataStorage keeps.
type trail struct {
	client *http.Client
	url    string
}

func newTrail(url string) *trail {
	return &trail{&http.Client{Timeout: callLimit}, url}
}

func (t *trail) ping(ctx context.Context) error {
	status, answer, err := call(ctx, t.client, "GET", t.url+"/readyz", "", nil)
	if err == nil && status != http.StatusOK {
		err = unexpected(status, answer)
	}
	return err
}

// record returns the id of the event.
func (t *trail) record(ctx context.Context, kind, subject string, s signal) (string, error) {
	data, err := json.Marshal(s)
	if err != nil {
		return "", err
	}
	status, answer, err := call(ctx, t.client, "POST", t.url+audit.Path, "",
		audit.Event{Type: kind, Source: "gateway", Subject: subject, Data: data})
	if err != nil {
		return "", err
	}
	if status != http.StatusCreated {
		return "", unexpected(status, answer)
	}
	var event audit.Event
	err = json.Unmarshal(answer, &event)
	return event.ID, err
}
