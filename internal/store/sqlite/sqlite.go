// Package sqlite is the store in one file, for laptops, tests and small teams.
//
// It owns the file: its schema, its durability and who may write when. What a
// transaction means is store's, and storetest says it.
//
// All writes of the process go through one goroutine and one connection, so they
// never wait for each other's locks. Whatever has queued up while the disk was
// busy is committed together: each transaction is judged and applied on its own,
// and one sync makes all of them last.
//
//	Transact ──▶ queue ──▶ writer: BEGIN IMMEDIATE, judge and apply each, COMMIT ──▶ answers
//	Get, Query ──▶ a free reader: its own connection, never blocked by the writer
//
// Another process may write to the same file at the same time (an administrator's
// command beside the server); the two take turns by SQLite's own locks.
package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"time"

	driver "modernc.org/sqlite" // registers "sqlite"
	lib "modernc.org/sqlite/lib"

	"gatehouse/internal/store"
)

// ErrClosed is what every call on a closed DB answers; nothing was written.
var ErrClosed = errors.New("sqlite: the store is closed")

// DB is one open file. It is safe for concurrent use.
type DB struct {
	pool    *sql.DB
	readers chan *reader
	queue   chan *job
	stop    chan struct{} // closed by Close: take nothing more
	stopped chan struct{} // closed by the writer when it has ended
	closing sync.Once
	changed signal
	counts  counters
}

var _ store.Driver = (*DB)(nil)

// Open opens the file at path, and makes it if it is not there; its folder must
// exist. It refuses a file that a newer release has written to, and one that is
// not a store. The file is readable by its owner only.
func Open(path string) (*DB, error) { return openFile(path, 5*time.Second, "FULL") }

// OpenScratch is Open for data that need not outlive the machine, such as that of
// tests: it does not wait for the disk, so a loss of power may damage the file.
func OpenScratch(path string) (*DB, error) { return openFile(path, 5*time.Second, "OFF") }

// openFile is Open with a time to wait for a lock that another process holds, and
// a level of PRAGMA synchronous.
func openFile(path string, busy time.Duration, sync string) (*DB, error) {
	abs, err := prepareFile(path)
	if err != nil {
		return nil, err
	}
	pool, err := sql.Open("sqlite", dsn(abs, busy, sync))
	if err != nil {
		return nil, fmt.Errorf("sqlite: %w", err)
	}
	n := min(max(runtime.GOMAXPROCS(0), 2), 8)
	d := &DB{
		pool:    pool,
		readers: make(chan *reader, n),
		queue:   make(chan *job, maxGroup),
		stop:    make(chan struct{}),
		stopped: make(chan struct{}),
	}
	w, err := d.connect(n)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("sqlite: %s: %w", path, err), pool.Close())
	}
	go d.write(w)
	return d, nil
}

// connect opens the writer and n readers.
func (d *DB) connect(n int) (*writer, error) {
	ctx := context.Background()
	c, err := d.pool.Conn(ctx)
	if err != nil {
		return nil, err
	}
	if err := migrate(ctx, c); err != nil {
		return nil, err
	}
	w, err := newWriter(ctx, c)
	if err != nil {
		return nil, err
	}
	for range n {
		c, err := d.pool.Conn(ctx)
		if err != nil {
			return nil, err
		}
		r, err := newReader(ctx, c)
		if err != nil {
			return nil, err
		}
		d.readers <- r
	}
	return w, nil
}

// Close waits for what is being committed and for reads under way, and closes
// the file. Transactions still waiting are answered with ErrClosed.
func (d *DB) Close() error {
	var err error
	d.closing.Do(func() {
		close(d.stop)
		<-d.stopped
		for range cap(d.readers) {
			err = errors.Join(err, (<-d.readers).close())
		}
		err = errors.Join(err, d.pool.Close())
	})
	return err
}

// Changed returns a channel that is closed after the next commit of this process
// that wrote something. Take it before looking at the table, look, then wait on
// it: no commit is missed. Writes of other processes do not show.
func (d *DB) Changed() <-chan struct{} { return d.changed.next() }

// prepareFile makes the file, or narrows its mode, before SQLite sees it: the
// journals that SQLite makes beside it take over its mode.
func prepareFile(path string) (abs string, err error) {
	if abs, err = filepath.Abs(path); err != nil {
		return "", fmt.Errorf("sqlite: %w", err)
	}
	dir := filepath.Dir(abs)
	if s, err := os.Stat(dir); err != nil || !s.IsDir() {
		return "", fmt.Errorf("sqlite: the folder %s does not exist; make it first", dir)
	}
	_, err = os.Stat(abs)
	fresh := errors.Is(err, os.ErrNotExist)
	f, err := os.OpenFile(abs, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return "", fmt.Errorf("sqlite: %w", err)
	}
	err = errors.Join(f.Chmod(0o600), f.Close())
	if fresh && err == nil {
		err = syncFolder(dir)
	}
	return abs, err
}

// syncFolder makes a new name in dir survive a loss of power.
func syncFolder(dir string) error {
	f, err := os.Open(dir)
	if err != nil {
		return fmt.Errorf("sqlite: %w", err)
	}
	return errors.Join(f.Sync(), f.Close())
}

// dsn asks for WAL, which with synchronous FULL syncs on every commit: it survives
// kill -9 and a loss of power.
func dsn(abs string, busy time.Duration, sync string) string {
	q := url.Values{"_pragma": {
		fmt.Sprintf("busy_timeout(%d)", busy.Milliseconds()),
		"journal_mode(WAL)",
		"synchronous(" + sync + ")",
		"journal_size_limit(67108864)",
		"trusted_schema(OFF)",
	}}
	return (&url.URL{Scheme: "file", Path: abs, RawQuery: q.Encode()}).String()
}

// mapped gives an error of SQLite its meaning in the contract.
func mapped(err error) error {
	if e, ok := errors.AsType[*driver.Error](err); ok {
		switch e.Code() & 0xff {
		case lib.SQLITE_BUSY, lib.SQLITE_LOCKED:
			return fmt.Errorf("%w: %w", store.ErrContended, err)
		}
	}
	return fmt.Errorf("sqlite: %w", err)
}

// signal tells any number of waiters that something happened.
type signal struct {
	mu sync.Mutex
	c  chan struct{}
}

func (s *signal) next() <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.c == nil {
		s.c = make(chan struct{})
	}
	return s.c
}

func (s *signal) fire() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.c != nil {
		close(s.c)
		s.c = nil
	}
}
