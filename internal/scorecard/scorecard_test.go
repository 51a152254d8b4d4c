package scorecard

import (
	"slices"
	"strings"
	"testing"
)

func TestIDs(t *testing.T) {
	for name, want := range map[string]string{
		"TestASVS6_2_1_Length":                      "6.2.1",
		"TestB4_ASVS6_3_1_ParallelGuesses":          "6.3.1",
		"TestASVS3_4_1_ASVS3_4_3_NIST5_1_1_Headers": "3.4.1 3.4.3 N5.1.1",
		"TestNIST3_1_1_2c_ASVS6_2_4_Refused":        "N3.1.1.2c 6.2.4",
		"TestNIST3_2_2_100Failures":                 "N3.2.2",
		"TestNIST2_2":                               "N2.2",
		"TestNIST5_1a_7_Things":                     "N5.1a",
		"FuzzASVS1_5_3_Bind":                        "1.5.3",
		"TestX/ASVS6_2_1_sub":                       "6.2.1",
		"TestASVS6_2_1_Length/of_8":                 "",
		"TestASVS6_2_1_ASVS6_2_1_Twice":             "6.2.1",
		"TestASVS6_2_Two":                           "", "TestASVS6_2_1a_X": "", "TestMyASVS6_2_1": "", "TestE1_E4_X": "", "TestNISTish": "",
	} {
		if got := strings.Join(IDs(name), " "); got != want {
			t.Errorf("%s carries %q, want %q", name, got, want)
		}
	}
}

func TestRequirements(t *testing.T) {
	all, err := Requirements()
	if err != nil || len(all) < 190 {
		t.Fatalf("%d requirements, %v", len(all), err)
	}
	for _, q := range all {
		name := "Test" + strings.NewReplacer(".", "_").Replace(strings.Replace("ASVS"+q.ID, "ASVSN", "NIST", 1)) + "_X"
		if got := IDs(name); !slices.Equal(got, []string{q.ID}) {
			t.Errorf("%s cannot be named: %s carries %v", q.ID, name, got)
		}
		if q.Title == "" || strings.Contains(q.Title+q.Why, "|") || (q.Level == "N") != strings.HasPrefix(q.ID, "N") || !strings.Contains("1 2 3 N", q.Level) {
			t.Errorf("%+v", q)
		}
	}
	if !slices.IsSortedFunc(all, func(a, b Requirement) int { return compare(a.ID, b.ID) }) || all[0].ID != "1.2.4" {
		t.Error("not in order")
	}
	for _, bad := range []string{"id,level,title,status\n1.1.1,1,x,maybe\n", "h,h,h,h\n1.1.1,1,x,n.a.: \n", "h,h,h,h\n1.1.1,1,x,not yet: someday\n", "h,h,h,h\n1.1.1,1,x\n", "h,h,h,h\n1.1.1,1,x,applies\n1.1.1,1,y,applies\n"} {
		if _, err := parse(bad); err == nil {
			t.Errorf("%q is accepted", bad)
		}
	}
}

// stream is what go test -json tells, with a test of each outcome.
const stream = `{"Action":"start","Package":"m/a"}
{"Action":"run","Package":"m/a","Test":"TestASVS6_2_1_Good"}
{"Action":"output","Package":"m/a","Test":"TestASVS6_2_1_Good","Output":"x\n"}
{"Action":"pass","Package":"m/a","Test":"TestASVS6_2_1_Good"}
{"Action":"run","Package":"m/a","Test":"TestASVS6_2_2_Mixed"}
{"Action":"run","Package":"m/a","Test":"TestASVS6_2_2_Mixed/ASVS6_2_3_good"}
{"Action":"pass","Package":"m/a","Test":"TestASVS6_2_2_Mixed/ASVS6_2_3_good"}
{"Action":"fail","Package":"m/a","Test":"TestASVS6_2_2_Mixed"}
{"Action":"run","Package":"m/b","Test":"TestASVS6_2_2_Other"}
{"Action":"pass","Package":"m/b","Test":"TestASVS6_2_2_Other"}
{"Action":"run","Package":"m/b","Test":"TestASVS6_2_4_Skipped"}
{"Action":"skip","Package":"m/b","Test":"TestASVS6_2_4_Skipped"}
{"Action":"run","Package":"m/b","Test":"TestASVS6_2_8_Never"}
{"Action":"fail","Package":"m/b"}
{"Action":"build-fail","ImportPath":"m/c"}
`

func score(t *testing.T) (Score, Run) {
	t.Helper()
	run, err := ReadRun(strings.NewReader(stream))
	if err != nil {
		t.Fatal(err)
	}
	all, err := parse("id,level,title,status\n6.2.1,1,A,applies\n6.2.2,1,B,applies\n6.2.3,1,C,applies\n6.2.4,2,D,applies\n6.2.8,1,E,applies\n6.2.9,2,F,applies\n6.3.3,2,G,n.a.: because\n6.4.3,2,H,not yet: mfa\nN3.2.2,N,I,not yet: mfa; later\n")
	if err != nil {
		t.Fatal(err)
	}
	s, err := NewScore(all, run)
	if err != nil {
		t.Fatal(err)
	}
	return s, run
}

func TestOutcomes(t *testing.T) {
	s, run := score(t)
	var got []string
	for _, r := range s {
		got = append(got, r.ID+" "+r.Outcome())
	}
	want := "6.2.1 pass, 6.2.2 fail, 6.2.3 pass, 6.2.4 skipped, 6.2.8 fail, 6.2.9 none, 6.3.3 n.a., 6.4.3 not yet, N3.2.2 not yet"
	if text := strings.Join(got, ", "); text != want {
		t.Errorf("%s\nwant %s", text, want)
	}
	if s.Summary() != "2 / 8, L1 2 / 4, L2 0 / 3, NIST 0 / 1" {
		t.Error(s.Summary())
	}
	if n := len(s.Missing()); n != 4 {
		t.Errorf("%d missing", n)
	}
	if strings.Join(run.Broken, ",") != "m/c,m/b TestASVS6_2_8_Never" {
		t.Errorf("broken: %v", run.Broken)
	}
	for _, part := range []string{"| V6 | 2 / 7 | 2 / 4 | 0 / 3 |  |", "| NIST | 0 / 1 |", "`a.TestASVS6_2_2_Mixed` (failed)<br>`b.TestASVS6_2_2_Other` | fail |", "(skipped) | skipped |", "| 6.3.3 | 2 | G | because |", "| N3.2.2 | N | I | mfa; later |"} {
		if !strings.Contains(s.Markdown(), part) {
			t.Errorf("no %q in\n%s", part, s.Markdown())
		}
	}
}

func TestStreamsThatAreNone(t *testing.T) {
	for _, bad := range []string{"", "no JSON", `{"Action":"start","Package":"m/a"}`, `{"Action":"pass","Package":"m/a","Test":"TestX"}`} {
		if _, err := ReadRun(strings.NewReader(bad)); err == nil {
			t.Errorf("%q is accepted", bad)
		}
	}
	if _, err := NewScore(nil, Run{Results: []Result{{Package: "m/a", Test: "TestASVS99_1_1_X"}}}); err == nil {
		t.Error("an unknown id is accepted")
	}
}
