// Package awsrun runs a function of the app on AWS Lambda: it makes the parts out
// of the environment that the template gives. Only functions/ imports it.
//
// Everything is built by hand rather than by the SDK's configuration loader,
// which would cost each cold start more than the first request. The root secret
// is fetched when it is first needed.
package awsrun

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"time"

	"github.com/aws/aws-lambda-go/lambda"

	"gatehouse/internal/app"
	"gatehouse/internal/config"
	"gatehouse/internal/lambdahttp"
	"gatehouse/internal/mail/ses"
	"gatehouse/internal/policy"
	"gatehouse/internal/secret"
	"gatehouse/internal/store"
	"gatehouse/internal/store/dynamo"
)

// Option adds a part that not every function has.
type Option func(*app.Parts) error

// WithSES gives a function the means to send mail.
func WithSES(p *app.Parts) error {
	c, err := ses.NewClient(os.Getenv)
	if err != nil {
		return err
	}
	p.Sender, p.Report = ses.New(c, p.Config.SESConfigSet), ses.ParseEvent
	return nil
}

// Start runs a function until Lambda ends the process. Wrong settings end it at
// once, with what is wrong in the log.
func Start(f func(*app.Parts) (lambdahttp.Function, error), opts ...Option) {
	log := slog.New(slog.NewJSONHandler(os.Stdout, nil))
	fn, err := build(f, opts, log)
	if err != nil {
		log.Error("the function cannot start", "event", "start.failed", "err", err.Error())
		os.Exit(1)
	}
	lambda.Start(fn)
}

func build(f func(*app.Parts) (lambdahttp.Function, error), opts []Option, log *slog.Logger) (lambdahttp.Function, error) {
	c, err := config.Read(os.LookupEnv, nil)
	if err != nil {
		return nil, err
	}
	if os.Getenv("GATEHOUSE_BASE_URL") == "" {
		return nil, errors.New("GATEHOUSE_BASE_URL is empty: on Lambda it must say where people reach the installation")
	}
	table, ok := strings.CutPrefix(c.Store, "dynamodb:")
	if !ok {
		return nil, fmt.Errorf("GATEHOUSE_STORE is %q: on Lambda expected dynamodb:<table>", c.Store)
	}
	if c.RootKey == "" {
		return nil, errors.New("GATEHOUSE_ROOT_KEY is empty: on Lambda expected secretsmanager:<arn>")
	}
	client, err := dynamo.Client(os.Getenv, dynamo.HTTP())
	if err != nil {
		return nil, err
	}
	p := &app.Parts{Config: c, Secrets: secret.NewSource(rootLoader(c.RootKey)), Hasher: app.Hasher(c), Log: log,
		Table: store.New(dynamo.New(client, table), time.Now)}
	p.Policy = rules(c.PolicyTable, log)
	for _, o := range opts {
		if err := o(p); err != nil {
			return nil, err
		}
	}
	return f(p)
}

// rules are those of a file that gatehouse policy compile made, or the built-in
// ones. A bad file does not take sign-in down: only what needs rules is not served.
func rules(file string, log *slog.Logger) *policy.Table {
	if file == "" {
		return policy.Default()
	}
	b, err := os.ReadFile(file)
	if err == nil {
		var t *policy.Table
		if t, err = policy.Load(b); err == nil {
			return t
		}
	}
	log.Error("the rules cannot be read", "event", "policy.unreadable", "setting", "GATEHOUSE_POLICY_TABLE", "file", file, "err", err.Error())
	return nil
}
