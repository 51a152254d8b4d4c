package app_test

import (
	"fmt"
	"strings"
	"testing"

	"gatehouse/internal/apptest"
)

const racers = 64

// users is how many accounts there are, as an administrator sees it.
func users(w *apptest.World) int {
	w.Helper()
	operator(w, "chief01", true, "admin")
	return int(w.SignIn("chief01").Get("/api/users").Is(200).JSON()["count"].(float64)) - 1
}

// spellings are ways to write one address: case, and the forms of a domain.
var spellings = []string{"ada@bücher.example", "ADA@BÜCHER.example", "Ada@xn--bcher-kva.example", "ada@bu\u0308cher.example", "ada@BÜCHER。EXAMPLE", "ada@bücher.example."}

func TestH1_OneAddressManySpellings(t *testing.T) {
	w := apptest.New(t, limitsOff, apptest.Env("GATEHOUSE_EMAIL_VERIFICATION", "none"))
	got := parallel(racers, func(i int) int {
		return patient(func() *apptest.Answer {
			return w.Client().Post("/api/auth/register", apptest.Form(fmt.Sprintf("racer%03d", i), spellings[i%len(spellings)]))
		}).Status
	})
	if got[201] != 1 || got[400] != racers-1 {
		t.Errorf("answers %v", got)
	}
	if n := users(w); n != 1 {
		t.Errorf("%d accounts", n)
	}
}

func TestH1_ManyRegistrationsOneAccount(t *testing.T) {
	w := apptest.New(t, limitsOff)
	got := parallel(racers, func(i int) int {
		return patient(func() *apptest.Answer {
			return w.Client().Post("/api/auth/register", apptest.Form(fmt.Sprintf("racer%03d", i), spellings[i%len(spellings)]))
		}).Status
	})
	if got[201] != racers {
		t.Fatalf("answers %v", got)
	}
	mails := w.Mails("ada@xn--bcher-kva.example")
	if len(mails) != racers {
		t.Fatalf("%d mails", len(mails))
	}
	got = parallel(racers, func(i int) int {
		return patient(func() *apptest.Answer {
			return w.Client().Post("/api/auth/verify-email", object{"key": apptest.Key(w, mails[i].Links[0])})
		}).Status
	})
	if got[200] != 1 || got[400] != racers-1 {
		t.Errorf("confirmations %v", got)
	}
	if n := users(w); n != 1 {
		t.Errorf("%d accounts", n)
	}
}

func TestH1_OneUserName(t *testing.T) {
	for _, mode := range []string{"none", "optional", "mandatory"} {
		w := apptest.New(t, limitsOff, apptest.Env("GATEHOUSE_EMAIL_VERIFICATION", mode))
		names := []string{"racer001", "RACER001", "ｒacer001"}
		got := parallel(racers, func(i int) int {
			return patient(func() *apptest.Answer {
				return w.Client().Post("/api/auth/register", apptest.Form(names[i%len(names)], fmt.Sprintf("racer%03d@example.com", i)))
			}).Status
		})
		if got[201] != 1 || got[400] != racers-1 {
			t.Errorf("%s: answers %v", mode, got)
		}
	}
}

func TestC3_ASVS2_3_4_VerifyKeyOnce(t *testing.T) {
	w := apptest.New(t, limitsOff)
	w.Client().Post("/api/auth/register", apptest.Form("racer001", "racer001@example.com")).Is(201)
	key := apptest.Key(w, w.Mail("racer001@example.com", "confirm").Links[0])
	got := parallel(racers, func(int) int {
		return patient(func() *apptest.Answer { return w.Client().Post("/api/auth/verify-email", object{"key": key}) }).Status
	})
	if got[200] != 1 || got[400] != racers-1 {
		t.Errorf("answers %v", got)
	}
	w.SignIn("racer001")
}

func TestC3_ASVS2_3_4_ResetTokenOnce(t *testing.T) {
	w := apptest.New(t, limitsOff)
	operator(w, "racer001", true)
	w.Client().Post("/api/auth/password/reset", object{"email": "racer001@example.com"}).Is(200)
	form := resetForm(w, "racer001@example.com", "")
	won := parallel(racers, func(i int) string {
		f := object{"uid": form["uid"], "token": form["token"]}
		pw := fmt.Sprintf("%s %03d", newPassword, i)
		f["new_password1"], f["new_password2"] = pw, pw
		if a := patient(func() *apptest.Answer { return w.Client().Post("/api/auth/password/reset/confirm", f) }); a.Status != 200 {
			return fmt.Sprint(a.Status)
		}
		return pw
	})
	if won["400"] != racers-1 || len(won) != 2 {
		t.Fatalf("answers %v", won)
	}
	delete(won, "400")
	for pw := range won {
		w.Client().Post("/api/auth/login", object{"username": "racer001", "password": pw}).Is(200)
	}
}

