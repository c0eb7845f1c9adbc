package test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/status"
)

// grpcError is what a gRPC caller gets of an error.
type grpcError struct {
	Code              string   `json:"code"`
	Message           string   `json:"message"`
	Reason            string   `json:"reason"`
	HTTPStatus        string   `json:"http_status"`
	RetryAfterSeconds int64    `json:"retry_after_seconds"`
	Fields            []string `json:"fields"`
}

func (want *grpcError) check(t *testing.T, err error) {
	t.Helper()
	s := status.Convert(err)
	got := grpcError{Code: codeName(s), Message: s.Message()}
	for _, detail := range s.Details() {
		switch d := detail.(type) {
		case *errdetails.ErrorInfo:
			got.Reason, got.HTTPStatus = d.GetReason(), d.GetMetadata()["http_status"]
		case *errdetails.RetryInfo:
			got.RetryAfterSeconds = d.GetRetryDelay().GetSeconds()
		case *errdetails.BadRequest:
			for _, f := range d.GetFieldViolations() {
				got.Fields = append(got.Fields, f.GetField())
			}
		}
	}
	if want.Message == "" {
		want.Message = got.Message
	}
	if diff := cmp.Diff(*want, got); diff != "" {
		t.Errorf("error (-want +got):\n%s", diff)
	}
}

// checkErrorBody checks an error of the facade's own, as a REST caller gets it.
func checkErrorBody(t *testing.T, body []byte, code string, fields []string) {
	t.Helper()
	var got struct {
		Code, Message string
		Fields        []struct{ Field, Description string }
	}
	if err := json.Unmarshal(body, &got); err != nil {
		t.Fatalf("the error body is not JSON: %q", body)
	}
	var names []string
	for _, f := range got.Fields {
		names = append(names, f.Field)
	}
	if got.Code != code || got.Message == "" || !slices.Equal(names, fields) {
		t.Errorf("got error %s, want code %s with fields %q", body, code, fields)
	}
}

// checkJSON compares two JSON texts as values; a nil want is no text at all.
func checkJSON(t *testing.T, what string, want, got []byte) {
	t.Helper()
	if want == nil || len(got) == 0 {
		if len(want) != len(got) {
			t.Errorf("%s is %q, want %q", what, got, want)
		}
		return
	}
	var wantValue, gotValue any
	if err := json.Unmarshal(want, &wantValue); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(got, &gotValue); err != nil {
		t.Fatalf("%s is not JSON: %q", what, got)
	}
	if diff := cmp.Diff(wantValue, gotValue); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

// codeName is a status's code as the contract spells it.
func codeName(s *status.Status) string {
	var name strings.Builder
	for i, c := range s.Code().String() {
		if i > 0 && 'A' <= c && c <= 'Z' {
			name.WriteByte('_')
		}
		name.WriteRune(c)
	}
	return strings.ReplaceAll(strings.ToUpper(name.String()), "CANCELED", "CANCELLED")
}
