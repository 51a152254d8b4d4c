package app_test

import (
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

// awsStack is template.yaml, with !Sub, !Ref and the like as plain values.
type awsStack struct {
	Parameters map[string]map[string]any
	Globals    struct {
		Function struct {
			LoggingConfig map[string]any `yaml:"LoggingConfig"`
			Environment   struct {
				Variables map[string]string `yaml:"Variables"`
			} `yaml:"Environment"`
		} `yaml:"Function"`
	} `yaml:"Globals"`
	Resources map[string]awsResource `yaml:"Resources"`
}

type awsResource struct {
	Type           string         `yaml:"Type"`
	DeletionPolicy string         `yaml:"DeletionPolicy"`
	Properties     map[string]any `yaml:"Properties"`
}

// awsStatement is one permission of a function.
type awsStatement struct {
	function           string
	actions, resources []string
}

func awsTemplate(t *testing.T) (*awsStack, string) {
	t.Helper()
	b, err := os.ReadFile("../../template.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var s awsStack
	if err := yaml.Unmarshal(b, &s); err != nil {
		t.Fatal(err)
	}
	var p struct {
		Parameters map[string]map[string]any `yaml:"Parameters"`
	}
	if err := yaml.Unmarshal(b, &p); err != nil {
		t.Fatal(err)
	}
	s.Parameters = p.Parameters
	return &s, string(b)
}

// textsIn are all strings in a value.
func textsIn(v any) (out []string) {
	switch v := v.(type) {
	case string:
		return []string{v}
	case []any:
		for _, e := range v {
			out = append(out, textsIn(e)...)
		}
	case map[string]any:
		for _, e := range v {
			out = append(out, textsIn(e)...)
		}
	}
	return out
}

// statements are the permissions of all functions.
func (s *awsStack) statements(t *testing.T) (out []awsStatement) {
	t.Helper()
	for name, r := range s.Resources {
		if r.Type != "AWS::Serverless::Function" {
			continue
		}
		if r.Properties["Role"] != nil {
			t.Errorf("%s shares a role", name)
		}
		policies, ok := r.Properties["Policies"].([]any)
		if !ok {
			t.Errorf("%s has no policies of its own", name)
		}
		for _, p := range policies {
			list, ok := p.(map[string]any)["Statement"].([]any)
			if !ok {
				t.Errorf("%s has a policy that is no statement: %v", name, p)
			}
			for _, st := range list {
				m := st.(map[string]any)
				if m["Effect"] != "Allow" || m["NotAction"] != nil || m["NotResource"] != nil {
					t.Errorf("%s: %v", name, m)
				}
				out = append(out, awsStatement{name, textsIn(m["Action"]), textsIn(m["Resource"])})
			}
		}
	}
	if len(out) < 20 {
		t.Fatalf("%d statements", len(out))
	}
	return out
}

// TestASVS13_2_1_ASVS13_2_2_ASVS13_3_2_RightsOfFunctions: each function has a role of its
// own, whose statements name actions and resources, without stars; a function that only
// reads a secret may read that one.
func TestASVS13_2_1_ASVS13_2_2_ASVS13_3_2_RightsOfFunctions(t *testing.T) {
	s, text := awsTemplate(t)
	may := regexp.MustCompile(`^(dynamodb:(GetItem|BatchGetItem|Query|PutItem|UpdateItem|DeleteItem|ConditionCheckItem)|secretsmanager:GetSecretValue|ses:SendEmail)$`)
	mailers := 0
	for _, st := range s.statements(t) {
		if len(st.actions) == 0 || len(st.resources) == 0 {
			t.Errorf("%s: an empty statement", st.function)
		}
		for _, a := range st.actions {
			if !may.MatchString(a) {
				t.Errorf("%s may %s", st.function, a)
			}
			if a == "ses:SendEmail" {
				mailers++
			}
			if strings.HasPrefix(a, "secretsmanager:") && !slices.Equal(st.resources, []string{"RootKey"}) {
				t.Errorf("%s reads the secrets %v", st.function, st.resources)
			}
		}
		for _, r := range st.resources {
			if strings.Contains(r, "*") {
				t.Errorf("%s reaches %s", st.function, r)
			}
		}
	}
	if mailers != 1 {
		t.Errorf("%d functions send mail", mailers)
	}
	for _, key := range []string{"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AKIA"} {
		if strings.Contains(text, key) {
			t.Errorf("the template holds %s", key)
		}
	}
}

// TestASVS13_3_1_SecretsAreReferences: the template holds where the root secret is, and no
// secret; parameters have no default that could be one.
func TestASVS13_3_1_SecretsAreReferences(t *testing.T) {
	s, _ := awsTemplate(t)
	v := s.Globals.Function.Environment.Variables
	if v["GATEHOUSE_ROOT_KEY"] != "secretsmanager:${RootKey}" {
		t.Errorf("the root key is %q", v["GATEHOUSE_ROOT_KEY"])
	}
	if r := s.Resources["RootKey"]; r.Type != "AWS::SecretsManager::Secret" || r.Properties["SecretString"] != nil || r.DeletionPolicy != "Retain" {
		t.Errorf("the secret is %+v", r)
	}
	long := regexp.MustCompile(`^[A-Za-z0-9+/_=-]{20,}$`)
	for name, value := range v {
		if s.Parameters[value] == nil && long.MatchString(value) && !strings.Contains(value, "-") {
			t.Errorf("%s looks like a secret", name)
		}
	}
	for name, p := range s.Parameters {
		if regexp.MustCompile(`(?i)secret|password|token$|key`).MatchString(name) {
			t.Errorf("parameter %s: secrets are no parameters", name)
		}
		if d := fmt.Sprint(p["Default"]); long.MatchString(d) {
			t.Errorf("parameter %s has the default %s", name, d)
		}
	}
}

// TestASVS12_2_1_ASVS12_3_1_ASVS12_3_3_OnlyHTTPS: the installation is reached by https, and
// no address of the template is of http.
func TestASVS12_2_1_ASVS12_3_1_ASVS12_3_3_OnlyHTTPS(t *testing.T) {
	s, text := awsTemplate(t)
	if p := fmt.Sprint(s.Parameters["BaseUrl"]["AllowedPattern"]); !strings.HasPrefix(p, "https://") {
		t.Errorf("the base address may be %s", p)
	}
	if strings.Contains(text, "http://") || strings.Contains(text, "SecurityPolicy") || strings.Contains(text, "TLS_1_0") {
		t.Error("the template allows something beside https with the current TLS")
	}
	apis := 0
	for name, r := range s.Resources {
		if strings.Contains(r.Type, "LoadBalancing") || r.Type == "AWS::Lambda::Url" || r.Properties["FunctionUrlConfig"] != nil {
			t.Errorf("%s is another way in", name)
		}
		if strings.Contains(r.Type, "Api") {
			apis++
			if r.Type != "AWS::Serverless::HttpApi" { // which has no listener for http
				t.Errorf("%s is %s", name, r.Type)
			}
		}
	}
	if apis != 1 {
		t.Errorf("%d ways in", apis)
	}
}

// TestASVS16_4_2_ASVS16_4_3_LogsAreElsewhere: lines go to a log group that outlives the
// functions, in JSON, and no function may touch it.
func TestASVS16_4_2_ASVS16_4_3_LogsAreElsewhere(t *testing.T) {
	s, _ := awsTemplate(t)
	c := s.Globals.Function.LoggingConfig
	if c["LogFormat"] != "JSON" || c["LogGroup"] != "Logs" {
		t.Errorf("functions log to %v", c)
	}
	g := s.Resources["Logs"]
	if g.Type != "AWS::Logs::LogGroup" || g.DeletionPolicy != "Retain" || g.Properties["RetentionInDays"] == nil {
		t.Errorf("the log group is %+v", g)
	}
	for name, r := range s.Resources {
		if r.Properties["LoggingConfig"] != nil {
			t.Errorf("%s logs elsewhere", name)
		}
	}
	for _, st := range s.statements(t) {
		for _, a := range st.actions {
			if strings.HasPrefix(a, "logs:") || strings.HasPrefix(a, "cloudwatch:") {
				t.Errorf("%s may %s", st.function, a)
			}
		}
	}
}
