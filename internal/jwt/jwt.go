// Package jwt signs and verifies access tokens.
//
// There are two kinds. Our own tokens are signed with Ed25519 and verified with
// keys the caller hands in; they say who somebody is and in which session, never
// what they may do. Foreign tokens come from an Amazon Cognito user pool or any
// OpenID Connect issuer; their keys are fetched, within tight bounds, and cached.
//
// Every token passes one strict reading before any cryptography (parse.go): its
// size, form, header and JSON are limited to what an honest issuer produces, and
// the algorithm must be one the chosen key is for. A token can never make this
// package read an address, a file or a key that the configuration does not name.
// Signatures themselves are the work of github.com/lestrrat-go/jwx.
//
// A verified token is not yet permission: the caller still reads the session or
// user it names, so that an ended session ends its tokens as well.
package jwt

import (
	"errors"
	"fmt"
	"time"
)

// ErrInvalid means that a token is not acceptable. The text of the error holds
// the cause; it is meant for logs, not for whoever sent the token.
var ErrInvalid = errors.New("jwt: token not acceptable")

// ErrUnavailable means that no decision was possible because keys could not be
// obtained. The text of the error holds the cause and is meant for logs.
var ErrUnavailable = errors.New("jwt: keys not available")

const (
	maxOwnSize     = 4 << 10
	maxForeignSize = 8 << 10

	ownType      = "at+jwt"
	ownAlgorithm = "EdDSA"

	// clockSkew is how far ahead the clock of another machine of ours may be.
	clockSkew = time.Minute
)

// refuse returns an ErrInvalid with its cause. Causes are constant texts: what an
// attacker wrote into a token has no business in a log.
func refuse(cause string) error {
	return fmt.Errorf("%w: %s", ErrInvalid, cause)
}

func unavailable(cause string, err error) error {
	if err == nil {
		return fmt.Errorf("%w: %s", ErrUnavailable, cause)
	}
	return fmt.Errorf("%w: %s: %w", ErrUnavailable, cause, err)
}
