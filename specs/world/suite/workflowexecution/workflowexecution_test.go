package workflowexecution

import (
	"fmt"
	"strings"
	"testing"

	"world/suite/harness"
)

var (
	url         = harness.URL("WORKFLOWEXECUTION_URL", "http://127.0.0.1:30087")
	datastorage = harness.URL("DATASTORAGE_URL", "http://127.0.0.1:30187")
	executions  = url + "/api/v1/executions"
)

type execution struct {
	ID, State, Step string
}

func post(t *testing.T, workflow, target string) (int, string) {
	t.Helper()
	return harness.Post(t, executions, fmt.Sprintf(`{"workflow":%q,"target":%q}`, workflow, target))
}

func start(t *testing.T, workflow, target string) string {
	t.Helper()
	status, body := post(t, workflow, target)
	if status != 202 {
		t.Fatalf("status %d: %s", status, body)
	}
	return harness.Decode[execution](t, body).ID
}

func becomes(t *testing.T, id, want string) execution {
	t.Helper()
	var found execution
	harness.Eventually(t, want, func() string {
		status, body := harness.Get(t, executions+"/"+id)
		if found = harness.Decode[execution](t, body); status != 200 {
			t.Fatalf("status %d: %s", status, body)
		}
		return found.State
	})
	return found
}

// steps are those on record, with their outcomes, in order.
func steps(t *testing.T, id string) string {
	t.Helper()
	return harness.SQL(t, `SELECT string_agg(concat(data->>'step', ' ', left(data->>'outcome', 10)), ', ' ORDER BY recorded_at)
		FROM audit_events WHERE subject = :'subject' AND type = 'workflow.step'`, id)
}

func TestReady(t *testing.T) {
	harness.Ready(t, url)
}

func TestWorkflowsAreListed(t *testing.T) {
	status, body := harness.Get(t, url+"/api/v1/workflows")
	if status != 200 || !strings.Contains(body, `"restart-pod"`) || !strings.Contains(body, `"roll-back"`) {
		t.Errorf("status %d: %s", status, body)
	}
}

func TestWorkflowRunsToItsEnd(t *testing.T) {
	id := start(t, "restart-pod", harness.Unique("pod"))
	if last := becomes(t, id, "Succeeded").Step; last != "verify" {
		t.Errorf("the last step is %q", last)
	}
	harness.Trail(t, datastorage, id, "workflow.started", "workflow.step", "workflow.step", "workflow.step", "workflow.succeeded")
	if got, want := steps(t, id), "drain ok, restart ok, verify ok"; got != want {
		t.Errorf("PostgreSQL has %q, not %q", got, want)
	}
}

func TestNoStepRunsAfterOneThatFails(t *testing.T) {
	id := start(t, "roll-back", harness.Unique("deployment"))
	if failed := becomes(t, id, "Failed").Step; failed != "find-release" {
		t.Errorf("the step that failed is %q", failed)
	}
	harness.Trail(t, datastorage, id, "workflow.started", "workflow.step", "workflow.failed")
	if got, want := steps(t, id), "find-release answer 404"; got != want {
		t.Errorf("PostgreSQL has %q, not %q", got, want)
	}
}

func TestTargetHasOneWorkflowAtATime(t *testing.T) {
	target := harness.Unique("pod")
	first := start(t, "restart-pod", target)
	if status, body := post(t, "roll-back", target); status != 409 || !strings.Contains(body, first) {
		t.Errorf("status %d: %s", status, body)
	}
	start(t, "restart-pod", harness.Unique("pod")) // another one is not held up
	becomes(t, first, "Succeeded")
	start(t, "restart-pod", target)
}

func TestBadInputIsRefused(t *testing.T) {
	harness.Refuses(t, executions, map[string]string{
		"no JSON":          `{`,
		"no target":        `{"workflow":"restart-pod"}`,
		"unknown workflow": `{"workflow":"hope","target":"pod"}`,
	})
	if status, answer := harness.Get(t, executions+"/unknown"); status != 404 {
		t.Errorf("status %d: %s", status, answer)
	}
}

func TestMetrics(t *testing.T) {
	harness.Counts(t, url, "workflowexecution_succeeded_total", "workflowexecution_failed_total")
}
