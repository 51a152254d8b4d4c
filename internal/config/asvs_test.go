package config

import (
	"strings"
	"testing"
)

// TestASVS13_4_2_ASVS12_2_1_ProductionIsStrict: production starts neither with what is for
// laptops nor with an address in the clear.
func TestASVS13_4_2_ASVS12_2_1_ProductionIsStrict(t *testing.T) {
	good := map[string]string{"GATEHOUSE_PRODUCTION": "on", "GATEHOUSE_BASE_URL": "https://id.example", "GATEHOUSE_MAIL": "ses", "GATEHOUSE_MAIL_FROM": "no-reply@id.example", "AWS_REGION": "eu-west-1"}
	read := func(changes map[string]string) (*Config, error) {
		return Read(func(name string) (string, bool) {
			if v, ok := changes[name]; ok {
				return v, true
			}
			v, ok := good[name]
			return v, ok
		}, nil)
	}
	c, err := read(nil)
	if err != nil {
		t.Fatal(err)
	}
	if c.BasicAuth || !c.RateLimits || c.Mail != "ses" || c.Verification != "mandatory" {
		t.Errorf("production begins with %+v", c)
	}
	for name, value := range map[string]string{
		"GATEHOUSE_RATE_LIMITS": "off", "GATEHOUSE_MAIL": "mailbox", "GATEHOUSE_BASE_URL": "http://id.example", "GATEHOUSE_HASH_MEMORY_KIB": "1024",
		"GATEHOUSE_TRUSTED_ORIGINS": "*", "GATEHOUSE_TOKEN_ISSUERS": `[{"url":"http://idp.example","kind":"oidc","audiences":["x"]}]`,
	} {
		if _, err := read(map[string]string{name: value}); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s=%s: %v", name, value, err)
		}
	}
}
