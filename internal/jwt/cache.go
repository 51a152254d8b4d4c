package jwt

import (
	"context"
	"fmt"
	"sync"
	"time"
)

const (
	// refreshAfter is when keys are read anew; a withdrawn key is gone by then.
	refreshAfter = time.Hour
	// keepFor is how long keys serve while the issuer cannot be reached.
	keepFor = 24 * time.Hour
	// retryAfter is the least time between two fetches, whatever tokens say.
	retryAfter = time.Minute
	// firstRetryAfter is shorter, since there is nothing to serve meanwhile.
	firstRetryAfter = 5 * time.Second
	// fetchTimeout covers discovery and keys together.
	fetchTimeout = 3 * time.Second
)

type keySet map[string]foreignKey

// keyCache holds the keys of one issuer. There is no background work: whatever
// has to be fetched is fetched by a request that needs it, one at a time.
type keyCache struct {
	load func(context.Context) (keySet, error)
	now  func() time.Time

	mu       sync.Mutex
	keys     keySet
	fetched  time.Time // start of the last successful fetch
	tried    time.Time // start of the last fetch
	failures int       // fetches that failed since the last success
	cause    error     // of the last failure
	flight   chan struct{}
}

// key finds a key, fetching if that is due and allowed.
func (c *keyCache) key(ctx context.Context, kid string) (foreignKey, error) {
	key, wait, err := c.look(ctx, kid, true)
	if wait == nil {
		return key, err
	}
	select {
	case <-wait:
	case <-ctx.Done():
		return foreignKey{}, unavailable("waiting for keys", ctx.Err())
	}
	key, _, err = c.look(ctx, kid, false)
	return key, err
}

// look answers from memory, or returns a channel that is closed when the fetch it
// started or joined is over. With mayWait false it always answers.
func (c *keyCache) look(ctx context.Context, kid string, mayWait bool) (foreignKey, <-chan struct{}, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	// Read under the lock, so that the clock never seems to run backwards.
	now := c.now()
	if now.Sub(c.fetched) >= keepFor {
		c.keys = nil
	}
	key, known := c.keys[kid]
	if known && !past(now, c.fetched, refreshAfter) {
		return key, nil, nil
	}
	if mayWait && c.flight == nil && c.mayFetch(now) {
		// The request that notices waits for fresh keys ...
		return foreignKey{}, c.start(ctx, now), nil
	}
	if known {
		// ... and all others go on with the old ones.
		return key, nil, nil
	}
	if mayWait && c.flight != nil {
		return foreignKey{}, c.flight, nil
	}
	if c.keys == nil || c.failures > 0 {
		return foreignKey{}, nil, unavailable("fetching keys", c.cause)
	}
	return foreignKey{}, nil, refuse("unknown key")
}

// mayFetch is what keeps a stream of tokens with invented key ids, or an issuer
// that is down, from causing a stream of requests.
func (c *keyCache) mayFetch(now time.Time) bool {
	wait := retryAfter
	if c.fetched.IsZero() && c.failures == 1 {
		wait = firstRetryAfter
	}
	return c.tried.IsZero() || past(now, c.tried, wait)
}

// start runs one fetch apart from the request that caused it: others wait for
// the result too and must not lose it because that one was cancelled.
func (c *keyCache) start(ctx context.Context, now time.Time) <-chan struct{} {
	done := make(chan struct{})
	c.flight, c.tried = done, now
	go func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), fetchTimeout)
		defer cancel()
		keys, err := c.guardedLoad(ctx)
		c.mu.Lock()
		defer c.mu.Unlock()
		defer close(done)
		c.flight, c.cause = nil, err
		if err != nil {
			c.failures++
			return
		}
		c.keys, c.fetched, c.failures = keys, now, 0
	}()
	return done
}

// guardedLoad turns a panic into an error. On this goroutine it would otherwise
// end the process, for a document somebody else wrote.
func (c *keyCache) guardedLoad(ctx context.Context) (keys keySet, err error) {
	defer func() {
		if r := recover(); r != nil {
			keys, err = nil, fmt.Errorf("panic: %v", r)
		}
	}()
	return c.load(ctx)
}

// past reports whether d has gone by since t. A clock that was set back by more
// than a moment counts as past: waiting for it could take forever.
func past(now, t time.Time, d time.Duration) bool {
	elapsed := now.Sub(t)
	return elapsed >= d || elapsed < -time.Minute
}
