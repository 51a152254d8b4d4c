package sqlite

import (
	"os"
	"path/filepath"
	"runtime"
	"testing"
)

// TestCloseReleases: nothing of a closed store stays open.
func TestCloseReleases(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("counts what /proc says is open")
	}
	open := func() int {
		e, err := os.ReadDir("/proc/self/fd")
		if err != nil {
			t.Fatal(err)
		}
		return len(e)
	}
	var first int
	for i := range 5 {
		d, err := OpenScratch(filepath.Join(t.TempDir(), "x.db"))
		if err != nil {
			t.Fatal(err)
		}
		if err := d.Close(); err != nil {
			t.Fatal(err)
		}
		if i == 0 {
			first = open()
		}
	}
	if n := open(); n > first {
		t.Errorf("%d files are open after the first store was closed, %d after the fifth", first, n)
	}
}
