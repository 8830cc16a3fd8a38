// Package service is what every service of the world has in common: an HTTP server with /healthz, /readyz and /metrics,
// time limits, a log of JSON lines, and an orderly end.
package service

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"
)

const (
	maxBody      = 1 << 20
	probeLimit   = 2 * time.Second
	requestLimit = 10 * time.Second
	drainLimit   = 10 * time.Second
)

// A Handler answers a request, or returns an error, which is answered for it.
type Handler func(w http.ResponseWriter, r *http.Request) error

// A Check returns an error while something that the service needs is out of reach.
type Check func(ctx context.Context) error

type Service struct {
	mux     *http.ServeMux
	checks  map[string]Check
	metrics *Metrics
	secure  secure
}

// secure is where requests are answered over TLS as well.
type secure struct{ address, folder string }

func New(name string) *Service {
	s := &Service{mux: http.NewServeMux(), checks: map[string]Check{}, metrics: newMetrics(name)}
	s.mux.HandleFunc("/healthz", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "ok") })
	s.mux.HandleFunc("/readyz", s.ready)
	s.mux.HandleFunc("/metrics", s.metrics.serve)
	return s
}

// Counter returns a function that counts one more event of the kind.
func (s *Service) Counter(name, help string) func() {
	return s.metrics.counter(name, help)
}

// Needs makes readiness depend on the check.
func (s *Service) Needs(name string, check Check) {
	s.checks[name] = check
}

// Handle routes a path: one handler for each method.
func (s *Service) Handle(path string, methods map[string]Handler) {
	s.mux.HandleFunc(path, func(w http.ResponseWriter, r *http.Request) {
		start := time.Now()
		ctx, cancel := context.WithTimeout(r.Context(), requestLimit)
		defer cancel()
		r = r.WithContext(ctx)
		r.Body = http.MaxBytesReader(w, r.Body, maxBody)
		reply := &recorder{ResponseWriter: w, status: http.StatusOK}

		handler, known := methods[r.Method]
		var err error
		if known {
			err = handler(reply, r)
		} else {
			err = Errorf(http.StatusMethodNotAllowed, "%s is not possible here", r.Method)
		}
		fields := Fields{"method": r.Method, "path": r.URL.Path, "ms": time.Since(start).Milliseconds()}
		if err != nil {
			fields["error"] = err.Error()
			answerError(reply, err)
		}
		fields["status"] = reply.status
		s.metrics.request(r.Method, path, reply.status)
		Log("request", fields)
	})
}

// Secure makes Run serve over TLS, too, with the tls.crt and tls.key of the folder, where a Secret is mounted.
func (s *Service) Secure(address, folder string) {
	s.secure = secure{address, folder}
}

// Run serves until the process is told to end, then lets the open requests finish.
func (s *Service) Run(address, version string) error {
	stop, cancel := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer cancel()
	failed := make(chan error, 2)
	servers := []*http.Server{s.server(address)}
	go func() { failed <- servers[0].ListenAndServe() }()
	if s.secure.address != "" {
		server := s.server(s.secure.address)
		servers = append(servers, server)
		go func() { failed <- server.ListenAndServeTLS(s.secure.folder+"/tls.crt", s.secure.folder+"/tls.key") }()
	}
	Log("started", Fields{"address": address, "version": version})

	select {
	case err := <-failed:
		return err
	case <-stop.Done():
	}
	Log("stopping", nil)
	drain, cancelDrain := context.WithTimeout(context.Background(), drainLimit)
	defer cancelDrain()
	var err error
	for _, server := range servers {
		if failure := server.Shutdown(drain); failure != nil {
			err = failure
		}
	}
	return err
}

func (s *Service) server(address string) *http.Server {
	return &http.Server{
		Addr:              address,
		Handler:           s.mux,
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       requestLimit,
		WriteTimeout:      2 * requestLimit,
		IdleTimeout:       time.Minute,
	}
}

func (s *Service) ready(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), probeLimit)
	defer cancel()
	status, state := http.StatusOK, map[string]string{}
	for name, check := range s.checks {
		state[name] = "ok"
		if err := check(ctx); err != nil {
			status, state[name] = http.StatusServiceUnavailable, err.Error()
		}
	}
	if status != http.StatusOK {
		Log("not ready", Fields{"needs": state})
	}
	_ = JSON(w, status, state)
}

// Error is an error with an HTTP status; any other error is answered by 500.
type Error struct {
	Status  int
	Message string
}

func (e *Error) Error() string { return e.Message }

func Errorf(status int, format string, args ...any) error {
	return &Error{status, fmt.Sprintf(format, args...)}
}

func answerError(w http.ResponseWriter, err error) {
	status, message := http.StatusInternalServerError, "internal error"
	var known *Error
	if errors.As(err, &known) {
		status, message = known.Status, known.Message
	}
	_ = JSON(w, status, map[string]string{"error": message})
}

// JSON answers with a value.
func JSON(w http.ResponseWriter, status int, value any) error {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	return json.NewEncoder(w).Encode(value)
}

// Read fills the value from the request's body.
func Read(r *http.Request, value any) error {
	if err := json.NewDecoder(r.Body).Decode(value); err != nil {
		return Errorf(http.StatusBadRequest, "the body is not what is expected: %v", err)
	}
	return nil
}

type recorder struct {
	http.ResponseWriter
	status int
}

func (r *recorder) WriteHeader(status int) {
	r.status = status
	r.ResponseWriter.WriteHeader(status)
}
