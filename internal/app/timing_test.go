package app_test

import (
	"math"
	"math/rand/v2"
	"os"
	"strconv"
	"testing"
	"time"

	"gatehouse/internal/apptest"
)

// TestA12_WelchT measures wrong sign-ins to an account and to nobody, in random
// order, with the hash of production, and asks whether their times differ in the
// mean: Welch's t must stay under 4.5. It takes minutes, and a machine of its own:
// `make timing` runs it, with GATEHOUSE_TEST_TIMING samples a class.
func TestA12_WelchT(t *testing.T) {
	n := samples(t)
	w := apptest.New(t, apptest.RealHash, limitsOff)
	w.Join("account1", "account1@x.test")
	for name, class := range map[string][2]string{"by name": {"account1", "nobody01"}, "by address": {"account1@x.test", "nobody01@x.test"}} {
		c := w.Client()
		welch(t, name, n, func(k int) {
			c.Post("/api/auth/login", map[string]any{"username": class[k], "password": "not the password"}).Is(400)
		})
	}
}

// samples is how many are to be taken of each class; 0 skips the test.
func samples(t *testing.T) int {
	n, _ := strconv.Atoi(os.Getenv("GATEHOUSE_TEST_TIMING"))
	if n == 0 {
		t.Skip("takes minutes: make timing")
	}
	return n
}

// welch asks about something of class 0 or 1, in random order, at least n times each, and
// fails if the times tell the classes apart.
func welch(t *testing.T, name string, n int, ask func(class int)) {
	t.Helper()
	var s [2]sample
	for s[0].n < n || s[1].n < n {
		k := rand.IntN(2)
		start := time.Now()
		ask(k)
		s[k].add(time.Since(start).Seconds() * 1000)
	}
	tt := (s[0].mean - s[1].mean) / math.Sqrt(s[0].variance()/float64(s[0].n)+s[1].variance()/float64(s[1].n))
	t.Logf("%s: %.3f ms and %.3f ms in the mean, t = %.2f", name, s[0].mean, s[1].mean, tt)
	if math.Abs(tt) >= 4.5 {
		t.Errorf("%s: the times tell an account from none", name)
	}
}

// sample is a running mean and variance (Welford).
type sample struct {
	n        int
	mean, m2 float64
}

func (s *sample) add(x float64) {
	s.n++
	d := x - s.mean
	s.mean += d / float64(s.n)
	s.m2 += d * (x - s.mean)
}

func (s *sample) variance() float64 { return s.m2 / float64(s.n-1) }
