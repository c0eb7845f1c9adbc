package test

import (
	"os"
	"strings"
	"testing"

	usersv1 "github.com/wingspan-grpc/session-facade/gen/go/wingspan/users/v1"
	"github.com/wingspan-grpc/session-facade/internal/apierror"
)

// TestErrorsPage shows that docs/ERRORS.md says of each reason what it is, and of
// no other.
func TestErrorsPage(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../docs/ERRORS.md")
	if err != nil {
		t.Fatal(err)
	}
	_, table, _ := strings.Cut(string(text), "\n## Reasons\n")
	table, _, _ = strings.Cut(table, "\n## ")
	rows := map[string]bool{}
	for line := range strings.Lines(table) {
		if name, found := strings.CutPrefix(line, "| `"); found {
			name, _, _ = strings.Cut(name, "`")
			rows[name] = true
		}
	}
	for number := range usersv1.ErrorReason_name {
		reason := usersv1.ErrorReason(number)
		if name := apierror.ReasonName(reason); number != 0 && !rows[name] {
			t.Errorf("%s has no row", name)
		}
		delete(rows, apierror.ReasonName(reason))
	}
	for name := range rows {
		t.Errorf("%s is no reason", name)
	}
}
