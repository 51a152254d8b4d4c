package overload

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"time"
)

// patience is how long an answer may take before it counts as none.
const patience = 10 * time.Second

// line is one connection that is kept.
type line struct {
	addr string
	conn net.Conn
	in   *bufio.Reader
	made time.Time // of a connection that has carried nothing yet
}

// fresh is how long a connection may carry nothing at first: the server ends one that
// sends no request within five seconds.
const fresh = 3 * time.Second

// dial connects, if there is no connection.
func (l *line) dial() error {
	if l.conn != nil {
		return nil
	}
	conn, err := net.DialTimeout("tcp", l.addr, patience)
	if err != nil {
		return err
	}
	l.conn, l.made = conn, time.Now()
	if l.in == nil {
		l.in = bufio.NewReaderSize(conn, 4<<10)
	} else {
		l.in.Reset(conn)
	}
	return nil
}

// do sends a request and reads the answer whole; its body is thrown away.
func (l *line) do(request []byte) (*http.Response, error) {
	if !l.made.IsZero() && time.Since(l.made) > fresh {
		l.hangUp()
	}
	if err := l.dial(); err != nil {
		return nil, err
	}
	l.made = time.Time{}
	res, err := l.exchange(request)
	if err != nil || res.Close {
		l.hangUp()
	}
	return res, err
}

func (l *line) exchange(request []byte) (*http.Response, error) {
	if err := l.conn.SetDeadline(time.Now().Add(patience)); err != nil {
		return nil, err
	}
	if _, err := l.conn.Write(request); err != nil {
		return nil, err
	}
	res, err := http.ReadResponse(l.in, nil)
	if err != nil {
		return nil, err
	}
	_, err = io.Copy(io.Discard, res.Body)
	res.Body.Close()
	return res, err
}

func (l *line) hangUp() {
	if l.conn != nil {
		l.conn.Close()
		l.conn = nil
	}
}
