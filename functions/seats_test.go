package functions_test

import (
	"fmt"
	"sync"
	"testing"

	"gatehouse/internal/store"
	"gatehouse/internal/tenant"
)

// TestSeats invites many at once for five seats, on DynamoDB's rules for
// transactions: members and open invitations are five in the end, by the rows and
// by the counters.
func TestSeats(t *testing.T) {
	c := newCloud(t)
	ada := c.ada()
	id := ada.Post("/api/organizations", map[string]any{"slug": "acme"}).Is(201).Int("id")
	items, err := c.table.Get(t.Context(), tenant.Key(id))
	if err != nil {
		t.Fatal(err)
	}
	st, err := tenant.States.Of(items[0])
	if err != nil {
		t.Fatal(err)
	}
	st.Seats = 5
	if err := c.table.Transact(t.Context(), tenant.States.Put(items[0].Key, st, items[0].At())); err != nil {
		t.Fatal(err)
	}
	const guests = 60
	var wg sync.WaitGroup
	status := make([]int, guests)
	for n := range guests {
		wg.Go(func() {
			for status[n] == 0 || status[n] == 503 { // busy: try again, as a client would
				status[n] = ada.With("X-Organization", "acme").Post("/api/invitations", map[string]any{"email": fmt.Sprintf("guest%d@example.com", n), "role": "worker"}).Status
			}
		})
	}
	wg.Wait()
	got := map[int]int{}
	for _, s := range status {
		got[s]++
	}
	if got[201] != 4 || got[400] != guests-4 {
		t.Errorf("answers %v", got)
	}
	rows, err := c.table.All(t.Context(), store.Query{PK: fmt.Sprint("LST#members#", id)}, 100)
	if err != nil {
		t.Fatal(err)
	}
	if items, err = c.table.Get(t.Context(), tenant.SeatsKey(id), tenant.MembersKey(id)); err != nil {
		t.Fatal(err)
	}
	if len(rows) != 5 || tenant.Count(items[0]) != 5 || tenant.Count(items[1]) != 1 {
		t.Errorf("%d rows, %d seats and %d members counted", len(rows), tenant.Count(items[0]), tenant.Count(items[1]))
	}
}
