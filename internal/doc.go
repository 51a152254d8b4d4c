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
// fault, store, token, secret, session, profile, tenant, policy, limit, audit, mail,
// ident, password, list, jwt, outbound, keyring and plan import no domain and not api. A
// domain (account, org, invite, workspace, permissions) imports api and those, and
// neither an AWS SDK, nor a driver, nor database/sql; of the domains, invite, workspace
// and permissions import org, permissions imports workspace too, and nobody imports
// account: what follows an account hears of it through the interfaces in
// account/neighbours.go. Only policy/compile and cmd link OPA.
// Only app knows all domains. Only functions import awsrun, and they link neither
// the embedded store nor the local gateway. A test in app holds this.
//
// # Events
//
// A line of the log that somebody may want an alarm for has an event. A request that
// is refused has at most one, on its own line: the fault has it from where it is made,
// or by its status. What somebody mistyped is no event. Who was meant is not in the
// line, since it was typed; whose session it was is. A page has the event of what it
// was refused, in whatever words it tells of it.
//
//	sign_in_failed          a name and a password that do not belong together
//	sign_in_unverified      the right password, for an address that is not confirmed
//	password_wrong          the password that somebody who has signed in was asked for
//	link_refused            the secret of a mail that is used up, too old or none
//	refresh_refused         a refresh token that is not good
//	refresh_reused          one that was used before: its session has ended
//	authentication_refused  any other credential that is not good, or none: 401
//	permission_refused      403, and the 404 for what is hidden from strangers
//	cross_site_refused      a change that another site may have asked for
//	limit_reached           429
//	request_failed          5xx, which is our own trouble
//
// What is no answer to a request tells of itself as well:
//
//	start.failed            a function that cannot start
//	config.unknown          a setting that there is not
//	config.mailbox          mails that whoever reaches the machine can read
//	function.failed         a scheduled function that failed
//	sweep.failed            expired rows that were not removed
//	policy.unreadable       rules that cannot be read
//	authorizer.failed       an authorizer without its store; its request is a 503
//	erase.refused           an erasure that has to wait
//	mail.unreadable         a mail job that cannot be read
//	mail.panic              a mail job that ended in a panic
//	mail.failed             a mail that was not sent
//	audit.checkpoint        the state of a chain, as of now
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
// A new password, and one confirmed again, give the browser another session; the one
// before is left and opens nothing. If that answer is lost, the browser would be
// signed out for having done what was asked. So the successor is derived, with the
// root key, from the session before, and for half a minute the very same two routes
// give it out again, for the password as it is now: no more than signing in asks.
// On its page, an organization is taken over with the password in the same
// transaction, and the session stays as old as it was.
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
// Overload: an operation that needs a password hash takes a place in the line for
// hashes before its first store call, and keeps it to its end. Whoever finds the line
// full gets a 503 that has cost no attempt, no write and no hash, so that refusing is
// cheap and a busy hour locks nobody out; whoever was let in is not refused half-way.
// The line is as long as half a second of hashes, whatever one of them takes.
//
// A request ends after 20 seconds, the function after 25, the gateway after 30: whoever
// waits in vain hears it from us, as a 503 that says when to try again. A write may be on
// its way by then, and is found by its Idempotency-Key.
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
// The rules are Rego and are compiled to a table ahead of time. A route that they
// decide is registered with api.Judged, whose wrapper reads the caller, the workspace
// that was named and the object in two rounds, and answers 500 if the operation has
// not asked the policy. Facts that must hold under concurrency (seats, the one owner,
// one invitation an address) are conditions of the transaction, not rules.
//
// To a stranger an organization is not there: 404 for its objects and when a request
// names it. Whoever was invited knows that it is there, and gets a 403 until they
// accept. Members get a 403 that says which role or group would do. The baseline
// answers 403 to strangers that name an organization in a list; we do not, because
// that tells which short names exist.
//
// A membership lies in a partition of its user, so that the partition of no
// organization is hot and a request reads it together with its caller. The id of a
// membership leads to it by a pointer; of somebody who has not joined, to the
// invitation. That id is also the reserved user id.
//
// Seats and members are two counters. An invitation takes a seat; a member also
// counts as a member, within the same limit. So fewer seats than open invitations let
// in exactly as many people as fit. Every write about an organization checks its
// state row: the limit, the owner and whether it lives are never stale. The price is
// that joins of one organization wait for each other.
//
// An invitation belongs to an address. It is accepted by whoever has that address
// confirmed, also after changing to it. The secret in the mail is derived and proves
// the address of somebody who registers with it: no second mail is needed.
//
// Without mail verification (GATEHOUSE_EMAIL_VERIFICATION=none) whoever registers an
// address counts as having it, for invitations too: such an installation trusts
// everybody who can reach it.
//
// A read of several rows is no snapshot. Where what was read cannot be of one moment
// (a session of another epoch than its account, an owner by one row and not by the
// other) it is read again before anybody is refused for it. A sign-in's transaction
// checks the account and the password, since one alone may be of before a change.
//
// Every decision holds for the account as it was read: the transaction checks the
// authority row of the caller, and the membership of whoever decides as a member. A
// batch reads both again when that fails.
//
// Somebody who raises or lowers the role of an open invitation becomes its inviter:
// their right is the one that counts when it is accepted.
//
// An administrator of the installation who sets a member's role to owner hands the
// organization over; the former owner becomes a maintainer. There is no second owner.
//
// Invitations are limited to 200 an inviter and 500 an organization, refilled one a
// minute: a call may hold 100, and teams are larger than the usual 20. One address is
// mailed at most 10, and one an hour. Somebody makes 20 organizations, and one more
// every ten minutes, and owns at most 1,000.
//
// A new name is written into the rosters of the first 60 organizations of its owner
// in the transaction of the change, and into the others by the sweep.
//
// Deleting an organization flips its state and frees its short name; what is left is
// removed by the sweep. Its audit log stays with the installation.
//
// A project, or a task that stands alone, says in which organization it is; all below it
// is where it is. So it moves in one write, however much there is below, and nobody sees
// it half moved: readers take organization, owner and assignee from above, and lists know
// by marks what has left and what has come. The sweep writes down what that says, can be
// cut off anywhere, and begins anew if it moves once more. Deleting works alike. Until
// then a list out of which something large has moved reads those rows one by one.
//
// What somebody owns or works on in an organization is theirs while they are in it: who
// has left finds it no more than a stranger does. A worker from outside who was given a
// job sees that job, and is told what they may not do with it; so does one whose group is
// worker and who was given it while they were a member.
//
// An organization that is deleted leaves its projects, tasks and cloud storages to their
// owners, as personal ones, unless its owner asks for ?content=delete.
//
// Limits hold where an installation has plans. Counters of projects, tasks and storages
// are conditions of the writes that they limit, as seats are, and move with what they
// count; which plan a workspace has is checked in the same transaction. A workspace that
// holds more than its plan allows can be read, emptied and moved out of, and nothing else. Seats belong to the organization's row, and 0 there
// is what the default plan says: whoever lowers that file lowers them for all.
//
// What is personal is its owner's alone. The baseline lets anybody be named as assignee
// of a stranger's job; here nobody but an administrator can put things among somebody
// else's.
//
// Transfer: the baseline's PATCH of organization_id and POST …/transfer are one
// operation. Who moves something owns it, and nobody is assigned; whoever lost an
// assignment gets one mail for all of it.
//
// A job's stage gives no rights: it says which work is done now by those who have them.
// The engine asks for annotate, report:issues and resolve:issues, and is refused where
// the stage is another, or the workspace is over its limits.
//
// Access tokens (JWT) are signed with Ed25519: its signatures have one form, which
// closes malleability, and it is faster than ES256.
//
// GATEHOUSE_RATE_LIMITS=off exists for load tests on a laptop; production refuses
// to start with it.
package internal
