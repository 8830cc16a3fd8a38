// WorkflowExecution runs the workflows that its ConfigMap lists, step by step, with an audit event of every step. A target
// has one workflow at a time. After a step that fails no other runs.
package main

import (
	"context"
	"net/http"
	"strings"
	"time"

	"world/internal/audit"
	"world/internal/call"
	"world/internal/service"
)

const path = "/api/v1/executions"

var version = "dev"

// step waits, or asks an address, which has to answer 200.
type step struct {
	Name         string `json:"name"`
	Milliseconds int    `json:"milliseconds"`
	Get          string `json:"get"`
}

type api struct {
	trail      *audit.Trail
	client     *http.Client
	workflows  string // a file
	executions executions
	succeeded  func()
	failed     func()
}

func main() {
	s := service.New("workflowexecution")
	a := &api{
		trail:      audit.NewTrail(service.Env("DATASTORAGE_URL"), "workflowexecution"),
		client:     &http.Client{Timeout: call.Limit},
		workflows:  service.Env("WORKFLOWS"),
		executions: executions{byID: map[string]*execution{}},
		succeeded:  s.Counter("succeeded_total", "Workflows that ran to their end."),
		failed:     s.Counter("failed_total", "Workflows of which a step failed."),
	}
	s.Needs("datastorage", a.trail.Ping)
	s.Needs("workflows", func(context.Context) error {
		_, err := a.listed()
		return err
	})
	s.Handle("/api/v1/workflows", map[string]service.Handler{"GET": a.list})
	s.Handle(path, map[string]service.Handler{"POST": a.start})
	s.Handle(path+"/", map[string]service.Handler{"GET": a.get})
	if err := s.Run(service.Env("LISTEN"), version); err != nil {
		service.Fatal(err)
	}
}

// listed reads them anew, so that a changed ConfigMap needs no restart.
func (a *api) listed() (map[string][]step, error) {
	var workflows map[string][]step
	err := service.ReadFile(a.workflows, &workflows)
	return workflows, err
}

func (a *api) list(w http.ResponseWriter, _ *http.Request) error {
	workflows, err := a.listed()
	if err != nil {
		return err
	}
	return service.JSON(w, http.StatusOK, map[string]any{"workflows": workflows})
}

func (a *api) start(w http.ResponseWriter, r *http.Request) error {
	var asked execution
	if err := service.Read(r, &asked); err != nil {
		return err
	}
	workflows, err := a.listed()
	if err != nil {
		return err
	}
	steps, known := workflows[asked.Workflow]
	if !known || asked.Target == "" {
		return service.Errorf(http.StatusBadRequest, "an execution needs a target, and a workflow that is listed")
	}
	begun, busy := a.executions.begin(asked.Workflow, asked.Target)
	if busy != "" {
		return service.Errorf(http.StatusConflict, "%s is being worked on by %s", asked.Target, busy)
	}
	if _, err := a.trail.Record(r.Context(), "workflow.started", begun.ID, begun); err != nil {
		a.executions.set(begun.ID, "Failed", "")
		return err
	}
	go a.run(begun.ID, steps)
	return service.JSON(w, http.StatusAccepted, begun)
}

func (a *api) run(id string, steps []step) {
	state, event, count := "Succeeded", "workflow.succeeded", a.succeeded
	for _, step := range steps {
		a.executions.set(id, "Running", step.Name)
		data := map[string]string{"step": step.Name, "outcome": "ok"}
		err := a.do(step)
		if err != nil {
			data["outcome"] = err.Error()
		}
		a.record("workflow.step", id, data)
		if err != nil {
			state, event, count = "Failed", "workflow.failed", a.failed
			break
		}
	}
	count()
	// The event first: whoever sees the state finds the trail complete.
	a.record(event, id, map[string]string{"state": state})
	a.executions.set(id, state, "")
}

func (a *api) do(s step) error {
	if s.Get == "" {
		time.Sleep(time.Duration(s.Milliseconds) * time.Millisecond)
		return nil
	}
	status, answer, err := call.Do(context.Background(), a.client, http.MethodGet, s.Get, "", nil)
	if err == nil && status != http.StatusOK {
		err = call.Unexpected(status, answer)
	}
	return err
}

// record logs what DataStorage does not take: a workflow that has begun is not left half done for that.
func (a *api) record(event, id string, data any) {
	if _, err := a.trail.Record(context.Background(), event, id, data); err != nil {
		service.Log("not recorded", service.Fields{"id": id, "event": event, "error": err.Error()})
	}
}

func (a *api) get(w http.ResponseWriter, r *http.Request) error {
	id := strings.TrimPrefix(r.URL.Path, path+"/")
	found, ok := a.executions.get(id)
	if !ok {
		return service.Errorf(http.StatusNotFound, "there is no execution %s", id)
	}
	return service.JSON(w, http.StatusOK, found)
}
