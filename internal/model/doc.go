// Package model holds the product against a model of it: a machine of commands runs
// on both, and every answer, every mail and every cross-item rule must be as the
// model says.
//
//	draw a command ─▶ model: status, what changes ─▶ product, perhaps with a fault ─▶ same? ─▶ rules ─▶ …
//
// The model is plain Go: people, what they sign in with, organizations, invitations,
// mails and time. It states who may do what in words of its own and calls nothing of
// the product, so that both have to be wrong in the same way for a mistake to pass.
//
// A command that hears no answer, because a call of the store or the process failed,
// is sent again as a client would, with the same Idempotency-Key where there is one.
// A refusal must write nothing.
//
// GATEHOUSE_MODEL is the number of sequences; without it a few of a fixed seed, and
// a few of a random one, are run. What fails is shrunk and kept under testdata/rapid.
//
// The package has only tests.
package model
