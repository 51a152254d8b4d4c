package audit

import (
	"os"
	"strings"
	"testing"
	"time"

	"gatehouse/internal/store/dynamo"
	"gatehouse/internal/store/dynamo/definition"
	"gatehouse/internal/token"
)

// TestOnDynamoDB chains, checks and forgets on the engine that
// GATEHOUSE_TEST_DYNAMODB names, with the table as infra/table.yaml has it.
func TestOnDynamoDB(t *testing.T) {
	where := os.Getenv("GATEHOUSE_TEST_DYNAMODB")
	if !strings.HasPrefix(where, "http") {
		const how = "GATEHOUSE_TEST_DYNAMODB names no engine; run: scripts/dynoxide run go test ./internal/audit"
		if os.Getenv("GATEHOUSE_REQUIRE_ENGINES") == "1" {
			t.Fatal(how)
		}
		t.Skip(how)
	}
	def, err := definition.Read("../../infra/table.yaml")
	must(t, err)
	client, err := dynamo.Client(func(name string) string {
		return map[string]string{"AWS_REGION": "eu-central-1", "AWS_ACCESS_KEY_ID": "local", "AWS_SECRET_ACCESS_KEY": "local", "AWS_ENDPOINT_URL_DYNAMODB": where}[name]
	}, nil)
	must(t, err)
	name := "gatehouse-" + token.ID()
	must(t, def.Create(t.Context(), client, name))

	r := newRig(t)
	r.chain = r.over(dynamo.New(client, name))
	r.table = r.chain.Table
	r.old(1, 3)
	r.write(1, batch+2)
	r.write(2, 150)
	for n, until := 0, time.Now().Add(10*time.Second); n < batch+155 && time.Now().Before(until); {
		n += r.advance()
	}
	r.sound(batch + 155)
	e := r.items(OrgPK(2))[7]
	must(t, r.table.Transact(t.Context(), Events.Put(e.Key, Event{Action: "member.leave"}, e.At())))
	if found, _ := r.findings(); len(found) != 1 || found[0] != (Finding{e.PK, 8, e.SK, Edited}) {
		t.Errorf("found %v", found)
	}
	must(t, Forget(t.Context(), r.table, OrgPK(2)))
	r.sound(batch + 5)
}
