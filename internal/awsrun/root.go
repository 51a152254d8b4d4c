package awsrun

import (
	"context"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"

	"gatehouse/internal/secret"
	"gatehouse/internal/store/dynamo"
)

const secretTimeout = 3 * time.Second

// rootLoader reads the root secret from where the setting says.
func rootLoader(where string) secret.Loader {
	if path, ok := strings.CutPrefix(where, "file:"); ok {
		return func(context.Context) (secret.Text, error) {
			b, err := os.ReadFile(path)
			return secret.Text(b), err
		}
	}
	id, _ := strings.CutPrefix(where, "secretsmanager:")
	return func(ctx context.Context) (secret.Text, error) {
		return fromSecretsManager(ctx, id)
	}
}

// fromSecretsManager reads the current version of a secret, within three seconds.
func fromSecretsManager(ctx context.Context, id string) (secret.Text, error) {
	ctx, cancel := context.WithTimeout(ctx, secretTimeout)
	defer cancel()
	cfg, err := dynamo.Config(os.Getenv, dynamo.HTTP())
	if err != nil {
		return "", err
	}
	cfg.BaseEndpoint = nil
	if e := os.Getenv("AWS_ENDPOINT_URL_SECRETS_MANAGER"); e != "" {
		cfg.BaseEndpoint = &e
	}
	out, err := secretsmanager.NewFromConfig(cfg).GetSecretValue(ctx, &secretsmanager.GetSecretValueInput{SecretId: aws.String(id)})
	if err != nil {
		return "", fmt.Errorf("secret %s: %w", id, err)
	}
	return secret.Text(aws.ToString(out.SecretString)), nil
}
