package test

import (
	"fmt"
	"maps"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/genproto/googleapis/api/annotations"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
	"google.golang.org/protobuf/types/descriptorpb"

	usersv1 "github.com/wingspan-grpc/session-facade/gen/go/wingspan/users/v1"
	"github.com/wingspan-grpc/session-facade/test/facadetest"
)

// calls are the contract's: each RPC with the vendor's operation and call and the
// success that he documents. buf breaking does not notice a change of these.
var calls = map[string]string{
	"DeleteApiSession":                        "deleteUsersSessionApiId DELETE /users/session/api/{id} 200",
	"DeleteSession":                           "deleteUsersSessionTokenId DELETE /users/session/token/{id} 204",
	"ListGrantedSubscriberSubscriptionGrants": "getUsersGrantedSubscriberSubscriptionGrant GET /users/granted-subscriber/subscription-grant 200",
	"ListApiSessions":                         "getUsersSessionApi GET /users/session/api 200",
	"GetApiSession":                           "getUsersSessionApiId GET /users/session/api/{id} 200",
	"GetSession":                              "getUsersSessionTokenId GET /users/session/token/{id} 204",
	"UpdateApiSession":                        "patchUsersSessionApiId PATCH /users/session/api/{id} 200",
	"CompleteOtpVerification":                 "patchUsersSessionOtp PATCH /users/session/otp 204",
	"CompleteEmailVerification":               "patchUsersUserIdVerificationEmail PATCH /users/user/{id}/verification/email 200",
	"CompletePhoneVerification":               "patchUsersUserIdVerificationPhone PATCH /users/user/{id}/verification/phone 200",
	"Authenticate":                            "postUsersAuthentication POST /users/authentication 200",
	"CreatePendingSession":                    "postUsersPendingSession POST /users/pending/session 204",
	"CreateSession":                           "postUsersSession POST /users/session 204",
	"CreateApiSession":                        "postUsersSessionApi POST /users/session/api 200",
	"BeginOtpVerification":                    "postUsersSessionOtp POST /users/session/otp 204",
	"CreateRequestingUserSession":             "postUsersSessionRequestingUser POST /users/session/requesting-user 204",
	"CreateSingleSignOnSession":               "postUsersSessionSingleSignOn POST /users/session/single-sign-on 200",
	"SignInWithGoogle":                        "postUsersSessionSocialAuthGoogle POST /users/session/social-auth/google 200",
	"BeginEmailVerification":                  "postUsersUserIdVerificationEmail POST /users/user/{id}/verification/email 200",
	"BeginExistingEmailVerification":          "postUsersUserIdVerificationExistingEmail POST /users/user/{id}/verification/existing-email 200",
	"BeginPhoneVerification":                  "postUsersUserIdVerificationPhone POST /users/user/{id}/verification/phone 200",
}

// signIns are the calls that are made without a token.
var signIns = []string{"Authenticate", "CreateSession", "CreatePendingSession", "CreateSingleSignOnSession", "SignInWithGoogle"}

func TestSignInsAreTheContracts(t *testing.T) {
	t.Parallel()
	for name, method := range methods() {
		operation, _ := proto.GetExtension(optionsOf(method), usersv1.E_Operation).(*usersv1.Operation)
		if want := slices.Contains(signIns, name); operation.GetAnonymous() != want {
			t.Errorf("%s is anonymous: %t, want %t", name, operation.GetAnonymous(), want)
		}
	}
}

// levels are the promises of the verbs: a GET is safe to repeat, a DELETE changes
// nothing more when repeated, and of the others the vendor promises nothing.
var levels = map[string]descriptorpb.MethodOptions_IdempotencyLevel{
	"GET":    descriptorpb.MethodOptions_NO_SIDE_EFFECTS,
	"DELETE": descriptorpb.MethodOptions_IDEMPOTENT,
	"POST":   descriptorpb.MethodOptions_IDEMPOTENCY_UNKNOWN,
	"PATCH":  descriptorpb.MethodOptions_IDEMPOTENCY_UNKNOWN,
}

// methods are the service's RPCs by name.
func methods() map[string]protoreflect.MethodDescriptor {
	all := map[string]protoreflect.MethodDescriptor{}
	for i := range facadetest.Descriptor.Methods().Len() {
		method := facadetest.Descriptor.Methods().Get(i)
		all[string(method.Name())] = method
	}
	return all
}

func optionsOf(method protoreflect.MethodDescriptor) *descriptorpb.MethodOptions {
	options, _ := method.Options().(*descriptorpb.MethodOptions)
	return options
}

// verbAndPath are those of an RPC's google.api.http rule, read without the code
// under test.
func verbAndPath(method protoreflect.MethodDescriptor) (verb, path string) {
	rule, _ := proto.GetExtension(optionsOf(method), annotations.E_Http).(*annotations.HttpRule)
	rule.ProtoReflect().Range(func(field protoreflect.FieldDescriptor, value protoreflect.Value) bool {
		if field.ContainingOneof() != nil && field.Kind() == protoreflect.StringKind {
			verb, path = strings.ToUpper(string(field.Name())), value.String()
		}
		return true
	})
	return verb, path
}

