// RemediationOrchestrator takes each RemediationRequest of its namespace from phase to phase, with an audit event of every
// step. A critical one waits until it is approved, one that only informs is not remediated.
package main

import (
	"context"
	"net/http"
	"strings"
	"time"

	"world/internal/audit"
	"world/internal/remediation"
	"world/internal/service"
)

const (
	path  = "/api/v1/remediations"
	pause = 500 * time.Millisecond
	limit = 10 * time.Second
)

var version = "dev"

type orchestrator struct {
	requests *remediation.Requests
	trail    *audit.Trail
	step     func()
}

func main() {
	requests, err := remediation.Connect()
	if err != nil {
		service.Fatal(err)
	}
	s := service.New("remediationorchestrator")
	o := &orchestrator{
		requests: requests,
		trail:    audit.NewTrail(service.Env("DATASTORAGE_URL"), "remediationorchestrator"),
		step:     s.Counter("transitions_total", "Steps from one phase to the next."),
	}
	s.Needs("kubernetes", requests.Ping)
	s.Needs("datastorage", o.trail.Ping)
	s.Handle(path, map[string]service.Handler{"GET": o.list})
	s.Handle(path+"/", map[string]service.Handler{"GET": o.get})
	go o.run()
	if err := s.Run(service.Env("LISTEN"), version); err != nil {
		service.Fatal(err)
	}
}

// next is the phase that follows; none follows the last one, nor one that has to wait.
func next(r remediation.Request) string {
	switch phase := r.Status.Phase; {
	case phase == "":
		return "Pending"
	case phase == "Pending":
		return "Analyzing"
	case phase == "Analyzing" && r.Spec.Severity == "info":
		return "Skipped"
	case phase == "Analyzing" && r.Spec.Severity == "critical":
		return "AwaitingApproval"
	case phase == "Analyzing", phase == "AwaitingApproval" && r.Metadata.Annotations[remediation.ApprovedBy] != "":
		return "Executing"
	case phase == "Executing":
		return "Completed"
	}
	return ""
}

// run never ends. What fails is logged and tried again, from what the cluster then says.
func (o *orchestrator) run() {
	for ; ; time.Sleep(pause) {
		ctx, cancel := context.WithTimeout(context.Background(), limit)
		if err := o.advance(ctx); err != nil {
			service.Log("not advanced", service.Fields{"error": err.Error()})
		}
		cancel()
	}
}

// advance takes every request one phase on. The event comes first: no phase without its event, though after a failure
// there may be two of one.
func (o *orchestrator) advance(ctx context.Context) error {
	requests, err := o.requests.List(ctx)
	if err != nil {
		return err
	}
	for _, r := range requests {
		phase := next(r)
		if phase == "" {
			continue
		}
		data := map[string]string{"from": r.Status.Phase, "to": phase, "approvedBy": r.Metadata.Annotations[remediation.ApprovedBy]}
		if _, err := o.trail.Record(ctx, "remediation."+strings.ToLower(phase), r.Metadata.Name, data); err != nil {
			return err
		}
		if err := o.requests.SetPhase(ctx, r.Metadata.Name, phase); err != nil {
			return err
		}
		o.step()
	}
	return nil
}

type remediationOf struct {
	Name     string `json:"name"`
	Severity string `json:"severity"`
	Phase    string `json:"phase"`
}

func (o *orchestrator) find(ctx context.Context, match func(remediation.Request) bool) ([]remediationOf, error) {
	requests, err := o.requests.List(ctx)
	if err != nil {
		return nil, service.Errorf(http.StatusBadGateway, "the cluster: %v", err)
	}
	found := []remediationOf{}
	for _, r := range requests {
		if match(r) {
			found = append(found, remediationOf{r.Metadata.Name, r.Spec.Severity, r.Status.Phase})
		}
	}
	return found, nil
}

// list answers those in the phase that is asked for, or all.
func (o *orchestrator) list(w http.ResponseWriter, r *http.Request) error {
	phase := r.URL.Query().Get("phase")
	found, err := o.find(r.Context(), func(r remediation.Request) bool { return phase == "" || r.Status.Phase == phase })
	if err != nil {
		return err
	}
	return service.JSON(w, http.StatusOK, map[string]any{"remediations": found})
}

func (o *orchestrator) get(w http.ResponseWriter, r *http.Request) error {
	name := strings.TrimPrefix(r.URL.Path, path+"/")
	found, err := o.find(r.Context(), func(r remediation.Request) bool { return r.Metadata.Name == name })
	if err != nil {
		return err
	}
	if len(found) == 0 {
		return service.Errorf(http.StatusNotFound, "there is no remediation %s", name)
	}
	return service.JSON(w, http.StatusOK, found[0])
}
