package ident

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"math/big"
	"strings"
)

// Lengths of a user name in code points: of one chosen at registration, and of
// one that exists.
const (
	minProposal = 5
	minUsername = 1
	maxUsername = 150
)

// LoginKey returns the key under which to look for what somebody typed to sign
// in, and whether it is an e-mail address (it has an @; user names have none)
// or a user name, reserved ones included. What is neither gets a key that no
// account can have, the same each time, so that the caller does the same work
// for it. The key is short whatever the input.
func LoginKey(s string) (key string, isEmail bool) {
	if strings.Contains(s, "@") {
		if e, err := ParseEmail(s); err == nil {
			return e.Key(), true
		}
		return impossibleKey(s), true
	}
	if u, err := parseUsername(s, minUsername, maxUsername); err == nil {
		return u.Key(), false
	}
	return impossibleKey(s), false
}

// impossibleKey starts with a character that no user name has, and lacks the @
// that every e-mail address has.
func impossibleKey(s string) string {
	sum := sha256.Sum256([]byte(s))
	return "!" + hex.EncodeToString(sum[:])
}

// Propose returns a user name for the owner of an address, made of its local
// part. ParseUsername accepts it with lengths of 5 to 150, but it may be taken
// (see Vary).
func Propose(e Email) string {
	name := strings.Map(func(r rune) rune {
		if notNameChar(r) {
			return '-'
		}
		return r
	}, e.local)
	if _, err := ParseUsername(name, minProposal, maxUsername); err != nil {
		// Too short or reserved: a local part has no other fault, and is far
		// shorter than the longest user name.
		name += "-user"
	}
	return name
}

// Vary returns the n-th spelling to try of a name of which those before are
// taken: the name itself for n below 2, then name2 to name9, then the name
// with eight random digits. It is cut to stay within 150 code points.
func Vary(base string, n int) string {
	switch {
	case n < 2:
		return cut(base, maxUsername)
	case n < 10:
		return cut(base, maxUsername-1) + fmt.Sprint(n)
	}
	// rand.Reader never fails: it ends the program instead.
	random, _ := rand.Int(rand.Reader, big.NewInt(1e8))
	return cut(base, maxUsername-8) + fmt.Sprintf("%08d", random)
}

func cut(s string, length int) string {
	if r := []rune(s); len(r) > length {
		return string(r[:length])
	}
	return s
}
