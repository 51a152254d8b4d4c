package audit

import (
	"fmt"
	"strings"
)

// Wrong is what is wrong with a chain or an event.
type Wrong string

// What Verify finds.
const (
	Edited    Wrong = "edited: the event, or its link"
	Missing   Wrong = "missing: the event, or its link"
	Reordered Wrong = "reordered: the link does not follow from the one before"
	Inserted  Wrong = "inserted: no link names the event, and it waits for none"
	Beyond    Wrong = "inserted: no checkpoint knows the link"
	Doubled   Wrong = "linked twice"
	Truncated Wrong = "truncated: the checkpoint is of a longer chain"
	Headless  Wrong = "the checkpoint is missing"
	Forged    Wrong = "the checkpoint is forged, or of another chain"
	Unlisted  Wrong = "the list of chains does not have it"
	Miscount  Wrong = "the list of chains has more or less than its signed number"
	Leftover  Wrong = "left over from a partition that was forgotten"
	Late      Wrong = "not chained, although it should be by now"
	Pending   Wrong = "not chained yet" // only a warning
)

// Finding is something that is not as it was written.
type Finding struct {
	Partition string
	Seq       int64  // of the link; 0: it is about none
	Key       string // sort key of the event; "": it is about none
	Wrong     Wrong
}

// Warning reports whether the finding is nothing that somebody has done.
func (f Finding) Warning() bool { return f.Wrong == Pending }

func (f Finding) String() string {
	var b strings.Builder
	b.WriteString(f.Partition)
	if f.Seq != 0 {
		fmt.Fprintf(&b, ", link %d", f.Seq)
	}
	if f.Key != "" {
		fmt.Fprintf(&b, ", event %q", f.Key)
	}
	return b.String() + ": " + string(f.Wrong)
}

// Report is what Verify says of one partition.
type Report struct {
	Partition string
	Events    int64 // that are chained
	Forgotten bool  // the partition was removed; it may have a new chain one day
	Findings  []Finding
}
