// AuthWebhook is asked by the Kubernetes API before a RemediationRequest is written: nobody approves one in the name of
// somebody else. DataStorage gets an audit event of each approval, granted or refused: of every time that Kubernetes asks,
// which it does twice where what it has cached may be old.
package main

import (
	"encoding/json"
	"net/http"

	"world/internal/audit"
	"world/internal/remediation"
	"world/internal/service"
)

const apiVersion = "admission.k8s.io/v1"

var version = "dev"

// review is the part of an AdmissionReview that matters here.
type review struct {
	APIVersion string    `json:"apiVersion"`
	Kind       string    `json:"kind"`
	Request    *request  `json:"request,omitempty"`
	Response   *response `json:"response,omitempty"`
}

type request struct {
	UID       string          `json:"uid"`
	DryRun    bool            `json:"dryRun"`
	Name      string          `json:"name"`
	UserInfo  user            `json:"userInfo"`
	Object    json.RawMessage `json:"object"`
	OldObject json.RawMessage `json:"oldObject"`
}

type user struct {
	Username string `json:"username"`
}

type response struct {
	UID     string `json:"uid"`
	Allowed bool   `json:"allowed"`
	Status  status `json:"status"`
}

type status struct {
	Message string `json:"message,omitempty"`
}

type api struct {
	trail   *audit.Trail
	granted func()
	refused func()
}

func main() {
	s := service.New("authwebhook")
	a := &api{
		trail:   audit.NewTrail(service.Env("DATASTORAGE_URL"), "authwebhook"),
		granted: s.Counter("approvals_granted_total", "Approvals in one's own name."),
		refused: s.Counter("approvals_refused_total", "Approvals in the name of others."),
	}
	s.Needs("datastorage", a.trail.Ping)
	s.Handle("/validate", map[string]service.Handler{"POST": a.validate})
	s.Secure(service.Env("LISTEN_TLS"), service.Env("CERTIFICATE"))
	if err := s.Run(service.Env("LISTEN"), version); err != nil {
		service.Fatal(err)
	}
}

func (a *api) validate(w http.ResponseWriter, r *http.Request) error {
	var asked review
	if err := service.Read(r, &asked); err != nil {
		return err
	}
	if asked.APIVersion != apiVersion || asked.Kind != "AdmissionReview" || asked.Request == nil || asked.Request.UID == "" {
		return service.Errorf(http.StatusBadRequest, "this is no request of an AdmissionReview of %s", apiVersion)
	}
	answer, err := a.judge(r, asked.Request)
	if err != nil {
		return err
	}
	return service.JSON(w, http.StatusOK, review{APIVersion: apiVersion, Kind: "AdmissionReview", Response: answer})
}

func (a *api) judge(r *http.Request, asked *request) (*response, error) {
	answer := &response{UID: asked.UID, Allowed: true}
	before, err := approver(asked.OldObject)
	if err != nil {
		return nil, err
	}
	name, err := approver(asked.Object)
	if err != nil || name == "" || name == before {
		return answer, err
	}
	event, count := "approval.granted", a.granted
	if name != asked.UserInfo.Username {
		event, count = "approval.refused", a.refused
		answer.Allowed = false
		answer.Status.Message = asked.UserInfo.Username + " can't approve in the name of " + name
	}
	if asked.DryRun {
		return answer, nil
	}
	count()
	_, err = a.trail.Record(r.Context(), event, asked.Name,
		map[string]string{"approver": name, "user": asked.UserInfo.Username})
	return answer, err
}

// approver is who approved the object; there is none of an object that isn't there.
func approver(object json.RawMessage) (string, error) {
	var found *remediation.Request
	if len(object) > 0 {
		if err := json.Unmarshal(object, &found); err != nil {
			return "", service.Errorf(http.StatusBadRequest, "this is no RemediationRequest: %v", err)
		}
	}
	if found == nil {
		return "", nil
	}
	return found.Metadata.Annotations[remediation.ApprovedBy], nil
}
