package app_test

import (
	"context"
	"encoding/json"
	"testing"

	"gatehouse/internal/apptest"
)

// BenchmarkProduct measures what `make bench` puts into the README: the password
// hash at the parameters of production, and operations that contain it or not,
// over HTTP through the local gateway and, for the authorizer, as a function.
func BenchmarkProduct(b *testing.B) {
	w := apptest.New(b, apptest.RealHash, apptest.Durable, apptest.Env("GATEHOUSE_RATE_LIMITS", "off"))
	w.Join("bench", "bench@example.org")
	c := w.SignIn("bench")
	token := w.Client().Post("/api/auth/token", login("bench")).Is(200).String("access_token")
	b.Run("password_hash_alone", func(b *testing.B) {
		for b.Loop() {
			if _, err := w.Parts.Hasher.Hash(context.Background(), apptest.Password); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("sign-in_over_HTTP", func(b *testing.B) {
		for b.Loop() {
			c.Post("/api/auth/login", login("bench")).Is(200)
		}
	})
	b.Run("session_check_over_HTTP", func(b *testing.B) {
		for b.Loop() {
			c.Get("/api/users/self").Is(200)
		}
	})
	b.Run("authorizer_with_an_access_JWT", func(b *testing.B) {
		event, err := json.Marshal(map[string]any{"version": "2.0", "type": "REQUEST", "routeKey": "GET /api/users/self", "rawPath": "/api/users/self",
			"headers":        map[string]string{"authorization": "Bearer " + token},
			"requestContext": map[string]any{"http": map[string]string{"method": "GET", "path": "/api/users/self", "sourceIp": "127.0.0.1"}, "routeKey": "GET /api/users/self", "stage": "$default"}})
		if err != nil {
			b.Fatal(err)
		}
		for b.Loop() {
			if _, err := w.Functions["authorizer"].Invoke(context.Background(), event); err != nil {
				b.Fatal(err)
			}
		}
	})
}
