package main

import (
	"os"
	"strings"
	"testing"

	"github.com/wingspan-grpc/session-facade/tools/judges/internal/judge"
)

// TestVerdict_IsHeldAgainstTheTable shows what fails: what is not expected, what is expected
// and passes, and a judge that looks at less than before.
func TestVerdict_IsHeldAgainstTheTable(t *testing.T) {
	t.Parallel()
	table := []expectation{{"a/b, too", "why"}, {"x *", "why"}}
	for name, c := range map[string]struct {
		failed []string
		before int
		wrong  string
	}{
		"as expected":            {[]string{"a/b, too", "x y/z", "x y/w"}, 4, ""},
		"another":                {[]string{"a/b, too", "x y/z", "a/b"}, 4, "UNEXPECTED: a/b: it says so"},
		"one that passes by now": {[]string{"x y"}, 2, "PASSES BY NOW, or is not looked at: a/b, too"},
		"fewer checks":           {[]string{"a/b, too", "x y"}, 4, "ONLY 3 CHECKS"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			v := &judge.Verdict{Failed: map[string]string{}}
			v.Check(true, "passes", "")
			for _, failed := range c.failed {
				v.Check(false, failed, "it says so")
			}
			r := against(v, table, c.before)
			if wrong := strings.Join(r.wrong, "\n"); (c.wrong == "") != (wrong == "") || !strings.Contains(wrong, c.wrong) || len(r.wrong) > 1 {
				t.Errorf("%q, want %q", r.wrong, c.wrong)
			}
			if r.passed != 1 {
				t.Errorf("%d passed", r.passed)
			}
		})
	}
}

// TestTable_HasReasons shows that nothing is expected of a judge that there is not, and
// nothing without a reason.
func TestTable_HasReasons(t *testing.T) {
	t.Parallel()
	names := map[string]bool{}
	for _, j := range judges() {
		if names[j.name] {
			t.Errorf("%s is there twice", j.name)
		}
		names[j.name] = true
		if j.versions() == "" || j.about == "" || j.command == "" {
			t.Errorf("%s has no version, subject or command", j.name)
		}
	}
	for name, table := range expected {
		for _, e := range table {
			if !names[name] || len(e.reason) < 15 {
				t.Errorf("%s, %s: %q", name, e.check, e.reason)
			}
		}
	}
}

// TestNPM_InstallsWhatTheTableSays shows that the page has the versions of package.json.
func TestNPM_InstallsWhatTheTableSays(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("npm/package.json")
	if err != nil {
		t.Fatal(err)
	}
	for name, of := range map[string]string{
		"redocly": "@redocly/cli", "spectral": "@stoplight/spectral-cli", "prism": "@stoplight/prism-cli", "openapi-ts": "@hey-api/openapi-ts", "tsc": "typescript",
		"openapi-typescript": "openapi-typescript", "orval": "orval", "autocannon": "autocannon",
	} {
		for _, j := range judges() {
			for _, tool := range j.tools {
				if tool.Name == name && !strings.Contains(string(text), `"`+of+`": "`+tool.Version+`"`) {
					t.Errorf("%s is not %s", name, tool.Version)
				}
			}
		}
	}
}
