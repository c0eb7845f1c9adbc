package judge

import (
	"fmt"
	"strings"
)

// jsonCase is one text, named as the JSON test suite names its own: a parser must accept
// y_, must refuse n_, and may do with i_ as it likes.
type jsonCase struct {
	name, text string
	whole      bool // it is a whole body, which has no meaning inside of another
}

// accepted, refused and eitherWay are written along the grammar of RFC 8259.
var accepted = map[string]string{
	"array_empty": `[]`, "array_of_null": `[null]`, "array_nested": `[[[[]]]]`, "array_spaced": "[ 1 ,\t2\n,\r3 ]", "array_mixed": `[null,1,"1",{}]`,
	"object_empty": `{}`, "object_nested": `{"a":{"b":[]}}`, "object_empty_name": `{"":0}`, "object_escaped_nul_name": `{"a\u0000b":1}`, "object_spaced": "{ \"a\" : 1 }",
	"number_zero": `0`, "number_minus_zero": `-0`, "number_negative": `-123`, "number_fraction": `0.5`, "number_exponent": `1e2`, "number_capital_exponent": `1E22`,
	"number_plus_exponent": `1e+2`, "number_minus_exponent": `1e-2`, "number_zero_exponent": `0e1`, "number_small": `-0.000000000000000000000000000000001`, "number_many_digits": `123456789012345678901234567890`,
	"string_empty": `""`, "string_escapes": `"\"\\\/\b\f\n\r\t"`, "string_unicode_escape": `"\u0060\u012a\u12AB"`, "string_surrogates": `"\uD801\udc37"`, "string_escaped_nul": `"\u0000"`,
	"string_utf8": `"€𝄞"`, "string_two_bytes": `"é"`, "string_delete": "\"\x7f\"", "string_nonbreaking": "\"\u00a0\"", "string_line_separators": "\"\u2028\u2029\"",
	"string_noncharacter": "\"\uffff\"", "string_last_plane": "\"\U0010ffff\"", "string_escaped_noncharacter": `"\uFFFE"`, "string_comment": `"a/*b*/c//d"`, "string_backslashes": `"\\\\a"`, "string_replacement": "\"\ufffd\"",
	"true": `true`, "false": `false`, "null": `null`, "space_around": " \t\r\n1 \t\r\n",
}

var refused = map[string]string{
	"empty": ``, "space_only": ` `, "word": `nul`, "capital_word": `True`, "undefined": `undefined`, "NaN": `NaN`, "Infinity": `Infinity`, "minus_Infinity": `-Infinity`, "word_and_more": `nullx`, "two_values": `1 2`,
	"array_unclosed": `[`, "array_unclosed_value": `[1`, "array_unclosed_comma": `[1,`, "array_trailing_comma": `[1,]`, "array_leading_comma": `[,1]`, "array_double_comma": `[1,,2]`, "array_only_comma": `[,]`,
	"array_no_comma": `[1 2]`, "array_colon": `["a":1]`, "array_closed_twice": `[1]]`, "array_closed_by_brace": `[1}`, "array_inner_unclosed": `[3[4]]`, "array_star": `[*]`, "array_comment": `[1/*x*/]`, "array_line_comment": "[1]//x", "array_hash": "[1]#x",
	"object_unclosed_name": `{"a`, "object_no_value": `{"a":}`, "object_no_colon": `{"a" 1}`, "object_comma_for_colon": `{"a",1}`, "object_double_colon": `{"a"::1}`, "object_trailing_comma": `{"a":1,}`, "object_two_commas": `{"a":1,,"b":2}`,
	"object_leading_comma": `{,"a":1}`, "object_unquoted_name": `{a:1}`, "object_single_quotes": `{'a':1}`, "object_number_name": `{1:1}`, "object_null_name": `{null:1}`, "object_only_name": `{"a"}`, "object_closed_twice": `{"a":1}}`, "object_closed_by_bracket": `{"a":1]`, "object_braces_in_array": `[{]}`,
	"number_plus": `+1`, "number_leading_zero": `012`, "number_minus_leading_zero": `-012`, "number_two_zeros": `00`, "number_no_integer": `.5`, "number_no_fraction": `1.`, "number_minus_no_integer": `-.5`, "number_minus_only": `-`, "number_two_minus": `--1`,
	"number_no_exponent": `1e`, "number_no_exponent_plus": `1e+`, "number_fraction_no_exponent": `1.5E`, "number_point_exponent": `1.e1`, "number_two_points": `1.2.3`, "number_hexadecimal": `0x1`, "number_underscore": `1_000`, "number_letter": `1a`, "number_minus_space": `- 1`, "number_full_width": "\uff11", "number_expression": `1+2`, "number_fractional_exponent": `1e1.5`,
	"string_unclosed": `"a`, "string_single_quotes": `'a'`, "string_unescaped_quote": `"a"b"`, "string_newline": "\"a\nb\"", "string_tab": "\"\t\"", "string_nul": "\"a\x00b\"", "string_unknown_escape": `"\a"`, "string_hex_escape": `"\x00"`, "string_escaped_emoji": "\"\\\U0001f300\"",
	"string_short_escape": `"\u00A"`, "string_no_digits": `"\u"`, "string_wrong_digits": `"\u00zz"`, "string_capital_escape": `"\U0001"`, "string_backslash_only": `"\"`, "string_escaped_newline": "\"\\\n\"", "string_escaped_byte": "\"\\\xe5\"", "string_unit_separator": "\"\x1f\"",
	"space_form_feed": "[\f]", "space_vertical_tab": "[\v]", "space_nonbreaking": "[\u00a0]", "space_word_joiner": "[\u2060]", "byte_order_mark_inside": "[\ufeff]", "nul_after": "1\x00", "nul_before": "\x001", "latin1": "[\xe9]", "lone_continuation": "[\x81]",
}

