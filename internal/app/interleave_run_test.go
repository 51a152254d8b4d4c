package app_test

import (
	"context"
	"errors"
	"log/slog"
	"maps"
	"net/http/httptest"
	"strings"
	"sync"
	"time"

	"gatehouse/internal/app"
	"gatehouse/internal/apptest"
	"gatehouse/internal/mail"
	"gatehouse/internal/store"
)

// run is a copy of the scene with the product on it. Of all requests at work one call
// of the store at a time goes on.
type run struct {
	*turn
	scene *scene
	made  made
	table *store.Table
	jobs  *apptest.Process // that see to the rest

	mu   sync.Mutex
	sent []mail.Message
}

// made are the functions of a run; others than the product's own in tests of the
// explorer itself.
type made = apptest.Makers

func (s *scene) start(functions made) *run {
	r := &run{turn: &turn{Memory: s.items.Clone(), events: make(chan event), wrote: map[store.Key]bool{}}, scene: s, made: functions}
	r.table = store.New(r.turn, s.Clock.Now)
	r.jobs = r.process(jobsLate)
	return r
}

// jobsLate is how many milliseconds after all requests the jobs are at work.
const jobsLate = 10

// process is the product freshly started. Each request of a run has one of its own, as
// on Lambda; so none waits for a lock that another holds. Its clock is late by some
// milliseconds: ids that two make are never the same by chance, and what is of a process
// is told by its time.
func (r *run) process(late int) *apptest.Process {
	now := func() time.Time { return r.scene.Clock.Now().Add(time.Duration(late) * time.Millisecond) }
	from := r.scene.Parts
	parts := &app.Parts{Config: from.Config, Table: store.New(r.turn, now), Secrets: from.Secrets, Hasher: from.Hasher, Sender: r, Policy: from.Policy, Log: slog.New(slog.DiscardHandler)}
	p, err := apptest.Start(r.made, func() *app.Parts { return parts }, now)
	if err != nil {
		panic(err) // the scene was made with the same parts
	}
	return p
}

// Send implements mail.Sender.
func (r *run) Send(_ context.Context, m mail.Message) (string, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.sent = append(r.sent, m)
	return "carrier-" + m.ID, nil
}

// do carries out an operation to its end and says how it was answered; a job that
// failed is 500.
func (r *run) do(ctx context.Context, o operation) int {
	n, _ := ctx.Value(threadKey{}).(int)
	if o.job != "" {
		n = jobsLate
	}
	p := r.process(n)
	if o.job != "" {
		if _, err := p.Functions[o.job].Invoke(ctx, []byte(o.body)); err != nil && !errors.Is(err, errGone) {
			return 500
		}
		return 200
	}
	method, _, _ := strings.Cut(o.route, " ")
	req := httptest.NewRequest(method, r.scene.URL+o.path, strings.NewReader(o.body))
	maps.Copy(req.Header, o.header)
	rec := httptest.NewRecorder()
	p.Handler.ServeHTTP(rec, req.WithContext(ctx))
	return rec.Code
}

// settle lets the jobs do what is left, so that of two jobs that share the work it
// does not matter which has done what.
func (r *run) settle(ctx context.Context) error {
	for _, job := range [][2]string{{"sweep", `{"job":"erase"}`}, {"sweep", `{"job":"organizations"}`}, {"sweep", `{"job":"workspace"}`}, {"outbox", "{}"}, {"outbox", "{}"}} {
		if _, err := r.jobs.Functions[job[0]].Invoke(ctx, []byte(job[1])); err != nil {
			return err
		}
	}
	return nil
}
