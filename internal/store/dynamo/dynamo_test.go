package dynamo

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"gatehouse/internal/store"
	"gatehouse/internal/store/dynamo/definition"
	"gatehouse/internal/store/sqlite"
	"gatehouse/internal/store/storetest"
)

const template = "../../../infra/table.yaml"

// engine opens tables on the engine that GATEHOUSE_TEST_DYNAMODB names: the URL of
// one that speaks DynamoDB, where each gets a new table, or aws:TABLE for a table
// that exists.
func engine(t *testing.T) func(*testing.T) store.Driver {
	where := os.Getenv("GATEHOUSE_TEST_DYNAMODB")
	if where == "" {
		const how = "GATEHOUSE_TEST_DYNAMODB is not set; run: scripts/dynoxide run go test ./internal/store/dynamo"
		if os.Getenv("GATEHOUSE_REQUIRE_ENGINES") == "1" {
			t.Fatal(how)
		}
		t.Skip(how)
	}
	if table, ok := strings.CutPrefix(where, "aws:"); ok {
		c, err := Client(os.Getenv, nil)
		if err != nil {
			t.Fatal(err)
		}
		return func(*testing.T) store.Driver { return New(c, table) }
	}
	def, err := definition.Read(template)
	if err != nil {
		t.Fatal(err)
	}
	c, err := Client(local(where), nil)
	if err != nil {
		t.Fatal(err)
	}
	return func(t *testing.T) store.Driver {
		b := make([]byte, 6)
		rand.Read(b)
		name := "gatehouse-" + hex.EncodeToString(b)
		if err := def.Create(t.Context(), c, name); err != nil {
			t.Fatal(err)
		}
		return patient{New(c, name)}
	}
}

// patient repeats reads whose answer was lost on the way, as store.Table does: an
// engine that is busy closes a connection now and then. Writes it leaves alone.
type patient struct{ store.Driver }

func (p patient) Get(ctx context.Context, keys []store.Key) (items []store.Item, err error) {
	for range 5 {
		if items, err = p.Driver.Get(ctx, keys); !errors.Is(err, store.ErrUnknownOutcome) {
			break
		}
	}
	return items, err
}

func (p patient) Query(ctx context.Context, q store.Query) (page store.Page, err error) {
	for range 5 {
		if page, err = p.Driver.Query(ctx, q); !errors.Is(err, store.ErrUnknownOutcome) {
			break
		}
	}
	return page, err
}

// local is the environment of a client of an engine on this machine.
func local(endpoint string) func(string) string {
	return func(name string) string {
		return map[string]string{
			"AWS_REGION": "eu-central-1", "AWS_ACCESS_KEY_ID": "local", "AWS_SECRET_ACCESS_KEY": "local",
			"AWS_ENDPOINT_URL_DYNAMODB": endpoint,
		}[name]
	}
}

func TestContract(t *testing.T) {
	storetest.Run(t, engine(t))
}

func TestSameAsSQLite(t *testing.T) {
	open := engine(t)
	for seed := range uint64(4) {
		file, err := sqlite.OpenScratch(filepath.Join(t.TempDir(), "store.db"))
		if err != nil {
			t.Fatal(err)
		}
		defer file.Close()
		storetest.Differential(t, file, open(t), 1000, seed)
	}
}

// TestDefinition: the table has what the code reads and writes, and nothing else.
func TestDefinition(t *testing.T) {
	def, err := definition.Read(template)
	if err != nil {
		t.Fatal(err)
	}
	typed := map[string]types.ScalarAttributeType{}
	for _, a := range def.Attributes {
		typed[a.Name] = a.Type
	}
	keys := func(where, pk, sk string, got []definition.Key) {
		t.Helper()
		if len(got) != 2 || got[0] != (definition.Key{Name: pk, Type: "HASH"}) || got[1] != (definition.Key{Name: sk, Type: "RANGE"}) {
			t.Errorf("%s has the keys %v, want %s and %s", where, got, pk, sk)
		}
		for _, k := range []string{pk, sk} {
			if typed[k] != "S" {
				t.Errorf("%s: attribute %s is %q, want S", where, k, typed[k])
			}
			delete(typed, k)
		}
	}
	keys("the table", "pk", "sk", def.Keys)
	if len(def.Indexes) != len(store.Indexes) {
		t.Errorf("%d indexes in the template, %d in store.Indexes", len(def.Indexes), len(store.Indexes))
	}
	for i, x := range def.Indexes {
		if i >= len(store.Indexes) || x.Name != string(store.Indexes[i]) || x.Projection.Type != "ALL" {
			t.Errorf("index %+v is not that of store.Indexes", x)
			continue
		}
		pk, sk := indexAttributes(store.Indexes[i])
		keys("index "+x.Name, pk, sk, x.Keys)
	}
	if len(typed) != 0 {
		t.Errorf("attributes that no key uses: %v", typed)
	}
	if def.Expiry.Attribute != "exp" || !def.Expiry.Enabled {
		t.Errorf("expiry is %+v", def.Expiry)
	}
}
