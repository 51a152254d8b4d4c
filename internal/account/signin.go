package account

import (
	"cmp"
	"context"
	"encoding/hex"
	"errors"
	"slices"
	"strings"
	"time"

	"gatehouse/internal/api"
	"gatehouse/internal/fault"
	"gatehouse/internal/ident"
	"gatehouse/internal/limit"
	"gatehouse/internal/mail"
	"gatehouse/internal/password"
	"gatehouse/internal/profile"
	"gatehouse/internal/session"
	"gatehouse/internal/store"
	"gatehouse/internal/token"
)

// Rates of sign-in. A guess counts before its hash is computed, so that however
// many come at once no more than these are evaluated.
var (
	rateAccount = limit.Rate{Burst: 10, Every: time.Minute}      // an account, from unknown browsers
	rateDevice  = limit.Rate{Burst: 10, Every: time.Minute}      // an account, from one known browser
	rateNetwork = limit.Rate{Burst: 100, Every: 5 * time.Second} // wrong passwords, from one network
)

// maxFails closes an account to unknown browsers after so many wrong passwords in
// a row (NIST SP 800-63B-4, 3.2.2), until the password is reset.
const maxFails = 100

// subject is what a sign-in found: an account, a registration that waits for its
// confirmation, or nothing. For each of them the same reads were made.
type subject struct {
	uid       int64
	partition string
	authority session.Authority
	profile   profile.Profile
	cred      credential
	pend      pending
	waiting   claim // by address: the newest registration of it, whether or not there is an account
	byEmail   bool
	last      lastLogin
	sessions  []store.Item
	items     map[string]store.Item // by sort key
	bucket    *limit.Bucket
	network   *limit.Bucket
	device    string // nonce of a known browser; "" if unknown
	outdated  bool
}

func (s *subject) at(sk string) store.Cond { return s.items[sk].At() }

var errCredentials = errors.New("account: wrong name or password")

// authenticate finds out whose name and password these are. Wrong ones are
// errCredentials, whatever is wrong about them: the number and kind of store
// calls and the work of the hash are the same for a name that nobody has.
//
//	R1 {claim, pointer, network limit}  R2 {partition}  W take, reserve  hash
//
// The network's reservation is given back to whoever was right: only failures
// count there, so that a class behind one address can sign in.
func (s *Service) authenticate(ctx context.Context, name, pw string) (*subject, error) {
	sub, err := s.find(ctx, name)
	if err != nil {
		return nil, err
	}
	if err := s.Limits.Reserved(sub.network); err != nil {
		return nil, err // before the account's bucket, which a blocked network must not use up
	}
	if err := s.Limits.Take(ctx, sub.bucket); err != nil {
		return nil, err
	}
	if err := s.Limits.Reserve(ctx, sub.network); err != nil {
		return nil, err
	}
	stored := sub.cred.Hash
	if stored == "" {
		stored = sub.pend.Hash
	}
	if stored == "" {
		stored = s.Hasher.Dummy()
	}
	ok, outdated, err := s.verify(ctx, stored, pw)
	if err != nil {
		s.Limits.Return(ctx, sub.network)
		return nil, err
	}
	if !ok || sub.uid != 0 && sub.authority.Status != session.Active {
		if waits, err := s.waits(ctx, sub, pw); err != nil || waits {
			s.Limits.Return(ctx, sub.network)
			return sub, err
		}
		return nil, errCredentials
	}
	s.Limits.Return(ctx, sub.network)
	sub.outdated = outdated
	return sub, nil
}

// waits checks a password that is wrong for the account of an address against the
// newest registration of that address, and makes that the subject if it is right.
// It is done, or the same work, whether or not there is an account or a
// registration: else a registration with somebody's address would tell.
func (s *Service) waits(ctx context.Context, sub *subject, pw string) (bool, error) {
	if !sub.byEmail {
		return false, nil
	}
	stored := sub.waiting.Hash
	if stored == "" {
		stored = s.Hasher.Dummy()
	}
	ok, _, err := s.verify(ctx, stored, pw)
	if err != nil || !ok {
		return false, err
	}
	sub.uid, sub.partition = 0, pendingKey(sub.waiting.PID).PK
	return true, s.load(ctx, sub)
}

