package service

import (
	"encoding/json"
	"errors"
	"os"
	"sync"
	"time"
)

type Fields map[string]any

var logMutex sync.Mutex

// Log writes one JSON line.
func Log(message string, fields Fields) {
	line := Fields{"time": time.Now().UTC().Format(time.RFC3339Nano), "message": message}
	for name, value := range fields {
		line[name] = value
	}
	logMutex.Lock()
	defer logMutex.Unlock()
	_ = json.NewEncoder(os.Stdout).Encode(line)
}

// Fatal logs why the process can't go on, and ends it.
func Fatal(err error) {
	Log("fatal", Fields{"error": err.Error()})
	os.Exit(1)
}

// Env returns a variable that has to be set.
func Env(name string) string {
	value := os.Getenv(name)
	if value == "" {
		Fatal(errors.New(name + " is not set"))
	}
	return value
}
