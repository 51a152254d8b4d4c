package store

import (
	"crypto/rand"
	"encoding/binary"
	"fmt"
	"strconv"
	"time"
)

// idEpoch is when ids begin to count.
var idEpoch = time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC)

// NewID is an integer id: 41 bits of milliseconds since 2025 and 12 random ones,
// 53 in all, so that JavaScript keeps it exact. Two may collide: put the row with
// Absent and try again with another.
func NewID(now time.Time) int64 {
	var b [2]byte
	rand.Read(b[:])
	return now.Sub(idEpoch).Milliseconds()<<12 | int64(binary.BigEndian.Uint16(b[:])&0xfff)
}

// TimeText is a sort key that orders by time: milliseconds, zero padded.
func TimeText(t time.Time) string { return fmt.Sprintf("%013d", t.UnixMilli()) }

// IDText is an id as part of a key, padded so that keys order as ids do.
func IDText(id int64) string {
	s := strconv.FormatInt(id, 10)
	return "0000000000000000"[:max(0, 16-len(s))] + s
}
