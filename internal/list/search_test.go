package list

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestSearchTerms(t *testing.T) {
	for text, want := range map[string][]string{
		"":                        nil,
		" , ,, ":                  nil,
		"a b":                     {"a", "b"},
		"a,b\tc\u00a0d\x1ce":      {"a", "b", "c", "d", "e"},
		`"a b" c`:                 {"a b", "c"},
		`'a, b',`:                 {"a, b"},
		`,"a b",c`:                {`"a b"`, "c"},
		`x"a b"y`:                 {`x"a b"y`},
		`"it's"`:                  {"it's"},
		`"a \"b\" c"`:             {`a "b" c`},
		`'a \\ \n b'`:             {`a \ \n b`},
		`"open a`:                 {`"open`, "a"},
		`a"b c`:                   {`a"b`, "c"},
		`"a b"c"d e`:              {`"a b"c`, `"d`, "e"},
		`"`:                       {""},
		`""`:                      {""},
		"\"a\\\nb\"":              {`"a\`, `b"`},
		`it's, isn't`:             {"it's", "isn't"}, // one token, since its quote is closed
		`"a\"`:                    {`a\`},
		strings.Repeat(`\" `, 3):  {`\"`, `\"`, `\"`},
		"\u4e2d\u6587,\U0001f600": {"\u4e2d\u6587", "\U0001f600"},
	} {
		if got := searchTerms(text); !slices.Equal(got, want) {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
}

func TestSearch(t *testing.T) {
	var many []string
	for i := range maxTerms + 1 {
		many = append(many, fmt.Sprint(i))
	}
	expect(t, "search", [][2]string{
		{"", "4 3 2 1"},
		{"ANNA", "4 1"},
		{"anna smith", "1"},
		{"smith,anna", "1"},
		{`"anna smith"`, "1"},
		{`"smith anna"`, ""},
		{"anna true", "4"}, // terms may lie in different fields
		{"smithadmin", ""}, // but one term does not span two
		{"éMILE", "3"},
		{"admin", "3 1"},
		{"%", ""},
		{`""`, "4 3 2 1"},
		{"worker", ""}, // not a field to search
		{"a\x00", `400 ["Null characters are not allowed."]`},
		{strings.Join(many, " "), `400 ["search: more than 32 terms"]`},
		{strings.Repeat("anna ", 100), "4 1"}, // repeated terms count once
	})
}

// Texts made to be expensive take no longer than plain ones.
func TestJ13_SearchIsLinear(t *testing.T) {
	start := time.Now()
	for _, part := range []string{`\" `, `" \`, `'"`, `"'`, `\`, `"`, `" ' `, `a"`} {
		searchTerms(strings.Repeat(part, 200_000))
	}
	if spent := time.Since(start); spent > 20*time.Second {
		t.Errorf("took %v", spent)
	}
}
