package apptest

import (
	"context"
	"net/http"
	"sync"
	"time"

	"gatehouse"
	"gatehouse/internal/app"
	"gatehouse/internal/gateway"
	"gatehouse/internal/lambdahttp"
)

// Template is what is deployed: routes, schedules, streams.
var Template = sync.OnceValues(func() (*gateway.Table, error) { return gateway.Read(gatehouse.Template) })

// Makers make functions by their names.
type Makers = map[string]func(*app.Parts) (lambdahttp.Function, error)

// Process is the product freshly started, in memory and without a socket: functions
// behind a gateway, with no cache filled.
type Process struct {
	Functions map[string]lambdahttp.Function
	Handler   http.Handler
}

// Start begins a process. parts is asked once for each function, which may have parts
// of its own, as on Lambda, or share them.
func Start(makers Makers, parts func() *app.Parts, now func() time.Time) (*Process, error) {
	table, err := Template()
	if err != nil {
		return nil, err
	}
	p, options := &Process{Functions: map[string]lambdahttp.Function{}}, gateway.Options{Now: now}
	for name, make := range makers {
		own := parts()
		p.Functions[name], options.Log = whenCalled(own, make), own.Log
	}
	p.Handler, err = gateway.New(table, p.Functions, options)
	return p, err
}

// whenCalled makes a function when it is first called, as a cold start does.
func whenCalled(p *app.Parts, make func(*app.Parts) (lambdahttp.Function, error)) lambdahttp.Function {
	made := sync.OnceValues(func() (lambdahttp.Function, error) { return make(p) })
	return lambdahttp.Func(func(ctx context.Context, event []byte) ([]byte, error) {
		f, err := made()
		if err != nil {
			return nil, err
		}
		return f.Invoke(ctx, event)
	})
}
