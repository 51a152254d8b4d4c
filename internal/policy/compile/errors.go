package compile

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/topdown"
)

// Error is what is wrong with the rules, and where. Line is 0 if it is not at a line.
type Error struct {
	File   string
	Line   int
	Reason string
}

func (e Error) Error() string {
	switch {
	case e.File == "":
		return e.Reason
	case e.Line == 0:
		return e.File + ": " + e.Reason
	}
	return fmt.Sprintf("%s:%d: %s", e.File, e.Line, e.Reason)
}

// Errors are all that was found, one a line.
type Errors []Error

func (e Errors) Error() string {
	lines := make([]string, len(e))
	for i := range e {
		lines[i] = e[i].Error()
	}
	return strings.Join(lines, "\n")
}

func (e *Errors) add(at *ast.Location, format string, args ...any) {
	err := Error{Reason: fmt.Sprintf(format, args...)}
	if at != nil {
		err.File, err.Line = at.File, at.Row
	}
	for _, other := range *e {
		if other == err {
			return
		}
	}
	*e = append(*e, err)
}

// or is nil if nothing was found, and else what was, in order.
func (e Errors) or() error {
	if len(e) == 0 {
		return nil
	}
	slices.SortFunc(e, func(x, y Error) int {
		return cmp.Or(cmp.Compare(x.File, y.File), cmp.Compare(x.Line, y.Line), cmp.Compare(x.Reason, y.Reason))
	})
	return e
}

// translated are the errors of Rego in our form.
func translated(err error) error {
	var out Errors
	var list ast.Errors
	var run *topdown.Error
	switch {
	case errors.As(err, &list):
		for _, e := range list {
			out.add(e.Location, "%s", e.Message)
		}
	case errors.As(err, &run):
		out.add(run.Location, "%s", run.Message)
	default:
		return err
	}
	return out
}
