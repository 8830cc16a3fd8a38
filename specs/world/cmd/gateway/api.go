package main

import (
	"context"
	"net/http"

	"world/internal/audit"
	"world/internal/call"
	"world/internal/remediation"
	"world/internal/service"
	"world/internal/signal"
)

const maxSignals = 100

type api struct {
	requests   *remediation.Requests
	trail      *audit.Trail
	received   func()
	duplicated func()
}

// payload is the part of Alertmanager's webhook message that matters here.
type payload struct {
	Alerts []signal.Signal `json:"alerts"`
}

// outcome is what became of one signal.
type outcome struct {
	Fingerprint string `json:"fingerprint"`
	Duplicate   bool   `json:"duplicate"`
	Request     string `json:"remediationRequest"`
	AuditEvent  string `json:"auditEvent"`
}

func newAPI(requests *remediation.Requests, trail *audit.Trail, s *service.Service) *api {
	return &api{
		requests:   requests,
		trail:      trail,
		received:   s.Counter("signals_received_total", "Signals accepted."),
		duplicated: s.Counter("signals_deduplicated_total", "Signals that were known already."),
	}
}

func (a *api) routes(s *service.Service) {
	s.Handle("/api/v1/signals", map[string]service.Handler{"POST": a.receive})
}

// receive answers 201 if any of the signals was new, 200 if all were known.
func (a *api) receive(w http.ResponseWriter, r *http.Request) error {
	var message payload
	if err := service.Read(r, &message); err != nil {
		return err
	}
	if err := message.validate(); err != nil {
		return err
	}
	status, outcomes := http.StatusOK, []outcome{}
	for _, s := range message.Alerts {
		o, err := a.handle(r.Context(), s)
		if err != nil {
			return err
		}
		if !o.Duplicate {
			status = http.StatusCreated
		}
		outcomes = append(outcomes, o)
	}
	return service.JSON(w, status, map[string]any{"signals": outcomes})
}

func (p payload) validate() error {
	if len(p.Alerts) == 0 || len(p.Alerts) > maxSignals {
		return service.Errorf(http.StatusBadRequest, "a message holds 1 to %d alerts, this one %d", maxSignals, len(p.Alerts))
	}
	for i, s := range p.Alerts {
		if err := s.Validate(); err != nil {
			return service.Errorf(http.StatusBadRequest, "alert %d: %v", i, err)
		}
	}
	return nil
}

// handle lets the cluster decide whether a signal is new: two objects can't have one name, however many gateways run.
func (a *api) handle(ctx context.Context, s signal.Signal) (outcome, error) {
	o := outcome{Fingerprint: s.Fingerprint()}
	o.Request = "signal-" + o.Fingerprint
	created, err := a.requests.Create(ctx, o.Request,
		remediation.Spec{AlertName: s.Labels["alertname"], Severity: s.Labels["severity"], Labels: s.Labels, Annotations: s.Annotations})
	if err != nil {
		return o, service.Errorf(http.StatusBadGateway, "the cluster did not take the request: %v", err)
	}
	o.Duplicate = !created

	event := "signal.received"
	if o.Duplicate {
		event = "signal.deduplicated"
	}
	o.AuditEvent, err = a.trail.Record(ctx, event, o.Fingerprint, s)
	if err != nil {
		// No request without its audit event: the sender will try again, and the signal has to be new then.
		if created {
			a.withdraw(o.Request)
		}
		return o, err
	}
	a.received()
	if o.Duplicate {
		a.duplicated()
	}
	return o, nil
}

// withdraw has a time limit of its own, as the request's may be what has just run out.
func (a *api) withdraw(name string) {
	ctx, cancel := context.WithTimeout(context.Background(), call.Limit)
	defer cancel()
	if err := a.requests.Remove(ctx, name); err != nil {
		service.Log("request not withdrawn", service.Fields{"name": name, "error": err.Error()})
	}
}
