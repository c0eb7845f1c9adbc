package test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"

	usersv1 "github.com/wingspan-grpc/session-facade/gen/go/wingspan/users/v1"
	"github.com/wingspan-grpc/session-facade/internal/httprule"
	"github.com/wingspan-grpc/session-facade/test/facadetest"
	"github.com/wingspan-grpc/session-facade/test/readme"
)

// TestMIGRATING keeps the table that leads from the SDK's methods to ours true.
func TestMIGRATING(t *testing.T) {
	t.Parallel()
	ours := map[string]string{}
	for name, method := range methods() {
		operation, _ := proto.GetExtension(method.Options(), usersv1.E_Operation).(*usersv1.Operation)
		ours[operation.GetName()] = strings.ToLower(name[:1]) + name[1:]
	}
	var table strings.Builder
	table.WriteString("| the SDK's `sessionAndAuthentication.` | the client's |\n|---|---|\n")
	for _, theirs := range slices.Sorted(maps.Keys(ours)) {
		fmt.Fprintf(&table, "| `%s` | `%s` |\n", theirs, ours[theirs])
	}
	readme.Check(t, "../docs/MIGRATING.md", "operations", table.String())
}

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
