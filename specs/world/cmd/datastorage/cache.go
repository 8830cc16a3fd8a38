package main

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"github.com/gomodule/redigo/redis"

	"world/internal/audit"
)

var errNotCached = errors.New("not cached")

const keepSeconds = 600

// cache holds single events. They never change, so it can't be stale.
type cache struct {
	pool *redis.Pool
}

func newCache(address string) *cache {
	return &cache{&redis.Pool{
		MaxIdle:     4,
		IdleTimeout: time.Minute,
		DialContext: func(ctx context.Context) (redis.Conn, error) {
			return redis.DialContext(ctx, "tcp", address, redis.DialConnectTimeout(time.Second),
				redis.DialReadTimeout(time.Second), redis.DialWriteTimeout(time.Second))
		},
	}}
}

func (c *cache) do(ctx context.Context, command string, args ...any) (any, error) {
	conn, err := c.pool.GetContext(ctx)
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	return conn.Do(command, args...)
}

func (c *cache) ping(ctx context.Context) error {
	_, err := c.do(ctx, "PING")
	return err
}

func (c *cache) get(ctx context.Context, id string) (audit.Event, error) {
	var event audit.Event
	text, err := redis.Bytes(c.do(ctx, "GET", "event:"+id))
	if errors.Is(err, redis.ErrNil) {
		return event, errNotCached
	}
	if err != nil {
		return event, err
	}
	return event, json.Unmarshal(text, &event)
}

func (c *cache) put(ctx context.Context, event audit.Event) error {
	text, err := json.Marshal(event)
	if err != nil {
		return err
	}
	_, err = c.do(ctx, "SETEX", "event:"+event.ID, keepSeconds, text)
	return err
}