// verify runs the hash. What is too long to be a password is cut off before it:
// no stored password has more than password.MaxLength.
func (s *Service) verify(ctx context.Context, stored, pw string) (ok, outdated bool, err error) {
	if len(pw) > 4*password.MaxLength {
		stored, pw = s.Hasher.Dummy(), ""
	}
	ok, outdated, err = s.Hasher.Verify(ctx, stored, pw)
	if errors.Is(err, password.ErrBusy) {
		return false, false, fault.Unavailable(err)
	}
	return ok, outdated, err
}

// find makes the two reads of a sign-in.
func (s *Service) find(ctx context.Context, name string) (*subject, error) {
	k, err := s.Secrets.Keys(ctx)
	if err != nil {
		return nil, fault.Unavailable(err)
	}
	key, isEmail := ident.LoginKey(name)
	first, second := usernameKey(key), store.Key{PK: "UNAME#" + key, SK: "P"}
	if isEmail {
		first, second = emailKey(key), latestKey(key)
	}
	net := s.networkBucket(k, api.From(ctx).Network)
	items, err := s.Table.Get(ctx, first, second, net.Key)
	if err != nil {
		return nil, fault.Unavailable(err)
	}
	net.Item, net.Read = items[2], true
	c, err := claims.Of(items[0])
	if err != nil {
		return nil, err
	}
	waiting, err := claims.Of(items[1])
	if err != nil {
		return nil, err
	}
	sub := &subject{uid: c.UID, network: net, waiting: waiting, byEmail: isEmail, partition: "U#?" + hex.EncodeToString(k.MAC("nobody", key))}
	switch {
	case c.UID != 0:
		sub.partition = session.UserPK(c.UID)
	case c.PID != "":
		sub.partition = pendingKey(c.PID).PK
	}
	if err := s.load(ctx, sub); err != nil {
		return nil, err
	}
	if sub.uid != 0 {
		sub.device, _ = token.ValidDevice(k, sub.uid, api.From(ctx).Device)
	}
	s.chooseBucket(sub)
	return sub, nil
}

// maxPartition is more than an account can have of all its rows together.
const maxPartition = 900

// load reads the whole partition of the subject: it is small, and one read of it
// costs what reading its rows one by one would.
func (s *Service) load(ctx context.Context, sub *subject) error {
	all, err := s.Table.All(ctx, store.Query{PK: sub.partition}, maxPartition)
	if err != nil {
		return fault.Unavailable(err)
	}
	sub.items = make(map[string]store.Item, len(all))
	sub.sessions = nil
	for _, it := range all {
		sub.items[it.SK] = it
		if sid, ok := session.IsSession(it.Key); ok && sid != session.TokenSID {
			sub.sessions = append(sub.sessions, it)
		}
	}
	var errs [5]error
	if sub.uid == 0 {
		sub.pend, errs[0] = pendings.Of(sub.items["P"])
		return errs[0]
	}
	sub.authority, errs[0] = session.Authorities.Of(sub.items["A"])
	sub.profile, errs[1] = profile.Profiles.Of(sub.items["P"])
	sub.cred, errs[2] = credentials.Of(sub.items["C"])
	sub.last, errs[3] = lastLogins.Of(sub.items["L"])
	return errors.Join(errs[:]...)
}

// chooseBucket gives a known browser a limit of its own: whoever guesses from
// elsewhere cannot use it up.
func (s *Service) chooseBucket(sub *subject) {
	sk, rate := "~a", rateAccount
	if own := devicePrefix + sub.device; sub.device != "" && (sub.items[own].Exists() || sub.devices() < maxDevices) {
		sk, rate = own, rateDevice
	}
	sub.bucket = &limit.Bucket{Key: store.Key{PK: sub.partition, SK: sk}, Rate: rate, MaxFails: maxFails, Item: sub.items[sk], Read: true}
}

// maxDevices bounds the known browsers with a limit of their own; the others share
// that of the account.
const maxDevices = 20

const devicePrefix = "~d#"

func (s *subject) devices() (n int) {
	for sk := range s.items {
		if strings.HasPrefix(sk, devicePrefix) {
			n++
		}
	}
	return n
}

