// DataStorage keeps audit events in PostgreSQL, with Redis as the cache of single events.
package main

import (
	"world/internal/service"
)

var version = "dev"

func main() {
	// PGHOST, PGUSER, PGPASSWORD and PGDATABASE are read by the driver itself.
	store, err := openStore()
	if err != nil {
		service.Fatal(err)
	}
	cache := newCache(service.Env("REDIS_ADDRESS"))

	s := service.New("datastorage")
	s.Needs("postgres", store.ping)
	s.Needs("redis", cache.ping)
	newAPI(store, cache, s).routes(s)
	if err := s.Run(service.Env("LISTEN"), version); err != nil {
		service.Fatal(err)
	}
}
