// AIAnalysis says what the cause of an alert may be, and which workflow would end it. What stands in for the model is
// deterministic: it looks for the words that each known cause leaves in the evidence, so the same question has the same
// answer, and the same id.
package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"strings"

	"world/internal/audit"
	"world/internal/service"
)

// sure is from which confidence on a workflow is recommended.
const sure = 0.6

var version = "dev"

type cause struct {
	name, workflow string
	words          []string
}

var causes = []cause{
	{"memory leak", "restart-pod", []string{"oomkilled", "memory", "heap"}},
	{"bad release", "roll-back", []string{"crashloopbackoff", "rollout", "panic"}},
	{"too much load", "scale-out", []string{"latency", "throttled", "queue"}},
}

type question struct {
	Alert       string   `json:"alert"`
	Environment string   `json:"environment"`
	Evidence    []string `json:"evidence"`
}

type analysis struct {
	ID            string  `json:"id"`
	Cause         string  `json:"cause,omitempty"`
	Confidence    float64 `json:"confidence"`
	Workflow      string  `json:"workflow,omitempty"`
	NeedsApproval bool    `json:"needsApproval"`
}

type api struct {
	trail        *audit.Trail
	analyzed     func()
	inconclusive func()
}

func main() {
	s := service.New("aianalysis")
	a := &api{
		trail:        audit.NewTrail(service.Env("DATASTORAGE_URL"), "aianalysis"),
		analyzed:     s.Counter("analyses_total", "Questions answered."),
		inconclusive: s.Counter("inconclusive_total", "Questions answered without a workflow."),
	}
	s.Needs("datastorage", a.trail.Ping)
	s.Handle("/api/v1/analyses", map[string]service.Handler{"POST": a.answer})
	if err := s.Run(service.Env("LISTEN"), version); err != nil {
		service.Fatal(err)
	}
}

func (a *api) answer(w http.ResponseWriter, r *http.Request) error {
	var asked question
	if err := service.Read(r, &asked); err != nil {
		return err
	}
	if asked.Alert == "" || len(asked.Evidence) == 0 {
		return service.Errorf(http.StatusBadRequest, "a question needs an alert, and evidence")
	}
	result, err := analyze(asked)
	if err != nil {
		return err
	}
	if err := a.record(r.Context(), asked, result); err != nil {
		return err
	}
	return service.JSON(w, http.StatusOK, result)
}

func analyze(asked question) (analysis, error) {
	text, err := json.Marshal(asked)
	if err != nil {
		return analysis{}, err
	}
	sum := sha256.Sum256(text)
	result := analysis{ID: "analysis-" + hex.EncodeToString(sum[:8])}
	evidence := strings.ToLower(asked.Alert + " " + strings.Join(asked.Evidence, " "))
	var workflow string
	for _, c := range causes {
		found := 0
		for _, word := range c.words {
			if strings.Contains(evidence, word) {
				found++
			}
		}
		// Of two that are as likely the first one is named.
		if confidence := float64(found) / float64(len(c.words)); confidence > result.Confidence {
			result.Cause, result.Confidence, workflow = c.name, confidence, c.workflow
		}
	}
	if result.Confidence >= sure {
		result.Workflow = workflow
	}
	// A human looks at what nobody is sure of, and at what touches production.
	result.NeedsApproval = result.Workflow == "" || asked.Environment == "production"
	return result, nil
}

func (a *api) record(ctx context.Context, asked question, result analysis) error {
	event := "analysis.completed"
	if result.Workflow == "" {
		event = "analysis.inconclusive"
		a.inconclusive()
	}
	a.analyzed()
	_, err := a.trail.Record(ctx, event, result.ID, map[string]any{"question": asked, "answer": result})
	return err
}