func TestCallsAreTheContracts(t *testing.T) {
	t.Parallel()
	got := map[string]string{}
	for name, method := range methods() {
		verb, path := verbAndPath(method)
		operation, _ := proto.GetExtension(optionsOf(method), usersv1.E_Operation).(*usersv1.Operation)
		got[name] = fmt.Sprintf("%s %s %s %d", operation.GetName(), verb, path, operation.GetSuccessStatus())
	}
	if diff := cmp.Diff(calls, got); diff != "" {
		t.Errorf("not the contract's calls (-want +got):\n%s", diff)
	}
}

// TestIdempotencyLevels: what may be retried is written, not left to a default.
func TestIdempotencyLevels(t *testing.T) {
	t.Parallel()
	for name, method := range methods() {
		verb, _ := verbAndPath(method)
		if level := optionsOf(method).IdempotencyLevel; level == nil || *level != levels[verb] {
			t.Errorf("%s, a %s, has idempotency_level %v, want %v", name, verb, level, levels[verb])
		}
	}
}

func TestGoldenFilesAreTheRPCs(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob(filepath.Join("golden", "*.json"))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, file := range files {
		got = append(got, strings.TrimSuffix(filepath.Base(file), ".json"))
	}
	if diff := cmp.Diff(slices.Sorted(maps.Keys(methods())), got); diff != "" {
		t.Errorf("not a file of golden cases for each RPC (-want +got):\n%s", diff)
	}
}

// secretName is a field's name that suggests a secret or what is personal.
var secretName = regexp.MustCompile(`(^|_)(token|password|code|email|phone|authentication_url|secret)$|_verification_id$`)

// notWhatTheyAreNamed are the fields that only have such a name.
var notWhatTheyAreNamed = map[protoreflect.FullName]string{
	"wingspan.users.v1.ErrorBody.code": "is the name of an ErrorReason",
}

// secretNonetheless are those whose name does not tell.
var secretNonetheless = map[protoreflect.FullName]string{
	"wingspan.users.v1.GetSessionRequest.id":    "is the bearer token",
	"wingspan.users.v1.DeleteSessionRequest.id": "is the bearer token",
}

// TestSecretsAreMarked: what debug_redact does not mark is logged.
func TestSecretsAreMarked(t *testing.T) {
	t.Parallel()
	seen := map[protoreflect.FullName]bool{}
	for _, field := range packageFields() {
		options, _ := field.Options().(*descriptorpb.FieldOptions)
		name := field.FullName()
		seen[name] = true
		want := secretNonetheless[name] != "" ||
			(field.Kind() == protoreflect.StringKind && secretName.MatchString(string(field.Name())) && notWhatTheyAreNamed[name] == "")
		if options.GetDebugRedact() != want {
			t.Errorf("%s has debug_redact = %t, want %t", name, options.GetDebugRedact(), want)
		}
	}
	for _, listed := range []map[protoreflect.FullName]string{notWhatTheyAreNamed, secretNonetheless} {
		for name := range listed {
			if !seen[name] {
				t.Errorf("%s is listed and does not exist", name)
			}
		}
	}
}

// TestSecretsByHand restates some that must not be lost to a wrong pattern.
func TestSecretsByHand(t *testing.T) {
	t.Parallel()
	secrets := map[protoreflect.FullName]bool{}
	for _, field := range packageFields() {
		options, _ := field.Options().(*descriptorpb.FieldOptions)
		secrets[field.FullName()] = options.GetDebugRedact()
	}
	for _, name := range []protoreflect.FullName{
		"Session.token", "ApiSession.token", "AuthenticateRequest.email", "AuthenticateResponse.authentication_url",
		"CreateSessionRequest.password", "CreatePendingSessionRequest.password", "CreateRequestingUserSessionRequest.password",
		"CreateSingleSignOnSessionRequest.single_sign_on_code", "SignInWithGoogleRequest.id_token", "CompleteOtpVerificationRequest.code",
		"CompletePhoneVerificationRequest.code", "CompleteEmailVerificationRequest.email_verification_id",
		"BeginPhoneVerificationRequest.phone", "PhoneVerification.phone", "EmailVerification.email",
	} {
		if !secrets["wingspan.users.v1."+name] {
			t.Errorf("%s is not marked", name)
		}
	}
}

// packageFields are the fields of all messages of the package, and of those
// within them.
func packageFields() []protoreflect.FieldDescriptor {
	var all []protoreflect.FieldDescriptor
	var walk func(messages protoreflect.MessageDescriptors)
	walk = func(messages protoreflect.MessageDescriptors) {
		for i := range messages.Len() {
			for j := range messages.Get(i).Fields().Len() {
				all = append(all, messages.Get(i).Fields().Get(j))
			}
			walk(messages.Get(i).Messages())
		}
	}
	protoregistry.GlobalFiles.RangeFilesByPackage("wingspan.users.v1", func(file protoreflect.FileDescriptor) bool {
		walk(file.Messages())
		return true
	})
	return all
}
