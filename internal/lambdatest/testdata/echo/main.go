// Command echo is the function that lambdatest is tried on.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-lambda-go/lambdacontext"
)

type handler struct{}

func (handler) Invoke(ctx context.Context, payload []byte) ([]byte, error) {
	switch string(payload) {
	case `"fail"`:
		return nil, errors.New("as asked")
	case `"panic"`:
		panic("as asked")
	case `"exit"`:
		fmt.Println("going")
		os.Exit(3)
	case `"wait"`:
		<-ctx.Done()
		return nil, ctx.Err()
	case `"context"`:
		d, _ := ctx.Deadline()
		lc, _ := lambdacontext.FromContext(ctx)
		return fmt.Appendf(nil, `{"seconds":%d,"id":%q,"greeting":%q,"home":%q}`,
			int(time.Until(d).Round(time.Second).Seconds()), lc.AwsRequestID, os.Getenv("GREETING"), os.Getenv("HOME")), nil
	}
	return payload, nil
}

func main() {
	if os.Getenv("REFUSE") != "" {
		fmt.Fprintln(os.Stderr, "refusing to start")
		os.Exit(1)
	}
	lambda.Start(handler{})
}
