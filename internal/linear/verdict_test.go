package linear

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"
)

// model is a specification, what people do that it judges, and on what.
type model struct {
	name string
	porcupine.Model
	set  func(s *stage)
	play func(h *history)
}

// verdict is what came of one history.
type verdict struct {
	seed     uint64
	store    int
	ops      int
	open     int // of unknown outcome
	overlaps int
	bad      []string
	heard    map[string]int // answers by request and word
}

// thinking is how long porcupine may take over one history. One that takes longer is not
// decided, and fails.
const thinking = time.Minute

// judge plays one history and holds it against the model. What is not in order is
// drawn into a file in a folder that keep gives.
func (m model) judge(t testing.TB, s *stage, seed uint64, bug *wrong, keep func() string) (v verdict, err error) {
	kind := int(seed % (2 * stores)) // half of them in memory
	if kind >= stores {
		kind = memory
	}
	v = verdict{seed: seed, store: kind}
	dir := ""
	if kind == file {
		if dir, err = os.MkdirTemp("", "linear"); err != nil {
			return v, err
		}
		defer os.RemoveAll(dir)
	}
	r, err := s.start(kind, dir, seed, bug)
	if err != nil {
		return v, err
	}
	h := &history{run: r, seed: seed}
	r.cuts = seed/7%3 == 0
	m.play(h)
	if err := r.close(); err != nil {
		return v, err
	}
	ops := h.finish()
	v.ops, v.open, v.heard = outcomes(ops)
	v.overlaps = overlaps(ops)
	v.bad, ops = h.broken, telling(ops)
	if result := porcupine.CheckOperationsTimeout(m.Model, ops, thinking); result != porcupine.Ok {
		v.bad = append(v.bad, fmt.Sprintf("%s: %s%s", result, m.draw(ops, seed, keep), text(m.shortest(ops))))
	}
	return v, nil
}

// reads are calls that change nothing.
var reads = []string{"use", "key", "who", "roles", "shown", "audit"}

// telling leaves out the reads of unknown outcome, which fit into any order.
func telling(ops []porcupine.Operation) []porcupine.Operation {
	return slices.DeleteFunc(slices.Clone(ops), func(o porcupine.Operation) bool {
		return o.Output.(reply).word == unknown && slices.Contains(reads, o.Input.(call).do)
	})
}

// draw writes a history down and says where.
func (m model) draw(ops []porcupine.Operation, seed uint64, keep func() string) string {
	if keep == nil {
		return "not drawn"
	}
	_, info := porcupine.CheckOperationsVerbose(m.Model, ops, thinking)
	path := filepath.Join(keep(), fmt.Sprintf("%s-%d.html", strings.ReplaceAll(m.name, " ", "-"), seed))
	if err := porcupine.VisualizePath(m.Model, info, path); err != nil {
		return err.Error()
	}
	return path
}

// people is how many ask at the same time: 4 to 16.
func people(h *history) int { return 4 + int(h.seed%13) }
