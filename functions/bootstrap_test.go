// Package functions_test runs the functions as they are deployed: built for both
// architectures, started as Lambda starts them, with nothing but the environment
// that the template gives.
package functions_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"debug/elf"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"gatehouse"
	"gatehouse/internal/app"
	"gatehouse/internal/apptest"
	_ "gatehouse/internal/awsrun" // go test then knows that a result depends on it
	"gatehouse/internal/gateway"
	"gatehouse/internal/lambdahttp"
	"gatehouse/internal/lambdatest"
	"gatehouse/internal/mail"
	"gatehouse/internal/mail/ses/sestest"
	"gatehouse/internal/secret"
	"gatehouse/internal/store"
	"gatehouse/internal/store/dynamo"
	"gatehouse/internal/store/dynamo/definition"
)

var (
	buildDir string
	builds   = map[string]func() (string, error){}
)

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "gatehouse-functions-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	buildDir = dir
	for _, arch := range []string{"arm64", "amd64"} {
		builds[arch] = sync.OnceValues(func() (string, error) { return build(arch) })
	}
	code := m.Run()
	os.RemoveAll(dir)
	os.Exit(code)
}

// The flags are those of the Makefile; TestBuild compares.
const flags = "-trimpath -buildvcs=false -tags lambda.norpc"

var ldflags = "-s -w -buildid="

// build makes every bootstrap, in a folder of its architecture.
func build(arch string) (string, error) {
	dir := filepath.Join(buildDir, arch) + string(filepath.Separator)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", err
	}
	cmd := exec.Command("go", append(append([]string{"build"}, strings.Fields(flags)...), "-ldflags", ldflags, "-o", dir, "./...")...)
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS=linux", "GOARCH="+arch)
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("go build: %w\n%s", err, out)
	}
	return dir, nil
}

// bootstrap is the binary of a function for this machine.
func bootstrap(t testing.TB, name string) string {
	t.Helper()
	b, ok := builds[runtime.GOARCH]
	if !ok || runtime.GOOS != "linux" {
		if os.Getenv("CI") == "true" {
			t.Fatalf("functions run on linux, arm64 or amd64; this is %s, %s", runtime.GOOS, runtime.GOARCH)
		}
		t.Skipf("functions run on linux, arm64 or amd64; this is %s, %s", runtime.GOOS, runtime.GOARCH)
	}
	dir, err := b()
	if err != nil {
		t.Fatal(err)
	}
	return filepath.Join(dir, name)
}

// TestBuild: every function is built for both architectures, needs nothing of the
// system it runs on, and is small enough to start fast.
func TestBuild(t *testing.T) {
	makefile, err := os.ReadFile("../Makefile")
	if err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(string(makefile), "build "+flags+" -ldflags '$(LDFLAGS)'"); n != 2 || !strings.Contains(string(makefile), "LDFLAGS := "+ldflags+"\n") {
		t.Errorf("the Makefile builds with other flags than this test: %d of 2 are the same", n)
	}
	for arch, machine := range map[string]elf.Machine{"arm64": elf.EM_AARCH64, "amd64": elf.EM_X86_64} {
		if testing.Short() && arch != runtime.GOARCH {
			continue
		}
		dir, err := builds[arch]()
		if err != nil {
			t.Fatal(err)
		}
		var total int64
		for name := range app.Functions() {
			if _, err := os.Stat(filepath.Join(name, "main.go")); err != nil { // and on this
				t.Error(err)
			}
			path := filepath.Join(dir, name)
			f, err := elf.Open(path)
			if err != nil {
				t.Error(err)
				continue
			}
			if f.Machine != machine {
				t.Errorf("%s for %s is for %v", name, arch, f.Machine)
			}
			if slices.ContainsFunc(f.Progs, func(p *elf.Prog) bool { return p.Type == elf.PT_INTERP }) {
				t.Errorf("%s for %s needs shared libraries", name, arch)
			}
			f.Close()
			st, err := os.Stat(path)
			if err != nil {
				t.Fatal(err)
			}
			if total += st.Size(); st.Size() > 40<<20 {
				t.Errorf("%s for %s has %d MiB", name, arch, st.Size()>>20)
			}
		}
		t.Logf("%s: %d functions, %.1f MiB in all", arch, len(app.Functions()), float64(total)/(1<<20))
	}
}

