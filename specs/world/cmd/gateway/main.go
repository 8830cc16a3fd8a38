// Gateway accepts signals as Alertmanager sends them. Each new one becomes a RemediationRequest in the cluster,
// and every one, new or known, an audit event in DataStorage.
package main

import (
	"world/internal/service"
)

var version = "dev"

func main() {
	cluster, err := inCluster()
	if err != nil {
		service.Fatal(err)
	}
	trail := newTrail(service.Env("DATASTORAGE_URL"))

	s := service.New("gateway")
	s.Needs("kubernetes", cluster.ping)
	s.Needs("datastorage", trail.ping)
	newAPI(cluster, trail, s).routes(s)
	if err := s.Run(service.Env("LISTEN"), version); err != nil {
		service.Fatal(err)
	}
}
