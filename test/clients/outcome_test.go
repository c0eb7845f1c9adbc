package clients

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	spb "google.golang.org/genproto/googleapis/rpc/status"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/types/known/anypb"

	usersv1 "github.com/wingspan-grpc/session-facade/gen/go/wingspan/users/v1"
)

// ofConnect reads what Connect says in JSON: a response, or an error.
func ofConnect(t *testing.T, text []byte) string {
	t.Helper()
	var said struct {
		Code    string
		Details []struct{ Type, Value string }
	}
	if err := json.Unmarshal(text, &said); err != nil {
		return err.Error()
	}
	if said.Code == "" {
		return session(text)
	}
	told := []string{""}
	for word := range strings.SplitSeq(said.Code, "_") {
		told[0] += strings.ToUpper(word[:1]) + word[1:]
	}
	for _, detail := range said.Details {
		value, err := base64.RawStdEncoding.DecodeString(detail.Value)
		if err != nil {
			return err.Error()
		}
		told = append(told, describe(&anypb.Any{TypeUrl: "type.googleapis.com/" + detail.Type, Value: value})...)
	}
	return strings.Join(told, " ")
}

// ofGRPCurl reads what grpcurl prints: a response, or a status.
func ofGRPCurl(t *testing.T, text []byte) string {
	t.Helper()
	var said spb.Status
	if protojson.Unmarshal(text, &said) != nil {
		return session(text)
	}
	told := []string{codes.Code(said.GetCode()).String()}
	for _, detail := range said.GetDetails() {
		told = append(told, describe(detail)...)
	}
	return strings.Join(told, " ")
}

func session(text []byte) string {
	var list usersv1.ListApiSessionsResponse
	if err := protojson.Unmarshal(text, &list); err != nil || len(list.GetApiSessions()) != 1 {
		return string(text)
	}
	return list.GetApiSessions()[0].GetSessionId() + " " + list.GetApiSessions()[0].GetLabels()["team"]
}

func describe(detail *anypb.Any) (told []string) {
	message, err := detail.UnmarshalNew()
	if err != nil {
		return []string{err.Error()}
	}
	switch message := message.(type) {
	case *errdetails.ErrorInfo:
		return []string{message.GetReason()}
	case *errdetails.BadRequest:
		for _, violation := range message.GetFieldViolations() {
			told = append(told, violation.GetField())
		}
	case *errdetails.RetryInfo:
		told = append(told, fmt.Sprintf("in %v s", message.GetRetryDelay().AsDuration().Seconds()))
	}
	return told
}
