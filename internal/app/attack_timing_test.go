package app_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"strconv"
	"testing"
	"time"

	"gatehouse/internal/apptest"
)

// TestA12_WelchTOfMails measures, as TestA12_WelchT does, what asks for mails: about
// an address with an account, and about one without.
func TestA12_WelchTOfMails(t *testing.T) {
	n, _ := strconv.Atoi(os.Getenv("GATEHOUSE_TEST_TIMING"))
	if n == 0 {
		t.Skip("takes minutes: make timing")
	}
	asked := 0
	for name, ask := range map[string]func(c *apptest.Client, email string) *apptest.Answer{
		"register": func(c *apptest.Client, email string) *apptest.Answer {
			asked++
			return c.Post("/api/auth/register", apptest.Form(fmt.Sprintf("newbie%06d", asked), email)).Is(201)
		},
		"reset": func(c *apptest.Client, email string) *apptest.Answer {
			return c.Post("/api/auth/password/reset", object{"email": email}).Is(200)
		},
		"resend": func(c *apptest.Client, email string) *apptest.Answer {
			return c.Post("/api/auth/verify-email/resend", object{"email": email}).Is(200)
		},
	} {
		w := apptest.New(t, limitsOff)
		w.Join("account1", "account1@x.test")
		c := w.Client()
		var s [2]sample
		for s[0].n < n || s[1].n < n {
			k := rand.IntN(2)
			start := time.Now()
			ask(c, []string{"account1@x.test", "nobody01@x.test"}[k])
			s[k].add(time.Since(start).Seconds() * 1000)
		}
		tt := (s[0].mean - s[1].mean) / math.Sqrt(s[0].variance()/float64(s[0].n)+s[1].variance()/float64(s[1].n))
		t.Logf("%s: %.3f ms and %.3f ms in the mean, t = %.2f", name, s[0].mean, s[1].mean, tt)
		if math.Abs(tt) >= 4.5 {
			t.Errorf("%s: the times tell an account from none", name)
		}
	}
}
