package outbound

import (
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strings"
)

// MaxBody is the largest document that is read, in bytes.
const MaxBody = 256 << 10

// ErrDocument is returned (wrapped) when the other side answered, but not with a
// document of the expected kind and size.
var ErrDocument = errors.New("outbound: unusable answer")

// Get reads one document of at most MaxBody bytes. The syntax, "json" or "xml",
// must be what the answer's content type says: application/json, text/json or
// application/something+json.
func Get(ctx context.Context, c *http.Client, url, syntax string) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return nil, fmt.Errorf("%w: malformed address", ErrRefused)
	}
	req.Header.Set("Accept", "application/"+syntax)
	resp, err := c.Do(req)
	if err != nil {
		return nil, fmt.Errorf("outbound: %w", err)
	}
	defer func() { _ = resp.Body.Close() }()
	if err := checkHead(resp, syntax); err != nil {
		return nil, err
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, MaxBody+1))
	if err != nil {
		return nil, fmt.Errorf("outbound: reading: %w", err)
	}
	if len(body) > MaxBody {
		return nil, fmt.Errorf("%w: more than %d bytes", ErrDocument, MaxBody)
	}
	return body, nil
}

func checkHead(resp *http.Response, syntax string) error {
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("%w: status %d", ErrDocument, resp.StatusCode)
	}
	if resp.ContentLength > MaxBody {
		return fmt.Errorf("%w: more than %d bytes", ErrDocument, MaxBody)
	}
	if enc := resp.Header.Get("Content-Encoding"); enc != "" && enc != "identity" {
		return fmt.Errorf("%w: it is compressed", ErrDocument)
	}
	media, _, err := mime.ParseMediaType(resp.Header.Get("Content-Type"))
	if err != nil || !isMedia(media, syntax) {
		return fmt.Errorf("%w: content type is not %s", ErrDocument, syntax)
	}
	return nil
}

func isMedia(media, syntax string) bool {
	if media == "application/"+syntax || media == "text/"+syntax {
		return true
	}
	return strings.HasPrefix(media, "application/") && strings.HasSuffix(media, "+"+syntax)
}

// JSON returns a function that reads JSON documents with the given client.
func JSON(c *http.Client) func(ctx context.Context, url string) ([]byte, error) {
	return func(ctx context.Context, url string) ([]byte, error) {
		return Get(ctx, c, url, "json")
	}
}
