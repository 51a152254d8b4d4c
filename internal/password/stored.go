package password

import (
	"encoding/base64"
	"fmt"
	"strconv"
	"strings"
)

// The forms that a stored hash can take.
const (
	ourPrefix    = "$argon2id$"       // ours, and plain PHC strings
	djangoArgon2 = "argon2$argon2id$" // Django's Argon2PasswordHasher
	djangoPBKDF2 = "pbkdf2_sha256$"   // Django's PBKDF2PasswordHasher
	argonVersion = "v=19"             // argon2.Version, the only one it computes
	maxStored    = 512                // bytes of any stored hash
)

// Sizes in the hashes that we make.
const (
	saltBytes = 16
	sumBytes  = 32
)

type algorithm int

const (
	argon2id algorithm = iota
	pbkdf2SHA256
)

// record is a parsed stored hash.
type record struct {
	alg        algorithm
	django     bool // made by Django, which does not normalise passwords
	params     Params
	iterations int    // PBKDF2 only
	keyID      string // pepper, "" for none
	salt       []byte
	sum        []byte
}

// parse reads a stored hash. Every error is ErrUnsupported.
func parse(stored string) (record, error) {
	var rec record
	var ok bool
	switch {
	case len(stored) > maxStored:
	case strings.HasPrefix(stored, djangoPBKDF2):
		rec, ok = parsePBKDF2(stored[len(djangoPBKDF2):])
	case strings.HasPrefix(stored, djangoArgon2):
		rec, ok = parseArgon2(stored[len(djangoArgon2):])
		rec.django = true
		ok = ok && rec.keyID == ""
	case strings.HasPrefix(stored, ourPrefix):
		rec, ok = parseArgon2(stored[len(ourPrefix):])
	}
	// Writing the record again must give the same string: this refuses every
	// second spelling (leading zeros, stray base64 bits, line breaks) at once.
	if !ok || !rec.withinBounds() || rec.String() != stored {
		return record{}, ErrUnsupported
	}
	return rec, nil
}

// parseArgon2 reads what follows the algorithm: v=..$m=..,t=..,p=..$salt$sum.
func parseArgon2(s string) (record, bool) {
	parts := strings.Split(s, "$")
	if len(parts) != 4 || parts[0] != argonVersion {
		return record{}, false
	}
	fields := strings.Split(parts[1], ",")
	if len(fields) != 3 && len(fields) != 4 {
		return record{}, false
	}
	m, okM := number(fields[0], "m=", 32)
	t, okT := number(fields[1], "t=", 32)
	p, okP := number(fields[2], "p=", 8)
	rec := record{alg: argon2id, params: Params{MemoryKiB: uint32(m), Time: uint32(t), Threads: uint8(p)}}
	if len(fields) == 4 {
		id, found := strings.CutPrefix(fields[3], "kid=")
		if !found || !validKeyID(id) {
			return record{}, false
		}
		rec.keyID = id
	}
	var errSalt, errSum error
	rec.salt, errSalt = base64.RawStdEncoding.DecodeString(parts[2])
	rec.sum, errSum = base64.RawStdEncoding.DecodeString(parts[3])
	return rec, okM && okT && okP && errSalt == nil && errSum == nil
}

// parsePBKDF2 reads what follows the algorithm: iterations$salt$sum.
func parsePBKDF2(s string) (record, bool) {
	parts := strings.Split(s, "$")
	if len(parts) != 3 {
		return record{}, false
	}
	n, ok := number(parts[0], "", 31)
	sum, err := base64.StdEncoding.DecodeString(parts[2])
	rec := record{alg: pbkdf2SHA256, django: true, iterations: int(n), salt: []byte(parts[1]), sum: sum}
	return rec, ok && err == nil
}

func number(s, prefix string, bits int) (uint64, bool) {
	digits, found := strings.CutPrefix(s, prefix)
	n, err := strconv.ParseUint(digits, 10, bits)
	return n, found && err == nil
}

// withinBounds is the guard in front of every computation.
func (r record) withinBounds() bool {
	if r.alg == pbkdf2SHA256 {
		return r.iterations >= 1 && r.iterations <= maxIterations &&
			len(r.salt) >= 1 && len(r.salt) <= 128 && len(r.sum) == sumBytes
	}
	p := r.params
	p.insecure = true // what was stored long ago may be weak: the floor is for new hashes
	if p.Validate() != nil || len(r.salt) < 8 || len(r.salt) > 64 || len(r.sum) > 64 {
		return false
	}
	// A peppered sum is the output of HMAC-SHA-256, so it has one length.
	return len(r.sum) == sumBytes || r.keyID == "" && len(r.sum) >= 16
}

// String writes the record in the form in which it is stored.
func (r record) String() string {
	if r.alg == pbkdf2SHA256 {
		return fmt.Sprintf("%s%d$%s$%s", djangoPBKDF2, r.iterations, r.salt, base64.StdEncoding.EncodeToString(r.sum))
	}
	prefix, kid := ourPrefix, ""
	if r.django {
		prefix = djangoArgon2
	}
	if r.keyID != "" {
		kid = ",kid=" + r.keyID
	}
	return fmt.Sprintf("%s%s$m=%d,t=%d,p=%d%s$%s$%s", prefix, argonVersion,
		r.params.MemoryKiB, r.params.Time, r.params.Threads, kid,
		base64.RawStdEncoding.EncodeToString(r.salt), base64.RawStdEncoding.EncodeToString(r.sum))
}

// cost names the work that verifying the record takes.
func (r record) cost() string {
	if r.alg == pbkdf2SHA256 {
		return fmt.Sprintf("pbkdf2_sha256 iterations=%d", r.iterations)
	}
	return "argon2id " + r.params.String()
}
