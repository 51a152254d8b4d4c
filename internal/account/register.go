package account

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"

	"gatehouse/internal/api"
	"gatehouse/internal/fault"
	"gatehouse/internal/ident"
	"gatehouse/internal/mail"
	"gatehouse/internal/profile"
	"gatehouse/internal/session"
	"gatehouse/internal/store"
	"gatehouse/internal/token"
)

// RegisterRequest is the form of a new account. Agreements are accepted as
// confirmations [{"name": …, "value": true}]. Whoever was invited by mail may send
// along the invitation and the secret that the mail has: that proves the address.
type RegisterRequest struct {
	Username      string          `json:"username" rule:"required,min=5,max=150"`
	Email         string          `json:"email" rule:"required,max=254"`
	First         string          `json:"first_name" rule:"max=150"`
	Last          string          `json:"last_name" rule:"max=150"`
	Password1     string          `json:"password1" rule:"required,exact,min=8,max=256"`
	Password2     string          `json:"password2" rule:"required,exact,min=8,max=256"`
	Confirmations json.RawMessage `json:"confirmations" rule:"null"`
	Invitation    string          `json:"invitation" rule:"blank,max=64"`
	Secret        string          `json:"invitation_secret" rule:"blank,max=200"`
}

// RegisterAnswer repeats what was registered. Key is null while the address must
// be confirmed first.
type RegisterAnswer struct {
	Username   string  `json:"username"`
	Email      string  `json:"email"`
	First      string  `json:"first_name"`
	Last       string  `json:"last_name"`
	MustVerify bool    `json:"email_verification_required"`
	Key        *string `json:"key"`
	browser
}

// registered are the ids that a registration leaves behind for a repetition.
type registered struct {
	PID string `json:"pid,omitempty"`
	UID int64  `json:"uid,omitempty"`
}

const (
	takenName    = "A user with that username already exists."
	takenAddress = "User is already registered with this e-mail address."
)

// admission is a registration that was found in order.
type admission struct {
	profile     profile.Profile
	hash        string
	accepted    string     // names of the agreements
	name, email store.Cond // of the claims
	invitation  string     // key of the one that proves the address
	secret      string     // that its mail holds
	first       []store.Op // writes that free the address
}

// Register makes an account, or under mandatory verification one that waits for
// its confirmation.
//
// In that mode the claim of the address is never looked at: the registration is
// kept for a day beside whatever there is, a mail goes to the address, and what it
// says is decided when it is sent. So nobody learns who has an account, and nobody
// can squat an address. The mail names the user name, so that its reader does not
// confirm what somebody else has registered.
func (s *Service) Register(ctx context.Context, who *session.Caller, in RegisterRequest) (RegisterAnswer, error) {
	p, accepted, err := s.checkRegistration(in)
	if err != nil {
		return RegisterAnswer{}, err
	}
	answer := RegisterAnswer{Username: p.Username, Email: p.Email, First: p.First, Last: p.Last,
		MustVerify: s.Settings.Verification == VerifyMandatory && !in.invited()}
	var before registered
	if api.Prior(ctx, &before) && before.PID != "" {
		return answer, nil
	}
	if before.UID != 0 {
		return s.registeredBefore(ctx, answer, before.UID)
	}
	ctx, leave, err := s.inLine(ctx)
	if err != nil {
		return RegisterAnswer{}, err
	}
	defer leave()
	a := admission{profile: p, accepted: accepted}
	if in.invited() {
		err = s.admit(ctx, in, &a)
	} else {
		a.name, a.email, err = s.room(ctx, p)
	}
	if err != nil {
		return RegisterAnswer{}, err
	}
	if a.hash, err = s.Hasher.Hash(ctx, in.Password1); err != nil {
		return RegisterAnswer{}, fault.Unavailable(err)
	}
	if answer.MustVerify {
		return answer, s.Table.Transact(ctx, s.pend(ctx, a)...)
	}
	return s.registerNow(ctx, who, answer, a)
}

// checkRegistration judges everything that needs no store.
func (s *Service) checkRegistration(in RegisterRequest) (p profile.Profile, accepted string, err error) {
	var bad fault.Fields
	u, err := ident.ParseUsername(in.Username, 5, 150)
	if err != nil {
		bad.Add("username", err.Error())
	}
	e, err := ident.ParseEmail(in.Email)
	if err != nil {
		bad.Add("email", err.Error())
	}
	p = profile.Profile{Username: u.String(), Email: e.String(), Verified: s.Settings.Verification == VerifyNone}
	if p.First, err = ident.Name(in.First, 150); err != nil {
		bad.Add("first_name", err.Error())
	}
	if p.Last, err = ident.Name(in.Last, 150); err != nil {
		bad.Add("last_name", err.Error())
	}
	person := person(p)
	for _, m := range s.Policy.Check(in.Password1, person) {
		if strings.HasPrefix(m, "The password is too similar") {
			bad.Add(fault.NonField, m)
		} else {
			bad.Add("password1", m)
		}
	}
	accepted, refusal := s.agreed(in.Confirmations)
	if refusal != "" {
		bad.Add("confirmations", refusal)
	}
	if in.Password1 != in.Password2 {
		bad.Add(fault.NonField, "The two password fields didn't match.")
	}
	return p, accepted, bad.Err()
}

