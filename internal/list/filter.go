package list

import "fmt"

// parseFilter reads a JSON-logic expression. It takes
//
//	{"and": [x, …]}  {"or": [x, …]}  {"!": x}  {"!!": x}
//	{"==": [{"var": f}, v]}, and so < > <= >=; "==" null means: is null
//	{"<=": [low, {"var": f}, high]}, bounds included
//	{"in": [{"var": f}, [v, …]]}  {"in": ["part", {"var": f}]}
//	{"var": f}, true where f is not null
//
// Only the first member of an object counts. What would crash the baseline
// (operands of the wrong shape or type) is refused with a reason.
func parseFilter(columns []column, text string) (predicate, error) {
	v, err := parseJSON(text)
	if err != nil {
		return nil, err
	}
	if v.empty() {
		return nil, refuse("filter shouldn't be empty")
	}
	b := builder{terms: map[string]column{}}
	for _, c := range columns {
		if c.filter {
			b.terms[c.name] = c
		}
	}
	return b.build(v, "")
}

// builder turns an expression into a predicate. Its depth is bounded, because
// parseJSON bounds that of the expression.
type builder struct {
	terms map[string]column
}

// build reads v, an operand of the operation parent; "" at the top.
func (b builder) build(v jsonValue, parent string) (predicate, error) {
	if v.kind != '{' || len(v.items) == 0 {
		return nil, wanted("dict", v, parent)
	}
	op, args := v.names[0], v.items[0]
	size := 0
	if args.kind == '[' {
		size = len(args.items)
	}
	switch {
	case op == "and" || op == "or":
		return b.group(op, args, parent)
	case op == "!":
		inner, err := b.build(args, op)
		return not(inner), err
	case op == "!!":
		return b.build(args, op)
	case op == "var" && args.kind == '"':
		c, err := b.term(args)
		return present(c.index), err
	case isComparison(op) && size == 2:
		return b.compare(op, args)
	case op == "<=" && size == 3:
		return b.between(args)
	case op == "in" && size >= 2:
		return b.in(args)
	}
	return nil, unsupported(op, args)
}

func isComparison(op string) bool {
	switch op {
	case "==", "<", ">", "<=", ">=":
		return true
	}
	return false
}

func (b builder) group(op string, args jsonValue, parent string) (predicate, error) {
	if args.kind != '[' || len(args.items) == 0 {
		if parent != "" {
			parent = op
		}
		return nil, wanted("list", args, parent)
	}
	parts := make([]predicate, 0, len(args.items))
	for _, arg := range args.items {
		part, err := b.build(arg, op)
		if err != nil {
			return nil, err
		}
		parts = append(parts, part)
	}
	if op == "and" {
		return all(parts), nil
	}
	return anyOf(parts), nil
}

// compare reads {op: [{"var": f}, v]}.
func (b builder) compare(op string, args jsonValue) (predicate, error) {
	name, ok := variable(args.items[0])
	if !ok {
		return nil, unsupported(op, args)
	}
	c, err := b.term(name)
	if err != nil {
		return nil, err
	}
	if op == "==" && args.items[1].kind == 'n' {
		return not(present(c.index)), nil
	}
	return fitting(c, op, args.items[1])
}

// between reads {"<=": [low, {"var": f}, high]}.
func (b builder) between(args jsonValue) (predicate, error) {
	name, ok := variable(args.items[1])
	if !ok {
		return nil, unsupported("<=", args)
	}
	c, err := b.term(name)
	if err != nil {
		return nil, err
	}
	low, err := fitting(c, ">=", args.items[0])
	if err != nil {
		return nil, err
	}
	high, err := fitting(c, "<=", args.items[2])
	return all([]predicate{low, high}), err
}

// in reads both forms of membership: of a field in a list, and of a text in a
// field.
func (b builder) in(args jsonValue) (predicate, error) {
	which := 1
	if args.items[0].kind == '{' {
		which = 0
	}
	name, ok := variable(args.items[which])
	if !ok {
		return nil, unsupported("in", args)
	}
	c, err := b.term(name)
	if err != nil {
		return nil, err
	}
	if which == 0 {
		return membership(c, args.items[1])
	}
	part, ok := textOf(args.items[0])
	if !ok || c.kind == Bool || c.kind == Time {
		return nil, misfit(c, args.items[0])
	}
	return contains(c, part), nil
}

// membership ignores nulls in the list, and numbers that no integer equals.
func membership(c column, list jsonValue) (predicate, error) {
	if list.kind != '[' {
		return nil, misfit(c, list)
	}
	values := make(map[Value]bool, len(list.items))
	for _, item := range list.items {
		if item.kind == 'n' {
			continue
		}
		if c.kind != Int {
			v, ok := valueOf(c, item)
			if !ok {
				return nil, misfit(c, item)
			}
			values[v] = true
			continue
		}
		n, ok := numberOf(item)
		if !ok {
			return nil, misfit(c, item)
		}
		if n.beyond == 0 && !n.fraction {
			values[OfInt(n.floor)] = true
		}
	}
	return oneOf(c.index, values), nil
}

// variable gives the name in {"var": name}.
func variable(v jsonValue) (jsonValue, bool) {
	if v.kind != '{' {
		return jsonValue{}, false
	}
	return v.member("var")
}

// term finds the column of a name, which may be any value.
func (b builder) term(name jsonValue) (column, error) {
	if name.kind == '"' {
		if c, ok := b.terms[name.text]; ok {
			return c, nil
		}
	}
	return column{}, refuse(fmt.Sprintf("filter: term '%s' is not supported", pyStr(name)))
}

func fitting(c column, op string, operand jsonValue) (predicate, error) {
	ok := comparison(c, op, operand)
	if ok == nil {
		return nil, misfit(c, operand)
	}
	return ok, nil
}

func misfit(c column, v jsonValue) *Error {
	return refuse(fmt.Sprintf("filter: value '%s' does not fit term '%s'", pyStr(v), c.name))
}

func unsupported(op string, args jsonValue) *Error {
	return refuse(fmt.Sprintf("filter: operation '%s' with arguments '%s' is not supported", op, pyStr(args)))
}

// wanted refuses v in place of a non-empty dict or list.
func wanted(kind string, v jsonValue, parent string) *Error {
	if parent == "" {
		return refuse(fmt.Sprintf("filter: expected a non-empty %s value, got '%s' of type '%s'",
			kind, pyStr(v), pyType(v)))
	}
	return refuse(fmt.Sprintf("filter: operation '%s' requires a non-empty %s argument, got '%s' of type '%s'",
		parent, kind, pyStr(v), pyType(v)))
}