func TestD4_D5_KC1035_CXF50631_ASVS10_4_5_OneRefreshTokenOneChain(t *testing.T) {
	w := apptest.New(t, limitsOff)
	operator(w, "racer001", true)
	_, first := tokens(w, "racer001")
	got := parallel(racers, func(int) string {
		a := patient(func() *apptest.Answer { return renew(w, first) })
		if a.Status != 200 {
			return fmt.Sprint(a.Status, a.Body)
		}
		return a.String("refresh_token")
	})
	if len(got) != 1 {
		t.Fatalf("%d answers: %v", len(got), got)
	}
	for second := range got {
		third := renew(w, second).Is(200).String("refresh_token")
		renew(w, third).Is(200)
	}
	list := w.SignIn("racer001").Get("/api/auth/sessions").Is(200).JSON()["results"].([]any)
	n := 0
	for _, s := range list {
		if s.(object)["kind"] == "bearer" {
			n++
		}
	}
	if n != 1 {
		t.Errorf("%d chains", n)
	}
}

func TestH8_ASVS7_4_1_SignOutBeatsRefresh(t *testing.T) {
	w := apptest.New(t, limitsOff)
	operator(w, "racer001", true)
	for range 8 {
		access, refresh := tokens(w, "racer001")
		out := bearer(w, access)
		var late []string
		got := parallel(9, func(i int) string {
			if i == 0 {
				return fmt.Sprint("out ", patient(func() *apptest.Answer { return out.Post("/api/auth/logout", nil) }).Status)
			}
			if a := patient(func() *apptest.Answer { return renew(w, refresh) }); a.Status == 200 {
				return a.String("refresh_token")
			}
			return "refused"
		})
		if got["out 200"] != 1 {
			t.Fatalf("%v", got)
		}
		for v := range got {
			if strings.Contains(v, ".") {
				late = append(late, v)
			}
		}
		for _, v := range append(late, refresh) {
			renew(w, v).Is(401)
		}
		bearer(w, access).Get("/api/users/self").Is(401)
	}
}

func TestB4_ASVS6_3_1_ParallelGuesses(t *testing.T) {
	for _, path := range []string{"/api/auth/login", "/api/auth/token"} {
		w := apptest.New(t)
		operator(w, "racer001", true)
		got := parallel(racers, func(i int) int {
			return patient(func() *apptest.Answer {
				return w.Client().Post(path, object{"username": "racer001", "password": fmt.Sprint("guess number ", i)})
			}).Status
		})
		if got[400] > 10 || got[400] == 0 || got[400]+got[429] != racers {
			t.Errorf("%s: answers %v, at most 10 may be evaluated", path, got)
		}
	}
}

func TestH14_ASVS2_3_4_AccessTokensNeverAbove50(t *testing.T) {
	w := apptest.New(t, limitsOff)
	operator(w, "racer001", true)
	c := w.SignIn("racer001")
	parallel(racers, func(i int) int {
		return patient(func() *apptest.Answer {
			return c.Post("/api/auth/access_tokens", object{"name": fmt.Sprint("token ", i)})
		}).Status
	})
	for range 60 {
		if c.Post("/api/auth/access_tokens", object{"name": "more"}).Status != 201 {
			break
		}
	}
	if n := c.Get("/api/auth/access_tokens?page_size=all").Is(200).JSON()["count"].(float64); n != 50 {
		t.Errorf("%v access tokens, want 50", n)
	}
	c.Post("/api/auth/access_tokens", object{"name": "one too many"}).Is(400)
}

func TestH12_TwoRenameToOneName(t *testing.T) {
	w := apptest.New(t, limitsOff)
	clients := make([]*apptest.Client, 8)
	ids := make([]string, len(clients))
	for i := range clients {
		name := fmt.Sprintf("racer%03d", i)
		ids[i] = fmt.Sprint(operator(w, name, true))
		clients[i] = w.SignIn(name)
	}
	got := parallel(len(clients), func(i int) int {
		return patient(func() *apptest.Answer { return clients[i].Patch("/api/users/"+ids[i], object{"username": "winner"}) }).Status
	})
	if got[200] != 1 || got[400] != len(clients)-1 {
		t.Errorf("answers %v", got)
	}
}
