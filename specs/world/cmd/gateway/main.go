// Gateway accepts signals as Alertmanager sends them. Each new one becomes a RemediationRequest in the cluster,
// and every one, new or known, an audit event in DataStorage.
package main

import (
	"world/internal/audit"
	"world/internal/remediation"
	"world/internal/service"
)

var version = "dev"

func main() {
	requests, err := remediation.Connect()
	if err != nil {
		service.Fatal(err)
	}
	trail := audit.NewTrail(service.Env("DATASTORAGE_URL"), "gateway")

	s := service.New("gateway")
	s.Needs("kubernetes", requests.Ping)
	s.Needs("datastorage", trail.Ping)
	newAPI(requests, trail, s).routes(s)
	if err := s.Run(service.Env("LISTEN"), version); err != nil {
		service.Fatal(err)
	}
}
