package list

import (
	"strings"
	"testing"
)

var filterCases = [][2]string{
	{``, "4 3 2 1"},
	{`{"==":[{"var":"name"},"anna"]}`, "4"},
	{`{"==":[{"var":"name"},"Anna"]}`, ""},
	{`{"==":[{"var":"owner"},true]}`, ""}, // "True", not "true"
	{`{"==":[{"var":"owner"},null]}`, "2"},
	{`{"!":{"==":[{"var":"owner"},null]}}`, "4 3 1"},
	{`{"!":{"==":[{"var":"owner"},"admin"]}}`, "4 3 2"}, // null is not equal
	{`{"!!":{"==":[{"var":"owner"},"admin"]}}`, "1"},
	{`{"var":"owner"}`, "4 3 1"},
	{`{"!":{"var":"owner"}}`, "2"},
	{`{"and":[{"var":"owner"},{"==":[{"var":"active"},true]}]}`, "1"},
	{`{"or":[{"==":[{"var":"id"},1]},{"==":[{"var":"id"},"2"]}]}`, "2 1"},
	{`{"and":[{"==":[{"var":"id"},1]}],"or":5}`, "1"}, // the first member counts
	{`{"<":[{"var":"id"},2]}`, "1"},
	{`{"<=":[{"var":"id"},2]}`, "2 1"},
	{`{">":[{"var":"id"},3]}`, "4"},
	{`{">=":[{"var":"id"},3]}`, "4 3"},
	{`{"<":[{"var":"id"},2.5]}`, "2 1"},
	{`{"<=":[{"var":"id"},2.5]}`, "2 1"},
	{`{">":[{"var":"id"},2.5]}`, "4 3"},
	{`{">=":[{"var":"id"},2.5]}`, "4 3"},
	{`{"==":[{"var":"id"},2.5]}`, ""},
	{`{"==":[{"var":"id"},2.0]}`, "2"},
	{`{"<":[{"var":"user_id"},1e30]}`, "4 3 1"},
	{`{">":[{"var":"user_id"},-99999999999999999999]}`, "4 3 1"},
	{`{">":[{"var":"id"},99999999999999999999]}`, ""},
	{`{"==":[{"var":"id"},99999999999999999999]}`, ""},
	{`{"<=":[2,{"var":"id"},3]}`, "3 2"},
	{`{"<=":["2026-11-23",{"var":"seen"},"2026-11-24"]}`, "3 1"},
	{`{">":[{"var":"seen"},"2026-11-23T12:00:00Z"]}`, "4 3"},
	{`{"<":[{"var":"name"},"a"]}`, "1"},
	{`{"in":[{"var":"id"},[1,"3",2.5,null,1e99]]}`, "3 1"},
	{`{"in":[{"var":"role"},["owner","boss"]]}`, "1"},
	{`{"in":[{"var":"owner"},[null]]}`, ""},
	{`{"in":[{"var":"owner"},[]]}`, ""},
	{`{"in":["nn",{"var":"name"}]}`, "4 1"},
	{`{"in":["ANN",{"var":"name"}]}`, ""},
	{`{"in":["",{"var":"owner"}]}`, "4 3 1"},
	{`{"in":[1,{"var":"user_id"}]}`, "4 1"},
	{`{"==":[{"var":"active"},1]}`, "2 1"},
	{`{"==":[{"var":"active"},"f"]}`, "4 3"},
	{`{"==":[{"var":"active"},"True"]}`, "2 1"},
	{`{"<":[{"var":"active"},true]}`, "4 3"},
}

func TestFilter(t *testing.T) { expect(t, "filter", filterCases) }

const empty = `filter shouldn't be empty`

