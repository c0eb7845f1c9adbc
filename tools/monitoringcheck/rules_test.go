package monitoringcheck

import (
	"flag"
	"log/slog"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/rulefmt"
	"github.com/prometheus/prometheus/promql/parser"
)

const root = "../.."

var (
	plainRules    = filepath.Join(root, "deploy", "monitoring", "alerts.yaml")
	operatorRules = filepath.Join(root, "deploy", "components", "prometheus-operator", "prometheusrule.yaml")
	runbook       = filepath.Join(root, "docs", "RUNBOOK.md")
)

var update = flag.Bool("update", false, "rewrite deploy/monitoring/alerts.yaml")

// promQL parses what any Prometheus of today does: no feature flag is needed.
var promQL = parser.NewParser(parser.Options{})

func read(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// TestPlainRules keeps the file for those without the operator: it is what the
// PrometheusRule has under spec.
func TestPlainRules(t *testing.T) {
	_, spec, found := strings.Cut(read(t, operatorRules), "\nspec:\n")
	if !found {
		t.Fatalf("%s has no spec", operatorRules)
	}
	want := "# Made of the PrometheusRule in deploy/components/prometheus-operator, where changes\n" +
		"# belong: go -C tools/monitoringcheck test -update\n" +
		regexp.MustCompile(`(?m)^  `).ReplaceAllString(spec, "")
	if *update {
		if err := os.WriteFile(plainRules, []byte(want), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if read(t, plainRules) != want {
		t.Errorf("%s is not what the PrometheusRule says; run go -C tools/monitoringcheck test -update", plainRules)
	}
}

// rules are all of the alert file's, read as strictly as Prometheus does.
func rules(t *testing.T) []rulefmt.Rule {
	t.Helper()
	groups, errs := rulefmt.ParseFile(plainRules, false, model.UTF8Validation, promQL, slog.New(slog.DiscardHandler))
	for _, err := range errs {
		t.Error(err)
	}
	if groups == nil || len(groups.Groups) != 1 {
		t.Fatalf("%s does not have one group", plainRules)
	}
	return groups.Groups[0].Rules
}

// TestAlerts checks that whoever is woken is told what it means, and where to read
// on: each alert has its chapter in the runbook, and no chapter is of none.
func TestAlerts(t *testing.T) {
	chapters := map[string]bool{}
	for _, heading := range regexp.MustCompile(`(?m)^## (SessionFacade\w+)$`).FindAllStringSubmatch(read(t, runbook), -1) {
		chapters[heading[1]] = false
	}
	for _, rule := range rules(t) {
		if rule.Alert == "" {
			continue
		}
		if _, there := chapters[rule.Alert]; !there {
			t.Errorf("docs/RUNBOOK.md has no chapter %s", rule.Alert)
		}
		chapters[rule.Alert] = true
		for _, name := range []string{"summary", "description"} {
			if rule.Annotations[name] == "" {
				t.Errorf("%s has no %s", rule.Alert, name)
			}
		}
		if link := rule.Annotations["runbook_url"]; !strings.HasSuffix(link, "/docs/RUNBOOK.md#"+strings.ToLower(rule.Alert)) {
			t.Errorf("%s: the link %q leads elsewhere", rule.Alert, link)
		}
		if severity := rule.Labels["severity"]; severity != "page" && severity != "ticket" {
			t.Errorf("%s has the severity %q", rule.Alert, severity)
		}
	}
	for chapter, used := range chapters {
		if !used {
			t.Errorf("docs/RUNBOOK.md: there is no alert %s", chapter)
		}
	}
}