// confirmation is a word about one agreement.
type confirmation struct {
	Name  string `json:"name"`
	Value bool   `json:"value"`
}

// agreed checks the confirmations against the configured agreements and names
// those that were accepted, or says what is missing.
func (s *Service) agreed(raw json.RawMessage) (names, refusal string) {
	var list []confirmation
	if len(raw) > 0 && json.Unmarshal(raw, &list) != nil {
		return "", `Expected a list of {"name": string, "value": boolean}.`
	}
	var accepted []string
	for _, a := range s.Settings.Agreements {
		yes := slices.Contains(list, confirmation{a.Name, true})
		if a.Required && !yes {
			return "", "Agreement " + a.Name + " must be accepted."
		}
		if yes {
			accepted = append(accepted, a.Name)
		}
	}
	return strings.Join(accepted, ","), ""
}

// room takes from the limits and finds out whether the names are free. Outside
// mandatory verification that goes for the address too.
func (s *Service) room(ctx context.Context, p profile.Profile) (name, email store.Cond, err error) {
	k, err := s.Secrets.Keys(ctx)
	if err != nil {
		return 0, 0, fault.Unavailable(err)
	}
	network := api.From(ctx).Network
	buckets := append(mailBuckets(k, "confirm", p.Email, network), bucket(k, "signup", network, rateSignup))
	if s.Settings.Verification == VerifyNone {
		buckets = buckets[3:]
	}
	keys := []store.Key{usernameKey(fold(p.Username))}
	if s.Settings.Verification != VerifyMandatory {
		keys = append(keys, emailKey(p.Email))
	}
	n := len(keys)
	for _, b := range buckets {
		keys = append(keys, b.Key)
	}
	items, err := s.Table.Get(ctx, keys...)
	if err != nil {
		return 0, 0, err
	}
	for i, b := range buckets {
		b.Item, b.Read = items[n+i], true
	}
	taken := items[0].Exists()
	if taken {
		buckets = buckets[len(buckets)-1:] // no mail will go out
	}
	if err := s.Limits.Take(ctx, buckets...); err != nil {
		return 0, 0, err
	}
	if taken {
		return 0, 0, fault.Field("username", takenName)
	}
	if n == 2 && items[1].Exists() {
		return 0, 0, s.addressTaken(ctx, items[1])
	}
	return items[0].At(), items[n-1].At(), nil
}

// addressTaken words the refusal as the baseline does.
func (s *Service) addressTaken(ctx context.Context, it store.Item) error {
	c, err := claims.Of(it)
	if err != nil {
		return err
	}
	items, err := s.Table.Get(ctx, profile.Key(c.UID))
	if err != nil {
		return err
	}
	if p, err := profile.Profiles.Of(items[0]); err != nil || !p.Verified {
		return errors.Join(err, fault.Invalid("email_taken", "A user is already registered with this e-mail address."))
	}
	return fault.Field("email", takenAddress)
}

// pend are the writes of a registration that waits: itself, a claim on the user
// name that ends with it, and the mail.
func (s *Service) pend(ctx context.Context, a admission) []store.Op {
	now, p := api.From(ctx).Now, a.profile
	w := pending{PID: token.ID(), Username: p.Username, Email: p.Email, First: p.First, Last: p.Last, Hash: a.hash,
		Seed: token.Seed(), Accepted: a.accepted, Created: now.UnixMilli(), Mailed: now.UnixMilli()}
	until := now.Add(verifyLife)
	ops := []store.Op{
		claims.Put(usernameKey(fold(p.Username)), claim{PID: w.PID}, a.name).Until(until),
		pendings.Put(pendingKey(w.PID), w, store.Absent).Until(until),
		claims.Put(latestKey(p.Email), claim{PID: w.PID, Hash: a.hash}, store.Always).Until(until),
		claims.Put(waitingKey(w), claim{PID: w.PID}, store.Always).Until(until),
		mail.Queue(now, jobRegister, map[string]string{"pid": w.PID, "email": p.Email}),
	}
	return append(ops, api.Done(ctx, registered{PID: w.PID})...)
}
