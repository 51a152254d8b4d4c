package token

import (
	"encoding/base64"
	"strconv"
	"strings"

	"gatehouse/internal/secret"
)

// Refresh is generation gen of a session's refresh chain. It is derived from the
// session's seed, so the successor of a token can be told again to somebody whose
// first answer was lost, instead of minting another.
func Refresh(k *secret.Keys, uid int64, sid, seed string, gen int64) string {
	return refresh(uid, sid, gen, k.MAC("refresh", sid, seed, strconv.FormatInt(gen, 10)))
}

func refresh(uid int64, sid string, gen int64, mac []byte) string {
	return uidText(uid) + "." + sid + "." + strconv.FormatInt(gen, 36) + "." + base64.RawURLEncoding.EncodeToString(mac)
}

// ParseRefresh reads the parts of a refresh token. ok says only that it has the
// right form.
func ParseRefresh(s string) (uid int64, sid string, gen int64, ok bool) {
	p := strings.Split(s, ".")
	if len(s) > 160 || len(p) != 4 || len(p[1]) != 32 || strings.Trim(p[1], "0123456789abcdef") != "" || len(p[3]) != 43 {
		return 0, "", 0, false
	}
	uid, ok = parseUID(p[0])
	gen, err := strconv.ParseInt(p[2], 36, 64)
	return uid, p[1], gen, ok && err == nil && gen > 0 && strconv.FormatInt(gen, 36) == p[2]
}

// ValidRefresh reports whether s is generation gen of the chain.
func ValidRefresh(k *secret.Keys, uid int64, sid, seed string, gen int64, s string) bool {
	ok := false
	for _, m := range k.MACs("refresh", sid, seed, strconv.FormatInt(gen, 10)) {
		ok = Equal(refresh(uid, sid, gen, m), s) || ok
	}
	return ok && seed != ""
}
