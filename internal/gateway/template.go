package gateway

import (
	"errors"
	"fmt"
	"path"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"gatehouse/internal/gateway/route"
)

// Table is what a template says about functions and what calls them, in the order
// of the template.
type Table struct {
	Functions []Function
	Routes    []Route
	Schedules []Schedule
	Streams   []Stream

	set *route.Set
}

// Function is one AWS::Serverless::Function.
type Function struct {
	Name      string        // its folder in functions/: "signup" of SignupFunction
	LogicalID string        // "SignupFunction"
	Timeout   time.Duration // its own or that of Globals; 3 s, as on Lambda, without either
}

// Route is one HttpApi event.
type Route struct {
	Key        string // "POST /api/auth/register", as in an event's routeKey, or "$default"
	Function   string // name of the function that serves it
	Event      string // name of the event in the template
	Authorizer string // name of the function asked first; empty for a route open to all
}

// Stream is one DynamoDB event: the function reads the table's changes.
type Stream struct {
	Function, Event string
}

const (
	typeFunction   = "AWS::Serverless::Function"
	typeAPI        = "AWS::Serverless::HttpApi"
	folder         = "functions/"
	suffix         = "Function"
	defaultTimeout = 3 * time.Second // Lambda's, in seconds as the template's
)

// Read reads the table out of a SAM template. CloudFormation's tags (!Ref, !Sub,
// !If, …) may stand anywhere but in what is read here: paths, methods, schedules,
// timeouts and authorizer settings must be literal.
//
// It refuses what would be deployed without complaint and
// then not work, or not work the same: keys that end in a slash or clash with another,
// mistyped names and keys, authorizers that API Gateway could not call or whose
// answers it would cache, and kinds of events that are not imitated. The error
// gathers the reasons, each of which names the function and the event.
func Read(template []byte) (*Table, error) {
	var doc yaml.Node
	if err := yaml.Unmarshal(template, &doc); err != nil {
		return nil, fmt.Errorf("template: %w", err)
	}
	if len(doc.Content) != 1 {
		return nil, errors.New("template: empty")
	}
	r := &reader{root: doc.Content[0], table: &Table{}, names: map[string]string{}}
	if err := unique(r.root); err != nil {
		return nil, fmt.Errorf("template: %w", err)
	}
	r.readFunctions()
	r.readAuthorizers()
	for _, f := range r.functions {
		r.readEvents(f)
	}
	r.checkKeys()
	if len(r.errs) > 0 {
		return nil, errors.Join(r.errs...)
	}
	return r.table, nil
}

// reader gathers the table and everything that is wrong with the template.
type reader struct {
	root       *yaml.Node
	table      *Table
	functions  []resource
	names      map[string]string // function names by logical id
	authorizer authorizers
	keys       []route.Key // as Table.Routes
	errs       []error
}

type resource struct {
	Function
	properties *yaml.Node
}

func (r *reader) fail(where string, format string, args ...any) {
	r.errs = append(r.errs, fmt.Errorf("template: %s: %w", where, fmt.Errorf(format, args...)))
}

// at names the place of an event in messages.
func (f Function) at(event string) string { return f.LogicalID + ", event " + event }

func (r *reader) readFunctions() {
	for id, res := range entries(child(r.root, "Resources")) {
		if text(child(res, "Type")) != typeFunction {
			continue
		}
		properties := child(res, "Properties")
		f := Function{LogicalID: id, Timeout: defaultTimeout}
		name, err := functionName(id, text(child(properties, "CodeUri")))
		if err != nil {
			r.fail(id, "%w", err)
			continue
		}
		f.Name = name
		for _, n := range []*yaml.Node{child(r.root, "Globals", "Function", "Timeout"), child(properties, "Timeout")} {
			if n == nil {
				continue
			}
			seconds, err := strconv.Atoi(text(n))
			if err != nil || seconds <= 0 {
				r.fail(id, "line %d: Timeout must be a number of seconds", n.Line)
			}
			f.Timeout = time.Duration(seconds) * time.Second
		}
		for other, taken := range r.names {
			if taken == name {
				r.fail(id, "has the same name %q as %s", name, other)
			}
		}
		r.names[id] = name
		r.functions = append(r.functions, resource{f, properties})
		r.table.Functions = append(r.table.Functions, f)
	}
}

// functionName is the folder below functions/ of CodeUri or, where one build makes
// all functions and CodeUri is the whole module, that of the logical id.
func functionName(id, codeURI string) (string, error) {
	if dir, ok := strings.CutPrefix(path.Clean(codeURI), folder); ok {
		return path.Base(dir), nil
	}
	name, ok := strings.CutSuffix(id, suffix)
	if !ok || name == "" {
		return "", fmt.Errorf("the logical id of a function must be its name and %q", suffix)
	}
	return strings.ToLower(name), nil
}

func (r *reader) readEvents(f resource) {
	for event, n := range entries(child(f.properties, "Events")) {
		properties := child(n, "Properties")
		switch kind := text(child(n, "Type")); kind {
		case "HttpApi":
			r.readRoute(f.Function, event, properties)
		case "ScheduleV2":
			r.readSchedule(f.Function, event, properties)
		case "DynamoDB":
			r.table.Streams = append(r.table.Streams, Stream{Function: f.Name, Event: event})
		case "Api", "Schedule":
			r.fail(f.at(event), "line %d: use %s in place of %s", n.Line, map[string]string{"Api": "HttpApi", "Schedule": "ScheduleV2"}[kind], kind)
		case "":
			r.fail(f.at(event), "line %d: has no Type", n.Line)
		}
		// Queues, buses and the like exist on AWS only.
	}
}

func (r *reader) readRoute(f Function, event string, properties *yaml.Node) {
	method, p := child(properties, "Method"), child(properties, "Path")
	key := route.Default
	switch {
	case method != nil && p != nil:
		key = strings.ToUpper(text(method)) + " " + text(p)
	case method != nil || p != nil:
		r.fail(f.at(event), "Method and Path belong together; an event without both is $default")
		return
	}
	k, err := route.Parse(key)
	if err != nil {
		r.fail(f.at(event), "%w", err)
		return
	}
	if strings.HasPrefix(text(p), devPrefix) {
		r.fail(f.at(event), "%s is kept for development", devPrefix)
	}
	asked, err := r.authorizer.of(child(properties, "Auth", "Authorizer"), strings.ToUpper(text(method)))
	if err != nil {
		r.fail(f.at(event), "%w", err)
	}
	r.keys = append(r.keys, k)
	r.table.Routes = append(r.table.Routes, Route{Key: key, Function: f.Name, Event: event, Authorizer: asked})
}

// checkKeys looks at all keys together: two functions may not share a request.
func (r *reader) checkKeys() {
	set, err := route.New(r.keys)
	if clash, ok := errors.AsType[*route.ClashError](err); ok {
		a, b := r.table.Routes[clash.A], r.table.Routes[clash.B]
		r.fail("functions "+a.Function+" (event "+a.Event+") and "+b.Function+" (event "+b.Event+")", "%w", err)
	}
	r.table.set = set
}
