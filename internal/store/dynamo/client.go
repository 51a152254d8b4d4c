package dynamo

import (
	"context"
	"errors"
	"net"
	"net/http"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
)

// Client makes a client from the standard environment variables: AWS_REGION (or
// AWS_DEFAULT_REGION), AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY,
// AWS_SESSION_TOKEN and, to use another endpoint, AWS_ENDPOINT_URL_DYNAMODB. It
// reads no configuration files: that would double the time a function takes to
// start. h is the HTTP client to use, nil for HTTP().
//
// A call is tried twice, except single writes, which Table repeats.
func Client(getenv func(string) string, h *http.Client) (*dynamodb.Client, error) {
	cfg, err := Config(getenv, h)
	if err != nil {
		return nil, err
	}
	if e := getenv("AWS_ENDPOINT_URL_DYNAMODB"); e != "" {
		cfg.BaseEndpoint = &e
	}
	return dynamodb.NewFromConfig(cfg), nil
}

// Config is the part of the configuration that every AWS client shares: region,
// credentials, HTTP client and retries, without an endpoint.
func Config(getenv func(string) string, h *http.Client) (aws.Config, error) {
	region := getenv("AWS_REGION")
	if region == "" {
		region = getenv("AWS_DEFAULT_REGION")
	}
	if region == "" {
		return aws.Config{}, errors.New("dynamo: AWS_REGION is not set")
	}
	if h == nil {
		h = HTTP()
	}
	cfg := aws.Config{
		Region:      region,
		Credentials: credentials(getenv),
		HTTPClient:  h,
		Retryer: func() aws.Retryer {
			return retry.NewStandard(func(o *retry.StandardOptions) {
				o.MaxAttempts, o.MaxBackoff = 2, 100*time.Millisecond
			})
		},
	}
	return cfg, nil
}

// HTTP is a client that gives up early: 1 s to connect, 3 s for a whole call.
// DynamoDB answers in milliseconds; what takes longer is better tried again.
func HTTP() *http.Client {
	dialer := &net.Dialer{Timeout: time.Second, KeepAlive: 30 * time.Second}
	return &http.Client{
		Timeout: 3 * time.Second,
		Transport: &http.Transport{
			Proxy:               http.ProxyFromEnvironment,
			DialContext:         dialer.DialContext,
			TLSHandshakeTimeout: time.Second,
			ForceAttemptHTTP2:   true,
			MaxIdleConns:        64,
			MaxIdleConnsPerHost: 64,
			IdleConnTimeout:     90 * time.Second,
		},
	}
}

// credentials reads the environment at each call, which costs nothing, so that a
// test or an operator may change it.
func credentials(getenv func(string) string) aws.CredentialsProvider {
	return aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
		c := aws.Credentials{
			AccessKeyID:     getenv("AWS_ACCESS_KEY_ID"),
			SecretAccessKey: getenv("AWS_SECRET_ACCESS_KEY"),
			SessionToken:    getenv("AWS_SESSION_TOKEN"),
			Source:          "environment",
		}
		if c.AccessKeyID == "" || c.SecretAccessKey == "" {
			return aws.Credentials{}, errors.New("dynamo: AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are not set")
		}
		return c, nil
	})
}