var eitherWay = map[string]string{
	"number_huge_exponent": `1e9999`, "number_tiny": `1e-9999`, "number_beyond_double": `0.4e00669999999999999999999999999`,
	"string_lone_high_surrogate": `"\uD800"`, "string_lone_low_surrogate": `"\uDFAA"`, "string_reversed_surrogates": `"\uDd1e\uD834"`, "string_high_surrogate_then_text": `"\uD800abc"`, "string_two_high_surrogates": `"\uD800\uD800\n"`,
	"string_invalid_utf8": "\"\xff\"", "string_truncated_utf8": "\"\xe0\xff\"", "string_overlong": "\"\xc0\xaf\"", "string_utf8_surrogate": "\"\xed\xa0\x80\"", "string_beyond_unicode": "\"\xf4\xbf\xbf\xbf\"", "string_lone_continuation": "\"\x81\"",
	"object_same_name_twice": `{"a":1,"a":2}`,
}

// jsonCases are all of them, with those that are long, or are a whole body.
func jsonCases() []jsonCase {
	var cases []jsonCase
	for kind, texts := range map[string]map[string]string{"y": accepted, "n": refused, "i": eitherWay} {
		for name, text := range texts {
			cases = append(cases, jsonCase{name: kind + "_" + name, text: text})
		}
	}
	const body = `{"email":"ada@example.com"}`
	utf16 := func(order string) string {
		var b strings.Builder
		for _, r := range body {
			if order == "big" {
				fmt.Fprintf(&b, "\x00%c", r)
			} else {
				fmt.Fprintf(&b, "%c\x00", r)
			}
		}
		return b.String()
	}
	return append(cases,
		jsonCase{name: "n_array_100000_unclosed", text: strings.Repeat("[", 100_000)},
		jsonCase{name: "n_object_50000_unclosed", text: strings.Repeat(`{"":`, 50_000)},
		jsonCase{name: "i_array_500_deep", text: strings.Repeat("[", 500) + strings.Repeat("]", 500)},
		jsonCase{name: "y_string_64k", text: `"` + strings.Repeat("a", 1<<16) + `"`},
		jsonCase{name: "y_body", text: body, whole: true},
		jsonCase{name: "y_body_spaced", text: "\n\t " + body + "\r\n", whole: true},
		jsonCase{name: "y_body_escaped", text: `{"\u0065mail":"ada\u0040example.com"}`, whole: true},
		jsonCase{name: "n_body_twice", text: body + body, whole: true},
		jsonCase{name: "n_body_and_comma", text: body + ",", whole: true},
		jsonCase{name: "n_body_and_nul", text: body + "\x00", whole: true},
		jsonCase{name: "i_body_byte_order_mark", text: "\ufeff" + body, whole: true},
		jsonCase{name: "i_body_same_name_twice", text: `{"email":"ada@example.com","email":"grace@example.com"}`, whole: true},
		jsonCase{name: "n_body_utf16_big", text: utf16("big"), whole: true},
		jsonCase{name: "n_body_utf16_little", text: utf16("little"), whole: true},
	)
}
