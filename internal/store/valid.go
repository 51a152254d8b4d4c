package store

import (
	"fmt"
	"slices"
	"unicode/utf8"
)

func validate(ops []Op) error {
	if len(ops) == 0 || len(ops) > MaxOps {
		return fmt.Errorf("store: %d ops in one transaction; 1 to %d are possible", len(ops), MaxOps)
	}
	seen := make(map[Key]bool, len(ops))
	total := 0
	for _, o := range ops {
		if seen[o.Key] {
			return fmt.Errorf("%w %q", ErrTwice, o.Key)
		}
		seen[o.Key] = true
		if err := o.valid(); err != nil {
			return err
		}
		total += len(o.Body)
	}
	if total > maxTotal {
		return fmt.Errorf("store: transaction of %d bytes; at most %d", total, maxTotal)
	}
	return nil
}

func (o Op) valid() error {
	if err := o.Key.valid(); err != nil {
		return err
	}
	for i, k := range o.Index {
		if err := k.valid(); err != nil || !slices.Contains(Indexes[:], i) {
			return fmt.Errorf("store: index %q of %q: %w", i, o.Key, err)
		}
	}
	switch {
	case o.Verb == VerbPut && (o.Kind == "" || len(o.Body) == 0 || len(o.Body) > MaxItem || !utf8.Valid(o.Body)):
		return fmt.Errorf("store: put of %q: kind %q, %d bytes", o.Key, o.Kind, len(o.Body))
	case o.Verb == VerbAdd && (o.Kind == "" || o.Field == "" || o.Min > o.Max || len(o.Index) > 0):
		return fmt.Errorf("store: add to %q: field %q between %d and %d", o.Key, o.Field, o.Min, o.Max)
	case o.Verb < VerbPut || o.Verb > VerbAdd || o.If < Always:
		return fmt.Errorf("store: verb %d under condition %d", o.Verb, o.If)
	}
	return nil
}

func (k Key) valid() error {
	if k.PK == "" || k.SK == "" || len(k.PK) > maxKey || len(k.SK) > maxKey || !utf8.ValidString(k.PK) || !utf8.ValidString(k.SK) {
		return fmt.Errorf("store: key %.80q", k)
	}
	return nil
}

func (q Query) valid() error {
	if q.Limit < 1 || q.Limit > maxPage {
		return fmt.Errorf("store: limit %d", q.Limit)
	}
	if q.Index != "" && !slices.Contains(Indexes[:], q.Index) {
		return fmt.Errorf("store: no index %q", q.Index)
	}
	if q.Prefix != "" && (q.From != "" || q.To != "") {
		return fmt.Errorf("store: query of %q has both a prefix and bounds", q.PK)
	}
	for _, s := range []string{q.Prefix, q.From, q.To} {
		if len(s) > maxKey || !utf8.ValidString(s) {
			return fmt.Errorf("store: query of %q for %.80q", q.PK, s)
		}
	}
	return Key{q.PK, "any"}.valid()
}
