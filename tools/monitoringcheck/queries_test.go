package monitoringcheck

import (
	"encoding/json"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql/parser"
	"google.golang.org/grpc/codes"
)

// series is what is known of a metric: its labels, and the values of those of which
// only these are possible.
type series map[string][]string

// target are the labels that Prometheus adds to whatever it scrapes; namespace and
// pod only in a cluster.
var target = []string{"job", "instance", "namespace", "pod"}

// known are the metrics that there are: our own by docs/METRICS.md, which a test of
// the server makes of a live scrape, the Go runtime's and the process's by asking
// the library, and those that the rules record.
func known(t *testing.T) map[string]series {
	t.Helper()
	all := map[string]series{"up": {}}
	row := regexp.MustCompile("(?m)^\\| `(\\w+)` \\| (\\w+) \\| (.*?) \\|")
	label := regexp.MustCompile("`(\\w+)`(?: \\(([^)]*)\\))?")
	rows := row.FindAllStringSubmatch(read(t, filepath.Join(root, "docs", "METRICS.md")), -1)
	if len(rows) < 10 {
		t.Fatalf("docs/METRICS.md has %d metrics", len(rows))
	}
	for _, found := range rows {
		name, of := found[1], series{}
		for _, l := range label.FindAllStringSubmatch(found[3], -1) {
			of[l[1]] = nil
			if l[2] != "" {
				of[l[1]] = strings.Split(l[2], ", ")
			}
		}
		add(all, name, found[2] == "histogram", of)
	}
	registry := prometheus.NewRegistry()
	registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, family := range families {
		kind := family.GetType()
		add(all, family.GetName(), kind == dto.MetricType_HISTOGRAM || kind == dto.MetricType_SUMMARY, series{})
	}
	for _, rule := range rules(t) {
		if rule.Record != "" {
			all[rule.Record] = series{}
		}
	}
	return all
}

func add(all map[string]series, name string, histogram bool, of series) {
	if !histogram {
		all[name] = of
		return
	}
	all[name+"_bucket"] = of
	without := series{}
	for label, values := range of {
		if label != "le" {
			without[label] = values
		}
	}
	all[name+"_sum"], all[name+"_count"] = without, without
}

// TestQueries checks each selector of each query: the metric is there, it has the
// labels that are matched and grouped by, and a match is possible.
func TestQueries(t *testing.T) {
	metrics := known(t)
	for where, query := range queries(t) {
		t.Run(where, func(t *testing.T) {
			expr, err := promQL.ParseExpr(query)
			if err != nil {
				t.Fatalf("%v in\n%s", err, query)
			}
			found, foreign, ours := 0, false, false
			parser.Inspect(expr, func(node parser.Node, _ []parser.Node) error {
				switch n := node.(type) {
				case *parser.VectorSelector:
					found++
					checkSelector(t, metrics, n)
					if strings.HasPrefix(where, "panel") {
						checkPanel(t, n)
						break
					}
					ours = ours || strings.HasPrefix(n.Name, "session_facade")
					foreign = foreign || !strings.HasPrefix(n.Name, "session_facade") && !matches(n, "rpc_method")
				case *parser.AggregateExpr:
					checkLabels(t, metrics, n, n.Grouping)
				case *parser.BinaryExpr:
					if n.VectorMatching != nil && n.VectorMatching.On {
						checkLabels(t, metrics, n, n.VectorMatching.MatchingLabels)
					}
				}
				return nil
			})
			if found == 0 {
				t.Errorf("no metric in\n%s", query)
			}
			// What other services have as well must be of this one: by its RPCs, or by
			// standing beside a metric that only this one has.
			if foreign && !ours {
				t.Errorf("of any service:\n%s", query)
			}
		})
	}
}

// checkSelector checks that a selector can select something.
func checkSelector(t *testing.T, metrics map[string]series, s *parser.VectorSelector) {
	t.Helper()
	of, there := metrics[s.Name]
	if !there {
		t.Errorf("there is no metric %s", s.Name)
		return
	}
	for _, m := range s.LabelMatchers {
		values, has := of[m.Name]
		switch {
		case m.Name == model.MetricNameLabel, slices.Contains(target, m.Name):
		case !has:
			t.Errorf("%s has no label %s", s.Name, m.Name)
		default:
			for _, word := range words(m) {
				if !possible(t, m.Name, word, values) {
					t.Errorf("%s never has %s=%q", s.Name, m.Name, word)
				}
			}
		}
	}
}

// words are what a matcher lists.
func words(m *labels.Matcher) []string {
	if m.Type == labels.MatchRegexp || m.Type == labels.MatchNotRegexp {
		return strings.Split(m.Value, "|")
	}
	return []string{m.Value}
}

// possible tells whether a label can have a value that matches a word.
func possible(t *testing.T, label, word string, values []string) bool {
	t.Helper()
	matches := regexp.MustCompile("^(?:" + word + ")$").MatchString
	switch label {
	case "rpc_response_status_code":
		var code codes.Code
		return code.UnmarshalJSON([]byte(`"`+word+`"`)) == nil
	case "http_response_status_code":
		return matches("200") || matches("404") || matches("408") || matches("429") || matches("503")
	case "rpc_method":
		return matches(service(t) + "/GetSession")
	case "le": // a newer Prometheus writes 10.0 for 10
		return slices.Contains(values, strings.TrimSuffix(word, "[.]0"))
	}
	return slices.ContainsFunc(values, matches)
}

// service is the name of the facade's, as its callers' configuration has it.
func service(t *testing.T) string {
	t.Helper()
	var config struct {
		MethodConfig []struct{ Name []struct{ Service string } }
	}
	if err := json.Unmarshal([]byte(read(t, filepath.Join(root, "config", "service_config.json"))), &config); err != nil {
		t.Fatal(err)
	}
	return config.MethodConfig[0].Name[0].Service
}

// checkPanel checks that a panel shows what the dashboard's variables choose.
func checkPanel(t *testing.T, s *parser.VectorSelector) {
	t.Helper()
	if !matches(s, "job") || !matches(s, "instance") {
		t.Errorf("%s is of any job or instance", s)
	}
}

func matches(s *parser.VectorSelector, label string) bool {
	return slices.ContainsFunc(s.LabelMatchers, func(m *labels.Matcher) bool { return m.Name == label })
}

// checkLabels checks that something below has each label.
func checkLabels(t *testing.T, metrics map[string]series, below parser.Node, names []string) {
	t.Helper()
	for _, name := range names {
		has := slices.Contains(target, name)
		parser.Inspect(below, func(node parser.Node, _ []parser.Node) error {
			if s, ok := node.(*parser.VectorSelector); ok {
				_, there := metrics[s.Name][name]
				has = has || there
			}
			return nil
		})
		if !has {
			t.Errorf("nothing has the label %s in\n%s", name, below)
		}
	}
}
