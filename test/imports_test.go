package test

import (
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/wingspan-grpc/session-facade/internal/testinputs"
)

// mayImport are the rooms of the facade and which of the others each may use. A call
// goes from cmd/server's list through transport, service and upstream, which never
// know of one another.
var mayImport = map[string][]string{
	"internal/transport":             {"internal/apierror", "internal/httprule", "internal/membudget", "internal/relay"},
	"internal/transport/grpcserver":  {"internal/transport", "internal/apierror", "internal/connlimit", "internal/membudget"},
	"internal/transport/restgateway": {"internal/transport", "internal/apierror", "internal/httprule", "internal/membudget", "internal/wirejson"},
	"internal/service":               {},
	"internal/upstream":              {"internal/upstream/connpool", "internal/apierror", "internal/httprule", "internal/membudget", "internal/relay", "internal/wirejson"},
	"internal/upstream/connpool":     {"internal/membudget"},
	"internal/sandbox":               {"internal/httprule", "internal/wirejson"},
	"gen/wirejson/wingspan/users/v1": {"internal/wirejson"},
	"internal/facadetest":            {"internal/"}, // wires for tests as cmd/server does
	"cmd/server":                     {"internal/"},
	// All others use nothing of ours but gen/.
}

// TestImports shows that the rooms know of one another only what they may.
func TestImports(t *testing.T) {
	t.Parallel()
	testinputs.AddServer(t, "..")
	const module = "github.com/wingspan-grpc/session-facade/"
	list := exec.CommandContext(t.Context(), "go", "list", "-json=ImportPath,Imports", "./cmd/...", "./internal/...", "./gen/...")
	list.Dir = ".."
	output, err := list.Output()
	if err != nil {
		t.Fatal(err)
	}
	seen := 0
	for packages := json.NewDecoder(strings.NewReader(string(output))); ; seen++ {
		var found struct {
			ImportPath string
			Imports    []string
		}
		if err := packages.Decode(&found); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		name := strings.TrimPrefix(found.ImportPath, module)
		for _, imported := range found.Imports {
			other, ours := strings.CutPrefix(imported, module)
			allowed := func(prefix string) bool {
				return other == prefix || strings.HasSuffix(prefix, "/") && strings.HasPrefix(other, prefix)
			}
			if ours && !strings.HasPrefix(other, "gen/") && other != "gen" && !slices.ContainsFunc(mayImport[name], allowed) {
				t.Errorf("%s imports %s, which it may not know", name, other)
			}
		}
	}
	if seen < 20 {
		t.Errorf("only %d packages were looked at", seen)
	}
}
