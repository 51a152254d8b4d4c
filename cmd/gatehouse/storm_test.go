package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"gatehouse/internal/apptest"
	"gatehouse/internal/mail/mailbox"
)

// TestKillInStorm kills the server in the middle of a storm of registrations. What
// was acknowledged is there, mail included; what was not is whole or not there.
func TestKillInStorm(t *testing.T) {
	all, killAfter := 1000, int64(300)
	if testing.Short() {
		all, killAfter = 100, 40
	}
	s := serving(t, "GATEHOUSE_RATE_LIMITS=off", "GATEHOUSE_HASH_MEMORY_KIB=12288", "GATEHOUSE_HASH_TIME=3")
	began := time.Now()
	acknowledged, unsure := s.storm(all, killAfter)
	t.Logf("killed after %v, %d acknowledged, %d without an answer", time.Since(began).Round(time.Millisecond), len(acknowledged), len(unsure))
	if int64(len(acknowledged)) < killAfter {
		t.Fatalf("%d acknowledged, want at least %d", len(acknowledged), killAfter)
	}

	// The next process sends what waits, all but the mail that was under way: that
	// is leased for a minute.
	s.start()
	var late []int
	for wait := time.Now(); ; time.Sleep(100 * time.Millisecond) {
		keys := s.keys()
		late = late[:0]
		for _, n := range acknowledged {
			if keys[stormMail(n)] == "" {
				late = append(late, n)
			}
		}
		if len(late) == 0 || time.Since(wait) > 10*time.Second {
			break
		}
		if len(late) == 1 && time.Since(wait) > 3*time.Second {
			break
		}
	}
	if len(late) > 1 {
		t.Fatalf("%d of %d acknowledged registrations have no mail after the restart", len(late), len(acknowledged))
	}
	t.Logf("%d mails were under way", len(late))
	s.stop()
	s.drainLater()
	s.start()
	keys := s.keys()
	for i, n := range acknowledged {
		key := keys[stormMail(n)]
		if key == "" {
			t.Errorf("%s was registered and gets no mail", stormName(n))
			continue
		}
		s.client().Post("/api/auth/verify-email", map[string]any{"key": key}).Is(200)
		if i%max(len(acknowledged)/20, 1) == 0 {
			s.signIn(stormName(n), apptest.Password).Get("/api/users/self").Is(200).Has(stormMail(n))
		}
	}
	whole := 0
	for _, n := range unsure {
		if key := keys[stormMail(n)]; key != "" {
			whole++
			s.client().Post("/api/auth/verify-email", map[string]any{"key": key}).Is(200)
		} else { // then the name is free
			s.join(stormName(n), stormMail(n))
		}
		s.signIn(stormName(n), apptest.Password)
	}
	t.Logf("%d of the %d without an answer had been written; %v in all", whole, len(unsure), time.Since(began).Round(time.Millisecond))
}

func stormName(n int) string { return fmt.Sprintf("storm.%04d", n) }
func stormMail(n int) string { return fmt.Sprintf("storm.%04d@example.com", n) }

// storm registers accounts 0 to all-1 by 16 clients and kills the server at a
// random moment after some were acknowledged.
func (s *machine) storm(all int, killAfter int64) (acknowledged, unsure []int) {
	var (
		mu   sync.Mutex
		wg   sync.WaitGroup
		next atomic.Int64
		done atomic.Int64
		over atomic.Bool
		kill = make(chan struct{})
		once sync.Once
	)
	for range 16 {
		wg.Go(func() {
			for !over.Load() {
				n := int(next.Add(1)) - 1
				if n >= all {
					return
				}
				status, err := s.register(n, &over)
				mu.Lock()
				switch {
				case err != nil:
					unsure = append(unsure, n)
				case status == http.StatusCreated:
					acknowledged = append(acknowledged, n)
				default:
					s.Errorf("%s: status %d", stormName(n), status)
				}
				mu.Unlock()
				if err == nil && done.Add(1) >= killAfter {
					once.Do(func() { close(kill) })
				}
			}
		})
	}
	select {
	case <-kill:
		time.Sleep(rand.N(300 * time.Millisecond))
	case <-time.After(40 * time.Second):
		s.Errorf("only %d acknowledged", done.Load())
	}
	s.kill(syscall.SIGKILL)
	over.Store(true)
	wg.Wait()
	return acknowledged, unsure
}

// register repeats while the server says that it is busy.
func (s *machine) register(n int, over *atomic.Bool) (status int, err error) {
	body, err := json.Marshal(apptest.Form(stormName(n), stormMail(n)))
	if err != nil {
		return 0, err
	}
	for {
		res, err := http.Post(s.url+"/api/auth/register", "application/json", bytes.NewReader(body))
		if err != nil {
			return 0, err
		}
		_, err = io.Copy(io.Discard, res.Body)
		res.Body.Close()
		if err != nil || res.StatusCode != http.StatusServiceUnavailable || over.Load() {
			return res.StatusCode, err
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// keys are the secrets of the mails that confirm addresses, by address.
func (s *machine) keys() map[string]string {
	s.Helper()
	var list []mailbox.Mail
	decode(s, s.client().With("Accept", "application/json").Get("/_dev/mail").Is(200).Body, &list)
	keys := map[string]string{}
	for _, m := range list {
		if len(m.Links) > 0 {
			keys[m.To] = parameter(s, m.Links[0], "key")
		}
	}
	return keys
}
