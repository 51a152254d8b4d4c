package secret_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"gatehouse/internal/secret"
)

// TestN4_N7_SecretsDoNotPrint prints the root secret, the keys made of it and what
// holds them in every way that a log line, an error or a dump does.
func TestN4_N7_SecretsDoNotPrint(t *testing.T) {
	text := secret.Generate("k1")
	_, b64, _ := strings.Cut(text.Reveal(), ":")
	raw, err := base64.StdEncoding.DecodeString(b64)
	if err != nil {
		t.Fatal(err)
	}
	keys, err := secret.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	derived := keys.Derive("purpose")
	loaded := secret.NewSource(func(context.Context) (secret.Text, error) { return text, nil })
	if _, err := loaded.Keys(t.Context()); err != nil {
		t.Fatal(err)
	}
	type holder struct {
		Text    secret.Text
		Keys    *secret.Keys
		Source  *secret.Source
		Pointer *secret.Text
	}
	var shown strings.Builder
	for _, v := range []any{text, &text, keys, *keys, loaded, secret.Static(keys), holder{text, keys, loaded, &text}, []any{text, *keys}, map[string]any{"key": keys}, errors.New(fmt.Sprint(text, keys))} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
			fmt.Fprintf(&shown, verb+"\n", v)
		}
		b, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		shown.Write(b)
		var log bytes.Buffer
		slog.New(slog.NewJSONHandler(&log, nil)).Info("x", "v", v, "group", slog.GroupValue(slog.Any("v", v)))
		slog.New(slog.NewTextHandler(&log, nil)).Info("x", "v", v)
		shown.Write(log.Bytes())
	}
	if shown.Len() < 1000 {
		t.Fatalf("only %d bytes were printed", shown.Len())
	}
	for name, key := range map[string][]byte{"the root key": raw, "a derived key": derived, "the text": []byte(text.Reveal()), "the text's base64": []byte(b64)} {
		for form, s := range map[string]string{"as it is": string(key), "in hex": fmt.Sprintf("%x", key), "in HEX": fmt.Sprintf("%X", key), "as numbers": strings.Trim(fmt.Sprint(key), "[]"),
			"as Go": strings.TrimSuffix(strings.TrimPrefix(fmt.Sprintf("%#v", key), "[]byte{"), "}"), "in base64": base64.StdEncoding.EncodeToString(key)} {
			if strings.Contains(shown.String(), s) {
				t.Errorf("%s is shown %s", name, form)
			}
		}
	}
}
