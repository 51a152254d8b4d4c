package account

import (
	"encoding/hex"
	"strconv"
	"time"

	"gatehouse/internal/limit"
	"gatehouse/internal/secret"
	"gatehouse/internal/store"
)

// Rates of what makes mail or accounts.
var (
	rateSignup   = limit.Rate{Burst: 20, Every: 5 * time.Minute}   // a network
	rateMail     = limit.Rate{Burst: 3, Every: time.Hour}          // an address: three in an hour
	rateMailDay  = limit.Rate{Burst: 5, Every: 24 * time.Hour / 5} // an address: ten in a day
	ratePropose  = limit.Rate{Burst: 30, Every: 10 * time.Second}  // a network
	rateMailFrom = limit.Rate{Burst: 20, Every: 3 * time.Minute}   // a network
	rateRename   = limit.Rate{Burst: 10, Every: 6 * time.Minute}   // an account
)

// bucket is a limit on something whose name must not be readable in the table.
func bucket(k *secret.Keys, kind, name string, r limit.Rate) *limit.Bucket {
	return &limit.Bucket{Key: store.Key{PK: "LIM#" + kind + "#" + hex.EncodeToString(k.MAC("limit", kind, name)[:16]), SK: "L"}, Rate: r}
}

func (s *Service) networkBucket(k *secret.Keys, network string) *limit.Bucket {
	return bucket(k, "signin-network", network, rateNetwork)
}

// mailBuckets limit what may be sent to an address on a stranger's word, whether
// or not it has an account. Resets and confirmations have buckets of their own:
// whoever uses up the one cannot keep the address from the other.
func mailBuckets(k *secret.Keys, kind, address, network string) []*limit.Bucket {
	return []*limit.Bucket{
		bucket(k, "mail-"+kind, address, rateMail),
		bucket(k, "mail-day-"+kind, address, rateMailDay),
		bucket(k, "mail-network", network, rateMailFrom),
	}
}

func uidText(uid int64) string { return strconv.FormatInt(uid, 10) }

func parseUID(s string) int64 {
	n, _ := strconv.ParseInt(s, 10, 64)
	return n
}

// secretKeys is short for the live root keys.
type secretKeys = secret.Keys
