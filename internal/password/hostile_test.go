package password

import (
	"context"
	"errors"
	"runtime"
	"strings"
	"testing"
)

func TestJ14_HostileArgon2(t *testing.T) {
	const salt, sum = "AAECAwQFBgcICQoLDA0ODw", "quyusfeeuAGbpiw09i+j4VKJ+I/5h3mugd4HghmS/x8"
	tail := "$" + salt + "$" + sum
	refuseStored(t, map[string]string{
		"1 TB of memory":        "$argon2id$v=19$m=1073741824,t=1,p=1" + tail,
		"memory overflows":      "$argon2id$v=19$m=4294967296,t=1,p=1" + tail,
		"just above the memory": "$argon2id$v=19$m=262145,t=1,p=1" + tail,
		"time":                  "$argon2id$v=19$m=64,t=11,p=1" + tail,
		"no time":               "$argon2id$v=19$m=64,t=0,p=1" + tail,
		"threads":               "$argon2id$v=19$m=64,t=1,p=5" + tail,
		"no threads":            "$argon2id$v=19$m=64,t=1,p=0" + tail,
		"threads overflow":      "$argon2id$v=19$m=64,t=1,p=257" + tail,
		"memory below 8p":       "$argon2id$v=19$m=7,t=1,p=1" + tail,
		"version":               "$argon2id$v=16$m=64,t=1,p=1" + tail,
		"argon2i":               "$argon2i$v=19$m=64,t=1,p=1" + tail,
		"Django's argon2i":      "argon2$argon2i$v=19$m=64,t=1,p=1" + tail,
		"Django with a kid":     "argon2$argon2id$v=19$m=64,t=1,p=1,kid=k1" + tail,
		"fields swapped":        "$argon2id$v=19$t=1,m=64,p=1" + tail,
		"leading zero":          "$argon2id$v=19$m=064,t=1,p=1" + tail,
		"sign":                  "$argon2id$v=19$m=+64,t=1,p=1" + tail,
		"bad kid":               "$argon2id$v=19$m=64,t=1,p=1,kid=a/b" + tail,
		"empty kid":             "$argon2id$v=19$m=64,t=1,p=1,kid=" + tail,
		"unknown field":         "$argon2id$v=19$m=64,t=1,p=1,data=AA" + tail,
		"no salt":               "$argon2id$v=19$m=64,t=1,p=1$$" + sum,
		"no sum":                "$argon2id$v=19$m=64,t=1,p=1$" + salt + "$",
		"short sum":             "$argon2id$v=19$m=64,t=1,p=1$" + salt + "$AAAA",
		"short peppered sum":    "$argon2id$v=19$m=64,t=1,p=1,kid=k1$" + salt + "$" + salt,
		"huge sum":              "$argon2id$v=19$m=64,t=1,p=1$" + salt + "$" + strings.Repeat("A", 100),
		"huge salt":             "$argon2id$v=19$m=64,t=1,p=1$" + strings.Repeat("A", 100) + "$" + sum,
		"1 MB salt":             "$argon2id$v=19$m=64,t=1,p=1$" + strings.Repeat("A", 1<<20) + "$" + sum,
		"line break in base64":  "$argon2id$v=19$m=64,t=1,p=1$" + salt + "\n$" + sum,
		"trailing part":         "$argon2id$v=19$m=64,t=1,p=1" + tail + "$x",
	})
}

func TestJ14_OtherHostileStoredHashes(t *testing.T) {
	const b64 = "RMBBzxwxLa+hwj+SezNqoMyehzASoqLhreatdPOf6/I="
	refuseStored(t, map[string]string{
		"bcrypt 31":         "$2b$31$abcdefghijklmnopqrstuuabcdefghijklmnopqrstuuabcdefghijklm",
		"Django's bcrypt":   "bcrypt_sha256$$2b$31$abcdefghijklmnopqrstuu",
		"pbkdf2 iterations": "pbkdf2_sha256$2000001$seasalt2$" + b64,
		"pbkdf2 overflow":   "pbkdf2_sha256$99999999999999999999$seasalt2$" + b64,
		"pbkdf2 negative":   "pbkdf2_sha256$-1$seasalt2$" + b64,
		"pbkdf2 zero":       "pbkdf2_sha256$0$seasalt2$" + b64,
		"pbkdf2 no salt":    "pbkdf2_sha256$1$$" + b64,
		"pbkdf2 huge salt":  "pbkdf2_sha256$1$" + strings.Repeat("A", 129) + "$" + b64,
		"pbkdf2 short sum":  "pbkdf2_sha256$1$seasalt2$AAAA",
		"pbkdf2 cut":        "pbkdf2_sha256$1$seasalt2",
		"md5":               "md5$seasalt2$0123",
		"plain text":        "password",
		"space":             " ",
	})
}

// refuseStored checks that each hash is refused without the memory of a hash.
func refuseStored(t *testing.T, hostile map[string]string) {
	t.Helper()
	h := newTest(t, peppers("k1"))
	for name, stored := range hostile {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		ok, _, err := h.Verify(context.Background(), stored, "pw")
		runtime.ReadMemStats(&after)
		if ok || !errors.Is(err, ErrUnsupported) {
			t.Errorf("%s: ok=%v err=%v", name, ok, err)
		}
		if used := after.TotalAlloc - before.TotalAlloc; used > 1<<20 {
			t.Errorf("%s: %d bytes allocated", name, used)
		}
	}
}
