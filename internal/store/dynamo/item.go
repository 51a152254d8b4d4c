package dynamo

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"gatehouse/internal/store"
)

type attributes = map[string]types.AttributeValue

// countPrefix sets the numbers of an item apart from its other attributes.
const countPrefix = "n_"

func text(s string) types.AttributeValue { return &types.AttributeValueMemberS{Value: s} }

func number(n int64) types.AttributeValue {
	return &types.AttributeValueMemberN{Value: strconv.FormatInt(n, 10)}
}

func keyOf(k store.Key) attributes { return attributes{"pk": text(k.PK), "sk": text(k.SK)} }

func indexAttributes(i store.Index) (pk, sk string) { return string(i) + "_pk", string(i) + "_sk" }

// encode is the whole item that a put writes.
func encode(tx store.Tx, o store.Op) attributes {
	a := keyOf(o.Key)
	a["kind"], a["sch"] = text(o.Kind), number(int64(o.Schema))
	a["ver"], a["tx"] = number(tx.Version), text(tx.ID)
	a["body"] = text(string(o.Body))
	if !o.Expires.IsZero() {
		a["exp"] = number(o.Expires.Unix())
	}
	for i, k := range o.Index {
		pk, sk := indexAttributes(i)
		a[pk], a[sk] = text(k.PK), text(k.SK)
	}
	return a
}

// decode reads an item, or the key of one. Attributes that it does not know are
// left alone: a newer release may have written them.
func decode(a attributes) (store.Item, error) {
	r := reader{a: a}
	i := store.Item{
		Key:     store.Key{PK: r.text("pk"), SK: r.text("sk")},
		Kind:    r.text("kind"),
		Schema:  int(r.number("sch")),
		Version: r.number("ver"),
		TxID:    r.text("tx"),
	}
	if b := r.text("body"); b != "" {
		i.Body = []byte(b)
	}
	if exp := r.number("exp"); exp != 0 {
		i.Expires = time.Unix(exp, 0).UTC()
	}
	for name := range a {
		if field, ok := strings.CutPrefix(name, countPrefix); ok {
			if i.Counts == nil {
				i.Counts = map[string]int64{}
			}
			i.Counts[field] = r.number(name)
		}
	}
	for _, x := range store.Indexes {
		pk, sk := indexAttributes(x)
		if k := (store.Key{PK: r.text(pk), SK: r.text(sk)}); k != (store.Key{}) {
			if i.Index == nil {
				i.Index = map[store.Index]store.Key{}
			}
			i.Index[x] = k
		}
	}
	if r.err != nil {
		return store.Item{}, fmt.Errorf("dynamo: item %q: %w", i.Key, r.err)
	}
	return i, nil
}

// reader takes attributes of an expected type and keeps the first error.
type reader struct {
	a   attributes
	err error
}

func (r *reader) text(name string) string {
	switch v := r.a[name].(type) {
	case nil:
	case *types.AttributeValueMemberS:
		return v.Value
	default:
		r.fail(fmt.Errorf("attribute %s is %T, not a string", name, v))
	}
	return ""
}

func (r *reader) number(name string) int64 {
	switch v := r.a[name].(type) {
	case nil:
	case *types.AttributeValueMemberN:
		n, err := strconv.ParseInt(v.Value, 10, 64)
		if err != nil {
			r.fail(fmt.Errorf("attribute %s: %w", name, err))
		}
		return n
	default:
		r.fail(fmt.Errorf("attribute %s is %T, not a number", name, v))
	}
	return 0
}

func (r *reader) fail(err error) {
	if r.err == nil {
		r.err = err
	}
}
