package config

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"gatehouse/internal/secret"
)

// TestN7_TheRootKeyIsNotShown sets the root key itself where its place is expected, as
// somebody in a hurry does: neither the error, which is logged, nor the list of
// settings, nor the configuration as a whole has it.
func TestN7_TheRootKeyIsNotShown(t *testing.T) {
	key := secret.Generate("k1").Reveal()
	_, b64, _ := strings.Cut(key, ":")
	for _, value := range []string{key, b64, "base64:" + b64, key + "," + key} {
		env := map[string]string{"GATEHOUSE_ROOT_KEY": value}
		c, err := Read(func(name string) (string, bool) { v, ok := env[name]; return v, ok }, nil)
		if err == nil || !strings.Contains(err.Error(), "GATEHOUSE_ROOT_KEY") || !strings.Contains(err.Error(), "file:<path>") {
			t.Fatalf("%v", err)
		}
		b, wrong := json.Marshal(c)
		if wrong != nil {
			t.Fatal(wrong)
		}
		shown := err.Error() + fmt.Sprintf("%v %+v %#v %s", c, *c, c, c.Values()) + string(b)
		if strings.Contains(shown, b64) {
			t.Errorf("the key is shown: %.300s", err)
		}
	}
	for _, good := range []string{"file:/etc/gatehouse/key", "secretsmanager:arn:aws:secretsmanager:us-east-1:1:secret:x"} {
		c, err := Read(func(name string) (string, bool) { return good, name == "GATEHOUSE_ROOT_KEY" }, nil)
		if err != nil || c.RootKey != good {
			t.Errorf("%s: %q, %v", good, c.RootKey, err)
		}
	}
}
