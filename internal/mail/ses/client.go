package ses

import (
	"context"
	"errors"
	"net"
	"net/http"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sesv2"
)

// How long SES may take. The whole call is well within the worker's lease.
const (
	connectTimeout = time.Second
	totalTimeout   = 5 * time.Second
)

// NewClient makes a client from the environment that AWS gives to a function:
//
//	AWS_REGION                or AWS_DEFAULT_REGION
//	AWS_ACCESS_KEY_ID         AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN
//	AWS_ENDPOINT_URL_SESV2    another address than SES's own, for tests
//
// It is built by hand because the SDK's configuration loader costs a cold start
// more than the mail. getenv is os.Getenv.
func NewClient(getenv func(string) string) (*sesv2.Client, error) {
	region := getenv("AWS_REGION")
	if region == "" {
		region = getenv("AWS_DEFAULT_REGION")
	}
	if region == "" {
		return nil, errors.New("ses: AWS_REGION is not set")
	}
	o := sesv2.Options{
		Region:      region,
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) { return credentials(getenv) }),
		HTTPClient:  httpClient(),
		Retryer:     aws.NopRetryer{}, // the outbox repeats
	}
	if e := getenv("AWS_ENDPOINT_URL_SESV2"); e != "" {
		o.BaseEndpoint = aws.String(e)
	}
	return sesv2.New(o), nil
}

func credentials(getenv func(string) string) (aws.Credentials, error) {
	c := aws.Credentials{
		AccessKeyID:     getenv("AWS_ACCESS_KEY_ID"),
		SecretAccessKey: getenv("AWS_SECRET_ACCESS_KEY"),
		SessionToken:    getenv("AWS_SESSION_TOKEN"),
		Source:          "environment",
	}
	if !c.HasKeys() {
		return aws.Credentials{}, errors.New("ses: AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are not set")
	}
	return c, nil
}

func httpClient() *http.Client {
	return &http.Client{
		Timeout: totalTimeout,
		Transport: &http.Transport{
			DialContext:         (&net.Dialer{Timeout: connectTimeout}).DialContext,
			TLSHandshakeTimeout: connectTimeout + time.Second,
			ForceAttemptHTTP2:   true,
			MaxIdleConnsPerHost: 4,
			IdleConnTimeout:     30 * time.Second,
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}
