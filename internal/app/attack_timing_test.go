package app_test

import (
	"fmt"
	"testing"

	"gatehouse/internal/apptest"
)

// TestA12_WelchTOfMails measures, as TestA12_WelchT does, what asks for mails: about
// an address with an account, and about one without.
func TestA12_WelchTOfMails(t *testing.T) {
	n := samples(t)
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
		welch(t, name, n, func(k int) { ask(c, []string{"account1@x.test", "nobody01@x.test"}[k]) })
	}
}
