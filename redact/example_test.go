package redact_test

import (
	"fmt"
	"log/slog"
	"os"
	"strings"

	"google.golang.org/protobuf/proto"

	usersv1 "github.com/wingspan-grpc/session-facade/gen/go/wingspan/users/v1"
	"github.com/wingspan-grpc/session-facade/redact"
)

func ExampleMessage() {
	session := &usersv1.Session{Token: proto.String("a secret")}
	text := fmt.Sprint(redact.Message(session))
	fmt.Println(strings.ReplaceAll(text, "  ", " ")) // the number of spaces is up to Protobuf
	// Output: token:"[REDACTED]"
}

func ExampleReplaceAttr() {
	log := slog.New(slog.NewTextHandler(os.Stdout, &slog.HandlerOptions{ReplaceAttr: func(groups []string, a slog.Attr) slog.Attr {
		if a.Key == slog.TimeKey {
			return slog.Attr{} // so that the output is always the same
		}
		return redact.ReplaceAttr(groups, a)
	}}))
	log.Info("signed in", "session", &usersv1.Session{Token: proto.String("a secret")})
	// Output: level=INFO msg="signed in" session="token:\"[REDACTED]\""
}
