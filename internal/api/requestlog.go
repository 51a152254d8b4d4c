package api

import (
	"context"
	"log/slog"
	"time"

	"gatehouse/internal/fault"
	"gatehouse/internal/session"
)

// finish gives an answer the id of its request, and the log its one line. Nil is
// what a panic leaves; lambdahttp answers that.
func (g *Gate) finish(ctx context.Context, r *Request, res *Response, c session.Caller, err error, took time.Duration) {
	if res != nil && r.ID != "" {
		res.Header["X-Request-Id"] = r.ID
	}
	g.logRequest(ctx, r, res, c, err, took)
}

// logRequest writes the one line of a request. Nothing that was typed is in it.
func (g *Gate) logRequest(ctx context.Context, r *Request, res *Response, c session.Caller, err error, took time.Duration) {
	attrs := []slog.Attr{
		slog.String("request", r.ID), slog.String("route", r.Route), slog.Int("status", status(res)),
		slog.String("network", Network(r.SourceIP)), slog.Int64("us", took.Microseconds()),
	}
	if c.UID != 0 {
		attrs = append(attrs, slog.Int64("uid", c.UID), slog.String("cred", c.Kind))
	}
	level := slog.LevelInfo
	switch {
	case err != nil:
		f := fault.Of(err)
		attrs = append(attrs, refusalAttrs(f, c.UID)...)
		if f.Status >= 500 {
			level = slog.LevelError
		}
	case res == nil:
		attrs, level = append(attrs, slog.String("event", string(fault.RequestFailed))), slog.LevelError
	}
	g.Log.LogAttrs(ctx, level, "request", attrs...)
}

// refusalAttrs is what the line of a request by uid says of its refusal.
func refusalAttrs(f *fault.Fault, uid int64) []slog.Attr {
	attrs := []slog.Attr{slog.String("code", f.Code)}
	if e := f.Logged(); e != "" {
		attrs = append(attrs, slog.String("event", string(e)))
	}
	if f.About != 0 && uid == 0 {
		attrs = append(attrs, slog.Int64("uid", f.About))
	}
	if f.Status >= 500 {
		attrs = append(attrs, slog.String("err", f.Error()))
	}
	return attrs
}

func status(res *Response) int {
	if res == nil {
		return 500
	}
	return res.Status
}

// told is what a page was refused and tells of in its own words: of several, the
// first that is an event, or else the first.
type told struct{ err error }

type toldKey struct{}

// withRefusal lets noteRefusal reach the page that ctx belongs to.
func withRefusal(ctx context.Context) (context.Context, *told) {
	t := &told{}
	return context.WithValue(ctx, toldKey{}, t), t
}

// noteRefusal tells the log of the page of err, whatever the page makes of it.
func noteRefusal(ctx context.Context, err error) {
	t, ok := ctx.Value(toldKey{}).(*told)
	if !ok || err == nil {
		return
	}
	if t.err == nil || fault.Of(t.err).Logged() == "" && fault.Of(err).Logged() != "" {
		t.err = err
	}
}

// or is what was noted, unless the page itself ended in err.
func (t *told) or(err error) error {
	if err != nil {
		return err
	}
	return t.err
}