// environment is what the template gives to functions, here with the settings of a
// table that cannot be reached. change replaces values; an empty one removes it.
func environment(t testing.TB, change map[string]string) []string {
	t.Helper()
	env := map[string]string{
		"GATEHOUSE_STORE": "dynamodb:gatehouse-test", "GATEHOUSE_BASE_URL": "https://id.example.com", "GATEHOUSE_PRODUCTION": "on",
		"GATEHOUSE_ROOT_KEY": "file:" + rootKey(t), "GATEHOUSE_EMAIL_VERIFICATION": "mandatory", "GATEHOUSE_SITE_NAME": "Example Labs",
		"GATEHOUSE_SUPPORT": "", "GATEHOUSE_TRUSTED_ORIGINS": "", "GATEHOUSE_INVITATION_CONFIRM": "yes", "GATEHOUSE_OWNERSHIP_TRANSFER": "off", "GATEHOUSE_ORGANIZATIONS_MIN_ROLE_TO_CREATE": "user", "GATEHOUSE_TOKEN_ISSUERS": "",
		"GATEHOUSE_MAIL": "ses", "GATEHOUSE_MAIL_FROM": "no-reply@example.com", "GATEHOUSE_SES_CONFIGURATION_SET": "gatehouse-test",
		"GATEHOUSE_HASH_SLOTS": "1",
	}
	// Not more and not less than the template.
	for _, name := range regexp.MustCompile(`(?m)^ +(GATEHOUSE_\w+):`).FindAllStringSubmatch(string(gatehouse.Template), -1) {
		if _, ok := env[name[1]]; !ok {
			t.Fatalf("the template sets %s, the test does not", name[1])
		}
	}
	for name := range env {
		if !strings.Contains(string(gatehouse.Template), name+":") {
			t.Fatalf("the test sets %s, the template does not", name)
		}
	}
	for name, value := range map[string]string{"AWS_ACCESS_KEY_ID": "local", "AWS_SECRET_ACCESS_KEY": "local",
		"AWS_ENDPOINT_URL_DYNAMODB": "http://127.0.0.1:1", "AWS_ENDPOINT_URL_SESV2": "http://127.0.0.1:1"} {
		env[name] = value
	}
	for name, value := range change {
		env[name] = value
	}
	var out []string
	for name, value := range env {
		if value != "" {
			out = append(out, name+"="+value)
		}
	}
	return out
}

