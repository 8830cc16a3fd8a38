// Package harness is how the suites talk to the cluster: HTTP to the NodePorts, kubectl for the rest.
package harness

import (
	"bytes"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"
)

const patience = 20 * time.Second

var client = &http.Client{Timeout: 15 * time.Second, Transport: &http.Transport{DisableKeepAlives: true}}

// URL is the address of a service, as the variable says, or its usual one.
func URL(variable, usual string) string {
	if url := os.Getenv(variable); url != "" {
		return url
	}
	return usual
}

// Unique returns a name that no other run uses, so that a suite can run again on a living cluster.
func Unique(prefix string) string {
	random := make([]byte, 6)
	if _, err := rand.Read(random); err != nil {
		panic(err)
	}
	return prefix + "-" + hex.EncodeToString(random)
}

// Get returns the status and the body.
func Get(t *testing.T, url string) (int, string) {
	t.Helper()
	return send(t, http.MethodGet, url, "")
}

// Post returns the status and the body.
func Post(t *testing.T, url, body string) (int, string) {
	t.Helper()
	return send(t, http.MethodPost, url, body)
}

// send tries again as long as nobody answers, which may be so right after a rollout; an answer is taken as it is.
func send(t *testing.T, method, url, body string) (int, string) {
	t.Helper()
	for deadline := time.Now().Add(patience); ; time.Sleep(200 * time.Millisecond) {
		status, answer, err := once(method, url, body)
		if err == nil {
			return status, answer
		}
		if !unreachable(err) || time.Now().After(deadline) {
			t.Fatalf("%s %s: %v", method, url, err)
		}
		t.Logf("%s %s: %v; trying again", method, url, err)
	}
}

func once(method, url, body string) (int, string, error) {
	request, err := http.NewRequest(method, url, strings.NewReader(body))
	if err != nil {
		return 0, "", err
	}
	request.Header.Set("Content-Type", "application/json")
	response, err := client.Do(request)
	if err != nil {
		return 0, "", err
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(response.Body)
	return response.StatusCode, string(answer), err
}

// unreachable says that the request has not been handled: refused, or cut before any answer by the port's forwarder.
func unreachable(err error) bool {
	var dial *net.OpError
	return errors.As(err, &dial) && dial.Op == "dial" || errors.Is(err, syscall.ECONNRESET) || errors.Is(err, io.EOF)
}

// Decode reads JSON.
func Decode[T any](t *testing.T, text string) T {
	t.Helper()
	var value T
	if err := json.Unmarshal([]byte(text), &value); err != nil {
		t.Fatalf("%v in %s", err, text)
	}
	return value
}

// Kubectl returns what the command prints, in the namespace of the world.
func Kubectl(t *testing.T, args ...string) string {
	t.Helper()
	return kubectl(t, "", args...)
}

// Create makes the object of a manifest.
func Create(t *testing.T, manifest string) {
	t.Helper()
	kubectl(t, manifest, "create", "--filename=-")
}

// SQL returns what PostgreSQL answers in its own pod, without DataStorage in between: a line for each row, | between columns.
// In the query, :'subject' stands for the subject.
func SQL(t *testing.T, query, subject string) string {
	t.Helper()
	return kubectl(t, query, "exec", "-i", "deployment/postgres", "--",
		"psql", "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-v", "subject="+subject)
}

func kubectl(t *testing.T, input string, args ...string) string {
	t.Helper()
	out, problems, err := run(input, args...)
	if err != nil {
		t.Fatalf("kubectl %s: %v\n%s", strings.Join(args, " "), err, problems)
	}
	return out
}

// Forbidden returns what kubectl is told where it has to fail.
func Forbidden(t *testing.T, args ...string) string {
	t.Helper()
	out, problems, err := run("", args...)
	if err == nil {
		t.Fatalf("kubectl %s was not forbidden: %s", strings.Join(args, " "), out)
	}
	return problems
}

func run(input string, args ...string) (string, string, error) {
	command := exec.Command("kubectl", append([]string{"--namespace=e2e"}, args...)...)
	command.Stdin = strings.NewReader(input)
	var out, problems bytes.Buffer
	command.Stdout, command.Stderr = &out, &problems
	err := command.Run()
	return strings.TrimSpace(out.String()), problems.String(), err
}
