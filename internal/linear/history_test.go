package linear

import (
	"fmt"
	"math"
	"math/rand/v2"
	"sync"
	"sync/atomic"

	"github.com/anishathalye/porcupine"
)

// call is what somebody asks for.
type call struct {
	part string // of the state that it is about; parts have nothing in common
	do   string
	by   string // who asks, or with what
	to   string // who or what it is about
	arg  string
	now  int64 // milliseconds since the history began, by its clock
	once bool  // is a write of one row, see do
}

// reply is what they hear: a word, and what the product has chosen by itself.
type reply struct {
	word  string
	value string
}

// The words of replies. What is none of them is a violation.
const (
	ok      = "ok"
	no      = "no"
	unknown = "unknown"
)

// history is what happened to one copy of a stage.
type history struct {
	*run
	seed  uint64
	ticks atomic.Int64 // so that of two moments one is always before the other

	mu     sync.Mutex
	ops    []porcupine.Operation
	broken []string // what no order of requests excuses
}

// worker is one of those who ask at the same time.
type worker struct {
	*history
	*rand.Rand
	id int
}

// together lets n people ask at once, and waits for all of them.
func (h *history) together(n int, work func(w *worker)) {
	var wg sync.WaitGroup
	round := h.ticks.Add(1)
	for id := range n {
		w := &worker{h, rand.New(rand.NewPCG(h.seed, uint64(round)<<16|uint64(id))), id}
		wg.Go(func() { work(w) })
	}
	wg.Wait()
}

// do makes a call and notes when it began, when it ended, and what was heard.
//
// Where answers get lost, a write of one row that somebody else has written since
// cannot be told from none, as store.Table says, and is tried again: who is refused then
// may have done their work before.
func (w *worker) do(c call, send func() reply) reply {
	c.now = w.elapsed().Milliseconds()
	begin := w.ticks.Add(1)
	r := send()
	end := w.ticks.Add(1)
	if r.word == unknown {
		end = math.MaxInt64
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.ops = append(w.ops, porcupine.Operation{ClientId: w.id, Input: c, Output: r, Call: begin, Return: end})
	if c.once && w.kind == losing && r.word == no {
		w.ops = append(w.ops, porcupine.Operation{ClientId: w.id, Input: c, Output: reply{word: unknown}, Call: begin, Return: math.MaxInt64})
	}
	return r
}

// spoil notes what is wrong in any order.
func (h *history) spoil(format string, args ...any) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.broken = append(h.broken, fmt.Sprintf(format, args...))
}

// finish gives what ended nowhere an end after everything else.
func (h *history) finish() []porcupine.Operation {
	h.mu.Lock()
	defer h.mu.Unlock()
	last := h.ticks.Add(1)
	for i := range h.ops {
		h.ops[i].Return = min(h.ops[i].Return, last)
	}
	return h.ops
}

// overlaps counts the pairs of operations that were under way at the same time.
func overlaps(ops []porcupine.Operation) (n int) {
	for i, a := range ops {
		for _, b := range ops[:i] {
			if a.Call < b.Return && b.Call < a.Return {
				n++
			}
		}
	}
	return n
}

// outcomes counts the operations, those of unknown outcome, and what was heard.
func outcomes(ops []porcupine.Operation) (all, open int, heard map[string]int) {
	heard = map[string]int{}
	for _, o := range ops {
		word := o.Output.(reply).word
		heard[o.Input.(call).do+": "+word]++
		if word == unknown {
			open++
		}
	}
	return len(ops), open, heard
}

// notes is what the people of one history know of each other: the latest of a kind.
type notes struct {
	mu   sync.Mutex
	list map[string][]string
}

func (n *notes) add(name, value string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.list == nil {
		n.list = map[string][]string{}
	}
	n.list[name] = append(n.list[name], value)
}

// pick is one of what was noted, most often the latest; "" if there is nothing.
func (n *notes) pick(w *worker, name string) string {
	n.mu.Lock()
	defer n.mu.Unlock()
	all := n.list[name]
	if len(all) == 0 {
		return ""
	}
	at := len(all) - 1
	for at > 0 && w.IntN(5) < 2 {
		at--
	}
	return all[at]
}

// halves are two groups of people who have nothing to do with each other, so that each
// is judged on its own.
var halves = []string{"x", "y"}

func (w *worker) half() string { return halves[w.id%2] }

func choose[T any](w *worker, from ...T) T { return from[w.IntN(len(from))] }
