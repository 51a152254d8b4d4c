// Package definition reads the table's definition from infra/table.yaml, where it
// stands for CloudFormation, and makes such a table on an engine for tests. It is
// no part of the product: nothing that is deployed imports it.
package definition

import (
	"context"
	"fmt"
	"os"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"go.yaml.in/yaml/v3"
)

// Table is what of the definition matters to whoever reads and writes the table.
type Table struct {
	Attributes []struct {
		Name string                    `yaml:"AttributeName"`
		Type types.ScalarAttributeType `yaml:"AttributeType"`
	} `yaml:"AttributeDefinitions"`
	Keys    []Key   `yaml:"KeySchema"`
	Indexes []Index `yaml:"GlobalSecondaryIndexes"`
	Expiry  struct {
		Attribute string `yaml:"AttributeName"`
		Enabled   bool   `yaml:"Enabled"`
	} `yaml:"TimeToLiveSpecification"`
}

// Key is an attribute's part in a primary key.
type Key struct {
	Name string        `yaml:"AttributeName"`
	Type types.KeyType `yaml:"KeyType"`
}

// Index is a global secondary index.
type Index struct {
	Name       string `yaml:"IndexName"`
	Keys       []Key  `yaml:"KeySchema"`
	Projection struct {
		Type types.ProjectionType `yaml:"ProjectionType"`
	} `yaml:"Projection"`
}

// Read reads the definition in the template at path.
func Read(path string) (Table, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return Table{}, err
	}
	var template struct {
		Resources struct {
			Table struct {
				Type       string
				Properties Table `yaml:"Properties"`
			} `yaml:"Table"`
		} `yaml:"Resources"`
	}
	if err := yaml.Unmarshal(b, &template); err != nil {
		return Table{}, fmt.Errorf("definition: %s: %w", path, err)
	}
	t := template.Resources.Table.Properties
	if len(t.Keys) == 0 {
		return Table{}, fmt.Errorf("definition: %s has no resource Table with keys", path)
	}
	return t, nil
}

// Create makes a table of that name with the definition's keys, indexes and expiry.
func (t Table) Create(ctx context.Context, c *dynamodb.Client, name string) error {
	in := &dynamodb.CreateTableInput{
		TableName: &name, BillingMode: types.BillingModePayPerRequest, KeySchema: schema(t.Keys),
	}
	for _, a := range t.Attributes {
		in.AttributeDefinitions = append(in.AttributeDefinitions, types.AttributeDefinition{AttributeName: aws.String(a.Name), AttributeType: a.Type})
	}
	for _, i := range t.Indexes {
		in.GlobalSecondaryIndexes = append(in.GlobalSecondaryIndexes, types.GlobalSecondaryIndex{
			IndexName: aws.String(i.Name), KeySchema: schema(i.Keys),
			Projection: &types.Projection{ProjectionType: i.Projection.Type},
		})
	}
	if _, err := c.CreateTable(ctx, in); err != nil {
		return fmt.Errorf("definition: create %s: %w", name, err)
	}
	if t.Expiry.Enabled {
		_, err := c.UpdateTimeToLive(ctx, &dynamodb.UpdateTimeToLiveInput{TableName: &name,
			TimeToLiveSpecification: &types.TimeToLiveSpecification{AttributeName: aws.String(t.Expiry.Attribute), Enabled: aws.Bool(true)}})
		if err != nil {
			return fmt.Errorf("definition: expiry of %s: %w", name, err)
		}
	}
	return nil
}

func schema(keys []Key) []types.KeySchemaElement {
	var s []types.KeySchemaElement
	for _, k := range keys {
		s = append(s, types.KeySchemaElement{AttributeName: aws.String(k.Name), KeyType: k.Type})
	}
	return s
}
