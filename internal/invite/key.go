package invite

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha512"
	"encoding/hex"
	"fmt"
	"math/big"
	"strings"
	"time"

	"gatehouse/internal/limit"
	"gatehouse/internal/org"
	"gatehouse/internal/secret"
	"gatehouse/internal/store"
	"gatehouse/internal/token"
)

const (
	alnum  = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
	keyLen = 64
)

// newKey is the key of a new invitation: 64 letters and digits.
func newKey() string {
	var b [sha512.Size]byte
	rand.Read(b[:])
	return spell(b[:])
}

// rowKey is the key of the n-th invitation of a batch: the same whenever the batch
// is repeated. It is no secret, so it does not depend on the root key, and a
// rotation between two repetitions changes nothing.
func rowKey(seed string, org int64, email string, n int) string {
	h := hmac.New(sha512.New, []byte(seed))
	fmt.Fprintf(h, "invitation %d %d %s", org, n, email)
	return spell(h.Sum(nil))
}

// spell writes 512 bits with 64 letters and digits, which hold 381, so that each is
// as likely as the others.
func spell(b []byte) string {
	v, base, digit := new(big.Int).SetBytes(b), big.NewInt(int64(len(alnum))), new(big.Int)
	out := make([]byte, keyLen)
	for i := range out {
		v.DivMod(v, base, digit)
		out[i] = alnum[digit.Int64()]
	}
	return string(out)
}

// rowOf is where the invitation of a key is that somebody sent along. What cannot
// be a key leads to where nothing is.
func rowOf(key string) store.Key {
	if len(key) != keyLen || strings.Trim(key, alnum) != "" {
		key = "-"
	}
	return org.InvitationKey(key)
}

const purpose = "invitation"

// mailed is the secret that the mail of an invitation holds beside the key.
func mailed(k *secret.Keys, i org.Invitation) string {
	_, t, _ := strings.Cut(token.Mail(k, purpose, i.Key, i.Seed), ".")
	return t
}

// proves reports whether t is that secret, of the newest mail.
func proves(k *secret.Keys, i org.Invitation, t string) bool {
	return token.ValidMail(k, purpose, i.Key, i.Seed, i.Key+"."+t)
}

// Rates of inviting. The bursts let a class of a hundred be invited at once, twice.
var (
	rateAddress = limit.Rate{Burst: 10, Every: time.Hour}
	rateInviter = limit.Rate{Burst: 200, Every: time.Minute}
	rateOrg     = limit.Rate{Burst: 500, Every: time.Minute}
	rateResend  = limit.Rate{Burst: 5, Every: 12 * time.Minute} // the baseline's 5 an hour
)

// addressBucket is the limit of mails to one address, whoever invites it where.
func addressBucket(k *secret.Keys, email string) *limit.Bucket {
	mac := k.MAC("limit", "invite-address", email)
	return &limit.Bucket{Key: store.Key{PK: "LIM#invite-address#" + hex.EncodeToString(mac[:16]), SK: "L"}, Rate: rateAddress}
}

// bucket is a limit on something whose name must not be readable in the table.
func bucket(k *secret.Keys, kind string, id int64, r limit.Rate) *limit.Bucket {
	mac := k.MAC("limit", kind, store.IDText(id))
	return &limit.Bucket{Key: store.Key{PK: "LIM#" + kind + "#" + hex.EncodeToString(mac[:16]), SK: "L"}, Rate: r}
}
