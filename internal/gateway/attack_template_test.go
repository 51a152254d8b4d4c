package gateway

import (
	"slices"
	"strconv"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"gatehouse"
)

// deployed is the template of the product.
func deployed(t *testing.T) (root *yaml.Node, functions map[string]*yaml.Node) {
	t.Helper()
	var doc yaml.Node
	if err := yaml.Unmarshal(gatehouse.Template, &doc); err != nil {
		t.Fatal(err)
	}
	root, functions = doc.Content[0], map[string]*yaml.Node{}
	for name, r := range entries(child(root, "Resources")) {
		if text(child(r, "Type")) == "AWS::Serverless::Function" {
			functions[name] = child(r, "Properties")
		}
	}
	if len(functions) < 10 {
		t.Fatalf("%d functions", len(functions))
	}
	return root, functions
}

// TestO6_NoAuthorizerCache: what an authorizer has answered once is never used again.
// (That it would do no harm is shown by the tests of D7.)
func TestO6_NoAuthorizerCache(t *testing.T) {
	root, _ := deployed(t)
	n := 0
	for name, a := range entries(child(root, "Resources", "Api", "Properties", "Auth", "Authorizers")) {
		n++
		if text(child(a, "Identity", "ReauthorizeEvery")) != "0" || child(a, "Identity", "Headers") != nil {
			t.Errorf("%s: its answers are kept", name)
		}
	}
	if n != 1 || strings.Contains(string(gatehouse.Template), "ResultTtlInSeconds") {
		t.Errorf("%d authorizers", n)
	}
}

// TestO7_FunctionsEndBeforeTheGateway: whoever waits for a function gets its own answer.
func TestO7_FunctionsEndBeforeTheGateway(t *testing.T) {
	table := read(t, string(gatehouse.Template))
	limits := map[string]int{}
	for _, f := range table.Functions {
		limits[f.Name] = int(f.Timeout.Seconds())
	}
	for _, r := range table.Routes {
		if n := limits[r.Function]; n < 1 || n > 25 {
			t.Errorf("%s: %s may take %d s", r.Key, r.Function, n)
		}
		if n := limits[r.Authorizer]; r.Authorizer != "" && (n < 1 || n >= 10) {
			t.Errorf("%s: %s may take %d s", r.Key, r.Authorizer, n)
		}
	}
}

// TestO13_HashingIsReserved: a flood of sign-ins, registrations and posted forms, which
// cost a hash each, leaves the other functions their share; so do the outbox and the sweep.
func TestO13_HashingIsReserved(t *testing.T) {
	root, functions := deployed(t)
	for _, name := range []string{"SignupFunction", "LoginFunction", "PagesFunction"} {
		if reference(child(functions[name], "ReservedConcurrentExecutions")) != "HashConcurrency" {
			t.Errorf("%s is not bounded", name)
		}
	}
	for _, name := range []string{"OutboxFunction", "SweepFunction"} {
		if n, err := strconv.Atoi(text(child(functions[name], "ReservedConcurrentExecutions"))); err != nil || n < 1 || n > 10 {
			t.Errorf("%s is not bounded", name)
		}
	}
	if n, err := strconv.Atoi(text(child(root, "Parameters", "HashConcurrency", "Default"))); err != nil || n < 1 || n > 100 {
		t.Errorf("HashConcurrency: %d", n)
	}
	limits := child(root, "Resources", "Api", "Properties", "DefaultRouteSettings")
	if text(child(limits, "ThrottlingRateLimit")) == "" || text(child(limits, "ThrottlingBurstLimit")) == "" {
		t.Error("the API takes any number of requests")
	}
}

// TestN7_EnvironmentHoldsReferences: no setting of a function is a secret, or could be
// one: the root key is named, and fetched where it is.
func TestN7_EnvironmentHoldsReferences(t *testing.T) {
	root, functions := deployed(t)
	variables := child(root, "Globals", "Function", "Environment", "Variables")
	if got := child(variables, "GATEHOUSE_ROOT_KEY"); got == nil || got.Tag != "!Sub" || got.Value != "secretsmanager:${RootKey}" {
		t.Errorf("the root key is %+v", got)
	}
	for _, n := range append([]*yaml.Node{variables}, own(functions)...) {
		for name, value := range entries(n) {
			for _, word := range []string{"SECRET", "PASSWORD", "TOKEN_KEY", "PRIVATE", "_KEY"} {
				if strings.Contains(name, word) && name != "GATEHOUSE_ROOT_KEY" {
					t.Errorf("%s is set to %q", name, value.Value)
				}
			}
			if strings.Contains(value.Value, "{{resolve:") {
				t.Errorf("%s is resolved when it is deployed, and shown to whoever sees the function", name)
			}
		}
	}
	if strings.Contains(string(gatehouse.Template), "{{resolve:") {
		t.Error("the template resolves a secret")
	}
}

// own are the settings that functions have of their own.
func own(functions map[string]*yaml.Node) (all []*yaml.Node) {
	for _, f := range functions {
		all = append(all, child(f, "Environment", "Variables"))
	}
	return all
}

// TestK7_K8_MailReports: the outbox hears of bounces from SES's own configuration set
// alone, which reports neither openings nor clicks, because it does not follow them.
func TestK7_K8_MailReports(t *testing.T) {
	root, functions := deployed(t)
	set := child(root, "Resources", "MailEvents", "Properties")
	if child(set, "TrackingOptions") != nil || child(set, "VdmOptions") != nil {
		t.Error("mails are followed")
	}
	var kinds []string
	for _, n := range child(root, "Resources", "MailEventsToBus", "Properties", "EventDestination", "MatchingEventTypes").Content {
		kinds = append(kinds, n.Value)
	}
	if slices.Sort(kinds); !slices.Equal(kinds, []string{"BOUNCE", "COMPLAINT", "REJECT"}) {
		t.Errorf("reported are %v", kinds)
	}
	pattern := child(functions["OutboxFunction"], "Events", "MailReports", "Properties", "Pattern")
	if s := child(pattern, "source"); s == nil || len(s.Content) != 1 || s.Content[0].Value != "aws.ses" {
		t.Error("reports may come from anybody")
	}
	if r := child(pattern, "resources"); r == nil || len(r.Content) != 1 || !strings.HasSuffix(r.Content[0].Value, ":configuration-set/${MailEvents}") {
		t.Error("reports may be of any mails")
	}
	for name, e := range entries(child(functions["OutboxFunction"], "Events")) {
		if kind := text(child(e, "Type")); kind == "HttpApi" || kind == "SNS" || kind == "SQS" {
			t.Errorf("%s wakes the outbox by %s", name, kind)
		}
	}
}
