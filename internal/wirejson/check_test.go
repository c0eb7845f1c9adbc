package wirejson_test

import (
	"strings"
	"testing"

	usersv1 "github.com/wingspan-grpc/session-facade/gen/go/wingspan/users/v1"
	"github.com/wingspan-grpc/session-facade/internal/wirejson"
)

// FuzzCheck: checking the body of a response tells what decoding it does. For single
// messages all other tests of responses compare the two.
func FuzzCheck(f *testing.F) {
	for _, text := range seeds() {
		f.Add([]byte(text))
		f.Add([]byte("[" + text + "," + text + "]"))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		for _, s := range responses {
			_, _, _ = decode(t, s.message, string(text), wirejson.Response)
		}
		for _, name := range []string{"ListApiSessions", "GetSession", "Authenticate"} {
			body, message := method(t, name).Response, responseOf(name)
			read, err := body.Decode(text, message)
			checked, checkErr := body.Check(text)
			if checked != read || !sameError(checkErr, err) {
				t.Errorf("%s: decoding %q tells %+v, %v, checking %+v, %v", name, text, read, err, checked, checkErr)
			}
		}
	})
}

func responseOf(name string) any {
	switch name {
	case "ListApiSessions":
		return &usersv1.ListApiSessionsResponse{}
	case "GetSession":
		return &usersv1.GetSessionResponse{}
	default:
		return &usersv1.AuthenticateResponse{}
	}
}

// TestCheck_KeepsNothing: what is checked costs no memory for what is in it.
func TestCheck_KeepsNothing(t *testing.T) { //nolint:paralleltest // others' allocations would count
	allocations := func(elements int) float64 {
		text := []byte("[" + strings.Repeat(benchSession+",", elements) + benchSession + "]")
		return testing.AllocsPerRun(10, func() {
			if _, err := method(t, "ListApiSessions").Response.Check(text); err != nil {
				t.Fatal(err)
			}
		})
	}
	if few, many := allocations(1), allocations(1000); many > few {
		t.Errorf("checking 2 sessions takes %v allocations, 1,001 take %v", few, many)
	}
}
