package gateway

import (
	"fmt"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// none is SAM's word for a route that is open although the API has an authorizer.
const none = "NONE"

// authorizers are those of the template's HttpApi: names of functions by names of
// authorizers, and the name of the one that routes have by default.
type authorizers struct {
	functions map[string]string
	standard  string
}

func (r *reader) readAuthorizers() {
	r.authorizer.functions = map[string]string{}
	auths := []*yaml.Node{child(r.root, "Globals", "HttpApi", "Auth")}
	apis := 0
	for id, res := range entries(child(r.root, "Resources")) {
		if text(child(res, "Type")) != typeAPI {
			continue
		}
		if apis++; apis > 1 {
			r.fail(id, "a second HttpApi is not supported")
		}
		auths = append(auths, child(res, "Properties", "Auth"))
	}
	for _, auth := range auths {
		for name, a := range entries(child(auth, "Authorizers")) {
			function, err := r.checkAuthorizer(a)
			if err != nil {
				r.fail("authorizer "+name, "line %d: %w", a.Line, err)
			}
			r.authorizer.functions[name] = function
		}
		if n := child(auth, "DefaultAuthorizer"); n != nil {
			r.authorizer.standard = text(n)
		}
	}
	if s := r.authorizer.standard; s != "" {
		if _, ok := r.authorizer.functions[s]; !ok {
			r.fail("HttpApi", "its default authorizer %q is not declared", s)
		}
	}
}

// checkAuthorizer finds an authorizer's function and refuses settings that fail on
// AWS at the first request, or that would make API Gateway remember an answer for
// the next caller.
func (r *reader) checkAuthorizer(a *yaml.Node) (string, error) {
	function, ok := r.names[reference(child(a, "FunctionArn"))]
	switch {
	case !ok:
		return "", fmt.Errorf("FunctionArn names no function of this template")
	case text(child(a, "AuthorizerPayloadFormatVersion")) != version:
		return "", fmt.Errorf("AuthorizerPayloadFormatVersion must be %s", version)
	case text(child(a, "EnableSimpleResponses")) != "true":
		return "", fmt.Errorf("EnableSimpleResponses must be true")
	case text(child(a, "EnableFunctionDefaultPermissions")) != "true" && child(a, "FunctionInvokeRole") == nil:
		return "", fmt.Errorf("without EnableFunctionDefaultPermissions or FunctionInvokeRole the gateway may not call it")
	}
	identity := child(a, "Identity")
	if n := child(identity, "ReauthorizeEvery"); n != nil && text(n) != "0" {
		return "", fmt.Errorf("line %d: answers of the authorizer must not be cached", n.Line)
	}
	for _, source := range []string{"Headers", "QueryStrings", "StageVariables", "Context"} {
		if n := child(identity, source); n != nil {
			return "", fmt.Errorf("line %d: an identity source locks out whoever does not send it", n.Line)
		}
	}
	return function, nil
}

// of names the function to ask for a route, whose own setting may be nil.
func (a authorizers) of(own *yaml.Node, method string) (string, error) {
	name := a.standard
	if own != nil {
		name = text(own)
	} else if method == "OPTIONS" {
		return "", nil // SAM leaves preflights open
	}
	switch {
	case name == none && a.standard == "":
		return "", fmt.Errorf("SAM takes %s only where the HttpApi has a default authorizer", none)
	case name == none, name == "" && own == nil:
		return "", nil
	}
	function, ok := a.functions[name]
	if !ok {
		known := []string{none}
		for n := range a.functions {
			known = append(known, n)
		}
		slices.Sort(known)
		return "", fmt.Errorf("authorizer %q is none of %s", name, strings.Join(known, ", "))
	}
	return function, nil
}
