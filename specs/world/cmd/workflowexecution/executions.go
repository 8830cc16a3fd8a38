package main

import (
	"sync"

	"world/internal/service"
)

// execution is one run of a workflow: Pending, Running, then Succeeded or Failed. A step is named once it has been begun;
// that of a failed execution is the one that failed.
type execution struct {
	ID       string `json:"id"`
	Workflow string `json:"workflow"`
	Target   string `json:"target"`
	State    string `json:"state"`
	Step     string `json:"step,omitempty"`
}

func (e *execution) ended() bool { return e.State == "Succeeded" || e.State == "Failed" }

// executions are remembered until the process ends.
type executions struct {
	mu   sync.Mutex
	byID map[string]*execution
}

// begin returns instead the id of the execution that has the target, if there is one.
func (e *executions) begin(workflow, target string) (execution, string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, other := range e.byID {
		if other.Target == target && !other.ended() {
			return execution{}, other.ID
		}
	}
	begun := &execution{ID: service.NewID("execution"), Workflow: workflow, Target: target, State: "Pending"}
	e.byID[begun.ID] = begun
	return *begun, ""
}

// set keeps the step if none is given.
func (e *executions) set(id, state, step string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.byID[id].State = state
	if step != "" {
		e.byID[id].Step = step
	}
}

func (e *executions) get(id string) (execution, bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	found, ok := e.byID[id]
	if !ok {
		return execution{}, false
	}
	return *found, true
}