// filterTexts are refused expressions, with the text of the refusal.
var filterTexts = [][2]string{
	{`{}`, empty}, {`[]`, empty}, {`null`, empty}, {`0`, empty}, {`0.0`, empty}, {`false`, empty}, {`""`, empty},
	{`5`, `filter: expected a non-empty dict value, got '5' of type 'int'`},
	{`-1.50`, `filter: expected a non-empty dict value, got '-1.5' of type 'float'`},
	{`true`, `filter: expected a non-empty dict value, got 'True' of type 'bool'`},
	{`"it's"`, `filter: expected a non-empty dict value, got 'it's' of type 'str'`},
	{`["it's",null]`, `filter: expected a non-empty dict value, got '["it's", None]' of type 'list'`},
	{`{"and":[]}`, `filter: expected a non-empty list value, got '[]' of type 'list'`},
	{`{"or":{"a":1}}`, `filter: expected a non-empty list value, got '{'a': 1}' of type 'dict'`},
	{`{"!":{"and":7}}`, `filter: operation 'and' requires a non-empty list argument, got '7' of type 'int'`},
	{`{"and":[5]}`, `filter: operation 'and' requires a non-empty dict argument, got '5' of type 'int'`},
	{`{"and":[{}]}`, `filter: operation 'and' requires a non-empty dict argument, got '{}' of type 'dict'`},
	{`{"!":null}`, `filter: operation '!' requires a non-empty dict argument, got 'None' of type 'NoneType'`},
	{`{"!!":[1]}`, `filter: operation '!!' requires a non-empty dict argument, got '[1]' of type 'list'`},
	{`{"==":[{"var":"email"},1]}`, `filter: term 'email' is not supported`},
	{`{"==":[{"var":"secret"},1]}`, `filter: term 'secret' is not supported`},
	{`{"==":[{"var":["a"]},1]}`, `filter: term '['a']' is not supported`},
	{`{"var":"email"}`, `filter: term 'email' is not supported`},
	{`{"<=":[1,{"var":"email"},2]}`, `filter: term 'email' is not supported`},
	{`{"in":["a",{"var":"email"}]}`, `filter: term 'email' is not supported`},
	{`{"var":5}`, `filter: operation 'var' with arguments '5' is not supported`},
	{`{"foo":[1]}`, `filter: operation 'foo' with arguments '[1]' is not supported`},
	{`{"!=":[{"var":"id"},1]}`, `filter: operation '!=' with arguments '[{'var': 'id'}, 1]' is not supported`},
	{`{"==":[{"var":"id"}]}`, `filter: operation '==' with arguments '[{'var': 'id'}]' is not supported`},
	{`{"<":[1,{"var":"id"},2]}`, `filter: operation '<' with arguments '[1, {'var': 'id'}, 2]' is not supported`},
	{`{"==":[1,{"var":"id"}]}`, `filter: operation '==' with arguments '[1, {'var': 'id'}]' is not supported`},
	{`{"==":[{"x":1},2]}`, `filter: operation '==' with arguments '[{'x': 1}, 2]' is not supported`},
	{`{"==":"ab"}`, `filter: operation '==' with arguments 'ab' is not supported`},
	{`{"<=":[1,2,3]}`, `filter: operation '<=' with arguments '[1, 2, 3]' is not supported`},
	{`{"in":[]}`, `filter: operation 'in' with arguments '[]' is not supported`},
	{`{"in":[1,2]}`, `filter: operation 'in' with arguments '[1, 2]' is not supported`},
	{`{"==":[{"var":"id"},"abc"]}`, `filter: value 'abc' does not fit term 'id'`},
	{`{"==":[{"var":"id"},true]}`, `filter: value 'True' does not fit term 'id'`},
	{`{"<":[{"var":"name"},null]}`, `filter: value 'None' does not fit term 'name'`},
	{`{"==":[{"var":"name"},[1]]}`, `filter: value '[1]' does not fit term 'name'`},
	{`{"==":[{"var":"id"},{"var":"id"}]}`, `filter: value '{'var': 'id'}' does not fit term 'id'`},
	{`{"==":[{"var":"active"},2]}`, `filter: value '2' does not fit term 'active'`},
	{`{"==":[{"var":"active"},"yes"]}`, `filter: value 'yes' does not fit term 'active'`},
	{`{"==":[{"var":"seen"},5]}`, `filter: value '5' does not fit term 'seen'`},
	{`{"<=":[null,{"var":"id"},2]}`, `filter: value 'None' does not fit term 'id'`},
	{`{"<=":[1,{"var":"id"},"b"]}`, `filter: value 'b' does not fit term 'id'`},
	{`{"in":[{"var":"id"},"abc"]}`, `filter: value 'abc' does not fit term 'id'`},
	{`{"in":[{"var":"id"},[1,"x"]]}`, `filter: value 'x' does not fit term 'id'`},
	{`{"in":[{"var":"seen"},["x"]]}`, `filter: value 'x' does not fit term 'seen'`},
	{`{"in":["1",{"var":"active"}]}`, `filter: value '1' does not fit term 'active'`},
	{`{"in":[null,{"var":"name"}]}`, `filter: value 'None' does not fit term 'name'`},
}

