package test

import (
	"fmt"
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"

	usersv1 "github.com/wingspan-grpc/session-facade/gen/go/wingspan/users/v1"
	"github.com/wingspan-grpc/session-facade/internal/facadetest"
	"github.com/wingspan-grpc/session-facade/internal/httprule"
	"github.com/wingspan-grpc/session-facade/internal/readme"
)

// TestREADME keeps the table of operations true.
func TestREADME(t *testing.T) {
	t.Parallel()
	rules, err := httprule.Service(facadetest.Descriptor)
	if err != nil {
		t.Fatal(err)
	}
	var table strings.Builder
	table.WriteString("| RPC | REST | the vendor's operation |\n|---|---|---|\n")
	for _, rule := range rules {
		operation, _ := proto.GetExtension(rule.Method.Options(), usersv1.E_Operation).(*usersv1.Operation)
		fmt.Fprintf(&table, "| %s | `%s %s` | %s |\n", rule.Method.Name(), rule.Verb, rule.Template, operation.GetName())
	}
	readme.Check(t, "../README.md", "operations", table.String())
}
