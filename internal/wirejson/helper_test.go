package wirejson_test

import (
	"errors"
	"fmt"
	"reflect"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/testing/protocmp"

	usersv1json "github.com/wingspan-grpc/session-facade/gen/wirejson/wingspan/users/v1"
	"github.com/wingspan-grpc/session-facade/internal/wirejson"
)

// strictnesses names both, for subtests.
var strictnesses = map[string]wirejson.Strictness{"request": wirejson.Request, "response": wirejson.Response}

// codec is a Codec of any type.
type codec struct {
	// decode checks a response too, and fails where that tells anything else.
	decode func(text []byte, strictness wirejson.Strictness, message any) (wirejson.Result, error)
	append func(dst []byte, message any) ([]byte, error)
	body   wirejson.Body
}

// codecs are those of the contract's messages.
var codecs = map[protoreflect.FullName]codec{}

func add[T any](c wirejson.Codec[T]) {
	name := any(new(T)).(proto.Message).ProtoReflect().Descriptor().FullName()
	codecs[name] = codec{
		decode: func(text []byte, strictness wirejson.Strictness, message any) (wirejson.Result, error) {
			result, err := c.Decode(text, strictness, message.(*T))
			if strictness == wirejson.Request {
				return result, err
			}
			if checked, checkErr := c.Check(text); checked != result || !sameError(checkErr, err) {
				err = fmt.Errorf("decoding tells %+v, %w, checking %+v, %w", result, err, checked, checkErr)
			}
			return result, err
		},
		append: func(dst []byte, message any) ([]byte, error) { return c.Append(dst, message.(*T)) },
		body:   wirejson.Whole(wirejson.Request, c),
	}
}

func init() { //nolint:gochecknoinits // the table needs type parameters
	add(usersv1json.ApiSession)
	add(usersv1json.ApiSessionUpdate)
	add(usersv1json.AuthenticateRequest)
	add(usersv1json.AuthenticateResponse)
	add(usersv1json.BeginEmailVerificationRequest)
	add(usersv1json.BeginExistingEmailVerificationRequest)
	add(usersv1json.BeginOtpVerificationRequest)
	add(usersv1json.BeginPhoneVerificationRequest)
	add(usersv1json.CompleteEmailVerificationRequest)
	add(usersv1json.CompleteOtpVerificationRequest)
	add(usersv1json.CompletePhoneVerificationRequest)
	add(usersv1json.CreateApiSessionRequest)
	add(usersv1json.CreatePendingSessionRequest)
	add(usersv1json.CreateRequestingUserSessionRequest)
	add(usersv1json.CreateSessionRequest)
	add(usersv1json.CreateSingleSignOnSessionRequest)
	add(usersv1json.EmailVerification)
	add(usersv1json.ErrorBody)
	add(usersv1json.PhoneVerification)
	add(usersv1json.Session)
	add(usersv1json.SignInWithGoogleRequest)
	add(usersv1json.SubscriptionGrant)
}

// codecOf finds the codec of a message.
func codecOf(tb testing.TB, message proto.Message) codec {
	tb.Helper()
	c, ok := codecs[message.ProtoReflect().Descriptor().FullName()]
	if !ok {
		tb.Fatalf("%T has no codec", message)
	}
	return c
}

// sameError compares errors that may be nil or an *Error.
func sameError(a, b error) bool { return reflect.DeepEqual(a, b) }

// decode reads a text into an empty message of like's type.
func decode[M proto.Message](tb testing.TB, like M, text string, strictness wirejson.Strictness) (M, wirejson.Result, error) {
	tb.Helper()
	message := like.ProtoReflect().New().Interface().(M)
	result, err := codecOf(tb, like).decode([]byte(text), strictness, message)
	return message, result, err
}

func mustDecode[M proto.Message](tb testing.TB, like M, text string, strictness wirejson.Strictness) (M, wirejson.Result) {
	tb.Helper()
	message, result, err := decode(tb, like, text, strictness)
	if err != nil {
		tb.Fatalf("%s: %v", text, err)
	}
	return message, result
}

func mustAppend(tb testing.TB, message proto.Message) string {
	tb.Helper()
	text, err := codecOf(tb, message).append(nil, message)
	if err != nil {
		tb.Fatal(err)
	}
	return string(text)
}

// refusal decodes a text that must be refused.
func refusal(tb testing.TB, like proto.Message, text string, strictness wirejson.Strictness) *wirejson.Error {
	tb.Helper()
	_, _, err := decode(tb, like, text, strictness)
	var refused *wirejson.Error
	if !errors.As(err, &refused) {
		tb.Fatalf("%.80q: got error %v, want an *Error", text, err)
	}
	if error(refused) != err {
		tb.Errorf("%.80q: the error is wrapped: %#v", text, err)
	}
	return refused
}

func sameMessage(tb testing.TB, got, want proto.Message) {
	tb.Helper()
	if diff := cmp.Diff(want, got, protocmp.Transform()); diff != "" {
		tb.Errorf("not the same message (-want +got):\n%s", diff)
	}
}
