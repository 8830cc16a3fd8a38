package aianalysis

import (
	"fmt"
	"testing"

	"world/suite/harness"
)

var (
	url         = harness.URL("AIANALYSIS_URL", "http://127.0.0.1:30086")
	datastorage = harness.URL("DATASTORAGE_URL", "http://127.0.0.1:30186")
)

type analysis struct {
	ID, Cause, Workflow string
	NeedsApproval       bool
}

// ask puts a question that nobody has put before, or the same again under the same pod.
func ask(t *testing.T, pod, environment, evidence string) analysis {
	t.Helper()
	status, body := harness.Post(t, url+"/api/v1/analyses", fmt.Sprintf(
		`{"alert":"PodUnhealthy","environment":%q,"evidence":["pod %s",%q]}`, environment, pod, evidence))
	if status != 200 {
		t.Fatalf("status %d: %s", status, body)
	}
	return harness.Decode[analysis](t, body)
}

func TestReady(t *testing.T) {
	harness.Ready(t, url)
}

func TestCauseIsFound(t *testing.T) {
	for _, c := range []struct {
		environment, evidence string
		want                  analysis
	}{
		{"staging", "OOMKilled, memory at its limit", analysis{Cause: "memory leak", Workflow: "restart-pod"}},
		{"production", "CrashLoopBackOff since the rollout", analysis{Cause: "bad release", Workflow: "roll-back", NeedsApproval: true}},
		{"staging", "the queue grows", analysis{Cause: "too much load", NeedsApproval: true}},
		{"staging", "nothing to see", analysis{NeedsApproval: true}},
	} {
		t.Run(c.evidence, func(t *testing.T) {
			got := ask(t, harness.Unique("cart"), c.environment, c.evidence)
			id, event := got.ID, "analysis.completed"
			if c.want.Workflow == "" {
				event = "analysis.inconclusive"
			}
			if got.ID = ""; got != c.want {
				t.Errorf("%+v, not %+v", got, c.want)
			}
			harness.Trail(t, datastorage, id, event)
		})
	}
}

func TestSameQuestionHasTheSameAnswer(t *testing.T) {
	pod := harness.Unique("cart")
	first := ask(t, pod, "staging", "heap and memory grow")
	if again := ask(t, pod, "staging", "heap and memory grow"); again != first {
		t.Errorf("%+v, then %+v", first, again)
	}
	if other := ask(t, pod, "production", "heap and memory grow"); other.ID == first.ID {
		t.Errorf("another question has the same id: %+v", other)
	}
	harness.Trail(t, datastorage, first.ID, "analysis.completed", "analysis.completed")
}

func TestQuestionIsOnRecord(t *testing.T) {
	asked := ask(t, harness.Unique("cart"), "staging", "latency, and the queue grows")
	rows := harness.SQL(t, "SELECT data->'question'->>'environment', data->'answer'->>'workflow' FROM audit_events WHERE subject = :'subject'", asked.ID)
	if want := "staging|scale-out"; rows != want {
		t.Errorf("PostgreSQL has %q, not %q", rows, want)
	}
}

func TestBadInputIsRefused(t *testing.T) {
	harness.Refuses(t, url+"/api/v1/analyses", map[string]string{
		"no JSON":     `{`,
		"no alert":    `{"evidence":["e"]}`,
		"no evidence": `{"alert":"a"}`,
	})
}

func TestMetrics(t *testing.T) {
	harness.Counts(t, url, "aianalysis_analyses_total", "aianalysis_inconclusive_total")
}
