package sqlite

import (
	"testing"

	"gatehouse/internal/store/storetest"
)

func TestScan(t *testing.T) { storetest.Scan(t, scratch(t)) }