func rootKey(t testing.TB) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "root.key")
	if err := os.WriteFile(path, []byte(secret.Generate("k1").Reveal()+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// invoker is the Invoke of a function.
type invoker = func(ctx context.Context, event []byte) ([]byte, error)

// start runs one function without a table.
func start(t testing.TB, name string, change map[string]string) *lambdatest.Runtime {
	t.Helper()
	path := bootstrap(t, name)
	r := lambdatest.Start(t, path, environment(t, change))
	t.Logf("%s: first poll after %v", name, r.Init)
	return r
}

// reply is the answer of a function behind the gateway.
type reply struct {
	Status  int               `json:"statusCode"`
	Headers map[string]string `json:"headers"`
	Cookies []string          `json:"cookies"`
	Body    string            `json:"body"`
}

// send gives a function an event and reads its reply as the gateway does.
func send(t testing.TB, f lambdahttp.Function, event []byte) reply {
	t.Helper()
	out, err := f.Invoke(t.Context(), event)
	if err != nil {
		t.Fatalf("%v\n%s", err, event)
	}
	var r reply
	if err := json.Unmarshal(out, &r); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return r
}

func (r reply) is(t testing.TB, status int, parts ...string) reply {
	t.Helper()
	if r.Status != status {
		t.Errorf("status %d, want %d: %s", r.Status, status, r.Body)
	}
	for _, p := range parts {
		if !strings.Contains(r.Body, p) {
			t.Errorf("body %s\nlacks %s", r.Body, p)
		}
	}
	return r
}

func (r reply) header(name string) string {
	for k, v := range r.Headers {
		if strings.EqualFold(k, name) {
			return v
		}
	}
	return ""
}

// request is the event of a request by nobody.
func request(t testing.TB, route, method, target, body string) []byte {
	t.Helper()
	s := gateway.Sample{Route: route, Method: method, Target: target, Body: []byte(body), Header: http.Header{}}
	if body != "" {
		s.Header.Set("Content-Type", "application/json")
	}
	e, err := gateway.SampleEvent(s)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// TestWithoutTable: what needs no table is answered without it, and what does says
// 503 in time.
func TestWithoutTable(t *testing.T) {
	get := func(path string) []byte { return request(t, "GET "+path, "GET", path, "") }
	t.Run("edge", func(t *testing.T) {
		f := start(t, "edge", nil)
		about := send(t, f, get("/api/server/about")).is(t, 200, `"name":"Example Labs"`, "https://id.example.com/static/logo.svg")
		if about.header("X-Content-Type-Options") != "nosniff" {
			t.Errorf("headers %v", about.Headers)
		}
		send(t, f, get("/api/server/health")).is(t, 200, `{"status":"ok"}`)
		send(t, f, request(t, "GET /api/server/health", "GET", "/api/server/health?deep=1", "")).is(t, 503)
		send(t, f, request(t, "$default", "GET", "/api/nothing", "")).is(t, 404)
		r := send(t, f, request(t, "$default", "PUT", "/api/auth/login", "{}")).is(t, 405, `"detail"`)
		if allow := r.header("Allow"); !strings.Contains(allow, "POST") {
			t.Errorf("Allow: %q", allow)
		}
	})
	t.Run("login", func(t *testing.T) {
		f := start(t, "login", nil)
		send(t, f, get("/.well-known/openid-configuration")).is(t, 200, `"issuer":"https://id.example.com"`, "https://id.example.com/.well-known/jwks.json")
		send(t, f, get("/api/auth/methods")).is(t, 200, `"password":true`)
		send(t, f, get("/.well-known/jwks.json")).is(t, 503)
		send(t, f, request(t, "POST /api/auth/login", "POST", "/api/auth/login", `{"username":"ada","password":"x"}`)).is(t, 503)
		send(t, f, request(t, "POST /api/auth/login", "POST", "/api/auth/login", `{`)).is(t, 400)
	})
	t.Run("signup", func(t *testing.T) {
		send(t, start(t, "signup", nil), get("/api/auth/agreements")).is(t, 200, "[]")
		f := start(t, "signup", map[string]string{"GATEHOUSE_AGREEMENTS": `[{"name":"terms","url":"https://example.com/terms","required":true,"text":"I accept the terms"}]`})
		send(t, f, get("/api/auth/agreements")).is(t, 200, `[{"name":"terms","url":"https://example.com/terms","required":true,"text":"I accept the terms"}]`)
		send(t, f, request(t, "POST /api/auth/register", "POST", "/api/auth/register", "{}")).is(t, 400, `"username":["This field is required."]`)
	})
	t.Run("pages", func(t *testing.T) {
		f := start(t, "pages", nil)
		send(t, f, get("/auth/login")).is(t, 200, "<form")
		send(t, f, request(t, "GET /static/{file}", "GET", "/static/style.css", "")).is(t, 200)
	})
	for _, name := range []string{"organizations", "invitations", "workspace", "permissions"} {
		t.Run(name, func(t *testing.T) {
			send(t, start(t, name, nil), sample(t, name+".json")).is(t, 503) // whose session it is cannot be read
		})
	}
	t.Run("account", func(t *testing.T) {
		send(t, start(t, "account", nil), get("/api/users/self")).is(t, 401) // without its authorizer nobody gets in
	})
	t.Run("outbox", func(t *testing.T) {
		if _, err := start(t, "outbox", nil).Invoke(t.Context(), []byte("{}")); !isFunctionError(err) {
			t.Errorf("%v, want an error of the function, for the schedule's metric", err)
		}
	})
	t.Run("sweep", func(t *testing.T) {
		f := start(t, "sweep", nil)
		for _, event := range []string{`{"job":"rotate-keys"}`, `{"job":"dance"}`, `{}`} {
			if _, err := f.Invoke(t.Context(), []byte(event)); !isFunctionError(err) {
				t.Errorf("%s: %v, want an error of the function", event, err)
			}
		}
	})
}

func isFunctionError(err error) bool {
	var e *lambdatest.FunctionError
	return errors.As(err, &e)
}

// TestWrongSettings: they end the process at once, and the log says why.
func TestWrongSettings(t *testing.T) {
	refused := func(name string, change map[string]string, want ...string) {
		t.Helper()
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		cmd := exec.CommandContext(ctx, bootstrap(t, name))
		cmd.Env = append(environment(t, change), "AWS_LAMBDA_RUNTIME_API=127.0.0.1:1")
		out, err := cmd.CombinedOutput()
		var exit *exec.ExitError
		if !errors.As(err, &exit) || exit.ExitCode() != 1 || ctx.Err() != nil {
			t.Errorf("%s: %v, want code 1: %s", name, err, out)
		}
		var line struct{ Level, Event, Err string }
		if err := json.Unmarshal(bytes.TrimSpace(out), &line); err != nil || line.Level != "ERROR" || line.Event != "start.failed" {
			t.Errorf("%s: the log is not one line of JSON: %s", name, out)
		}
		for _, w := range want {
			if !strings.Contains(line.Err, w) {
				t.Errorf("%s: %q does not say %q", name, line.Err, w)
			}
		}
	}
	with := func(name, value string) map[string]string { // with a region, which lambdatest gives
		return map[string]string{"AWS_REGION": "us-east-1", name: value}
	}
	for name := range app.Functions() {
		refused(name, with("GATEHOUSE_BASE_URL", ""), "GATEHOUSE_BASE_URL is empty: on Lambda it must say where people reach the installation")
	}
	refused("login", with("GATEHOUSE_STORE", "sqlite"), `GATEHOUSE_STORE is "sqlite": on Lambda expected dynamodb:<table>`)
	refused("login", with("GATEHOUSE_STORE", ""), `GATEHOUSE_STORE is "sqlite": on Lambda expected dynamodb:<table>`)
	refused("login", with("GATEHOUSE_ROOT_KEY", ""), "GATEHOUSE_ROOT_KEY is empty: on Lambda expected secretsmanager:<arn>")
	refused("login", with("GATEHOUSE_ROOT_KEY", "secretsmanager:"), `GATEHOUSE_ROOT_KEY is "secretsmanager:"`)
	refused("login", with("GATEHOUSE_HASH_SLOTS", "0"), `GATEHOUSE_HASH_SLOTS is "0"`, "expected a number from 1 to 64")
	refused("login", with("GATEHOUSE_BASE_URL", "http://id.example.com"), `GATEHOUSE_BASE_URL is "http://id.example.com"`, "expected https://")
	refused("authorizer", with("GATEHOUSE_TOKEN_ISSUERS", "[{}]"), "GATEHOUSE_TOKEN_ISSUERS[0]")
	refused("outbox", with("GATEHOUSE_MAIL_FROM", "nobody"), `GATEHOUSE_MAIL_FROM is "nobody"`)
	refused("outbox", nil, "AWS_REGION is not set")
}

// engine makes a table on the engine that GATEHOUSE_TEST_DYNAMODB names, and says
// with which environment functions reach it.
func engine(t *testing.T) (map[string]string, *store.Table) {
	t.Helper()
	where := os.Getenv("GATEHOUSE_TEST_DYNAMODB")
	if where == "" {
		const how = "GATEHOUSE_TEST_DYNAMODB is not set; run: scripts/dynoxide run go test ./functions/..."
		if os.Getenv("GATEHOUSE_REQUIRE_ENGINES") == "1" {
			t.Fatal(how)
		}
		t.Skip(how)
	}
	if strings.HasPrefix(where, "aws:") {
		t.Skip("this test makes its table on an engine of its own")
	}
	env := map[string]string{"AWS_REGION": "us-east-1", "AWS_ACCESS_KEY_ID": "local", "AWS_SECRET_ACCESS_KEY": "local", "AWS_ENDPOINT_URL_DYNAMODB": where}
	def, err := definition.Read("../infra/table.yaml")
	if err != nil {
		t.Fatal(err)
	}
	c, err := dynamo.Client(func(name string) string { return env[name] }, nil)
	if err != nil {
		t.Fatal(err)
	}
	b := make([]byte, 6)
	rand.Read(b)
	table := "gatehouse-" + hex.EncodeToString(b)
	if err := def.Create(t.Context(), c, table); err != nil {
		t.Fatal(err)
	}
	env["GATEHOUSE_STORE"] = "dynamodb:" + table
	return env, store.New(dynamo.New(c, table), time.Now)
}

// cloud is every function as a process, behind the gateway, on a table, with a
// carrier of mails.
type cloud struct {
	*testing.T
	url       string
	functions map[string]lambdahttp.Function
	runtimes  map[string]*lambdatest.Runtime
	carrier   *sestest.Server
	table     *store.Table
	env       map[string]string
}

// restart starts a function anew, with other settings.
func (c *cloud) restart(t *testing.T, name string, change map[string]string) {
	t.Helper()
	env := maps.Clone(c.env)
	maps.Copy(env, change)
	c.runtimes[name] = start(t, name, env)
}

func newCloud(t *testing.T) *cloud {
	env, rows := engine(t)
	c := &cloud{T: t, table: rows, functions: map[string]lambdahttp.Function{}, runtimes: map[string]*lambdatest.Runtime{}, carrier: sestest.Start(t)}
	srv := httptest.NewUnstartedServer(nil)
	t.Cleanup(srv.Close)
	c.url = "http://" + srv.Listener.Addr().String()
	env["GATEHOUSE_BASE_URL"], env["AWS_ENDPOINT_URL_SESV2"] = c.url, c.carrier.URL
	env["GATEHOUSE_ROOT_KEY"] = "file:" + rootKey(t) // one for all
	c.env = env
	for name := range app.Functions() {
		c.runtimes[name] = start(t, name, env)
		c.functions[name] = lambdahttp.Func(func(ctx context.Context, event []byte) ([]byte, error) { return c.runtimes[name].Invoke(ctx, event) })
	}
	table, err := gateway.Read(gatehouse.Template)
	if err != nil {
		t.Fatal(err)
	}
	if srv.Config.Handler, err = gateway.New(table, c.functions, gateway.Options{}); err != nil {
		t.Fatal(err)
	}
	srv.Start()
	t.Cleanup(func() {
		if t.Failed() {
			for name, r := range c.runtimes {
				t.Logf("%s:\n%s", name, r.Output())
			}
		}
	})
	return c
}

func (c *cloud) client() *apptest.Client { return (&apptest.World{TB: c.T, URL: c.url}).Client() }

// ada is somebody who has registered and signed in.
func (c *cloud) ada() *apptest.Client {
	c.Helper()
	c.client().Post("/api/auth/register", apptest.Form("ada.byron", "ada@example.com")).Is(201)
	_, q := c.mail("ada@example.com", "/auth/verify")
	c.client().Post("/api/auth/verify-email", map[string]any{"key": q.Get("key")}).Is(200)
	ada := c.client()
	ada.Post("/api/auth/login", map[string]any{"username": "ada.byron", "password": apptest.Password}).Is(200)
	return ada
}

// invoke sends an event that is no request.
func (c *cloud) invoke(function, event string) string {
	c.Helper()
	out, err := c.functions[function].Invoke(c.Context(), []byte(event))
	if err != nil {
		c.Fatalf("%s: %v\n%s", function, err, c.runtimes[function].Output())
	}
	return string(out)
}

// mail is the newest mail to an address with a link to a path, after the outbox was
// woken, and the query of that link.
func (c *cloud) mail(to, path string) (sestest.Email, url.Values) {
	c.Helper()
	c.invoke("outbox", "{}")
	all := c.carrier.Accepted()
	link := regexp.MustCompile(regexp.QuoteMeta(c.url+path) + `\?(\S+)`)
	for _, m := range slices.Backward(all) {
		found := link.FindStringSubmatch(m.Content.Simple.Body.Text.Data)
		if found == nil || !slices.Contains(m.Destination.ToAddresses, to) {
			continue
		}
		q, err := url.ParseQuery(found[1])
		if err != nil {
			c.Fatal(err)
		}
		return m, q
	}
	c.Fatalf("no mail to %s with a link to %s among %d", to, path, len(all))
	return sestest.Email{}, nil
}

// delivery is the state of the mail that SES knows by a tag.
func (c *cloud) delivery(tag string) string {
	c.Helper()
	created, id, ok := mail.ParseTag(tag)
	if !ok {
		c.Fatalf("tag %q", tag)
	}
	at := time.UnixMilli(created)
	items, err := c.table.Get(c.Context(), store.Key{PK: "DLV#" + at.UTC().Format("20060102"), SK: store.TimeText(at) + "#" + id})
	if err != nil {
		c.Fatal(err)
	}
	d, err := mail.Deliveries.Of(items[0])
	if err != nil {
		c.Fatal(err)
	}
	return d.State
}

// TestStory is the life of an account through the deployed binaries: register, the
// mail, verify, sign in, and a new password. No schedule has run before.
func TestStory(t *testing.T) {
	c := newCloud(t)
	const name, email, newPassword = "ada.byron", "ada@example.com", "pewter harvest 31 canyon"
	c.client().Post("/api/auth/register", apptest.Form(name, email)).Is(201).Has(`"email_verification_required":true`)
	m, q := c.mail(email, "/auth/verify")
	if m.FromEmailAddress != "no-reply@example.com" || m.ConfigurationSetName != "gatehouse-test" || len(m.EmailTags) != 1 {
		t.Errorf("sent %+v", m)
	}
	key := q.Get("key")
	c.client().Post("/api/auth/login", map[string]any{"username": name, "password": apptest.Password}).Is(400)
	c.client().Post("/api/auth/verify-email", map[string]any{"key": key}).Is(200)

	browser := c.client()
	browser.Post("/api/auth/login", map[string]any{"email": "ADA@example.COM", "password": apptest.Password}).Is(200).Has(`"key"`)
	browser.Get("/api/users/self").Is(200).Has(`"username":"ada.byron"`)
	tokenKey := browser.Post("/api/auth/login", map[string]any{"username": name, "password": apptest.Password}).Is(200).String("key")
	c.client().With("Authorization", "Token "+tokenKey).Get("/api/users/self").Is(200).Has(`"username":"ada.byron"`)
	bearer := c.client().Post("/api/auth/token", map[string]any{"username": name, "password": apptest.Password}).Is(200).String("access_token")
	c.client().With("Authorization", "Bearer "+bearer).Get("/api/users/self").Is(200).Has(`"username":"ada.byron"`)
	pat := browser.Post("/api/auth/access_tokens", map[string]any{"name": "ci"}).Is(201).String("value")
	c.client().With("Authorization", "Bearer "+pat).Get("/api/users/self").Is(200)
	browser.Get("/auth/account").Is(200).Has(name)
	c.client().Get("/api/users/self").Is(401)
	c.client().With("Authorization", "Bearer nonsense").Get("/api/users/self").Is(401)

	c.client().Post("/api/auth/password/reset", map[string]any{"email": email}).Is(200)
	_, q = c.mail(email, "/auth/password/reset/confirm")
	c.client().Post("/api/auth/password/reset/confirm", map[string]any{"uid": q.Get("uid"), "token": q.Get("token"), "new_password1": newPassword, "new_password2": newPassword}).Is(200)
	browser.Get("/api/users/self").Is(401)
	for _, dead := range []string{"Token " + tokenKey, "Bearer " + bearer, "Bearer " + pat} {
		c.client().With("Authorization", dead).Get("/api/users/self").Is(401)
	}
	c.client().Post("/api/auth/login", map[string]any{"username": name, "password": apptest.Password}).Is(400)
	browser = c.client()
	browser.Post("/api/auth/login", map[string]any{"username": name, "password": newPassword}).Is(200)
	browser.Get("/api/users/self").Is(200).Has(`"username":"ada.byron"`)
	browser.Get("/api/server/health?deep=1").Is(200)
	for name, r := range c.runtimes {
		for _, bad := range []string{`"level":"ERROR"`, "panic", apptest.Password, newPassword, key, q.Get("token"), bearer, pat, tokenKey} {
			if strings.Contains(r.Output(), bad) {
				t.Errorf("the log of %s has %q:\n%s", name, bad, r.Output())
			}
		}
	}
}
