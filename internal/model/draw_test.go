package model

import "pgregory.net/rapid"

// sometimes is true once in 2^n times, and false when a failure is shrunk.
func sometimes(t *rapid.T, n int, label string) bool {
	return rapid.Custom(func(t *rapid.T) bool {
		for range n {
			if !rapid.Bool().Draw(t, "bit") {
				return false
			}
		}
		return true
	}).Draw(t, label)
}

// pick picks one of some things, the first when a failure is shrunk.
func pick[T any](t *rapid.T, label string, from []T) (one T) {
	if len(from) == 0 {
		return one
	}
	return from[rapid.IntRange(0, len(from)-1).Draw(t, label)]
}

// evenly picks one of some things, each as often as the others.
func evenly[T any](t *rapid.T, label string, from []T) (one T) {
	if len(from) == 0 {
		return one
	}
	var all []*rapid.Generator[int]
	for i := range from {
		all = append(all, rapid.Just(i))
	}
	return from[rapid.OneOf(all...).Draw(t, label)]
}

func filter[T any](all []T, keep func(T) bool) (out []T) {
	for _, v := range all {
		if keep(v) {
			out = append(out, v)
		}
	}
	return out
}
