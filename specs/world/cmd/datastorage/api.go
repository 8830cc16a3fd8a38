package main

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"regexp"
	"strings"

	"world/internal/audit"
	"world/internal/service"
)

const listLimit = 100

var uuid = regexp.MustCompile(`^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$`)

type api struct {
	store    *store
	cache    *cache
	recorded func()
	hit      func()
	miss     func()
}

func newAPI(store *store, cache *cache, s *service.Service) *api {
	return &api{
		store:    store,
		cache:    cache,
		recorded: s.Counter("events_recorded_total", "Audit events written to PostgreSQL."),
		hit:      s.Counter("cache_hits_total", "Events found in Redis."),
		miss:     s.Counter("cache_misses_total", "Events not found in Redis."),
	}
}

func (a *api) routes(s *service.Service) {
	s.Handle(audit.Path, map[string]service.Handler{"POST": a.record, "GET": a.list})
	s.Handle(audit.Path+"/", map[string]service.Handler{"GET": a.get})
}

func (a *api) record(w http.ResponseWriter, r *http.Request) error {
	var event audit.Event
	if err := service.Read(r, &event); err != nil {
		return err
	}
	if event.Type == "" || event.Source == "" || event.Subject == "" {
		return service.Errorf(http.StatusBadRequest, "an event needs a type, a source and a subject")
	}
	if len(event.Data) == 0 {
		event.Data = json.RawMessage("{}")
	}
	if event.ID != "" || event.RecordedAt != nil {
		return service.Errorf(http.StatusBadRequest, "id and recordedAt are given by DataStorage")
	}
	event, err := a.store.insert(r.Context(), event)
	if err != nil {
		return err
	}
	a.recorded()
	a.remember(r.Context(), event)
	return service.JSON(w, http.StatusCreated, event)
}

func (a *api) list(w http.ResponseWriter, r *http.Request) error {
	subject := r.URL.Query().Get("subject")
	if subject == "" {
		return service.Errorf(http.StatusBadRequest, "ask for a subject: ?subject=...")
	}
	events, err := a.store.bySubject(r.Context(), subject, listLimit)
	if err != nil {
		return err
	}
	return service.JSON(w, http.StatusOK, map[string]any{"events": events})
}

func (a *api) get(w http.ResponseWriter, r *http.Request) error {
	id := strings.TrimPrefix(r.URL.Path, audit.Path+"/")
	if !uuid.MatchString(id) {
		return service.Errorf(http.StatusBadRequest, "%q is not the id of an event", id)
	}
	event, err := a.cache.get(r.Context(), id)
	if err == nil {
		a.hit()
		return service.JSON(w, http.StatusOK, event)
	}
	if !errors.Is(err, errNotCached) {
		service.Log("cache not read", service.Fields{"error": err.Error()})
	}
	a.miss()
	event, err = a.store.byID(r.Context(), id)
	if errors.Is(err, errNotFound) {
		return service.Errorf(http.StatusNotFound, "there is no event %s", id)
	}
	if err != nil {
		return err
	}
	a.remember(r.Context(), event)
	return service.JSON(w, http.StatusOK, event)
}

// remember caches an event; the event is safe in PostgreSQL, so a failure is no more than a log line.
func (a *api) remember(ctx context.Context, event audit.Event) {
	if err := a.cache.put(ctx, event); err != nil {
		service.Log("cache not written", service.Fields{"error": err.Error()})
	}
}
