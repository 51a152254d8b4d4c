package linear

import (
	"flag"
	"fmt"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

func models() []model {
	return []model{
		{"seats", modelOf(func(string) seats { return seats{limit: seatsAtFirst} }, doSeats), setSeats, playSeats},
		{"owners", modelOf(firstOwners, doOwners), setOwners, playOwners},
		{"address", modelOf(func(string) address { return address{} }, doAddress), setAddress, playAddress},
		{"user name", modelOf(firstUsernames, doUsername), setUsername, playUsername},
		{"once", modelOf(func(string) once { return once{} }, doOnce), setOnce, playOnce},
		{"refresh", modelOf(firstChain, doRefresh), setRefresh, playRefresh},
		{"session", modelOf(firstSessions, doSession), setSession, playSession},
		{"role", modelOf(firstRole, doRole), setRole, playRole},
		{"limit", modelOf(func(string) buckets { return buckets{} }, doLimit), setLimit, playLimit},
	}
}

// least is how many histories there are of each model without GATEHOUSE_LINEAR.
const least = 20

// atOnce is how many histories are under way at the same time: most of one is waiting.
const atOnce = 4

// number reads a setting, which has a value of its own if it is not set.
func number(t testing.TB, name string, otherwise uint64) uint64 {
	t.Helper()
	v := os.Getenv(name)
	if v == "" {
		return otherwise
	}
	n, err := strconv.ParseUint(v, 10, 64)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return n
}

// TestLinearizable plays histories of every model.
func TestLinearizable(t *testing.T) {
	all := models()
	seed := number(t, "GATEHOUSE_LINEAR_SEED", uint64(time.Now().UnixNano()))
	want := number(t, "GATEHOUSE_LINEAR", uint64(least*len(all)))
	each := (int(want) + len(all) - 1) / len(all)
	fmt.Printf("linear: GATEHOUSE_LINEAR_SEED=%d\n", seed)
	var sum tally
	for _, m := range all {
		t.Run(m.name, func(t *testing.T) {
			got := m.histories(t, seed, each)
			got.print(m.name)
			if got.histories < each {
				t.Errorf("%d histories, %d are the least", got.histories, each)
			}
			if got.overlaps < got.ops {
				t.Errorf("%d operations with %d overlaps: they hardly meet", got.ops, got.overlaps)
			}
			t.Log(got.heard)
			for what := range got.heard {
				if do, _, _ := strings.Cut(what, ":"); each >= 100 && got.heard[do+": "+ok] == 0 {
					t.Errorf("%s never succeeds", do)
				}
			}
			sum.add(got)
		})
	}
	sum.print("all")
}

// tally is what was played.
type tally struct {
	histories, ops, open, overlaps, bad int
	on                                  [stores]int
	took                                time.Duration
	heard                               map[string]int
}

func (a *tally) add(b tally) {
	a.histories, a.ops, a.open, a.overlaps, a.bad, a.took = a.histories+b.histories, a.ops+b.ops, a.open+b.open, a.overlaps+b.overlaps, a.bad+b.bad, a.took+b.took
	for i, n := range b.on {
		a.on[i] += n
	}
	if a.heard == nil {
		a.heard = map[string]int{}
	}
	for what, n := range b.heard {
		a.heard[what] += n
	}
}

func (a *tally) count(v verdict) {
	b := tally{histories: 1, ops: v.ops, open: v.open, overlaps: v.overlaps, heard: v.heard}
	b.on[v.store] = 1
	if len(v.bad) > 0 {
		b.bad = 1
	}
	a.add(b)
}

func (a *tally) print(name string) {
	fmt.Printf("linear: %-9s %6d histories %7d operations %6d unknown %8d overlaps %3d violations %6.1f s", name, a.histories, a.ops, a.open, a.overlaps, a.bad, a.took.Seconds())
	for i, n := range a.on {
		fmt.Printf("  %s %d", storeNames[i], n)
	}
	fmt.Println()
}

// histories plays n histories of a model, some at the same time.
func (m model) histories(t *testing.T, seed uint64, n int) (sum tally) {
	s := setStage(t, m.set)
	begin := time.Now()
	folder := sync.OnceValue(func() string { return kept(t) })
	seeds := make(chan uint64)
	var mu sync.Mutex
	var wg sync.WaitGroup
	for range atOnce {
		wg.Go(func() {
			for seed := range seeds {
				v, err := m.judge(t, s, seed, nil, folder)
				mu.Lock()
				if err != nil {
					t.Errorf("seed %d: %v", seed, err)
				} else {
					sum.count(v)
				}
				for _, what := range v.bad {
					t.Errorf("GATEHOUSE_LINEAR_SEED=%d on %s: %s", v.seed, storeNames[v.store], what)
				}
				mu.Unlock()
			}
		})
	}
	for i := range n {
		seeds <- seed + uint64(i)
	}
	close(seeds)
	wg.Wait()
	sum.took = time.Since(begin)
	return sum
}

// kept is a folder that outlives the test: that of its artifacts if they are asked
// for, else a new one.
func kept(t *testing.T) string {
	if f := flag.Lookup("test.artifacts"); f != nil && f.Value.String() == "true" {
		return t.ArtifactDir()
	}
	dir, err := os.MkdirTemp("", "gatehouse-linear-")
	if err != nil {
		t.Fatal(err)
	}
	return dir
}
