// Package internal is Gatehouse. This file is its living design document: the
// dependency rule, and the decisions that a reader would otherwise ask about, each
// with its reason.
//
// # How to find a behaviour
//
// A route stands in template.yaml, under the function that serves it; its handler
// in the routes.go of its domain, by the same key; the operation in the file of
// its name; what it writes in the one Transact at its end.
//
//	template.yaml → account/routes.go → account/register.go → store.Table.Transact
//
// The gateway of the local edition reads the same template and makes the events
// that API Gateway makes, so that what runs on a laptop is what runs on Lambda.
//
// # Dependencies
//
// fault, store, token, secret, session, limit, audit, mail, ident, password, list,
// jwt, outbound and keyring import no domain and not api. A domain (account)
// imports api and those, and neither an AWS SDK, nor a driver, nor database/sql.
// Only app knows all domains. Only functions import awsrun, and they link neither
// the embedded store nor the local gateway. A test in app holds this.
//
// # Decisions
//
// The session cookie begins with the user's id. One read of the user's partition
// then finds session and authority, and the authorizer needs no read for cookies
// and JWTs. 134 random bits follow, and the row's key is a hash of the whole.
//
// The authorizer refuses nobody and its answer is a claim, not a permission: the
// wrapper reads the session and the authority again in the same request. So an
// answer that somebody caches is harmless, and sign-out, a new password, a
// disabled account hold for the next request whatever was cached.
//
// Route and authorizer: every API route has the authorizer, public ones too,
// because the baseline answers 401 to a bad credential even there, and sign-in
// and sign-out need to know whose cookie they replace. The well-known documents,
// the health check and the pages have none.
//
// Versions of items are random, not counted: a put needs no read to know the
// next, and both drivers can write without asking. The marker row of a
// transaction, and the item itself for a single put, tell after a lost answer
// whether it was applied; this is settled in store.Table once for all operations.
//
// An operation that lost against another returns the conflict. The wrapper runs it
// again on fresh reads, up to five times, and then answers 503: operations need
// not tell one lost race from another, only those with an answer of their own (a
// user name just taken).
//
// Idempotency-Key is honoured by every POST that makes or mails something. Signing
// in, refreshing, confirming the password and signing out may be repeated as they
// are: a repetition makes another session, the same successor, or nothing.
//
// Root keys: two are live during a rotation. Values that a person presents are
// compared with both instead of carrying a key id, because their lengths are
// fixed by clients (40 hex digits, 41 characters); sealed values carry the id.
//
// The legacy token key is a session as any other, of 7 days idle and 30 absolute,
// counted from the last sign-in with a password. A key that has ended never comes
// back: the next sign-in makes the next generation.
//
// Sign-in limits: the take of the account's bucket is a conditional write before
// the hash, and so is the reservation in the network's. Only failures count in
// the latter, so that a class behind one address can sign in: whoever was right
// gives the reservation back. It is an addition rather than a conditional put,
// because those who share a network would lose against each other. After a
// hundred failures in a row an account is closed to unknown browsers until its
// password is reset; a known browser has a bucket of its own.
//
// Registration under mandatory verification tells that a user name is taken and
// never that an address is. Mails to an address are limited whether it has an
// account or not.
//
// Confirming a registration needs nothing but the mail. The mail names the user
// name that was registered, so that whoever gets one for a name they did not
// choose can leave it. Somebody who confirms a stranger's registration all the same
// gets the account with the stranger's password; a reset ends that. Asking for the
// password at confirmation would close it, and break clients that only follow the
// link.
//
// An address that was proven displaces an account that never proved it: the
// account stays, without the address.
//
// Foreign tokens: who somebody is there is (issuer, subject) and nothing else. An
// address in a token never finds an account. Unknown subjects are refused unless
// the issuer provisions; the operator links others with `gatehouse admin
// link-identity`. A foreign token issued before the account's epoch is dead.
//
// An imported Django hash costs what it costs until its owner signs in for the
// first time, which replaces it. Until then the time of a refusal can tell such
// an account from none; hashing twice for everybody would cost more than it hides.
//
// Administrators delete others at once; people delete themselves with 30 days to
// come back. An erased user name stays taken, its address does not.
//
// JSON is read with jsontext of go-json-experiment, which is the standard
// library's of the next release: encoding/json accepts duplicate names, folds
// their case and mends invalid UTF-8.
//
// Access tokens (JWT) are signed with Ed25519: its signatures have one form, which
// closes malleability, and it is faster than ES256.
//
// GATEHOUSE_RATE_LIMITS=off exists for load tests on a laptop; production refuses
// to start with it.
package internal
