// Package call is how the services ask others: JSON over HTTP, within a time limit.
package call

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"time"
)

// Limit is how long a call may take.
const Limit = 4 * time.Second

// Do sends a value as JSON, if there is one, and returns the status and the text of the answer.
func Do(ctx context.Context, client *http.Client, method, url, token string, value any) (int, []byte, error) {
	var body io.Reader
	if value != nil {
		text, err := json.Marshal(value)
		if err != nil {
			return 0, nil, err
		}
		body = bytes.NewReader(text)
	}
	request, err := http.NewRequestWithContext(ctx, method, url, body)
	if err != nil {
		return 0, nil, err
	}
	kind := "application/json"
	if method == http.MethodPatch {
		kind = "application/merge-patch+json"
	}
	request.Header.Set("Content-Type", kind)
	if token != "" {
		request.Header.Set("Authorization", "Bearer "+token)
	}
	response, err := client.Do(request)
	if err != nil {
		return 0, nil, err
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(response.Body, 1<<20))
	return response.StatusCode, answer, err
}

// Unexpected is the error for an answer that can't be used.
func Unexpected(status int, answer []byte) error {
	return fmt.Errorf("answer %d: %s", status, bytes.TrimSpace(answer))
}
