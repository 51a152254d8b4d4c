package dynamo

import (
	"testing"

	"gatehouse/internal/store/storetest"
)

func TestScan(t *testing.T) {
	d := engine(t)(t)
	if p, ok := d.(patient); ok {
		d = p.Driver
	}
	storetest.Scan(t, d)
}
