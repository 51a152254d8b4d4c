package sqlite

import (
	"bufio"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"gatehouse/internal/store"
)

// killEnv names the file that a child process writes to until it is killed.
const killEnv = "GATEHOUSE_TEST_KILL_FILE"

func TestMain(m *testing.M) {
	if path := os.Getenv(killEnv); path != "" {
		writeUntilKilled(path)
	}
	os.Exit(m.Run())
}

// writeUntilKilled writes numbered transactions of three items and prints the
// number of each once it was acknowledged.
func writeUntilKilled(path string) {
	d, err := Open(path)
	if err != nil {
		fmt.Println("error", err)
		os.Exit(1)
	}
	start, _ := strconv.Atoi(os.Getenv(killEnv + "_START"))
	var next atomic.Int64
	next.Store(int64(start))
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for {
				n := next.Add(1)
				body := strings.Repeat("x", int(n%3000))
				var ops []store.Op
				for i := range 3 {
					ops = append(ops, note.Put(store.Key{PK: fmt.Sprint("part", i), SK: fmt.Sprintf("%09d", n)}, body, store.Absent))
				}
				if err := d.Transact(context.Background(), tx(n, ops...)); err != nil {
					fmt.Println("error", err)
					os.Exit(1)
				}
				fmt.Println(n)
			}
		})
	}
	wg.Wait()
}

// TestKill: whatever was acknowledged before kill -9 is there afterwards, whole,
// and of what was not there is nothing or all.
func TestKill(t *testing.T) {
	path := filepath.Join(t.TempDir(), "store.db")
	last := 0
	for round := range 5 {
		acknowledged := killOne(t, path, last)
		d := openAt(t, path)
		there := map[string]int{}
		for i := range 3 {
			q := store.Query{PK: fmt.Sprint("part", i), Limit: 1000}
			for {
				p, err := d.Query(t.Context(), q)
				must(t, err)
				for _, it := range p.Items {
					there[it.SK]++
				}
				if q.After = p.Next; q.After == (store.Place{}) {
					break
				}
			}
		}
		for sk, n := range there {
			if n != 3 {
				t.Errorf("round %d: of transaction %s there are %d items of 3", round, sk, n)
			}
			id, _ := strconv.Atoi(sk)
			last = max(last, id)
		}
		for _, n := range acknowledged {
			if there[fmt.Sprintf("%09d", n)] != 3 {
				t.Errorf("round %d: transaction %d was acknowledged and is lost", round, n)
			}
		}
		t.Logf("round %d: %d acknowledged, %d there in all", round, len(acknowledged), len(there))
		must(t, d.Close())
	}
}

// killOne runs a writer that starts after number last, kills it at a random
// moment and tells which transactions it had acknowledged.
func killOne(t *testing.T, path string, last int) (acknowledged []int) {
	self, err := os.Executable()
	must(t, err)
	c := exec.CommandContext(t.Context(), self)
	c.Env = append(os.Environ(), killEnv+"="+path, killEnv+"_START="+strconv.Itoa(last))
	out, err := c.StdoutPipe()
	must(t, err)
	must(t, c.Start())
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		n, err := strconv.Atoi(lines.Text())
		if err != nil {
			break // cut off by the kill, or an error
		}
		if acknowledged = append(acknowledged, n); len(acknowledged) == 1 {
			time.AfterFunc(rand.N(300*time.Millisecond), func() { c.Process.Kill() })
		}
	}
	if len(acknowledged) == 0 {
		t.Errorf("the writer has written nothing: %s", lines.Text())
		c.Process.Kill()
	}
	if err := c.Wait(); c.ProcessState.ExitCode() != -1 {
		t.Errorf("the writer was not killed but ended: %v, %s", err, lines.Text())
	}
	return acknowledged
}
