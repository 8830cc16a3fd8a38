package audit

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"

	"world/internal/call"
	"world/internal/service"
)

// Trail is the audit trail that DataStorage keeps, as one service writes it. What goes wrong is answered by 502.
type Trail struct {
	client *http.Client
	url    string
	source string
}

// NewTrail wants DataStorage's address and the name of the service.
func NewTrail(url, source string) *Trail {
	return &Trail{&http.Client{Timeout: call.Limit}, url, source}
}

func (t *Trail) Ping(ctx context.Context) error {
	return t.call(ctx, http.MethodGet, "/readyz", nil, http.StatusOK, nil)
}

// Record returns the id of the event.
func (t *Trail) Record(ctx context.Context, kind, subject string, data any) (string, error) {
	text, err := json.Marshal(data)
	if err != nil {
		return "", err
	}
	var event Event
	err = t.call(ctx, http.MethodPost, Path, Event{Type: kind, Source: t.source, Subject: subject, Data: text},
		http.StatusCreated, &event)
	return event.ID, err
}

// Of returns the events of a subject, the oldest first.
func (t *Trail) Of(ctx context.Context, subject string) ([]Event, error) {
	var found struct{ Events []Event }
	err := t.call(ctx, http.MethodGet, Path+"?subject="+url.QueryEscape(subject), nil, http.StatusOK, &found)
	return found.Events, err
}

func (t *Trail) call(ctx context.Context, method, path string, value any, want int, result any) error {
	status, answer, err := call.Do(ctx, t.client, method, t.url+path, "", value)
	if err == nil && status != want {
		err = call.Unexpected(status, answer)
	}
	if err == nil && result != nil {
		err = json.Unmarshal(answer, result)
	}
	if err != nil {
		return service.Errorf(http.StatusBadGateway, "DataStorage: %v", err)
	}
	return nil
}
