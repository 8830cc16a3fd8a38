package service

import (
	"crypto/rand"
	"encoding/hex"
)

// NewID returns a name that nothing else has.
func NewID(prefix string) string {
	random := make([]byte, 8)
	if _, err := rand.Read(random); err != nil {
		Fatal(err)
	}
	return prefix + "-" + hex.EncodeToString(random)
}
