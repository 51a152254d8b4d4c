package model

import (
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"testing"

	"gatehouse/internal/mail"
	"gatehouse/internal/store"

	"pgregory.net/rapid"
)

// bite is a mistake, and what the machine says of it. What takes long to come about
// is looked for among some commands only.
type bite struct {
	wrong func() mistake
	says  string
	only  []string
}

var bites = map[string]bite{
	"logout does not end the session": {func() mistake { return mistake{forget: logoutKeepsSession} }, `the model says 401, and the product|sessions, and the model knows`, nil},
	"who has left may still look": {func() mistake { return mistake{wrap: remembering} }, `read organization: the model says 40`,
		[]string{"read organization", "invite", "accept invitation", "decline invitation", "remove member", "former member"}},
	"an invitation is accepted twice":    {func() mistake { return mistake{wrap: acceptingTwice} }, `accept invitation: the model says 400, and the product 200`, nil},
	"a seat is not given back":           {func() mistake { return mistake{forget: seatKept} }, `a rule is broken: (seats|member-count)`, nil},
	"a mail goes out as two":             {func() mistake { return mistake{send: doubled} }, `which nobody expects`, nil},
	"a repetition is not recognized":     {func() mistake { return mistake{forget: ofKind("idempotency")} }, `repeated, it was answered|the model says`, nil},
	"the old address is not told":        {func() mistake { return mistake{send: without(mail.KindEmailChanged)} }, `no mail "email-changed"`, nil},
	"an event is missing from the chain": {func() mistake { return mistake{forget: ofKind("audit-link")} }, `audit`, nil},
}

// TestBites runs products that do one thing wrong. The machine must notice each.
func TestBites(t *testing.T) {
	restore := setFlags(t, map[string]string{"rapid.nofailfile": "true", "rapid.shrinktime": "1s"})
	defer restore()
	for name, b := range bites {
		t.Run(name, func(t *testing.T) {
			cover := newCoverage()
			v := judged(t, func(tb rapid.TB) {
				sequences(tb, 300, fixedSeed, func(t *rapid.T) { play(t, cover, "off", b.wrong(), b.only...) })
			})
			if said := v.String(); !v.failed || !regexp.MustCompile(b.says).MatchString(said) {
				t.Fatalf("not noticed in %d sequences (failed %v):\n%s", cover.sequences, v.failed, said)
			}
			t.Log(v.first())
		})
	}
}

func ofKind(kind string) func(store.Tx, store.Op) bool {
	return func(_ store.Tx, o store.Op) bool { return o.Kind == kind }
}

// logoutKeepsSession leaves the session where it is when somebody signs out: the one
// deletion of a session that leaves no trace in the audit log.
func logoutKeepsSession(tx store.Tx, o store.Op) bool {
	small := len(tx.Ops) <= 3 && !slices.ContainsFunc(tx.Ops, func(o store.Op) bool { return o.Kind == "audit" || o.Kind == "mail-job" })
	return small && o.Verb == store.VerbDelete && strings.HasPrefix(o.Key.SK, "S#")
}

func seatKept(_ store.Tx, o store.Op) bool {
	return o.Verb == store.VerbAdd && o.Kind == "organization-count" && o.Delta < 0
}

func doubled(m mail.Message) []mail.Message {
	again := m
	again.ID += "-again"
	return []mail.Message{m, again}
}

func without(kind string) func(mail.Message) []mail.Message {
	return func(m mail.Message) []mail.Message {
		if m.Kind == kind {
			return nil
		}
		return []mail.Message{m}
	}
}

var firstID = regexp.MustCompile(`"id":\d+`)

// remembering answers again what somebody was once shown of an organization.
func remembering(next http.Handler) http.Handler {
	shown := map[string]*httptest.ResponseRecorder{}
	one := regexp.MustCompile(`^/api/organizations/\d+$`)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		rec := httptest.NewRecorder()
		next.ServeHTTP(rec, r)
		who := httptest.NewRecorder()
		self := r.Clone(r.Context())
		self.Method, self.URL.Path, self.URL.RawQuery = "GET", "/api/users/self", ""
		next.ServeHTTP(who, self)
		key := firstID.FindString(who.Body.String()) + r.URL.Path
		if r.Method == "GET" && who.Code == 200 && one.MatchString(r.URL.Path) {
			if rec.Code == 200 {
				shown[key] = rec
			} else if before := shown[key]; before != nil {
				rec = before
			}
		}
		answerWith(w, rec.Code, rec)
	})
}

// acceptingTwice says yes to who accepts an invitation that was accepted.
func acceptingTwice(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		rec := httptest.NewRecorder()
		next.ServeHTTP(rec, r)
		status := rec.Code
		if strings.HasSuffix(r.URL.Path, "/accept") && strings.Contains(rec.Body.String(), "already accepted") {
			status = 200
		}
		answerWith(w, status, rec)
	})
}

func answerWith(w http.ResponseWriter, status int, rec *httptest.ResponseRecorder) {
	for name, values := range rec.Header() {
		w.Header()[name] = values
	}
	w.WriteHeader(status)
	_, _ = w.Write(rec.Body.Bytes()) // a recorder takes everything
}
