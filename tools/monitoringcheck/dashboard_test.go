package monitoringcheck

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// dashboard is as much of Grafana's model as is checked.
type dashboard struct {
	UID        string
	Title      string
	Templating struct {
		List []struct{ Name, Type, Query string }
	}
	Annotations struct {
		List []struct{ Name, Expr string }
	}
	Panels []panel
}

type panel struct {
	ID          int
	Type        string
	Title       string
	Description string
	GridPos     struct{ X, Y, W, H int }
	FieldConfig struct {
		Defaults struct{ Unit string }
	}
	Targets []struct{ RefID, Expr, LegendFormat string }
}

func board(t *testing.T) *dashboard {
	t.Helper()
	d := &dashboard{}
	if err := json.Unmarshal([]byte(read(t, filepath.Join(root, "deploy", "monitoring", "dashboard.json"))), d); err != nil {
		t.Fatal(err)
	}
	return d
}

// queries are those of the rules, the dashboard and its variables, by where they are.
// What Grafana fills in is given a value.
func queries(t *testing.T) map[string]string {
	t.Helper()
	filled := strings.NewReplacer("$__rate_interval", "5m", "$job", ".*", "$instance", ".*", "$rpc_method", ".*")
	all := map[string]string{}
	for _, rule := range rules(t) {
		all["rule "+rule.Alert+rule.Record] = rule.Expr
	}
	d := board(t)
	for _, p := range d.Panels {
		for _, target := range p.Targets {
			all["panel "+p.Title+" "+target.RefID] = filled.Replace(target.Expr)
		}
	}
	for _, annotation := range d.Annotations.List {
		all["panel annotation "+annotation.Name] = filled.Replace(annotation.Expr)
	}
	for _, variable := range d.Templating.List {
		if inside, is := strings.CutPrefix(variable.Query, "label_values("); is {
			selector, label, _ := strings.Cut(strings.TrimSuffix(inside, ")"), ", ")
			all["variable "+variable.Name] = fmt.Sprintf("count by (%s) (%s)", label, filled.Replace(selector))
		}
	}
	if len(all) < 40 {
		t.Fatalf("only %d queries", len(all))
	}
	return all
}

// TestDashboard checks what Grafana would not complain of: panels that lie over one
// another, figures without a unit, and what nothing explains.
func TestDashboard(t *testing.T) {
	d := board(t)
	if d.UID == "" || d.Title == "" {
		t.Error("no uid or title")
	}
	taken, ids, titles := map[[2]int]string{}, map[int]bool{}, map[string]bool{}
	for _, p := range d.Panels {
		if ids[p.ID] || titles[p.Title] {
			t.Errorf("a second panel %d, %s", p.ID, p.Title)
		}
		ids[p.ID], titles[p.Title] = true, true
		if p.GridPos.W < 1 || p.GridPos.X+p.GridPos.W > 24 {
			t.Errorf("%s is outside the grid", p.Title)
		}
		for x := p.GridPos.X; x < p.GridPos.X+p.GridPos.W; x++ {
			for y := p.GridPos.Y; y < p.GridPos.Y+p.GridPos.H; y++ {
				if other := taken[[2]int{x, y}]; other != "" {
					t.Fatalf("%s lies over %s", p.Title, other)
				}
				taken[[2]int{x, y}] = p.Title
			}
		}
		if p.Type == "row" {
			continue
		}
		if p.FieldConfig.Defaults.Unit == "" || p.Description == "" || len(p.Targets) == 0 {
			t.Errorf("%s has no unit, description or query", p.Title)
		}
		for _, target := range p.Targets {
			if target.LegendFormat == "" || target.RefID == "" {
				t.Errorf("%s: %s has no legend or name", p.Title, target.Expr)
			}
		}
	}
	var variables []string
	for _, variable := range d.Templating.List {
		variables = append(variables, variable.Name)
	}
	if want := []string{"datasource", "job", "instance", "rpc_method"}; !slices.Equal(variables, want) {
		t.Errorf("variables %v, want %v", variables, want)
	}
}
