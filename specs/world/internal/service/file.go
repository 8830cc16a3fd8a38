package service

import (
	"encoding/json"
	"os"
)

// ReadFile fills the value from a file of JSON, such as a ConfigMap is mounted.
func ReadFile(path string, value any) error {
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	return json.Unmarshal(text, value)
}
