package docs_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/wingspan-grpc/session-facade/test/testinputs"
)

// axe is the program that finds what keeps people from using a page.
var axe = filepath.Join("node_modules", "axe-core", "axe.min.js")

// readAxe reads it, and installs what package-lock.json names if it is not there.
// Only a machine that is not CI may be without it.
func readAxe(t *testing.T) string {
	t.Helper()
	testinputs.Add(t, "package.json", "package-lock.json")
	if text, err := os.ReadFile(axe); err == nil {
		return string(text)
	}
	output, err := exec.CommandContext(t.Context(), "npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund").CombinedOutput()
	if err == nil {
		var text []byte
		if text, err = os.ReadFile(axe); err == nil {
			return string(text)
		}
	}
	if os.Getenv("CI") == "true" {
		t.Fatalf("npm ci: %v\n%s", err, output)
	}
	t.Skipf("NOT TESTED: AXE-CORE IS MISSING: %v", err)
	return ""
}

// runAxe lists what is seriously wrong with what is shown: the rule, and where.
const runAxe = `axe.run(document, {resultTypes: ["violations"]}).then(found => found.violations
	.filter(v => v.impact === "serious" || v.impact === "critical")
	.flatMap(v => v.nodes.map(n => v.id + " (" + v.impact + "): " + n.target.join(" ") + " " + n.html.slice(0, 160))))`

// checkAccessible fails if the page, as it is shown, shuts anybody out.
func (p *tab) checkAccessible(axe string) {
	p.t.Helper()
	p.do(chromedp.Evaluate[chromedp.Void](axe))
	for _, problem := range run(p, chromedp.Evaluate[[]string](runAxe, chromedp.EvalAwaitPromise)) {
		p.t.Errorf("not accessible: %s", problem)
	}
}
