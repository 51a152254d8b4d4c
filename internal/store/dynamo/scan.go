package dynamo

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"gatehouse/internal/store"
)

var _ store.Scanner = (*DB)(nil)

// Scan implements store.Scanner. No function has the right to call it.
func (d *DB) Scan(ctx context.Context, after store.Key, limit int) (items []store.Item, next store.Key, err error) {
	in := &dynamodb.ScanInput{TableName: d.table, Limit: aws.Int32(int32(limit)), ConsistentRead: aws.Bool(true)}
	if after != (store.Key{}) {
		in.ExclusiveStartKey = keyOf(after)
	}
	out, err := d.api.Scan(ctx, in)
	if err != nil {
		return nil, next, readError(ctx, err)
	}
	for _, a := range out.Items {
		i, err := decode(a)
		if err != nil {
			return nil, next, err
		}
		items = append(items, i)
	}
	if len(out.LastEvaluatedKey) > 0 {
		end, err := decode(out.LastEvaluatedKey)
		if err != nil {
			return nil, next, err
		}
		next = end.Key
	}
	return items, next, nil
}
