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

// TestVersions_AreThoseInUse shows that the page has the versions that are run.
func TestVersions_AreThoseInUse(t *testing.T) {
	t.Parallel()
	npm, makefile, buf := read(t, "npm/package.json"), read(t, "../../Makefile"), read(t, "../buf/go.mod")
	for name, where := range map[string]struct{ text, before, after string }{
		"redocly":            {npm, `"@redocly/cli": "`, `"`},
		"spectral":           {npm, `"@stoplight/spectral-cli": "`, `"`},
		"prism":              {npm, `"@stoplight/prism-cli": "`, `"`},
		"openapi-ts":         {npm, `"@hey-api/openapi-ts": "`, `"`},
		"tsc":                {npm, `"typescript": "`, `"`},
		"openapi-typescript": {npm, `"openapi-typescript": "`, `"`},
		"orval":              {npm, `"orval": "`, `"`},
		"autocannon":         {npm, `"autocannon": "`, `"`},
		"actionlint":         {makefile, "cmd/actionlint@", "\n"},
		"buf":                {buf, "github.com/bufbuild/buf v", " "},
	} {
		seen := false
		for _, j := range judges() {
			for _, tool := range j.tools {
				if seen = seen || tool.Name == name; tool.Name == name && !strings.Contains(where.text, where.before+tool.Version+where.after) {
					t.Errorf("%s is not %s", name, tool.Version)
				}
			}
		}
		if !seen {
			t.Errorf("no judge is %s", name)
		}
	}
}

func read(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
