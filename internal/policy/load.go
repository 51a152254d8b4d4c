package policy

import (
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
)

// Load reads a table. It checks all that Decide relies on.
func Load(b []byte) (*Table, error) { return load(string(b)) }

// load keeps parts of s: functions start with it, and copy nothing.
func load(s string) (*Table, error) {
	rest, ok := strings.CutPrefix(s, magic)
	if !ok {
		return nil, errors.New("policy: this is not a table of this version")
	}
	r := &reader{rest: rest}
	t := &Table{packages: map[string]*rules{}, layer: &rules{}}
	for range r.count() {
		name := r.text()
		p := r.rules()
		if r.bad {
			break
		}
		if name == TokenLayer {
			t.layer = p
			continue
		}
		t.packages[name], t.names = p, append(t.names, name)
	}
	if r.bad || len(r.rest) > 0 {
		return nil, fmt.Errorf("policy: the table is damaged near byte %d", len(s)-len(r.rest))
	}
	t.link()
	return t, nil
}

// link finds the token's diagram for every scope. One without is refused.
func (t *Table) link() {
	for name, p := range t.packages {
		for s, at := range p.scopes {
			at.token = t.layer.scopes[name+"/"+s].allow
			p.scopes[s] = at
		}
	}
}

// reader reads from the front of rest; after something unexpected it is bad and
// gives only empty things.
type reader struct {
	rest string
	bad  bool
}

func (r *reader) bytes(n int) string {
	if r.bad || n > len(r.rest) {
		r.bad, n = true, 0
	}
	b := r.rest[:n]
	r.rest = r.rest[n:]
	return b
}

// count is never more than there are bytes left, so that nobody allocates for more.
func (r *reader) count() int {
	n, size := binary.Uvarint([]byte(r.rest[:min(len(r.rest), binary.MaxVarintLen64)]))
	if size <= 0 || n > uint64(len(r.rest)) {
		r.bad = true
	}
	if r.bad {
		return 0
	}
	r.rest = r.rest[size:]
	return int(n)
}

func (r *reader) text() string { return r.bytes(r.count()) }

func (r *reader) texts() []string {
	n := r.count()
	list := make([]string, 0, n)
	for range n {
		list = append(list, r.text())
	}
	return list
}

func (r *reader) ref() ref {
	if b := r.bytes(2); len(b) == 2 {
		return ref(b[0]) | ref(b[1])<<8
	}
	return 0
}

// rules reads one package.
func (r *reader) rules() *rules {
	p := &rules{}
	n := r.count()
	p.questions = make([]Question, 0, n)
	for range n {
		if b := r.bytes(3); len(b) == 3 {
			q := Question{Op(b[0]), Code(b[1]), Code(b[2])}
			p.questions = append(p.questions, q)
			r.bad = r.bad || !q.valid()
		}
	}
	p.titles, p.plans = r.texts(), r.texts()
	n = r.count()
	p.names, p.scopes = make([]string, 0, n), make(map[string]scope, n)
	for range n {
		name := r.text()
		p.names = append(p.names, name)
		p.scopes[name] = scope{allow: r.ref()}
	}
	p.filter = r.ref()
	p.nodes = r.bytes(r.count())
	r.bad = r.bad || !p.valid()
	return p
}

func (q Question) valid() bool {
	if q.Op >= ops || q.A >= codes || q.B >= codes {
		return false
	}
	return (q.Op == AskValue) == (q.A.Kind() != ID) && (q.Op != AskSame || q.B.Kind() == ID)
}

// valid says that every walk ends, and at a leaf that has a name. Children come
// before their parents, so there are no circles.
func (p *rules) valid() bool {
	begins := make([]bool, len(p.nodes)/2)
	found := func(r ref, names int) bool {
		if r < leaves {
			return int(r) <= names
		}
		return int(r-leaves) < len(begins) && begins[r-leaves]
	}
	end := leaves + ref(len(begins))
	for at := leaves; at < end; {
		if int(p.at(at)) >= len(p.questions) {
			return false
		}
		next := at + 1 + ref(p.questions[p.at(at)].Size())
		if next > end {
			return false
		}
		for child := at + 1; child < next; child++ {
			if !found(p.at(child), max(len(p.titles), len(p.plans))) {
				return false
			}
		}
		begins[at-leaves] = true
		at = next
	}
	for _, s := range p.scopes {
		if !found(s.allow, len(p.titles)) {
			return false
		}
	}
	return found(p.filter, len(p.plans)) && len(p.nodes) <= 2*(1<<16-int(leaves))
}
