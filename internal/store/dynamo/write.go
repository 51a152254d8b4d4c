package dynamo

import (
	"context"
	"fmt"
	"math/big"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"gatehouse/internal/store"
)

// expression is one with its names and values. A nil text is none.
type expression struct {
	text   *string
	names  map[string]string
	values attributes
}

// Transact implements store.Driver.
func (d *DB) Transact(ctx context.Context, tx store.Tx) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if len(tx.Ops) == 1 {
		return d.single(ctx, tx, tx.Ops[0])
	}
	in := &dynamodb.TransactWriteItemsInput{ClientRequestToken: &tx.ID}
	var places []int // of each item, among the ops
	for i, o := range tx.Ops {
		if o.Verb == store.VerbCheck && o.If == store.Always {
			continue // a check without a condition is a mistake to DynamoDB
		}
		w, err := d.write(tx, o)
		if err != nil {
			return err
		}
		in.TransactItems = append(in.TransactItems, w)
		places = append(places, i)
	}
	if len(in.TransactItems) == 0 {
		return nil
	}
	_, err := d.api.TransactWriteItems(ctx, in)
	return writeError(ctx, err, places)
}

// write is an op as part of a transaction.
func (d *DB) write(tx store.Tx, o store.Op) (types.TransactWriteItem, error) {
	c := condition(o.If)
	switch o.Verb {
	case store.VerbPut:
		return types.TransactWriteItem{Put: &types.Put{
			TableName: d.table, Item: encode(tx, o),
			ConditionExpression: c.text, ExpressionAttributeNames: c.names, ExpressionAttributeValues: c.values,
		}}, nil
	case store.VerbDelete:
		return types.TransactWriteItem{Delete: &types.Delete{
			TableName: d.table, Key: keyOf(o.Key),
			ConditionExpression: c.text, ExpressionAttributeNames: c.names, ExpressionAttributeValues: c.values,
		}}, nil
	case store.VerbCheck:
		return types.TransactWriteItem{ConditionCheck: &types.ConditionCheck{
			TableName: d.table, Key: keyOf(o.Key),
			ConditionExpression: c.text, ExpressionAttributeNames: c.names, ExpressionAttributeValues: c.values,
		}}, nil
	case store.VerbAdd:
		bound, change := addition(tx, o)
		return types.TransactWriteItem{Update: &types.Update{
			TableName: d.table, Key: keyOf(o.Key),
			ConditionExpression: bound, UpdateExpression: change.text,
			ExpressionAttributeNames: change.names, ExpressionAttributeValues: change.values,
		}}, nil
	}
	return types.TransactWriteItem{}, fmt.Errorf("dynamo: no verb %d", o.Verb)
}

// single does a transaction of one op. The SDK must not repeat it by itself:
// such a call has no idempotency token, and an add would count twice.
func (d *DB) single(ctx context.Context, tx store.Tx, o store.Op) error {
	once := func(o *dynamodb.Options) { o.RetryMaxAttempts = 1 }
	c := condition(o.If)
	var err error
	switch o.Verb {
	case store.VerbCheck:
		return d.check(ctx, o)
	case store.VerbPut:
		_, err = d.api.PutItem(ctx, &dynamodb.PutItemInput{
			TableName: d.table, Item: encode(tx, o),
			ConditionExpression: c.text, ExpressionAttributeNames: c.names, ExpressionAttributeValues: c.values,
		}, once)
	case store.VerbDelete:
		_, err = d.api.DeleteItem(ctx, &dynamodb.DeleteItemInput{
			TableName: d.table, Key: keyOf(o.Key),
			ConditionExpression: c.text, ExpressionAttributeNames: c.names, ExpressionAttributeValues: c.values,
		}, once)
	case store.VerbAdd:
		bound, change := addition(tx, o)
		_, err = d.api.UpdateItem(ctx, &dynamodb.UpdateItemInput{
			TableName: d.table, Key: keyOf(o.Key),
			ConditionExpression: bound, UpdateExpression: change.text,
			ExpressionAttributeNames: change.names, ExpressionAttributeValues: change.values,
		}, once)
	default:
		return fmt.Errorf("dynamo: no verb %d", o.Verb)
	}
	return writeError(ctx, err, []int{0})
}

// check is a transaction that only checks one item: a read does that.
func (d *DB) check(ctx context.Context, o store.Op) error {
	i, err := d.getOne(ctx, o.Key)
	if err != nil {
		return err
	}
	if !o.If.Holds(i.Version) {
		return &store.ConflictError{Ops: []int{0}}
	}
	return nil
}

func condition(c store.Cond) expression {
	switch c {
	case store.Always:
		return expression{}
	case store.Present:
		return expression{text: aws.String("attribute_exists(#pk)"), names: map[string]string{"#pk": "pk"}}
	case store.Absent:
		return expression{text: aws.String("attribute_not_exists(#pk)"), names: map[string]string{"#pk": "pk"}}
	}
	return expression{
		text: aws.String("#ver = :at"), names: map[string]string{"#ver": "ver"}, values: attributes{":at": number(int64(c))},
	}
}

// The forms of an add. A condition cannot add, so it bounds the number that is
// there; one that is not there counts as 0 and passes if 0 is within the bounds.
const (
	boundFromZero = "attribute_not_exists(#n) OR #n BETWEEN :low AND :high"
	boundNotZero  = "#n BETWEEN :low AND :high"
	change        = "SET #ver = :ver, #tx = :tx, #kind = if_not_exists(#kind, :kind), #sch = if_not_exists(#sch, :sch) ADD #n :delta"
	changeUntil   = "SET #ver = :ver, #tx = :tx, #kind = if_not_exists(#kind, :kind), #sch = if_not_exists(#sch, :sch), #exp = :exp ADD #n :delta"
)

func addition(tx store.Tx, o store.Op) (bound *string, e expression) {
	e = expression{
		text:  aws.String(change),
		names: map[string]string{"#n": countPrefix + o.Field, "#ver": "ver", "#tx": "tx", "#kind": "kind", "#sch": "sch"},
		values: attributes{
			":low": difference(o.Min, o.Delta), ":high": difference(o.Max, o.Delta), ":delta": number(o.Delta),
			":ver": number(tx.Version), ":tx": text(tx.ID), ":kind": text(o.Kind), ":sch": number(int64(o.Schema)),
		},
	}
	if !o.Expires.IsZero() {
		e.text = aws.String(changeUntil)
		e.names["#exp"], e.values[":exp"] = "exp", number(o.Expires.Unix())
	}
	if _, ok := o.Sum(0); ok {
		return aws.String(boundFromZero), e
	}
	return aws.String(boundNotZero), e
}

// difference is a-b, which may be too large for an int64 but never for DynamoDB.
func difference(a, b int64) types.AttributeValue {
	return &types.AttributeValueMemberN{Value: new(big.Int).Sub(big.NewInt(a), big.NewInt(b)).String()}
}
