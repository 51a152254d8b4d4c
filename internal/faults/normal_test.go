package faults

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"gatehouse/internal/mail"
	"gatehouse/internal/store"
)

// What is left of a run is text, a line for each item and mail. Most of its words
// are the same in every run; the others are drawn: ids, secrets, hashes, and what is
// derived from them. A drawn word is told by where it stands: two runs are equal if
// their words can be matched, each standing in the same lines at the same places.

var (
	shards = regexp.MustCompile(`\b(OUT|UNCHAINED)#[0-9]|\b(DLV)#[0-9]{8}|\b(LST#[a-z]+#p)[0-9]+`)
	asked  = regexp.MustCompile(`"request":"[^"]*"`)
	moment = regexp.MustCompile(`[0-9]{1,2} [A-Z][a-z]+ [0-9]{4}, [0-9]{2}:[0-9]{2} UTC`)
	clocks = regexp.MustCompile(`^([0-9]{10}|[0-9]{13})$`)
)

// line is the text of an item, but for what only numbers its writes. Of limits, of
// markers and of what a request is remembered by nothing is compared but, of the
// last, that it is there.
func line(it store.Item) (string, bool) {
	if strings.HasPrefix(it.PK, "TX#") || strings.HasPrefix(it.PK, "LIM#") || strings.HasPrefix(it.SK, "~a") || strings.HasPrefix(it.SK, "~d#") {
		return "", false
	}
	body := string(it.Body)
	if strings.HasPrefix(it.PK, "IDEM#") || it.Kind == "audit-link" {
		body = "" // events of one moment are linked in any order
	}
	exp := int64(0)
	if !it.Expires.IsZero() {
		exp = it.Expires.Unix()
	}
	s := fmt.Sprintf("%s %s | %s exp %d counts %v", it.Kind, it.PK, it.SK, exp, it.Counts)
	for _, i := range slices.Sorted(maps.Keys(it.Index)) {
		s += fmt.Sprintf(" %s %s | %s", i, it.Index[i].PK, it.Index[i].SK)
	}
	if strings.Contains(body, `"request":`) {
		body = asked.ReplaceAllString(body, `"request":""`) // a repetition has its own
	}
	s += " " + body
	if strings.Contains(s, "OUT#") || strings.Contains(s, "UNCHAINED#") || strings.Contains(s, "DLV#") || strings.Contains(s, "LST#") {
		s = shards.ReplaceAllString(s, "$1$2$3#*")
	}
	return s, true
}

func letter(m mail.Message) string {
	s := fmt.Sprintf("MAIL %s to %s: %s %q %q %s", m.Kind, m.To, m.Subject, m.Text, m.HTML, m.ID)
	return moment.ReplaceAllString(s, "@moment")
}

// inWord are the bytes that words are made of.
var inWord = func() (is [256]bool) {
	for _, c := range []byte("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/_=-") {
		is[c] = true
	}
	return is
}()

// split calls each with the parts of s in order: words, and what is between them.
func split(s string, each func(part string, word bool)) {
	for len(s) > 0 {
		n, word := 1, inWord[s[0]]
		for n < len(s) && inWord[s[n]] == word {
			n++
		}
		each(s[:n], word)
		s = s[n:]
	}
}

// known are the words that clean runs have in common.
type known map[string]bool

// words are all words of some lines.
func words(lines []string) map[string]bool {
	all := map[string]bool{}
	for _, s := range lines {
		split(s, func(w string, word bool) {
			if word {
				all[w] = true
			}
		})
	}
	return all
}

// drawn are the words of a line that are not known, each once.
func (k known) drawn(s string) (ws []string) {
	split(s, func(w string, word bool) {
		if word && !k[w] && !slices.Contains(ws, w) {
			ws = append(ws, w)
		}
	})
	return ws
}

// count is how many words of some lines are drawn, and are no moments.
func (k known) count(lines []string) int {
	all := words(lines)
	maps.DeleteFunc(all, func(w string, _ bool) bool { return k[w] || clocks.MatchString(w) })
	return len(all)
}

// masked puts what name says in the place of each drawn word.
func (k known) masked(s string, name func(string) string) string {
	var b strings.Builder
	split(s, func(w string, word bool) {
		switch {
		case !word || k[w]:
			b.WriteString(w)
		case clocks.MatchString(w):
			b.WriteString("@time")
		default:
			b.WriteString(name(w))
		}
	})
	return b.String()
}

// normal are lines with drawn words told by where they stand, in order.
func (k known) normal(lines []string) []string {
	places := map[string][]string{}
	for _, s := range lines {
		for _, w := range k.drawn(s) {
			places[w] = append(places[w], k.masked(s, func(other string) string {
				if other == w {
					return "@this"
				}
				return "@"
			}))
		}
	}
	labels := map[string]string{}
	for w, in := range places {
		slices.Sort(in)
		sum := sha256.Sum256([]byte(strings.Join(in, "\n")))
		labels[w] = "@" + hex.EncodeToString(sum[:4])
	}
	return k.each(lines, func(w string) string { return labels[w] })
}

// loose are lines in which all drawn words are the same, in order.
func (k known) loose(lines []string) []string {
	return k.each(lines, func(string) string { return "@" })
}

func (k known) each(lines []string, name func(string) string) []string {
	out := slices.Clone(lines)
	for i, s := range lines {
		if len(k.drawn(s)) > 0 {
			out[i] = k.masked(s, name)
		}
	}
	slices.Sort(out)
	return out
}

// compare gives what only one of two ordered lists has.
func compare(got, want []string) (extra, missing []string) {
	n := map[string]int{}
	for _, s := range got {
		n[s]++
	}
	for _, s := range want {
		if n[s]--; n[s] < 0 {
			missing = append(missing, s)
		}
	}
	for _, s := range slices.Sorted(maps.Keys(n)) {
		for range n[s] {
			extra = append(extra, s)
		}
	}
	return extra, missing
}
