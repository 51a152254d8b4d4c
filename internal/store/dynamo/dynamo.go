// Package dynamo is the store on one DynamoDB table.
//
// It owns how items look as attributes, which call each operation becomes and
// what DynamoDB's errors mean; the table itself is defined in infra/table.yaml.
//
// An item is pk, sk (S), kind (S), sch (N), ver (N), tx (S), exp (N, Unix
// seconds, the table's TTL attribute), body (S), n_<field> (N) for each number,
// and <index>_pk, <index>_sk (S) for each place in an index.
//
// A read of one key is a GetItem, of several a BatchGetItem. A transaction of one
// op is the single call that does it, for half the price; of several it is a
// TransactWriteItems whose idempotency token is the transaction's id.
package dynamo

import (
	"context"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"gatehouse/internal/store"
)

// API is the part of *dynamodb.Client that the store uses.
type API interface {
	GetItem(context.Context, *dynamodb.GetItemInput, ...func(*dynamodb.Options)) (*dynamodb.GetItemOutput, error)
	BatchGetItem(context.Context, *dynamodb.BatchGetItemInput, ...func(*dynamodb.Options)) (*dynamodb.BatchGetItemOutput, error)
	Query(context.Context, *dynamodb.QueryInput, ...func(*dynamodb.Options)) (*dynamodb.QueryOutput, error)
	Scan(context.Context, *dynamodb.ScanInput, ...func(*dynamodb.Options)) (*dynamodb.ScanOutput, error)
	PutItem(context.Context, *dynamodb.PutItemInput, ...func(*dynamodb.Options)) (*dynamodb.PutItemOutput, error)
	UpdateItem(context.Context, *dynamodb.UpdateItemInput, ...func(*dynamodb.Options)) (*dynamodb.UpdateItemOutput, error)
	DeleteItem(context.Context, *dynamodb.DeleteItemInput, ...func(*dynamodb.Options)) (*dynamodb.DeleteItemOutput, error)
	TransactWriteItems(context.Context, *dynamodb.TransactWriteItemsInput, ...func(*dynamodb.Options)) (*dynamodb.TransactWriteItemsOutput, error)
}

// DB is one table. It is safe for concurrent use.
type DB struct {
	api   API
	table *string
}

var _ store.Driver = (*DB)(nil)

// New is the store on the table of that name, which must exist.
func New(api API, table string) *DB { return &DB{api, &table} }

// rounds bounds how often a batch asks for what DynamoDB left out of it.
const rounds = 6

// Get implements store.Driver.
func (d *DB) Get(ctx context.Context, keys []store.Key) ([]store.Item, error) {
	if len(keys) == 1 {
		i, err := d.getOne(ctx, keys[0])
		return []store.Item{i}, err
	}
	found, err := d.getBatch(ctx, keys)
	if err != nil {
		return nil, err
	}
	items := make([]store.Item, len(keys))
	for n, k := range keys {
		if i, ok := found[k]; ok {
			items[n] = i
		} else {
			items[n] = store.Item{Key: k}
		}
	}
	return items, nil
}

func (d *DB) getOne(ctx context.Context, k store.Key) (store.Item, error) {
	out, err := d.api.GetItem(ctx, &dynamodb.GetItemInput{TableName: d.table, Key: keyOf(k), ConsistentRead: aws.Bool(true)})
	if err != nil {
		return store.Item{}, readError(ctx, err)
	}
	if len(out.Item) == 0 {
		return store.Item{Key: k}, nil
	}
	return decode(out.Item)
}

// getBatch reads each key once, however often it is asked for: DynamoDB refuses
// a batch that names a key twice.
func (d *DB) getBatch(ctx context.Context, keys []store.Key) (map[store.Key]store.Item, error) {
	seen := make(map[store.Key]bool, len(keys))
	var want []attributes
	for _, k := range keys {
		if !seen[k] {
			seen[k] = true
			want = append(want, keyOf(k))
		}
	}
	found := make(map[store.Key]store.Item, len(want))
	for round := 0; len(want) > 0; round++ {
		if round == rounds {
			return nil, fmt.Errorf("%w: %d keys left after %d rounds", store.ErrThrottled, len(want), rounds)
		}
		if err := pause(ctx, round); err != nil {
			return nil, err
		}
		out, err := d.api.BatchGetItem(ctx, &dynamodb.BatchGetItemInput{
			RequestItems: map[string]types.KeysAndAttributes{*d.table: {Keys: want, ConsistentRead: aws.Bool(true)}},
		})
		if err != nil {
			return nil, readError(ctx, err)
		}
		for _, list := range out.Responses { // one table: its name may come back as an ARN
			for _, a := range list {
				i, err := decode(a)
				if err != nil {
					return nil, err
				}
				found[i.Key] = i
			}
		}
		want = nil
		for _, left := range out.UnprocessedKeys {
			want = append(want, left.Keys...)
		}
	}
	return found, nil
}

