package overload

import (
	"context"
	"net/http"
	"runtime"
	"strconv"
	"sync"
	"sync/atomic"
	"time"
)

// generator sends the requests of people.
type generator struct {
	addr   string
	server func() time.Duration // of the processor, that the server has taken
	people []person
	next   atomic.Int64 // who signs in next
}

func (g *generator) turn() *person { return &g.people[int(g.next.Add(1)-1)%len(g.people)] }

// sample is one request and what came of it.
type sample struct {
	cheap  bool
	due    time.Duration // when it was to be sent, from the start
	late   time.Duration // how much later it was sent
	took   time.Duration // from when it was to be sent to the last byte of the answer
	status int           // 0: no answer
	retry  bool          // it says when to try again
}

// saturate lets clients sign in one after the other, and counts the good ones.
func (g *generator) saturate(ctx context.Context, clients int, d time.Duration) (int, error) {
	var count atomic.Int64
	var wg sync.WaitGroup
	end := time.Now().Add(d)
	for range clients {
		wg.Go(func() {
			l := &line{addr: g.addr}
			defer l.hangUp()
			for ctx.Err() == nil {
				began := time.Now()
				res, err := l.do(g.turn().signIn)
				if now := time.Now(); now.After(end) {
					return
				} else if err == nil && res.StatusCode < 300 && now.Sub(began) <= good {
					count.Add(1)
				}
			}
		})
	}
	wg.Wait()
	return int(count.Load()), ctx.Err()
}

// played is what came of a schedule.
type played struct {
	samples   []sample
	generator float64 // share of all cores that it took
	server    float64
}

// play sends each request of a schedule when it is due, on whichever connection is
// free, and waits for the last answer.
func (g *generator) play(ctx context.Context, schedule []arrival) *played {
	p := &played{samples: make([]sample, len(schedule))}
	due := make(chan int, len(schedule)) // so that sending never waits
	var ready, done sync.WaitGroup
	var start time.Time
	begin := make(chan struct{})
	for range connected {
		ready.Add(1)
		done.Go(func() {
			l := &line{addr: g.addr}
			defer l.hangUp()
			_ = l.dial() // if it fails the first request tries again, and says so
			ready.Done()
			<-begin
			for n := range due {
				if ctx.Err() == nil {
					p.samples[n] = g.send(l, schedule[n], start)
				}
			}
		})
	}
	ready.Wait()
	own, server := cpu(), g.server()
	start = time.Now()
	close(begin)
	for n, a := range schedule {
		if d := a.due - time.Since(start); d > 0 {
			wait(ctx, d)
		}
		if ctx.Err() != nil {
			break
		}
		due <- n
	}
	close(due)
	done.Wait()
	all := time.Since(start).Seconds() * float64(runtime.NumCPU())
	p.generator, p.server = (cpu()-own).Seconds()/all, (g.server()-server).Seconds()/all
	return p
}

func (g *generator) send(l *line, a arrival, start time.Time) sample {
	s := sample{cheap: a.cheap, due: a.due, late: time.Since(start) - a.due}
	if s.late > patience {
		return s // nobody waits for it any more
	}
	request := g.turn().signIn
	if a.cheap {
		request = g.turn().cheap
	}
	res, err := l.do(request)
	s.took = time.Since(start) - a.due
	if err == nil {
		s.status = res.StatusCode
		s.retry = retry(res)
	}
	return s
}

// retry reports whether an answer says in how many seconds to try again.
func retry(res *http.Response) bool {
	n, err := strconv.Atoi(res.Header.Get("Retry-After"))
	return err == nil && n > 0
}
