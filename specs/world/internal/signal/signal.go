// Package signal is what an Alertmanager sends.
package signal

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"sort"

	"world/internal/service"
)

// A Signal is the part of an alert that matters here.
type Signal struct {
	Labels      map[string]string `json:"labels"`
	Annotations map[string]string `json:"annotations,omitempty"`
}

// Validate returns an error that is answered as the sender's mistake.
func (s Signal) Validate() error {
	if s.Labels["alertname"] == "" {
		return service.Errorf(http.StatusBadRequest, "the label alertname is missing")
	}
	switch s.Labels["severity"] {
	case "critical", "warning", "info":
		return nil
	default:
		return service.Errorf(http.StatusBadRequest, "severity is critical, warning or info, not %q", s.Labels["severity"])
	}
}

// Fingerprint is the same for the same labels, whatever their order: it is what makes a signal a duplicate.
func (s Signal) Fingerprint() string {
	var names []string
	for name := range s.Labels {
		names = append(names, name)
	}
	sort.Strings(names)
	sum := sha256.New()
	for _, name := range names {
		fmt.Fprintf(sum, "%q=%q\n", name, s.Labels[name])
	}
	return hex.EncodeToString(sum.Sum(nil))[:16]
}
