package main

import (
	"context"
	"database/sql"
	"errors"
	"net/http"
	"time"

	"github.com/lib/pq"

	"world/internal/audit"
	"world/internal/service"
)

var errNotFound = errors.New("not found")

const columns = "id, type, source, subject, data, recorded_at"

type store struct {
	db *sql.DB
}

func openStore() (*store, error) {
	db, err := sql.Open("postgres", "sslmode=disable connect_timeout=3")
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(10)
	db.SetConnMaxLifetime(5 * time.Minute)
	return &store{db}, nil
}

// ping asks for the table and not for a sign of life: a server without the schema is of no use.
func (s *store) ping(ctx context.Context) error {
	_, err := s.db.ExecContext(ctx, "SELECT FROM audit_events LIMIT 1")
	return err
}

func (s *store) insert(ctx context.Context, e audit.Event) (audit.Event, error) {
	event, err := scan(s.db.QueryRowContext(ctx,
		"INSERT INTO audit_events (type, source, subject, data) VALUES ($1, $2, $3, $4) RETURNING "+columns,
		e.Type, e.Source, e.Subject, string(e.Data)))
	// Text that JSON allows and PostgreSQL does not, such as a NUL, is the sender's mistake.
	var refused *pq.Error
	if errors.As(err, &refused) && refused.Code.Class().Name() == "data_exception" {
		err = service.Errorf(http.StatusBadRequest, "%s", refused.Message)
	}
	return event, err
}

func (s *store) byID(ctx context.Context, id string) (audit.Event, error) {
	event, err := scan(s.db.QueryRowContext(ctx, "SELECT "+columns+" FROM audit_events WHERE id = $1", id))
	if errors.Is(err, sql.ErrNoRows) {
		err = errNotFound
	}
	return event, err
}

func (s *store) bySubject(ctx context.Context, subject string, limit int) ([]audit.Event, error) {
	rows, err := s.db.QueryContext(ctx,
		"SELECT "+columns+" FROM audit_events WHERE subject = $1 ORDER BY recorded_at, id LIMIT $2", subject, limit)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	events := []audit.Event{}
	for rows.Next() {
		event, err := scan(rows)
		if err != nil {
			return nil, err
		}
		events = append(events, event)
	}
	return events, rows.Err()
}

func scan(row interface{ Scan(...any) error }) (audit.Event, error) {
	var e audit.Event
	err := row.Scan(&e.ID, &e.Type, &e.Source, &e.Subject, &e.Data, &e.RecordedAt)
	return e, err
}
