package wirejson_test

import (
	"math"
	"strings"
	"testing"

	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/dynamicpb"

	"github.com/wingspan-grpc/session-facade/internal/wirejson"
)

// numbers is a message with a field for each kind of number. The contract has
// none yet.
func numbers(tb testing.TB) *dynamicpb.Message {
	tb.Helper()
	var fields strings.Builder
	for i, kind := range []string{"INT32", "SINT32", "SFIXED32", "INT64", "SINT64", "SFIXED64", "DOUBLE"} {
		fields.WriteString(field(i+1, kind, kind, `json_name: "`+kind+`"`))
	}
	return dynamicpb.NewMessage(protoOf(tb, fields.String(), "", ""))
}

func set(message *dynamicpb.Message, name protoreflect.Name, value any) {
	message.Set(message.Descriptor().Fields().ByName(name), protoreflect.ValueOf(value))
}

func TestNumbersAreAlwaysThere(t *testing.T) {
	t.Parallel()
	want := `{"INT32":0,"SINT32":0,"SFIXED32":0,"INT64":0,"SINT64":0,"SFIXED64":0,"DOUBLE":0}`
	if got := mustAppend(t, numbers(t)); got != want {
		t.Errorf("wrote %s, want %s", got, want)
	}
}

func TestNumbers(t *testing.T) {
	t.Parallel()
	const bits32, bits64 = "must be an integer of 32 bits", "must be an integer of 64 bits"
	for _, c := range []struct {
		kind, text string
		value      any
		problem    string
	}{
		{"INT32", "2147483647", int32(math.MaxInt32), ""},
		{"SINT32", "-2147483648", int32(math.MinInt32), ""},
		{"SFIXED32", "-1", int32(-1), ""},
		{"INT32", "2147483648", nil, bits32},
		{"SINT32", "-2147483649", nil, bits32},
		{"SFIXED32", "1.5", nil, bits32},
		{"INT64", "9223372036854775807", int64(math.MaxInt64), ""},
		{"SINT64", "-9223372036854775808", int64(math.MinInt64), ""},
		{"SFIXED64", "9007199254740993", int64(9007199254740993), ""}, // no double
		{"INT64", "9223372036854775808", nil, bits64},
		{"INT64", "1.0", nil, bits64},
		{"INT64", "1e2", nil, bits64},
		{"INT64", "0.5", nil, bits64},
		{"INT64", `"1"`, nil, "must be a number, not a string"},
		{"INT32", "true", nil, "must be a number, not true or false"},
		{"DOUBLE", "0.1", 0.1, ""},
		{"DOUBLE", "-2.5", -2.5, ""},
		{"DOUBLE", "1.7976931348623157e+308", math.MaxFloat64, ""},
		{"DOUBLE", "5e-324", math.SmallestNonzeroFloat64, ""},
		{"DOUBLE", "-0", math.Copysign(0, -1), ""},
		{"DOUBLE", "1e+21", 1e21, ""},
		{"DOUBLE", "1e400", nil, "must be a number of 64 bits"},
		{"DOUBLE", `"NaN"`, nil, "must be a number, not a string"},
		{"DOUBLE", "{}", nil, "must be a number, not an object"},
	} {
		text := `{"` + c.kind + `":` + c.text + `}`
		for name, strictness := range strictnesses {
			if c.value == nil {
				got := refusal(t, numbers(t), text, strictness)
				if want := (wirejson.Error{Field: c.kind, Problem: c.problem}); *got != want {
					t.Errorf("%s in %s: got %+v, want %+v", text, name, *got, want)
				}
				continue
			}
			want := numbers(t)
			set(want, protoreflect.Name(c.kind), c.value)
			got := mustDecode(t, numbers(t), text, strictness)
			sameJSON(t, mustAppend(t, got), text)
			wirejson.Strip(got)
			sameMessage(t, got, want)
		}
	}
}

// TestNoNumberForIt: JSON has none for these.
func TestNoNumberForIt(t *testing.T) {
	t.Parallel()
	for _, value := range []float64{math.NaN(), math.Inf(1), math.Inf(-1)} {
		message := numbers(t)
		set(message, "DOUBLE", value)
		text, err := codecOf(t, message).Append([]byte("x"), message)
		if e, ok := err.(*wirejson.Error); !ok || e.Error() != "DOUBLE is not a finite number" || string(text) != "x" {
			t.Errorf("wrote %s, error %v", text, err)
		}
	}
}
