package test

import (
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"google.golang.org/genproto/googleapis/api/annotations"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
	"google.golang.org/protobuf/types/descriptorpb"

	usersv1 "github.com/wingspan-grpc/session-facade/gen/go/wingspan/users/v1"
	"github.com/wingspan-grpc/session-facade/test/contract"
	"github.com/wingspan-grpc/session-facade/test/facadetest"
)

func TestSignInsAreTheContracts(t *testing.T) {
	t.Parallel()
	for name, method := range methods() {
		operation, _ := proto.GetExtension(optionsOf(method), usersv1.E_Operation).(*usersv1.Operation)
		row, listed := contract.ByRPC()[name]
		if want := row.Is(contract.SignIn); listed && operation.GetAnonymous() != want {
			t.Errorf("%s is anonymous: %t, want %t", name, operation.GetAnonymous(), want)
		}
	}
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
	rows := contract.ByRPC()
	for name, method := range methods() {
		verb, path := verbAndPath(method)
		operation, _ := proto.GetExtension(optionsOf(method), usersv1.E_Operation).(*usersv1.Operation)
		got := fmt.Sprintf("%s %s %s %d", operation.GetName(), verb, path, operation.GetSuccessStatus())
		row, listed := rows[name]
		if !listed {
			t.Errorf("%s has no row in %s, which restates by hand what the vendor documents", name, contract.Where)
			continue
		}
		if want := fmt.Sprintf("%s %s %d", row.Name, row.Call, row.Status); got != want {
			t.Errorf("%s is %s in the .proto, %s in %s", name, got, want, contract.Where)
		}
		for _, shape := range []string{row.Request, strings.TrimPrefix(row.Response, "[]")} {
			if shape != "" && contract.Shapes[shape] == "" {
				t.Errorf("%s: %s is no row of Shapes in %s", name, shape, contract.Where)
			}
		}
	}
	for name := range rows {
		if methods()[name] == nil {
			t.Errorf("%s of %s is no RPC of the .proto", name, contract.Where)
		}
	}
}

// TestIdempotencyLevels: what may be retried is written, not left to a default.
func TestIdempotencyLevels(t *testing.T) {
	t.Parallel()
	for name, row := range contract.ByRPC() {
		method := methods()[name]
		if method == nil {
			continue // is told above
		}
		if level := optionsOf(method).IdempotencyLevel; level == nil || level.String() != row.Level() {
			t.Errorf("%s, a %s, has idempotency_level %v, want %v", name, row.Verb(), level, row.Level())
		}
	}
}

// TestGeneratedIsOfTheProto: an RPC that is written and not generated is told.
func TestGeneratedIsOfTheProto(t *testing.T) {
	t.Parallel()
	const file = "proto/wingspan/users/v1/session_and_authentication_service.proto"
	declared := regexp.MustCompile(`(?m)^  rpc (\w+)\(`).FindAllStringSubmatch(readFile(t, "../"+file), -1)
	if len(declared) == 0 {
		t.Errorf("%s declares no RPC", file)
	}
	for _, rpc := range declared {
		if methods()[rpc[1]] == nil {
			t.Errorf("%s is in %s and not in gen/: run make generate", rpc[1], file)
		}
	}
}

func TestGoldenFilesAreTheRPCs(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob(filepath.Join("golden", "*.json"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		if name := strings.TrimSuffix(filepath.Base(file), ".json"); methods()[name] == nil {
			t.Errorf("test/%s is of no RPC of the .proto", file)
		}
	}
	for name := range methods() {
		if !slices.Contains(files, filepath.Join("golden", name+".json")) {
			t.Errorf("%s has no golden cases: test/golden/%s.json is missing; test/golden/README.md says what is in it", name, name)
		}
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
