package list

import (
	"strconv"
	"strings"
	"time"
)

// predicate is a condition on a row, of which get gives the fields. Nothing
// but presence is true of a null, so "not" of a comparison is true of it: the
// logic has two values, as the baseline's negation has.
type predicate func(get func(field int) Value) bool

func all(conditions []predicate) predicate {
	return func(get func(int) Value) bool {
		for _, ok := range conditions {
			if !ok(get) {
				return false
			}
		}
		return true
	}
}

func anyOf(conditions []predicate) predicate {
	return func(get func(int) Value) bool {
		for _, ok := range conditions {
			if ok(get) {
				return true
			}
		}
		return false
	}
}

func not(ok predicate) predicate {
	return func(get func(int) Value) bool { return !ok(get) }
}

func never(func(int) Value) bool { return false }

func present(field int) predicate {
	return func(get func(int) Value) bool { return !get(field).null }
}

// compare holds where the field is not null and op holds between it and want.
func compare(field int, op string, want Value) predicate {
	var holds func(c int) bool
	switch op {
	case "<":
		holds = func(c int) bool { return c < 0 }
	case "<=":
		holds = func(c int) bool { return c <= 0 }
	case ">":
		holds = func(c int) bool { return c > 0 }
	case ">=":
		holds = func(c int) bool { return c >= 0 }
	default:
		return func(get func(int) Value) bool { return get(field) == want }
	}
	return func(get func(int) Value) bool {
		v := get(field)
		return !v.null && holds(v.compare(want))
	}
}

// compareInt compares an integer field with a number that need not be one.
func compareInt(field int, op string, n number) predicate {
	less := op[0] == '<'
	switch {
	case op == "==" && (n.fraction || n.beyond != 0):
		return never
	case n.beyond != 0:
		if less == (n.beyond > 0) {
			return present(field)
		}
		return never
	case n.fraction && less: // below the fraction is up to its floor
		op = "<="
	case n.fraction:
		op = ">"
	}
	return compare(field, op, OfInt(n.floor))
}

// oneOf holds where the field has one of the values.
func oneOf(field int, values map[Value]bool) predicate {
	return func(get func(int) Value) bool { return values[get(field)] }
}

// contains holds where the text of the field has part in it.
func contains(c column, part string) predicate {
	return func(get func(int) Value) bool {
		v := get(c.index)
		text := v.s
		if c.kind == Int {
			text = strconv.FormatInt(v.n, 10)
		}
		return !v.null && strings.Contains(text, part)
	}
}

// comparison reads operand for the column's kind. It gives nil where the
// operand does not fit.
func comparison(c column, op string, operand jsonValue) predicate {
	if c.kind == Int {
		if n, ok := numberOf(operand); ok {
			return compareInt(c.index, op, n)
		}
		return nil
	}
	if v, ok := valueOf(c, operand); ok {
		return compare(c.index, op, v)
	}
	return nil
}

// numberOf reads an operand for an Int column: a number, or text that is one.
func numberOf(v jsonValue) (number, bool) {
	switch v.kind {
	case '0':
		return decimal(v.text)
	case '"':
		return integer(v.text)
	}
	return number{}, false
}

// valueOf reads an operand for a column of another kind than Int.
func valueOf(c column, v jsonValue) (Value, bool) {
	switch c.kind {
	case Bool:
		return boolOf(v)
	case Time:
		var t time.Time
		ok := v.kind == '"'
		if ok {
			t, ok = parseTime(v.text)
		}
		return OfTime(t), ok
	}
	text, ok := textOf(v)
	return OfString(text), ok
}

// boolOf takes what Django's boolean field takes.
func boolOf(v jsonValue) (Value, bool) {
	switch v.kind {
	case 't', 'f':
		return OfBool(v.kind == 't'), true
	case '"':
		switch v.text {
		case "t", "True", "1":
			return OfBool(true), true
		case "f", "False", "0":
			return OfBool(false), true
		}
	case '0':
		n, ok := decimal(v.text)
		n1 := n == number{floor: 1}
		return OfBool(n1), ok && (n1 || n == number{})
	}
	return Value{}, false
}

// textOf reads a scalar as text; numbers and booleans as Python prints them.
func textOf(v jsonValue) (string, bool) {
	if v.kind == 'n' || v.kind == '[' || v.kind == '{' {
		return "", false
	}
	return pyStr(v), true
}
