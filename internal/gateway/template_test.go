package gateway

import (
	"reflect"
	"strings"
	"testing"
	"time"
)

func read(t testing.TB, text string) *Table {
	t.Helper()
	table, err := Read([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return table
}

func TestRead(t *testing.T) {
	table := read(t, template)
	functions := []Function{
		{"authorizer", "AuthorizerFunction", 5 * time.Second},
		{"signup", "SignupFunction", 25 * time.Second},
		{"account", "AccountFunction", 25 * time.Second},
		{"stripewebhook", "StripeWebhookFunction", 25 * time.Second},
		{"edge", "EdgeFunction", 25 * time.Second},
		{"sweep", "SweepFunction", 25 * time.Second},
		{"outbox", "OutboxFunction", 25 * time.Second},
	}
	if !reflect.DeepEqual(table.Functions, functions) {
		t.Errorf("Functions = %+v", table.Functions)
	}
	routes := []Route{
		{"POST /api/auth/register", "signup", "Register", ""},
		{"GET /api/users/self", "account", "Self", "authorizer"},
		{"GET /api/users/{id}", "account", "User", "authorizer"},
		{"PATCH /api/users/{id}", "account", "Change", "authorizer"},
		{"OPTIONS /api/users/{id}", "account", "Preflight", ""},
		{"POST /api/webhooks/stripe", "stripewebhook", "Hook", ""},
		{"$default", "edge", "Rest", ""},
	}
	if !reflect.DeepEqual(table.Routes, routes) {
		t.Errorf("Routes = %+v", table.Routes)
	}
	if want := []Stream{{"outbox", "Changes"}}; !reflect.DeepEqual(table.Streams, want) {
		t.Errorf("Streams = %+v", table.Streams)
	}
	if len(table.Schedules) != 2 || table.Schedules[0].Input != `{"job":"due"}` || table.Schedules[1].Input != "{}" ||
		table.Schedules[1].Expression != "cron(30 3 * * ? *)" || table.Schedules[1].Function != "sweep" {
		t.Errorf("Schedules = %+v", table.Schedules)
	}
}

func TestAuthorizerMayBeNamedInManyWays(t *testing.T) {
	const arn = "!GetAtt AuthorizerFunction.Arn"
	for _, form := range []string{
		"!Ref AuthorizerFunction.Alias", `!Sub "${AuthorizerFunction.Arn}"`, "!GetAtt [AuthorizerFunction, Arn]",
		"{ Fn::GetAtt: [AuthorizerFunction, Arn] }", "{ Fn::GetAtt: AuthorizerFunction.Arn }", "{ Ref: AuthorizerFunction }",
	} {
		table := read(t, strings.Replace(template, arn, form, 1))
		if got := table.Routes[1].Authorizer; got != "authorizer" {
			t.Errorf("%s: %q", form, got)
		}
	}
}

func TestDefaultTimeoutIsLambdas(t *testing.T) {
	table := read(t, strings.Replace(template, "    Timeout: 25\n", "", 1))
	if table.Functions[1].Timeout != 3*time.Second {
		t.Errorf("Timeout = %v", table.Functions[1].Timeout)
	}
}

// TestReadRefuses changes one thing in the template and wants to be told where.
func TestReadRefuses(t *testing.T) {
	const register, self, often = "Path: /api/auth/register, Method: POST", "Path: /api/users/self, Method: GET", "rate(1 minute)"
	for _, tc := range []struct{ name, from, to, where, why string }{
		{"trailing slash", register, "Path: /api/auth/register/, Method: POST", "SignupFunction, event Register", "must not end in a slash"},
		{"greedy in the middle", register, `Path: "/api/{proxy+}/x", Method: POST`, "SignupFunction, event Register", "greedy"},
		{"impossible name", register, `Path: "/api/{a b}", Method: POST`, "SignupFunction, event Register", "not possible"},
		{"method", register, "Path: /api/auth/register, Method: FETCH", "SignupFunction, event Register", "FETCH"},
		{"path without method", register, "Path: /api/auth/register", "SignupFunction, event Register", "belong together"},
		{"method without path", register, "Method: POST", "SignupFunction, event Register", "belong together"},
		{"computed path", register, `Path: !Sub "/${Stage}", Method: POST`, "SignupFunction, event Register", "begin with a slash"},
		{"development prefix", register, "Path: /_dev/mail, Method: POST", "SignupFunction, event Register", "/_dev/"},
		{"same key twice", register, self, "functions signup (event Register) and account (event Self)", "match the same requests"},
		{"ambiguous", register, `Path: "/api/users/{uid}", Method: GET`, "signup (event Register) and account (event User)", "match the same requests"},
		{"two defaults", "Path: /api/webhooks/stripe, Method: POST, ", "", "stripewebhook (event Hook) and edge (event Rest)", "$default"},
		{"unknown authorizer", "Authorizer: Main } } }", "Authorizer: Mian } } }", "AccountFunction, event Change", `"Mian"`},
		{"unknown default authorizer", "DefaultAuthorizer: Main", "DefaultAuthorizer: Mian", "HttpApi", `"Mian"`},
		{"NONE without default", "DefaultAuthorizer: Main\n", "\n", "SignupFunction, event Register", "default authorizer"},
		{"authorizer elsewhere", "!GetAtt AuthorizerFunction.Arn", "!Ref AuthorizerArn", "authorizer Main", "names no function"},
		{"authorizer payload", `AuthorizerPayloadFormatVersion: "2.0"`, `AuthorizerPayloadFormatVersion: "1.0"`, "authorizer Main", "2.0"},
		{"authorizer answers", "EnableSimpleResponses: true", "EnableSimpleResponses: false", "authorizer Main", "EnableSimpleResponses"},
		{"authorizer permission", "EnableFunctionDefaultPermissions: true", "X: true", "authorizer Main", "EnableFunctionDefaultPermissions"},
		{"O6 cached answers", "EnableSimpleResponses: true", "EnableSimpleResponses: true\n            Identity: { ReauthorizeEvery: 300 }", "authorizer Main", "cached"},
		{"identity source", "EnableSimpleResponses: true", "EnableSimpleResponses: true\n            Identity: { Headers: [Authorization] }", "authorizer Main", "identity source"},
		{"second API", "  Data:", "  Api2: { Type: AWS::Serverless::HttpApi }\n  Data:", "Api2", "second HttpApi"},
		{"function id", "SignupFunction", "Signup", "Signup", "logical id"},
		{"function twice", "functions/sweep", "functions/signup", "SweepFunction", `"signup"`},
		{"timeout", "Timeout: 5 }", "Timeout: !Ref T }", "AuthorizerFunction", "Timeout"},
		{"rate", often, "rate(1 minutes)", "SweepFunction, event Often", "singular"},
		{"schedule", often, "rate(soon)", "SweepFunction, event Often", "neither"},
		{"schedule input", `'{"job":"due"}'`, "'due'", "SweepFunction, event Often", "JSON"},
		{"schedule zone", "State: DISABLED", "ScheduleExpressionTimezone: Europe/Berlin", "SweepFunction, event Never", "UTC"},
		{"old schedule", "Type: ScheduleV2, Properties: { ScheduleExpression: rate(1", "Type: Schedule, Properties: { Schedule: rate(1", "SweepFunction, event Often", "ScheduleV2"},
		{"REST API", "Register: { Type: HttpApi", "Register: { Type: Api", "SignupFunction, event Register", "HttpApi"},
		{"event without type", "Register: { Type: HttpApi,", "Register: {", "SignupFunction, event Register", "no Type"},
		{"event twice", "        User:", "        Self:", "line ", `"Self" is already in line`},
		{"no YAML", "Resources:", "Resources: [", "template", "yaml"},
	} {
		if !strings.Contains(template, tc.from) {
			t.Fatalf("%s: the template has no %q", tc.name, tc.from)
		}
		_, err := Read([]byte(strings.Replace(template, tc.from, tc.to, 1)))
		if err == nil || !strings.Contains(err.Error(), tc.where) || !strings.Contains(err.Error(), tc.why) {
			t.Errorf("%s: %v\nwant %q and %q", tc.name, err, tc.where, tc.why)
		}
	}
	if _, err := Read(nil); err == nil {
		t.Error("an empty template was taken")
	}
}

func TestScheduleNext(t *testing.T) {
	at := func(s string) time.Time {
		v, err := time.Parse(time.RFC3339, s)
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	for _, tc := range []struct{ expression, after, next string }{
		{"rate(1 minute)", "2026-01-01T00:00:10Z", "2026-01-01T00:01:10Z"},
		{"rate(5 minutes)", "2026-01-01T00:00:00Z", "2026-01-01T00:05:00Z"},
		{"rate(1 hour)", "2026-01-01T23:30:00Z", "2026-01-02T00:30:00Z"},
		{"rate(2 days)", "2026-02-27T00:00:00Z", "2026-03-01T00:00:00Z"},
		{"cron(0 3 * * ? *)", "2026-01-01T02:59:59Z", "2026-01-01T03:00:00Z"},
		{"cron(0 3 * * ? *)", "2026-01-01T03:00:00Z", "2026-01-02T03:00:00Z"},
		{"cron(0 3 ? * * *)", "2026-12-31T04:00:00Z", "2027-01-01T03:00:00Z"},
		{"cron(59 23 * * ? *)", "2026-01-01T00:30:00+02:00", "2025-12-31T23:59:00Z"},
	} {
		s := Schedule{Expression: tc.expression}
		if err := s.parse(); err != nil {
			t.Errorf("%s: %v", tc.expression, err)
			continue
		}
		if got := s.Next(at(tc.after)); !got.Equal(at(tc.next)) {
			t.Errorf("%s after %s: %v, want %s", tc.expression, tc.after, got, tc.next)
		}
	}
	for _, bad := range []string{"", "rate(0 minutes)", "rate(2 minute)", "rate(1 second)", "rate(1 minute) ", "cron(0 24 * * ? *)",
		"cron(60 3 * * ? *)", "cron(0 3 * * * *)", "cron(0 3 1 * ? *)", "cron(* * * * ? *)", "at(2026-01-01T00:00:00)"} {
		if s := (Schedule{Expression: bad}); s.parse() == nil {
			t.Errorf("%q was taken", bad)
		}
	}
}