// maxEvict bounds how many sessions one request removes.
const maxEvict = 40

// signIn are the writes that every sign-in makes, but for the session itself and the
// account. They hold for the password that was checked: account and password are read
// one after the other, and either alone may be of before a change.
func (s *Service) signIn(ctx context.Context, sub *subject, pw string) ([]store.Op, error) {
	m := api.From(ctx)
	ops := []store.Op{
		lastLogins.Put(lastLoginKey(sub.uid), lastLogin{m.Now.UnixMilli()}, store.Always),
		limit.Reset(sub.bucket, m.Now),
	}
	if sub.outdated {
		hash, err := s.Hasher.Hash(ctx, pw)
		if err != nil {
			return nil, fault.Unavailable(err)
		}
		ops = append(ops, credentials.Put(credentialKey(sub.uid), credential{hash, sub.cred.Set}, sub.at("C")))
	} else {
		ops = append(ops, store.Check(credentialKey(sub.uid), sub.at("C")))
	}
	if sub.device == "" && sub.last.At != 0 && sub.profile.Verified {
		ops = append(ops, mail.Queue(m.Now, jobNewDevice, map[string]string{
			"uid": uidText(sub.uid), "email": sub.profile.Email, "agent": m.Agent, "network": m.Network}))
	}
	return append(ops, sub.evict(session.MaxPerUser-1, store.Key{}, m.Now)...), nil
}

// evict are the writes that leave room for so many sessions at most: those that have
// ended give way first, then the one that was used longest ago. That at own stays.
func (s *subject) evict(most int, own store.Key, now time.Time) (ops []store.Op) {
	over := len(s.sessions) - most
	if over <= 0 {
		return nil
	}
	seen := func(it store.Item) int64 {
		row, err := session.Sessions.Of(it)
		if err != nil || !row.Alive(s.authority, now) {
			return 0
		}
		return row.Seen
	}
	slices.SortStableFunc(s.sessions, func(a, b store.Item) int { return cmp.Compare(seen(a), seen(b)) })
	for _, it := range s.sessions[:min(over, maxEvict)] {
		if it.Key != own {
			ops = append(ops, store.Delete(it.Key, store.Always))
		}
	}
	return ops
}

// newSession is a session of the subject that begins now.
func newSession(ctx context.Context, kind string, uid, epoch int64) session.Session {
	m := api.From(ctx)
	now := m.Now.Unix()
	return session.Session{Kind: kind, UID: uid, Epoch: epoch, Created: now, Seen: now, AuthTime: now,
		Network: m.Network, Agent: m.Agent, AMR: []string{"pwd"}}
}

// needsVerifying reports whether a right password is not enough yet.
func (s *Service) needsVerifying(sub *subject) bool {
	return sub.uid == 0 || s.Settings.Verification == VerifyMandatory && !sub.profile.Verified
}

// unverified answers a right password for an address that is not confirmed, and
// mails the confirmation again, at most every three minutes.
func (s *Service) unverified(ctx context.Context, sub *subject) error {
	now := api.From(ctx).Now
	refusal := &fault.Fault{Status: 400, Code: "email_not_verified", Event: fault.SignInUnverified, Body: struct {
		Errors []string `json:"non_field_errors"`
		Code   string   `json:"code"`
	}{[]string{"E-mail is not verified."}, "email_not_verified"}}
	if sub.uid != 0 {
		if err := s.mailVerification(ctx, sub.profile); err != nil {
			return err
		}
		return refusal
	}
	if now.Sub(time.UnixMilli(sub.pend.Mailed)) < remailEvery {
		return refusal
	}
	if ok, err := s.mayMail(ctx, sub.pend.Email); err != nil || !ok {
		if err == nil {
			err = refusal
		}
		return err
	}
	p := sub.pend
	p.Mailed = now.UnixMilli()
	err := s.Table.Transact(ctx,
		pendings.Put(pendingKey(p.PID), p, sub.at("P")).Until(sub.items["P"].Expires),
		mail.Queue(now, jobRegister, map[string]string{"pid": p.PID, "email": p.Email}))
	if _, lost := store.Conflict(err); err != nil && !lost {
		return fault.Unavailable(err)
	}
	return refusal
}
