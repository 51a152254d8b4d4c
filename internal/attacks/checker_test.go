package attacks

import (
	"strings"
	"testing"
)

// sample is a file of tests for the check of the check.
const sample = `package x
import "testing"
func TestN1_Good(t *testing.T) { t.Error() }
func TestN2_N3_XY12_Both(t *testing.T) { if testing.Short() { t.Skip() }; t.Error() }
func TestN4_Empty(t *testing.T) {}
func TestN5_Skips(t *testing.T) { t.Skip("later") }
func TestN6Bare(t *testing.T) { t.Error() }
func TestN9_NoSuchCase(t *testing.T) { t.Error() }
func TestNothing(t *testing.T) { t.Error() }
func TestO1_OtherGroup(t *testing.T) { t.Error() }
func TestN7_Helper(t *testing.T, n int) { t.Error() }
`

// good is a list that the sample holds, but for what the cases of TestCheckerFinds
// change in it.
var good = map[string]string{
	"N1": "N1\tattack\t\ta/b.TestN1_Good", "N2": "N2\tattack\tXY-12\ta/b.TestN2_N3_XY12_Both", "N3": "N3\tattack\t-\ta/b.TestN2_N3_XY12_Both\tnot yet: sso, none",
	"N4": "N4\tattack\t\tnot yet: mfa, none", "N5": "N5\tattack\tXY-13\tnot yet: billing (none)", "N6": "N6\tattack\t\tnot yet: aws, none",
	"N7": "N7\tattack\t\tnot yet: pages, none", "N8": "N8\tattack\t\tnot yet: workspace, none",
}

// findings is everything that the check says of the sample with one line changed.
func findings(t *testing.T, id, line string) string {
	t.Helper()
	sources := map[string]source{}
	if err := scanFile("x_test.go", "a/b", sample, sources); err != nil {
		t.Fatal(err)
	}
	text := "# a comment\n"
	for k, v := range good {
		if k == id {
			v = line
		}
		text += v + "\n"
	}
	entries, wrong := parse("N", text)
	wrong = append(wrong, held(entries, sources)...)
	return strings.Join(append(wrong, unlisted(map[string][]entry{"N": entries}, sources)...), "\n")
}

// TestCheckerFinds changes a list in every way that must not pass.
func TestCheckerFinds(t *testing.T) {
	always := findings(t, "", "")
	for _, s := range []string{"TestN4_Empty carries N4 and is not", "TestN5_Skips carries N5 and is not", "TestN6Bare carries N6 without", "TestN9_NoSuchCase carries N9 and is not"} {
		if !strings.Contains(always, s) {
			t.Errorf("not found: %s", s)
		}
	}
	if n := strings.Count(always, "\n") + 1; n != 4 {
		t.Errorf("%d findings, want 4:\n%s", n, always)
	}
	for _, c := range []struct{ id, line, says string }{
		{"N1", "", "N1 is missing"},
		{"N1", "", "TestN1_Good carries N1 and is not"},
		{"N1", "N2\tattack\t\ta/b.TestN2_N3_XY12_Both", "N2 stands twice"},
		{"N1", "N9\tattack\t\ta/b.TestN9_NoSuchCase", `"N9" is no case of group N`},
		{"N1", "M1\tattack\t\ta/b.TestN1_Good", `"M1" is no case of group N`},
		{"N1", "N1\tattack\ta/b.TestN1_Good", "3 columns"},
		{"N1", "N1\t \t\ta/b.TestN1_Good", "has a text"},
		{"N1", "N1\tattack\t\t", "has a text"},
		{"N1", "N1\tattack\t\ta/b.TestN1_Gone", "there is no test a/b.TestN1_Gone"},
		{"N1", "N1\tattack\t\tb.TestN1_Good", "there is no test b.TestN1_Good"},
		{"N1", "N1\tattack\t\ta/b.TestNothing", "does not begin with TestN1_"},
		{"N1", "N1\tattack\tXY-14\ta/b.TestN1_Good", "no test keeps the tag XY-14"},
		{"N3", "N3\tattack\t\tnot yet: sso, none", "TestN2_N3_XY12_Both carries N3 and is not"},
		{"N4", "N4\tattack\t\ta/b.TestN4_Empty", "TestN4_Empty tests nothing"},
		{"N5", "N5\tattack\t\ta/b.TestN5_Skips", "TestN5_Skips tests nothing"},
		{"N6", "N6\tattack\t\ta/b.TestN6Bare", "does not begin with TestN6_"},
		{"N7", "N7\tattack\t\ta/b.TestN7_Helper", "there is no test a/b.TestN7_Helper"},
		{"N4", "N4\tattack\t\tnot yet: never, none", "a reason"},
		{"N4", "N4\tattack\t\tnot yet: mfa", "a reason"},
	} {
		if got := findings(t, c.id, c.line); !strings.Contains(got, c.says) {
			t.Errorf("%q: want %s, got\n%s", c.line, c.says, got)
		}
	}
}
