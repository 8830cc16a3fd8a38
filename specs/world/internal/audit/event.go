// Package audit is what DataStorage and its clients agree on.
package audit

import (
	"encoding/json"
	"time"
)

// Path is where DataStorage serves the events.
const Path = "/api/v1/audit/events"

// An Event says that something happened to a subject. It never changes once it is recorded.
type Event struct {
	ID         string          `json:"id,omitempty"`
	Type       string          `json:"type"`
	Source     string          `json:"source"`
	Subject    string          `json:"subject"`
	Data       json.RawMessage `json:"data,omitempty"`
	RecordedAt *time.Time      `json:"recordedAt,omitempty"`
}
