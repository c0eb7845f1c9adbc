package test

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
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

// TestCONTRIBUTING_NamesWhatIsThere shows that the targets and files that a newcomer is
// led to are there.
func TestCONTRIBUTING_NamesWhatIsThere(t *testing.T) {
	t.Parallel()
	page, makefile := readFile(t, "../CONTRIBUTING.md"), readFile(t, "../Makefile")
	for _, found := range regexp.MustCompile("`make ([a-z-]+)`").FindAllStringSubmatch(page, -1) {
		if !strings.Contains(makefile, "\n"+found[1]+": ") {
			t.Errorf("the Makefile has no %s", found[1])
		}
	}
	paths := regexp.MustCompile("(?:`|\\./)((?:bench|deploy|docs|examples|gen|internal|proto|test|tools|\\.ci|\\.github)/[^`\\s]*)").FindAllStringSubmatch(page, -1)
	for _, found := range paths {
		if _, err := os.Stat(filepath.Join("..", found[1])); err != nil && !strings.Contains(found[1], "<") {
			t.Errorf("there is no %s", found[1])
		}
	}
	if len(paths) < 20 {
		t.Errorf("only %d files are named", len(paths))
	}
}
