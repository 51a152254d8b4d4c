package scorecard

import (
	"regexp"
	"slices"
	"strings"
)

var (
	asvsStart = regexp.MustCompile(`^(?:Test|Fuzz)?ASVS(\d+)$`)
	nistStart = regexp.MustCompile(`^(?:Test|Fuzz)?NIST(\d+)$`)
	number    = regexp.MustCompile(`^\d+$`)
	lettered  = regexp.MustCompile(`^\d+[a-z]$`)
)

// IDs are the ids of requirements that the name of a test carries. Of a subtest
// only its own part of the name counts: the test around it counts by itself.
func IDs(test string) []string {
	parts := strings.Split(test[strings.LastIndex(test, "/")+1:], "_")
	var out []string
	for i := 0; i < len(parts); i++ {
		id := ""
		if m := asvsStart.FindStringSubmatch(parts[i]); m != nil && i+2 < len(parts) && number.MatchString(parts[i+1]) && number.MatchString(parts[i+2]) {
			id = m[1] + "." + parts[i+1] + "." + parts[i+2]
			i += 2
		} else if m := nistStart.FindStringSubmatch(parts[i]); m != nil {
			id = "N" + m[1]
			for last := false; !last && i+1 < len(parts) && (number.MatchString(parts[i+1]) || lettered.MatchString(parts[i+1])); i++ {
				id += "." + parts[i+1]
				last = lettered.MatchString(parts[i+1])
			}
		}
		if id != "" && !slices.Contains(out, id) {
			out = append(out, id)
		}
	}
	return out
}
