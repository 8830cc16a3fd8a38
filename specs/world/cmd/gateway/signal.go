package main

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"sort"

	"world/internal/service"
)

const maxSignals = 100

// payload is the part of Alertmanager's webhook message that matters here.
type payload struct {
	Alerts []signal `json:"alerts"`
}

type signal struct {
	Labels      map[string]string `json:"labels"`
	Annotations map[string]string `json:"annotations,omitempty"`
}

func (p payload) validate() error {
	if len(p.Alerts) == 0 || len(p.Alerts) > maxSignals {
		return service.Errorf(http.StatusBadRequest, "a message holds 1 to %d alerts, this one %d", maxSignals, len(p.Alerts))
	}
	for i, s := range p.Alerts {
		if s.Labels["alertname"] == "" {
			return service.Errorf(http.StatusBadRequest, "alert %d has no label alertname", i)
		}
		switch s.Labels["severity"] {
		case "critical", "warning", "info":
		default:
			return service.Errorf(http.StatusBadRequest, "alert %d: severity is critical, warning or info, not %q",
				i, s.Labels["severity"])
		}
	}
	return nil
}

// fingerprint is the same for the same labels, whatever their order: it is what makes a signal a duplicate.
func (s signal) fingerprint() string {
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
