package app_test

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"gatehouse/internal/account"
	"gatehouse/internal/session"
	"gatehouse/internal/store"
	"gatehouse/internal/store/storetest"
)

// The end of an order is compared as text. Words that every run draws anew stand
// for each other: whether what they link belongs together is what the rules of
// package check say.

// line is the text of an item; "" of markers and limits. Whether the last use of an
// access token is noted does not matter, the shard of a queue is drawn, the request that an
// event belongs to is a number of its own, and events of one moment may be chained
// in any order.
func line(it store.Item) string {
	if strings.HasPrefix(it.PK, "TX#") || it.Kind == "limit" {
		return ""
	}
	body := string(it.Body)
	if it.Kind == "audit-link" {
		body = ""
	}
	body = used.ReplaceAllString(body, "")
	s := fmt.Sprint(it.Kind, " ", it.PK, " | ", it.SK, " ", it.Expires.Unix(), " ", it.Counts, " ", body)
	return sharded.ReplaceAllString(s, "$1#any")
}

var used = regexp.MustCompile(`,"last_used":[0-9]+`)

var sharded = regexp.MustCompile(`\b(OUT|UNCHAINED|LST#[a-z]+#p)#?[0-9]+`)

var wordsOf = regexp.MustCompile(`[A-Za-z0-9+/_=-]+`)

// addWords adds the words of a text.
func addWords(words map[string]bool, text string) {
	for _, w := range wordsOf.FindAllString(text, -1) {
		words[w] = true
	}
}

// end is what the run has led to, but for what is dead. Mails of one id are one: a
// mail may go out twice.
func (r *run) end(statuses []int) end {
	e := end{statuses: statuses}
	for k := range r.mayDiffer() {
		before, after, it := r.scene.living[k], "", r.At(k)
		if alive(r.Memory, it) {
			after = line(it)
		}
		switch {
		case after == before:
		case after == "":
			e.lines = append(e.lines, fmt.Sprint("no ", k.PK, " | ", k.SK))
		default:
			e.lines = append(e.lines, after)
		}
	}
	once := map[string]bool{}
	for _, m := range r.sent {
		if !once[m.ID] {
			once[m.ID] = true
			e.lines = append(e.lines, fmt.Sprint("mail ", m.Kind, " ", m.To))
		}
	}
	return e
}

// mayDiffer are the keys that were written, and those of what died of that.
func (r *run) mayDiffer() map[store.Key]bool {
	keys := maps.Clone(r.wrote)
	for k := range r.wrote {
		if k.SK == session.AuthorityKey(0).SK {
			maps.Copy(keys, r.scene.mortal)
			break
		}
	}
	return keys
}

// alive reports whether an item is there and means something. What was made under an
// epoch of the account that is over does not, and may be left lying.
func alive(items *storetest.Memory, it store.Item) bool {
	uid, epoch, ofToken := int64(0), int64(0), false
	switch it.Kind {
	case "":
		return false
	case session.Sessions.Name:
		x, _ := session.Sessions.Of(it)
		uid, epoch = x.UID, x.Epoch
	case session.AccessTokens.Name:
		x, _ := session.AccessTokens.Of(it)
		uid, epoch, ofToken = x.UID, x.Epoch, true
	case account.Rows.Tickets.Name:
		x, _ := account.Rows.Tickets.Of(it)
		_, _ = fmt.Sscanf(it.PK, session.UserPK(0)[:2]+"%d", &uid)
		epoch = x.Epoch
	}
	if epoch == 0 {
		return true
	}
	a, err := session.Authorities.Of(items.At(session.AuthorityKey(uid)))
	if ofToken {
		return err == nil && epoch == a.PATEpoch
	}
	return err == nil && epoch == a.Epoch
}

// end is what one order has led to.
type end struct {
	statuses []int
	lines    []string // of what was written, and of the mails that went out
}

// words are those of the whole end.
func (e end) words() map[string]bool {
	all := map[string]bool{}
	for _, l := range e.lines {
		addWords(all, l)
	}
	return all
}

// common are the words that two runs of one order have both: those that are not
// drawn. An id is, though two may be the same by chance.
func common(a, b end) map[string]bool {
	both, other := a.words(), b.words()
	maps.DeleteFunc(both, func(w string, _ bool) bool { return !other[w] || id.MatchString(w) })
	return both
}

var id = regexp.MustCompile(`^0?[0-9]{15}$`)

// text is what is left, with all drawn words alike, in an order of its own.
func (e end) text(known ...map[string]bool) string {
	lines := make([]string, len(e.lines))
	for i, l := range e.lines {
		lines[i] = wordsOf.ReplaceAllStringFunc(l, func(w string) string {
			if slices.ContainsFunc(known, func(k map[string]bool) bool { return k[w] }) {
				return w
			}
			return "@"
		})
	}
	slices.Sort(lines)
	return strings.Join(lines, "\n")
}

// unlike are the lines that only one of two texts has.
func unlike(got, want string) (lines []string) {
	n := map[string]int{}
	for _, l := range strings.Split(want, "\n") {
		n[l]--
	}
	for _, l := range strings.Split(got, "\n") {
		n[l]++
	}
	for _, l := range slices.Sorted(maps.Keys(n)) {
		if n[l] != 0 {
			lines = append(lines, fmt.Sprintf("%+d %.900s", n[l], l))
		}
	}
	return lines
}
