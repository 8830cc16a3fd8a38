// SignalProcessing adds to a signal what its labels do not say: which environment it comes from, who owns it, and how
// urgent that makes it. The rules are read anew for each signal, so that a changed ConfigMap needs no restart.
package main

import (
	"context"
	"net/http"
	"path"

	"world/internal/audit"
	"world/internal/service"
	"world/internal/signal"
)

var version = "dev"

// rule is for the namespaces that its pattern matches; the first one that does is the one that counts.
type rule struct {
	Namespace   string `json:"namespace"`
	Environment string `json:"environment"`
	Owner       string `json:"owner"`
}

// urgency by severity, in production; elsewhere nothing is urgent.
var urgency = map[string]string{"critical": "P0", "warning": "P1", "info": "P2"}

type enriched struct {
	Fingerprint string `json:"fingerprint"`
	Environment string `json:"environment"`
	Owner       string `json:"owner"`
	Priority    string `json:"priority"`
	AuditEvent  string `json:"auditEvent,omitempty"`
}

type api struct {
	trail     *audit.Trail
	rules     string // a file
	processed func()
}

func main() {
	s := service.New("signalprocessing")
	a := &api{
		trail:     audit.NewTrail(service.Env("DATASTORAGE_URL"), "signalprocessing"),
		rules:     service.Env("RULES"),
		processed: s.Counter("signals_processed_total", "Signals enriched."),
	}
	s.Needs("datastorage", a.trail.Ping)
	s.Needs("rules", func(context.Context) error { return service.ReadFile(a.rules, &[]rule{}) })
	s.Handle("/api/v1/signals", map[string]service.Handler{"POST": a.process})
	if err := s.Run(service.Env("LISTEN"), version); err != nil {
		service.Fatal(err)
	}
}

func (a *api) process(w http.ResponseWriter, r *http.Request) error {
	var received signal.Signal
	if err := service.Read(r, &received); err != nil {
		return err
	}
	if err := received.Validate(); err != nil {
		return err
	}
	var rules []rule
	if err := service.ReadFile(a.rules, &rules); err != nil {
		return err
	}
	result := enrich(received, rules)
	var err error
	if result.AuditEvent, err = a.trail.Record(r.Context(), "signal.enriched", result.Fingerprint, result); err != nil {
		return err
	}
	a.processed()
	return service.JSON(w, http.StatusOK, result)
}

func enrich(s signal.Signal, rules []rule) enriched {
	result := enriched{Fingerprint: s.Fingerprint(), Environment: "unknown", Owner: "nobody", Priority: "P3"}
	for _, rule := range rules {
		if ok, err := path.Match(rule.Namespace, s.Labels["namespace"]); err == nil && ok {
			result.Environment, result.Owner = rule.Environment, rule.Owner
			break
		}
	}
	if result.Environment == "production" {
		result.Priority = urgency[s.Labels["severity"]]
	}
	return result
}
