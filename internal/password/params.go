package password

import (
	"errors"
	"fmt"
	"maps"
)

// Upper bounds of what is ever computed, for our own parameters and for
// stored or imported hashes alike. A row that asks for more is hostile or
// broken, and computing it would take the process down.
const (
	maxMemoryKiB  = 256 * 1024
	maxTime       = 10
	maxThreads    = 4
	maxIterations = 2_000_000
)

// Params is the work factor of argon2id.
type Params struct {
	MemoryKiB uint32 // memory of one hash in KiB
	Time      uint32 // passes over that memory
	Threads   uint8  // lanes

	insecure bool // set by ForTests alone: the floor does not apply
}

// Default is the OWASP Password Storage floor for argon2id: 19 MiB, two
// passes, one lane. It is never assigned to.
var Default = Params{MemoryKiB: 19 * 1024, Time: 2, Threads: 1}

// ForTests returns parameters that cost next to nothing and protect nothing.
// They are the only ones below the floor that Validate lets through, and must
// never hash the password of a real account.
func ForTests() Params {
	return Params{MemoryKiB: 64, Time: 1, Threads: 1, insecure: true}
}

// Validate refuses parameters weaker than the OWASP floor (46 MiB with one
// pass, 19 MiB with two or 12 MiB with three) and ones above the bounds that
// Verify enforces, whose hashes could never be verified. The result of
// ForTests is exempt from the floor, not from the bounds.
func (p Params) Validate() error {
	if p.Time < 1 || p.Threads < 1 || p.MemoryKiB < 8*uint32(p.Threads) {
		return fmt.Errorf("password: argon2id needs time >= 1, threads >= 1 and 8 KiB a thread, got %s", p)
	}
	if p.MemoryKiB > maxMemoryKiB || p.Time > maxTime || p.Threads > maxThreads {
		return fmt.Errorf("password: argon2id parameters %s exceed m=%d t=%d p=%d", p, maxMemoryKiB, maxTime, maxThreads)
	}
	if p.insecure || p.reachesFloor() {
		return nil
	}
	return fmt.Errorf("password: argon2id parameters %s are below the floor m=%d t=%d", p, Default.MemoryKiB, Default.Time)
}

func (p Params) reachesFloor() bool {
	m := p.MemoryKiB
	return p.Time >= 1 && m >= 46*1024 || p.Time >= 2 && m >= 19*1024 || p.Time >= 3 && m >= 12*1024
}

// String returns the parameters as in "m=19456 t=2 p=1".
func (p Params) String() string {
	return fmt.Sprintf("m=%d t=%d p=%d", p.MemoryKiB, p.Time, p.Threads)
}

// Peppers are the secret keys applied over the argon2 output with
// HMAC-SHA-256. The zero value means that hashes carry no pepper. During a
// rotation Keys holds the old and the new key, and Current names the new one.
type Peppers struct {
	Current string            // id of the key that new hashes use, "" for none
	Keys    map[string][]byte // by id: 1 to 32 of [A-Za-z0-9_-]
}

const minPepperBytes = 32

// Validate refuses a Current that is not among the keys, ids that do not fit
// into a hash string, and keys shorter than 32 bytes.
func (p Peppers) Validate() error {
	if p.Current != "" && p.Keys[p.Current] == nil {
		return fmt.Errorf("%w: current key %q is not among the keys", ErrPepper, p.Current)
	}
	for id, key := range p.Keys {
		if !validKeyID(id) {
			return fmt.Errorf("%w: key id %q is not 1 to 32 of A-Z a-z 0-9 _ -", ErrPepper, id)
		}
		if len(key) < minPepperBytes {
			return fmt.Errorf("%w: key %q has %d bytes, %d are needed", ErrPepper, id, len(key), minPepperBytes)
		}
	}
	return nil
}

// clone keeps a later change of the caller's map out of a running Hasher.
func (p Peppers) clone() Peppers {
	return Peppers{Current: p.Current, Keys: maps.Clone(p.Keys)}
}

func validKeyID(id string) bool {
	if id == "" || len(id) > 32 {
		return false
	}
	for _, c := range []byte(id) {
		letter := 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
		if !letter && (c < '0' || c > '9') && c != '_' && c != '-' {
			return false
		}
	}
	return true
}

var (
	// ErrBusy reports that no slot for hashing came free in time: the line
	// was full or the context ended first, whose error it then wraps too.
	// Nothing was computed; the caller may try again later.
	ErrBusy = errors.New("password: too many hashes in progress")

	// ErrUnsupported reports a stored hash that is malformed, of an unknown
	// algorithm, or outside the bounds. Nothing was computed.
	ErrUnsupported = errors.New("password: stored hash is not supported")

	// ErrPepper reports a stored hash whose pepper key is not known, or
	// peppers that do not pass Peppers.Validate. Nothing was computed.
	ErrPepper = errors.New("password: pepper key")
)
