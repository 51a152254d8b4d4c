package model

import (
	"flag"
	"fmt"
	"runtime"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// finding is what rapid makes of a test that is expected to fail.
type finding struct {
	testing.TB
	failed bool
	said   []string
}

// judged runs a test that may fail, on a goroutine that may end.
func judged(t *testing.T, test func(rapid.TB)) *finding {
	v := &finding{TB: t}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		test(v)
	}()
	<-ended
	return v
}

func (v *finding) Helper()                   {}
func (v *finding) Fail()                     { v.failed = true }
func (v *finding) Failed() bool              { return v.failed }
func (v *finding) FailNow()                  { v.Fail(); runtime.Goexit() }
func (v *finding) Log(a ...any)              { v.said = append(v.said, fmt.Sprintln(a...)) }
func (v *finding) Logf(f string, a ...any)   { v.said = append(v.said, fmt.Sprintf(f, a...)) }
func (v *finding) Error(a ...any)            { v.Log(a...); v.Fail() }
func (v *finding) Errorf(f string, a ...any) { v.Logf(f, a...); v.Fail() }
func (v *finding) Fatal(a ...any)            { v.Log(a...); v.FailNow() }
func (v *finding) Fatalf(f string, a ...any) { v.Logf(f, a...); v.FailNow() }
func (v *finding) SkipNow()                  { v.Fatal("skipped") }
func (v *finding) Skip(a ...any)             { v.Fatal(a...) }
func (v *finding) Skipf(f string, a ...any)  { v.Fatalf(f, a...) }

func (v *finding) String() string { return strings.Join(v.said, "\n") }

// first is the line that says what was found.
func (v *finding) first() string {
	for _, s := range v.said {
		if strings.Contains(s, "[rapid] failed after") {
			line, _, _ := strings.Cut(s, "\n")
			return line
		}
	}
	return v.String()
}

// setFlags sets flags of rapid; what it gives back sets them as they were.
func setFlags(t testing.TB, values map[string]string) (restore func()) {
	before := map[string]string{}
	for name, value := range values {
		f := flag.Lookup(name)
		before[name] = f.Value.String()
		if err := f.Value.Set(value); err != nil {
			t.Fatal(err)
		}
	}
	return func() {
		for name, value := range before {
			if err := flag.Set(name, value); err != nil {
				t.Error(err)
			}
		}
	}
}
