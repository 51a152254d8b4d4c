package linear

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/anishathalye/porcupine"
)

// shortest is the part of a history that is not in order, up to the first answer that
// nothing explains any more: what is then still under way is of unknown outcome.
func (m model) shortest(ops []porcupine.Operation) []porcupine.Operation {
	for _, part := range partition(ops) {
		if porcupine.CheckOperationsTimeout(m.Model, part, thinking) != porcupine.Illegal {
			continue
		}
		part = slices.SortedFunc(slices.Values(part), func(a, b porcupine.Operation) int { return cmp.Compare(a.Return, b.Return) })
		for n := range part {
			if begun := until(part, part[n].Return); porcupine.CheckOperationsTimeout(m.Model, begun, thinking/10) == porcupine.Illegal {
				return begun
			}
		}
	}
	return nil
}

// until is what a history looks like at a moment.
func until(ops []porcupine.Operation, end int64) (begun []porcupine.Operation) {
	for _, o := range ops {
		if o.Call > end {
			continue
		}
		if o.Return > end {
			o.Return, o.Output = end, reply{word: unknown}
		}
		begun = append(begun, o)
	}
	return begun
}

// text lists operations in the order of their calls, each with its begin and end.
func text(ops []porcupine.Operation) string {
	ops = slices.SortedFunc(slices.Values(ops), func(a, b porcupine.Operation) int { return cmp.Compare(a.Call, b.Call) })
	var b strings.Builder
	for _, o := range ops {
		fmt.Fprintf(&b, "\n%5d–%-5d %2d: %s", o.Call, o.Return, o.ClientId, describe(o.Input.(call), o.Output.(reply)))
	}
	return b.String()
}
