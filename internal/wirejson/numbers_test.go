package wirejson_test

import (
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/wingspan-grpc/session-facade/internal/wirejson"
)

// numbers is what a message with fields that the contract has no case of yet would be,
// with what would be generated for it.
type numbers struct {
	Int32  int32
	Int64  int64
	Double float64
	Maybe  *float64
	Ints   []int64
	Words  []string
	Truths []bool
	Also   *bool
}

var numbersCodec = wirejson.NewCodec(decodeNumbers, appendNumbers, false)

func decodeNumbers(d *wirejson.Decoder, m *numbers) error {
	if err := d.BeginObject(); err != nil {
		return err
	}
	for d.More() {
		name, err := d.Name()
		if err != nil {
			return err
		}
		field := string(name)
		switch field {
		case "int32":
			m.Int32, err = wirejson.ReadPlain(d, wirejson.ReadNumber[int32])
		case "int64":
			m.Int64, err = wirejson.ReadPlain(d, wirejson.ReadNumber[int64])
		case "double":
			m.Double, err = wirejson.ReadPlain(d, wirejson.ReadNumber[float64])
		case "maybe":
			m.Maybe, err = wirejson.ReadOptional(d, wirejson.ReadNumber[float64])
		case "ints":
			m.Ints, err = wirejson.ReadPlain(d, wirejson.ListOf(wirejson.ReadNumber[int64]))
		case "words":
			m.Words, err = wirejson.ReadPlain(d, wirejson.ListOf(wirejson.ReadString))
		case "truths":
			m.Truths, err = wirejson.ReadPlain(d, wirejson.ListOf(wirejson.ReadBool))
		case "also":
			m.Also, err = wirejson.ReadOptional(d, wirejson.ReadBool)
		default:
			err = d.SkipUnknown()
		}
		if err != nil {
			return wirejson.Within(field, err)
		}
	}
	return d.End()
}

func appendNumbers(e *wirejson.Encoder, m *numbers) {
	e.BeginObject()
	wirejson.WritePlain(e, "int32", m.Int32, wirejson.WriteNumber[int32])
	wirejson.WritePlain(e, "int64", m.Int64, wirejson.WriteNumber[int64])
	wirejson.WritePlain(e, "double", m.Double, wirejson.WriteNumber[float64])
	wirejson.WriteOptional(e, "maybe", m.Maybe, wirejson.WriteNumber[float64])
	wirejson.WriteList(e, "ints", m.Ints, wirejson.WriteNumber[int64])
	wirejson.WriteList(e, "words", m.Words, wirejson.WriteString)
	wirejson.WriteList(e, "truths", m.Truths, wirejson.WriteBool)
	wirejson.WriteOptional(e, "also", m.Also, wirejson.WriteBool)
	e.EndObject()
}

func TestNumbers(t *testing.T) {
	t.Parallel()
	half := 0.5
	for text, want := range map[string]numbers{
		`{"int32":0,"int64":0,"double":0}`:                                                    {},
		`{"int32":2147483647,"int64":9223372036854775807,"double":0.1}`:                       {Int32: math.MaxInt32, Int64: math.MaxInt64, Double: 0.1},
		`{"int32":-2147483648,"int64":-9223372036854775808,"double":1.7976931348623157e+308}`: {Int32: math.MinInt32, Int64: math.MinInt64, Double: math.MaxFloat64},
		`{"int32":0,"int64":9007199254740993,"double":5e-324,"maybe":0.5}`:                    {Int64: 9007199254740993, Double: math.SmallestNonzeroFloat64, Maybe: &half},
		`{"int32":0,"int64":0,"double":1e+21,"ints":[1,-2,0],"words":["","a"]}`:               {Double: 1e21, Ints: []int64{1, -2, 0}, Words: []string{"", "a"}},
		`{"int32":0,"int64":0,"double":-2.5,"truths":[true,false],"also":false}`:              {Double: -2.5, Truths: []bool{true, false}, Also: new(bool)},
	} {
		for name, strictness := range strictnesses {
			var got numbers
			if _, err := numbersCodec.Decode([]byte(text), strictness, &got); err != nil {
				t.Errorf("%s in %s: %v", text, name, err)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%s in %s (-want +got):\n%s", text, name, diff)
			}
		}
		if got, err := numbersCodec.Append(nil, &want); err != nil || string(got) != text {
			t.Errorf("wrote %s, %v, want %s", got, err, text)
		}
	}
}

func TestNoSuchNumber(t *testing.T) {
	t.Parallel()
	const bits32, bits64 = "must be a number of type int32", "must be a number of type int64"
	for text, want := range map[string]wirejson.Error{
		`{"int32":2147483648}`:          {Field: "int32", Problem: bits32},
		`{"int32":-2147483649}`:         {Field: "int32", Problem: bits32},
		`{"int32":1.5}`:                 {Field: "int32", Problem: bits32},
		`{"int64":9223372036854775808}`: {Field: "int64", Problem: bits64},
		`{"int64":1.0}`:                 {Field: "int64", Problem: bits64},
		`{"int64":1e2}`:                 {Field: "int64", Problem: bits64},
		`{"int64":"1"}`:                 {Field: "int64", Problem: "must be a number, not a string"},
		`{"int32":true}`:                {Field: "int32", Problem: "must be a number, not true or false"},
		`{"double":1e400}`:              {Field: "double", Problem: "must be a number of type float64"},
		`{"double":"NaN"}`:              {Field: "double", Problem: "must be a number, not a string"},
		`{"maybe":{}}`:                  {Field: "maybe", Problem: "must be a number, not an object"},
		`{"words":["a",null]}`:          {Field: "words[1]", Problem: "must be a string, not null"},
		`{"ints":[null]}`:               {Field: "ints[0]", Problem: "must be a number, not null"},
		`{"ints":{}}`:                   {Field: "ints", Problem: "must be an array, not an object"},
	} {
		for name, strictness := range strictnesses {
			_, err := numbersCodec.Decode([]byte(text), strictness, new(numbers))
			if got, ok := err.(*wirejson.Error); !ok || *got != want {
				t.Errorf("%s in %s: got %v, want %+v", text, name, err, want)
			}
		}
	}
	for _, value := range []float64{math.NaN(), math.Inf(1), math.Inf(-1)} {
		text, err := numbersCodec.Append([]byte("x"), &numbers{Double: value})
		if e, ok := err.(*wirejson.Error); !ok || e.Error() != "double is not a finite number" || string(text) != "x" {
			t.Errorf("wrote %s, error %v", text, err)
		}
	}
}
