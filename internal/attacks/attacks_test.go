package attacks

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestList holds the list of attacks against the tests of the module.
func TestList(t *testing.T) {
	sources, err := scan("../..")
	if err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil {
		t.Fatal(err)
	}
	groups := map[string][]entry{}
	for _, f := range files {
		group := strings.TrimSuffix(filepath.Base(f), ".txt")
		text, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		if sizes[group] == 0 {
			t.Errorf("%s is the list of no group", f)
			continue
		}
		entries, wrong := parse(group, string(text))
		groups[group] = entries
		for _, w := range append(wrong, held(entries, sources)...) {
			t.Errorf("%s: %s", f, w)
		}
	}
	for _, w := range unlisted(groups, sources) {
		t.Error(w)
	}
	report(t, groups)
	var missing []string
	for group := range sizes {
		if _, ok := groups[group]; !ok {
			missing = append(missing, group)
		}
	}
	slices.Sort(missing)
	if len(missing) > 0 {
		t.Logf("no list yet of group %s", strings.Join(missing, ", "))
		if os.Getenv("GATEHOUSE_ATTACKS") == "all" || os.Getenv("CI") != "" {
			t.Error("every group must have its list")
		}
	}
}

// held says what is wrong between the cases of a group and their tests.
func held(entries []entry, sources map[string]source) (wrong []string) {
	say := func(f string, a ...any) { wrong = append(wrong, fmt.Sprintf(f, a...)) }
	for _, e := range entries {
		kept := map[string]bool{}
		for _, name := range e.tests {
			src, ok := sources[name]
			if !ok {
				say("%s: there is no test %s", e.id, name)
				continue
			}
			cases, words := ids(src.name)
			if !slices.Contains(cases, e.id) || len(words) == 0 {
				say("%s: the name %s does not begin with Test%s_", e.id, name, e.id)
			}
			if src.idle {
				say("%s: %s tests nothing", e.id, name)
			}
			for _, w := range words {
				kept[w] = true
			}
		}
		for _, tag := range e.tags {
			if len(e.tests) > 0 && !kept[strings.ReplaceAll(tag, "-", "")] {
				say("%s: no test keeps the tag %s in its name", e.id, tag)
			}
		}
	}
	return wrong
}

// unlisted says which tests carry the id of a case and are not in its line. What
// carries ids of a group without a list is let be.
func unlisted(groups map[string][]entry, sources map[string]source) (wrong []string) {
	listed := map[string]bool{}
	for _, entries := range groups {
		for _, e := range entries {
			for _, name := range e.tests {
				listed[e.id+" "+name] = true
			}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(sources)) {
		cases, words := ids(sources[name].name)
		for _, id := range cases {
			if _, ok := groups[id[:1]]; !ok {
				continue
			}
			if len(words) == 0 {
				wrong = append(wrong, fmt.Sprintf("%s carries %s without a name of its own behind an underscore", name, id))
			} else if !listed[id+" "+name] {
				wrong = append(wrong, fmt.Sprintf("%s carries %s and is not in its list", name, id))
			}
		}
	}
	return wrong
}

// report logs how many cases of each group are tested.
func report(t *testing.T, groups map[string][]entry) {
	t.Helper()
	all := 0
	for _, n := range sizes {
		all += n
	}
	var sum [4]int
	line := func(group string, n [4]int, of int) {
		t.Logf("attacks %-3s %3d cases of %3d, %3d tested (%d of them in part), %3d not yet", group, n[0], of, n[1], n[2], n[3])
	}
	for _, group := range slices.Sorted(maps.Keys(groups)) {
		var n [4]int
		for _, e := range groups[group] {
			n[0]++
			switch {
			case len(e.tests) == 0:
				n[3]++
			case e.waiting != "":
				n[2]++
				fallthrough
			default:
				n[1]++
			}
		}
		for i := range n {
			sum[i] += n[i]
		}
		line(group, n, sizes[group])
	}
	line("all", sum, all)
}
