package audit

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"gatehouse/internal/secret"
	"gatehouse/internal/store"
)

// link is an event's place in its chain.
type link struct {
	Event  string `json:"event"`  // sort key
	Digest []byte `json:"digest"` // of the event
	Hash   []byte `json:"hash"`   // of the link before, and the digest
}

// head is the end of a chain, signed: a checkpoint of all that is before it.
type head struct {
	Seq  int64  `json:"seq"`  // of the last link; the first is 1
	Hash []byte `json:"hash"` // of the last link
	At   int64  `json:"at"`   // Unix milliseconds
	Sig  []byte `json:"sig"`
}

// entry says that a partition has a chain. It is never removed.
type entry struct {
	Gone int64 `json:"gone,omitempty"` // forgotten at, Unix milliseconds
}

// total is how many entries there are, signed, so that a chain cannot be hidden
// by removing its entry.
type total struct {
	Count int64  `json:"count"`
	Sig   []byte `json:"sig"`
}

var (
	links   = store.Kind[link]{Name: "audit-link", Schema: 1}
	heads   = store.Kind[head]{Name: "audit-head", Schema: 1}
	entries = store.Kind[entry]{Name: "audit-chain", Schema: 1}
	totals  = store.Kind[total]{Name: "audit-total", Schema: 1}
)

const (
	rosterPK   = "LST#chains"
	linkPrefix = "L#"
	maxKey     = 100 // bytes of an event's keys
)

var totalKey = store.Key{PK: rosterPK, SK: "#"}

func chainPK(partition string) string       { return "CHAIN#" + partition }
func headKey(partition string) store.Key    { return store.Key{PK: chainPK(partition), SK: "H"} }
func entryKey(partition string) store.Key   { return store.Key{PK: rosterPK, SK: partition} }
func linkSK(seq int64) string               { return linkPrefix + store.IDText(seq) }
func linkKey(p string, seq int64) store.Key { return store.Key{PK: chainPK(p), SK: linkSK(seq)} }
func linkQuery(partition string) store.Query {
	return store.Query{PK: chainPK(partition), Prefix: linkPrefix, Limit: page}
}

// origin is what the first link follows.
var origin = make([]byte, sha256.Size)

// digest is what a chain holds of an event: a hash of its key and of what is
// stored, byte for byte.
func digest(it store.Item) []byte {
	sum := sha256.Sum256(statement(it.PK, it.SK, it.Kind, strconv.Itoa(it.Schema), string(it.Body)))
	return sum[:]
}

// after is the hash of the link that follows one with hash before. A chain can be
// checked without its events: they come in by their digest alone.
func after(before, digest []byte) []byte {
	sum := sha256.Sum256(append(bytes.Clone(before), digest...))
	return sum[:]
}

// statement is a text for a list of parts. No two different lists have the same.
func statement(parts ...string) []byte {
	var b bytes.Buffer
	for _, p := range parts {
		fmt.Fprintf(&b, "%d:%s", len(p), p)
	}
	return b.Bytes()
}

func (h head) statement(partition string) []byte {
	return statement("head", partition, strconv.FormatInt(h.Seq, 10), string(h.Hash), strconv.FormatInt(h.At, 10))
}

func (t total) statement() []byte { return statement("total", strconv.FormatInt(t.Count, 10)) }

// purpose derives the key that signs checkpoints from the root secret.
const purpose = "audit checkpoint"

func sign(k *secret.Keys, text []byte) []byte {
	return ed25519.Sign(ed25519.NewKeyFromSeed(k.Derive(purpose)), text)
}

// genuine reports whether a live root key made a signature.
func genuine(k *secret.Keys, text, sig []byte) bool {
	for _, seed := range k.All(purpose) {
		if verify(seed, text, sig) {
			return true
		}
	}
	return false
}

func verify(seed, text, sig []byte) bool {
	public := ed25519.NewKeyFromSeed(seed).Public().(ed25519.PublicKey)
	return ed25519.Verify(public, text, sig)
}

// isEvent reports whether an item is one that a change could have written. What
// is none is not chained: the store might refuse it, and with it what is beside it.
func isEvent(it store.Item) bool {
	return it.Exists() && it.Kind == Events.Name && strings.HasPrefix(it.PK, Prefix) && len(it.PK) <= maxKey && len(it.SK) <= maxKey &&
		len(it.Body) > 0 && len(it.Body) <= store.MaxItem && utf8.Valid(it.Body)
}

// waits reports whether an event is still to be chained.
func waits(it store.Item) bool {
	return isEvent(it) && it.Index[store.ByUnchained] == place(it.Key)
}

// rewrite puts an event as it is, with or without its place in the index.
func rewrite(it store.Item, waiting bool) store.Op {
	op := store.Op{Verb: store.VerbPut, Key: it.Key, If: it.At(), Kind: it.Kind, Schema: it.Schema, Body: it.Body, Expires: it.Expires}
	for i, k := range it.Index {
		if i != store.ByUnchained {
			op = op.In(i, k)
		}
	}
	if waiting {
		op = op.In(store.ByUnchained, place(it.Key))
	}
	return op
}