// pause waits before the rounds after the first: a random time up to 2^n × 10 ms.
func pause(ctx context.Context, round int) error {
	if round == 0 {
		return ctx.Err()
	}
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(rand.N(10 * time.Millisecond << round)):
		return nil
	}
}

// Query implements store.Driver.
func (d *DB) Query(ctx context.Context, q store.Query) (store.Page, error) {
	if q.To != "" && q.From >= q.To {
		return store.Page{}, ctx.Err() // DynamoDB calls an empty range a mistake
	}
	in := &dynamodb.QueryInput{
		TableName:                d.table,
		Limit:                    aws.Int32(int32(q.Limit)),
		ScanIndexForward:         aws.Bool(!q.Reverse),
		ExpressionAttributeNames: map[string]string{"#pk": "pk", "#sk": "sk"},
	}
	if q.Index == "" {
		in.ConsistentRead = aws.Bool(true)
	} else {
		in.IndexName = aws.String(string(q.Index))
		in.ExpressionAttributeNames["#pk"], in.ExpressionAttributeNames["#sk"] = indexAttributes(q.Index)
	}
	in.KeyConditionExpression, in.ExpressionAttributeValues = sortRange(q)
	if *in.KeyConditionExpression == wholePartition {
		delete(in.ExpressionAttributeNames, "#sk") // an unused name is a mistake too
	}
	if q.After != (store.Place{}) {
		in.ExclusiveStartKey = startKey(q)
	}
	out, err := d.api.Query(ctx, in)
	if err != nil {
		return store.Page{}, readError(ctx, err)
	}
	return page(q, out)
}

// The expressions for a run of sort keys. One that has both bounds includes the
// upper one, which page then leaves out: DynamoDB has no other form.
const (
	wholePartition = "#pk = :pk"
	withPrefix     = "#pk = :pk AND begins_with(#sk, :prefix)"
	between        = "#pk = :pk AND #sk BETWEEN :from AND :to"
	upwards        = "#pk = :pk AND #sk >= :from"
	below          = "#pk = :pk AND #sk < :to"
)

func sortRange(q store.Query) (*string, attributes) {
	v := attributes{":pk": text(q.PK)}
	e := wholePartition
	switch {
	case q.Prefix != "":
		e = withPrefix
		v[":prefix"] = text(q.Prefix)
	case q.From != "" && q.To != "":
		e = between
		v[":from"], v[":to"] = text(q.From), text(q.To)
	case q.From != "":
		e = upwards
		v[":from"] = text(q.From)
	case q.To != "":
		e = below
		v[":to"] = text(q.To)
	}
	return &e, v
}

func startKey(q store.Query) attributes {
	if q.Index == "" {
		return keyOf(store.Key{PK: q.PK, SK: q.After.SK})
	}
	a := keyOf(q.After.Key)
	pk, sk := indexAttributes(q.Index)
	a[pk], a[sk] = text(q.PK), text(q.After.SK)
	return a
}

func page(q store.Query, out *dynamodb.QueryOutput) (store.Page, error) {
	var p store.Page
	for _, a := range out.Items {
		i, err := decode(a)
		if err != nil {
			return store.Page{}, err
		}
		sk := i.SK
		if q.Index != "" {
			sk = i.Index[q.Index].SK
		}
		if q.To == "" || sk < q.To {
			p.Items = append(p.Items, i)
		}
	}
	if len(out.LastEvaluatedKey) == 0 {
		return p, nil
	}
	end, err := decode(out.LastEvaluatedKey)
	if err != nil {
		return store.Page{}, err
	}
	p.Next = store.Place{SK: end.SK}
	if q.Index != "" {
		p.Next = store.Place{SK: end.Index[q.Index].SK, Key: end.Key}
	}
	if !q.Reverse && q.To != "" && p.Next.SK >= q.To {
		p.Next = store.Place{} // only the excluded bound itself is left
	}
	return p, nil
}
