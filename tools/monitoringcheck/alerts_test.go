package monitoringcheck

import (
	"maps"
	"math"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/rulefmt"
	"github.com/prometheus/prometheus/model/value"
	"github.com/prometheus/prometheus/promql"
	"go.yaml.in/yaml/v3"
)

// cases is a file of `promtool test rules`, as much of it as is used.
type cases struct {
	RuleFiles []string       `yaml:"rule_files"`
	Every     model.Duration `yaml:"evaluation_interval"`
	Tests     []scenario
}

// scenario is what happens, and what comes of it.
type scenario struct {
	Name     string
	Interval model.Duration
	Input    []struct{ Series, Values string } `yaml:"input_series"`
	Expected []struct {
		Expr    string
		Time    model.Duration `yaml:"eval_time"`
		Samples []struct {
			Labels string
			Value  float64
		} `yaml:"exp_samples"`
	} `yaml:"promql_expr_test"`
}

// TestScenarios runs each, and checks that every alert fires in one and that there is
// one in which nothing does.
func TestScenarios(t *testing.T) {
	var all cases
	if err := yaml.Unmarshal([]byte(read(t, filepath.Join(root, "deploy", "monitoring", "alerts_test.yaml"))), &all); err != nil {
		t.Fatal(err)
	}
	fired := map[string]bool{}
	for _, s := range all.Tests {
		t.Run(s.Name, func(t *testing.T) {
			r := &run{every: time.Duration(all.Every), rules: rules(t), active: map[string]time.Duration{}, last: map[string]labels.Labels{},
				engine: promql.NewEngine(promql.EngineOpts{MaxSamples: 1e6, Timeout: time.Minute, Parser: promQL})}
			r.load(t, &s)
			for _, expected := range s.Expected {
				for r.now <= time.Duration(expected.Time) {
					r.evaluate(t)
				}
				want := map[string]float64{}
				for _, sample := range expected.Samples {
					of, err := promQL.ParseMetric(sample.Labels)
					if err != nil {
						t.Fatal(err)
					}
					want[of.String()] = sample.Value
					fired[of.Get("alertname")] = true
				}
				got := map[string]float64{}
				for _, sample := range r.query(t, expected.Expr, time.Duration(expected.Time)) {
					got[sample.Metric.String()] = sample.F
				}
				if !maps.Equal(got, want) {
					t.Errorf("after %s: %v, want %v", time.Duration(expected.Time), got, want)
				}
			}
		})
	}
	for _, rule := range rules(t) {
		if rule.Alert != "" && !fired[rule.Alert] {
			t.Errorf("%s fires in no scenario", rule.Alert)
		}
	}
}

// run evaluates the rules as Prometheus does, a step at a time.
type run struct {
	every  time.Duration
	now    time.Duration // of the next step
	rules  []rulefmt.Rule
	engine *promql.Engine
	store  store
	active map[string]time.Duration // since when an alert's expression has held
	last   map[string]labels.Labels // what the last step wrote
}

// load stores what a scenario says has been scraped.
func (r *run) load(t *testing.T, s *scenario) {
	t.Helper()
	for _, input := range s.Input {
		of, values, err := promQL.ParseSeriesDesc(input.Series + " " + input.Values)
		if err != nil {
			t.Fatalf("%s: %v", input.Series, err)
		}
		for i, v := range values {
			if !v.Omitted {
				r.store.add(of, int64(i)*time.Duration(s.Interval).Milliseconds(), v.Value)
			}
		}
	}
}

// evaluate makes a step: it evaluates each rule, and marks as gone what a step before
// wrote and this one did not.
func (r *run) evaluate(t *testing.T) {
	t.Helper()
	written := map[string]labels.Labels{}
	active := map[string]time.Duration{}
	for i := range r.rules {
		rule := &r.rules[i]
		for _, sample := range r.query(t, rule.Expr, r.now) {
			of := labels.NewBuilder(sample.Metric)
			for name, text := range rule.Labels {
				of.Set(name, text)
			}
			v := sample.F
			if rule.Alert != "" {
				of.Set(model.AlertNameLabel, rule.Alert).Del(model.MetricNameLabel)
				key := of.Labels().String()
				since, before := r.active[key]
				if !before {
					since = r.now
				}
				active[key] = since
				state := "pending"
				if r.now-since >= time.Duration(rule.For) {
					state = "firing"
				}
				of.Set(model.MetricNameLabel, "ALERTS").Set("alertstate", state)
				v = 1
			} else {
				of.Set(model.MetricNameLabel, rule.Record)
			}
			r.store.add(of.Labels(), r.now.Milliseconds(), v)
			written[of.Labels().String()] = of.Labels()
		}
	}
	for _, key := range slices.Sorted(maps.Keys(r.last)) {
		if _, again := written[key]; !again {
			r.store.add(r.last[key], r.now.Milliseconds(), math.Float64frombits(value.StaleNaN))
		}
	}
	r.active, r.last = active, written
	r.now += r.every
}

func (r *run) query(t *testing.T, expr string, at time.Duration) promql.Vector {
	t.Helper()
	query, err := r.engine.NewInstantQuery(t.Context(), r.store.queryable(), nil, expr, time.UnixMilli(at.Milliseconds()))
	if err != nil {
		t.Fatalf("%v in\n%s", err, expr)
	}
	defer query.Close()
	vector, err := query.Exec(t.Context()).Vector()
	if err != nil {
		t.Fatalf("%v in\n%s", err, expr)
	}
	return slices.Clone(vector)
}
