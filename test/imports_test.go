package test

import (
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/wingspan-grpc/session-facade/test/testinputs"
)

// mayImport are the rooms of the facade and which of the others each may use. A call
// goes from internal/facade's list through transport, service and upstream, which never
// know of one another.
var mayImport = map[string][]string{
	"internal/transport":               {"internal/apierror", "internal/httprule", "internal/membudget", "internal/relay"},
	"internal/transport/httpport":      {"internal/transport", "internal/membudget"},
	"internal/transport/connectserver": {"internal/transport", "internal/transport/httpport", "internal/contentcoding", "internal/httprule", "internal/membudget", "internal/reflection"},
	"internal/transport/grpcserver":    {"internal/transport", "internal/apierror", "internal/membudget", "internal/reflection"},
	"internal/transport/restgateway":   {"internal/transport", "internal/transport/httpport", "internal/apierror", "internal/contentcoding", "internal/httprule", "internal/wirejson"},
	"internal/service":                 {},
	"internal/docs":                    {"internal/contentcoding"},
	"internal/relay":                   {"internal/membudget"},
	"internal/upstream":                {"internal/upstream/connpool", "internal/apierror", "internal/httprule", "internal/membudget", "internal/pacing", "internal/relay", "internal/wirejson"},
	"internal/sessioncache":            {"internal/sessioncache/history", "internal/sessioncache/identity", "internal/sessioncache/memory", "internal/sessioncache/outcome", "internal/apierror", "internal/httprule", "internal/membudget", "internal/relay"},
	"internal/sessioncache/history":    {"internal/sessioncache/identity"},
	"internal/sessioncache/identity":   {"internal/relay"},
	"internal/sessioncache/memory":     {"internal/sessioncache/identity", "internal/relay"},
	"internal/sessioncache/outcome":    {"internal/apierror", "internal/relay"},
	"internal/replicas":                {"internal/sessioncache"},
	"internal/replicas/redis":          {"internal/replicas", "internal/sessioncache"},
	"internal/replicas/replicastest":   {"internal/replicas", "internal/sessioncache"},
	"internal/preflight":               {"internal/certs", "internal/replicas/redis", "internal/upstream/connpool"},
	"internal/upstream/connpool":       {"internal/membudget"},
	"internal/sandbox":                 {"internal/httprule", "internal/wirejson", "internal/sandbox/faults", "internal/sandbox/seed"},
	"internal/sandbox/seed":            {"internal/wirejson"},
	"internal/sandbox/faults":          {"internal/sandbox/seed"},
	"internal/sandbox/control":         {"internal/sandbox", "internal/sandbox/faults", "internal/sandbox/seed"},
	"gen/wirejson/wingspan/users/v1":   {"internal/wirejson"},
	"gen/library/wirejson/library/v1":  {"internal/wirejson"},
	"internal/facade":                  {"internal/"},
	"cmd/server":                       {"internal/"},
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

// TestArchitecture_NamesEveryRoom shows that the map has each package, and no other.
func TestArchitecture_NamesEveryRoom(t *testing.T) {
	t.Parallel()
	page := readFile(t, "../docs/ARCHITECTURE.md")
	testinputs.AddServer(t, "..")
	for _, folder := range []string{"cmd", "internal"} {
		err := filepath.WalkDir(filepath.Join("..", folder), func(path string, entry fs.DirEntry, err error) error {
			if err != nil || !entry.IsDir() {
				return err
			}
			sources, err := filepath.Glob(filepath.Join(path, "*.go"))
			name := strings.TrimPrefix(filepath.ToSlash(path), "../") + "/"
			if len(sources) > 0 && !strings.Contains(page, "`"+name+"`") {
				t.Errorf("docs/ARCHITECTURE.md does not name %s", name)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, found := range regexp.MustCompile("`((?:cmd|internal|test|docs)/[^`]*)`").FindAllStringSubmatch(page, -1) {
		if _, err := os.Stat(filepath.Join("..", filepath.FromSlash(found[1]))); err != nil && !strings.Contains(found[1], "<") {
			t.Errorf("docs/ARCHITECTURE.md names %s, which is not there", found[1])
		}
	}
}
