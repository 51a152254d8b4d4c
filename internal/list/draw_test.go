package list

import (
	"time"

	"pgregory.net/rapid"
)

// The generators draw from few values, so that rows tie, terms hit and pages
// run out.

var (
	texts   = []string{"", "a", "A", "ab", "aB c", "b", "é", "É", "c", "\u4e2d", "\U0001f600", "\ufb03", "a'b"}
	moments = []string{"2026-01-01T00:00:00Z", "2026-01-01T00:00:01Z", "2027-05-06T07:08:09Z"}
	fields  = []string{"id", "name", "owner", "role", "active", "user_id", "seen"}
)

func drawRows(t *rapid.T) []person {
	rows := make([]person, rapid.IntRange(0, 40).Draw(t, "rows"))
	for i := range rows {
		rows[i] = person{
			id:     int64(i*7%41 - 3), // unique, not in order
			name:   rapid.SampledFrom(texts).Draw(t, "name"),
			role:   rapid.SampledFrom([]string{"worker", "owner"}).Draw(t, "role"),
			active: rapid.Bool().Draw(t, "active"),
		}
		if rapid.Bool().Draw(t, "owned") {
			rows[i].owner = ptr(rapid.SampledFrom(texts).Draw(t, "owner"))
		}
		if rapid.Bool().Draw(t, "used") {
			rows[i].user = ptr(int64(rapid.IntRange(-2, 3).Draw(t, "user")))
		}
		if rapid.Bool().Draw(t, "was seen") {
			at, _ := time.Parse(time.RFC3339, rapid.SampledFrom(moments).Draw(t, "seen"))
			rows[i].seen = &at
		}
	}
	return rows
}

func drawWish(t *rapid.T) wish {
	w := wish{
		simple:   map[string]string{},
		page:     rapid.SampledFrom([]int{0, 1, 1, 1, 2, 3}).Draw(t, "page"),
		pageSize: rapid.SampledFrom([]int{-1, 0, 1, 2, 5}).Draw(t, "page size"),
	}
	switch rapid.IntRange(0, 9).Draw(t, "simple") {
	case 0:
		w.simple["name"] = rapid.SampledFrom([]string{"a", "A", "aB c"}).Draw(t, "value")
	case 1:
		w.simple["role"] = "worker"
	case 2:
		w.simple["active"] = "true"
	case 3:
		w.simple["user_id"] = rapid.SampledFrom([]string{"-1", "0", "3", "7"}).Draw(t, "value")
	}
	for range rapid.SampledFrom([]int{0, 0, 0, 1, 1, 2}).Draw(t, "terms") {
		w.terms = append(w.terms, rapid.SampledFrom([]string{"a", "A", "B", "b c", "É", "\u4e2d", ""}).Draw(t, "term"))
	}
	seen := map[string]bool{}
	for range rapid.IntRange(0, 3).Draw(t, "keys") {
		name := rapid.SampledFrom(fields).Draw(t, "key")
		if !seen[name] {
			w.sort = append(w.sort, rapid.SampledFrom([]string{"", "-"}).Draw(t, "direction")+name)
		}
		seen[name] = true
	}
	if rapid.Bool().Draw(t, "filtered") {
		w.filter = drawClause(t, 3)
	}
	return w
}

func drawClause(t *rapid.T, depth int) *clause {
	if depth > 0 {
		switch op := rapid.SampledFrom([]string{"and", "or", "!", "!!", "", ""}).Draw(t, "op"); op {
		case "and", "or":
			return &clause{op: op, kids: []*clause{drawClause(t, depth-1), drawClause(t, depth-1)}}
		case "!", "!!":
			return &clause{op: op, kids: []*clause{drawClause(t, depth-1)}}
		}
	}
	ops := []string{"var", "null", "==", "<", "<=", ">", ">=", "range", "in", "contains"}
	c := &clause{op: rapid.SampledFrom(ops).Draw(t, "op"), field: rapid.SampledFrom(fields).Draw(t, "field")}
	switch c.op {
	case "null":
		c.op = "=="
	case "contains":
		c.field = rapid.SampledFrom([]string{"id", "name", "owner", "role"}).Draw(t, "field")
		c.value = rapid.SampledFrom([]string{"", "a", "b", "1", "-", "\u4e2d"}).Draw(t, "part")
	case "in":
		values := []any{}
		for range rapid.IntRange(0, 3).Draw(t, "size") {
			values = append(values, drawValue(t, c.field))
		}
		c.value = values
	default:
		c.value, c.high = drawValue(t, c.field), drawValue(t, c.field)
	}
	return c
}

func drawValue(t *rapid.T, field string) any {
	switch field {
	case "id", "user_id":
		return rapid.SampledFrom([]float64{-3, -1, 0, 1, 2, 2.5, 2.5, 3, 17, 1e30, -1e30}).Draw(t, "number")
	case "active":
		return rapid.Bool().Draw(t, "flag")
	case "seen":
		return rapid.SampledFrom(moments).Draw(t, "moment")
	case "role":
		return rapid.SampledFrom([]string{"worker", "owner", "boss"}).Draw(t, "role")
	}
	return rapid.SampledFrom(texts).Draw(t, "text")
}