func TestFilterTexts(t *testing.T) {
	for _, c := range filterTexts {
		want := refuse(c[1])
		expect(t, "filter", [][2]string{{c[0], "400 " + want.Error()}})
	}
	if got := refuse(`a "b" <é>`).Error(); got != `["a \"b\" <é>"]` {
		t.Errorf("rendering: %s", got)
	}
}

func TestFilterSyntax(t *testing.T) {
	const cannot = `filter: can't parse filter expression: `
	nested := func(n int) string {
		return strings.Repeat(`{"!":`, n-1) + `{"var":"owner"}` + strings.Repeat(`}`, n-1)
	}
	for _, c := range [][2]string{
		{`{a}`, cannot + `Invalid JSON: line 1 column 2 (char 1)`},
		{" ", cannot + `Invalid JSON: line 1 column 2 (char 1)`},
		{"{\"é\":\n 1", cannot + `Invalid JSON: line 2 column 3 (char 8)`},
		{`{"a":1} x`, cannot + `Invalid JSON: line 1 column 9 (char 8)`},
		{`{"a":1} 2`, cannot + `Extra data: line 1 column 10 (char 9)`},
		{`{"a":1,"a":2}`, cannot + `Duplicate name: line 1 column 8 (char 7)`},
		{`{"a":NaN}`, cannot + `Invalid JSON: line 1 column 6 (char 5)`},
		{`[1}`, cannot + `Invalid JSON: line 1 column 3 (char 2)`},
		{nested(33), `filter: expression is nested deeper than 32`},
		{`"` + strings.Repeat("x", maxFilterSize) + `"`, `filter: expression is longer than 8192 bytes`},
	} {
		expect(t, "filter", [][2]string{{c[0], "400 " + refuse(c[1]).Error()}})
	}
	expect(t, "filter", [][2]string{{nested(32), "2"}})
}

func TestPythonText(t *testing.T) {
	for text, want := range map[string]string{
		`[1e16]`: `[1e+16]`, `[1e15]`: `[1000000000000000.0]`, `[0.0001]`: `[0.0001]`, `[0.00001]`: `[1e-05]`,
		`[1.5E300]`: `[1.5e+300]`, `[1e400,-1e400]`: `[inf, -inf]`, `[-0,-0.0]`: `[0, -0.0]`,
		`[123456789012345678901234567890]`:                      `[123456789012345678901234567890]`,
		`["a'b","a\"b","a'\"b","\\"]`:                           `["a'b", 'a"b', 'a\'"b', '\\']`,
		`["\n\r\t\u0000\u007f\u00a0é\u200b\ufeff\ud83d\ude00"]`: `['\n\r\t\x00\x7f\xa0é\u200b\ufeff😀']`,
		`["\udb40\udc01"]`:                                      `['\U000e0001']`,
		`{"a":{"b":[]},"c":{}}`:                                 `{'a': {'b': []}, 'c': {}}`,
		`"a'b"`:                                                 `a'b`,
		`[true,false,null,"",1]`:                                `[True, False, None, '', 1]`,
	} {
		v, err := parseJSON(text)
		if err != nil {
			t.Fatal(err)
		}
		if got := pyStr(v); got != want {
			t.Errorf("%s: got %s, want %s", text, got, want)
		}
	}
}
