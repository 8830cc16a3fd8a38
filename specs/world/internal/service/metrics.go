package service

import (
	"fmt"
	"net/http"
	"sort"
	"sync"
)

// Metrics are counters in the text format of Prometheus.
type Metrics struct {
	prefix string
	mu     sync.Mutex
	help   map[string]string
	values map[string]map[string]uint64 // name, labels
}

func newMetrics(prefix string) *Metrics {
	m := &Metrics{prefix: prefix, help: map[string]string{}, values: map[string]map[string]uint64{}}
	m.define("http_requests_total", "Requests answered.")
	return m
}

func (m *Metrics) define(name, help string) {
	m.help[name], m.values[name] = help, map[string]uint64{}
}

func (m *Metrics) add(name, labels string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.values[name][labels]++
}

func (m *Metrics) counter(name, help string) func() {
	m.define(name, help)
	m.values[name][""] = 0
	return func() { m.add(name, "") }
}

func (m *Metrics) request(method, path string, status int) {
	m.add("http_requests_total", fmt.Sprintf("{method=%q,path=%q,status=\"%d\"}", method, path, status))
}

func (m *Metrics) serve(w http.ResponseWriter, _ *http.Request) {
	m.mu.Lock()
	defer m.mu.Unlock()
	w.Header().Set("Content-Type", "text/plain; version=0.0.4")
	for _, name := range sorted(m.help) {
		full := m.prefix + "_" + name
		fmt.Fprintf(w, "# HELP %s %s\n# TYPE %s counter\n", full, m.help[name], full)
		for _, labels := range sorted(m.values[name]) {
			fmt.Fprintf(w, "%s%s %d\n", full, labels, m.values[name][labels])
		}
	}
}

func sorted[V any](m map[string]V) []string {
	var keys []string
	for key := range m {
		keys = append(keys, key)
	}
	sort.Strings(keys)
	return keys
}
