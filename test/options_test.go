package test

import (
	"crypto/sha256"
	"encoding/binary"
	"testing"

	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"

	usersv1 "github.com/wingspan-grpc/session-facade/gen/go/wingspan/users/v1"
)

// TestOptions_HaveNumbersOfTheirOwn: they are derived as options.proto says, and leave
// those alone that every organization uses within itself (50000 to 99999) or that the
// public registry assigns: a program that links two extensions of a number panics when
// it starts.
func TestOptions_HaveNumbersOfTheirOwn(t *testing.T) {
	t.Parallel()
	extensions := usersv1.File_wingspan_users_v1_options_proto.Extensions()
	if extensions.Len() < 3 {
		t.Fatalf("there are %d options", extensions.Len())
	}
	for i := range extensions.Len() {
		option := extensions.Get(i)
		sum := sha256.Sum256([]byte(option.FullName()))
		want := binary.BigEndian.Uint32(sum[:4])%536770912 + 100000
		if got := uint32(option.Number()); got != want || got < 100000 {
			t.Errorf("%s has the number %d, want %d", option.FullName(), got, want)
		}
		for number := protoreflect.FieldNumber(50000); number < 100000; number++ {
			if taken, err := protoregistry.GlobalTypes.FindExtensionByNumber(option.ContainingMessage().FullName(), number); err == nil {
				t.Errorf("%s has the number %d", taken.TypeDescriptor().FullName(), number)
			}
		}
	}
}
