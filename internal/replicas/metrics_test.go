package replicas_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	"github.com/wingspan-grpc/session-facade/internal/replicas"
	"github.com/wingspan-grpc/session-facade/internal/replicas/replicastest"
	"github.com/wingspan-grpc/session-facade/internal/sessioncache"
)

// read is each metric's value, by its name and attributes.
func read(t *testing.T, from *metric.ManualReader) map[string]float64 {
	t.Helper()
	var all metricdata.ResourceMetrics
	if err := from.Collect(context.Background(), &all); err != nil {
		t.Fatal(err)
	}
	values := map[string]float64{}
	for _, scope := range all.ScopeMetrics {
		for _, m := range scope.Metrics {
			name := strings.TrimPrefix(m.Name, "session_facade.replicas.")
			switch data := m.Data.(type) {
			case metricdata.Sum[int64]:
				for _, point := range data.DataPoints {
					operation, _ := point.Attributes.Value("operation")
					result, _ := point.Attributes.Value("result")
					values[fmt.Sprint(name, " ", operation.AsString(), " ", result.AsString())] = float64(point.Value)
				}
			case metricdata.Gauge[int64]:
				values[name] = float64(data.DataPoints[0].Value)
			case metricdata.Gauge[float64]:
				values[name] = data.DataPoints[0].Value
			}
		}
	}
	return values
}

func TestMetrics_TellOfAnOutage(t *testing.T) {
	inBubble(func(t *testing.T) {
		reader := metric.NewManualReader()
		log := &bytes.Buffer{}
		way := replicastest.New().Replica()
		o := options(way)
		o.Meter = metric.NewMeterProvider(metric.WithReader(reader))
		o.Logger = slog.New(slog.NewTextHandler(log, nil))
		l, err := replicas.Connect(o)
		if err != nil {
			t.Fatal(err)
		}
		expect := func(when string, want map[string]float64) {
			t.Helper()
			got := read(t, reader)
			for name, value := range want {
				if found, ok := got[name]; !ok || found != value {
					t.Errorf("%s: %s is %v, want %v", when, name, found, value)
				}
			}
		}
		expect("before", map[string]float64{"up": 0, "known": 1, "pending_endings": 0, "behind": 0,
			"operations sync ok": 0, "operations find timeout": 0, "operations keep error": 0, "operations release refused": 0})
		l.Start(&listener{}, nil)
		defer l.Close()
		join(t, l)
		connect(t, options(way), nil)
		time.Sleep(time.Second)
		s := session("one")
		find(t, l, s, true)
		keep(t, l, l.Moment(), s)
		l.Release(s.Key)
		l.End(t.Context(), s.Tags, false)
		time.Sleep(100 * time.Millisecond)
		expect("up", map[string]float64{"up": 1, "known": 2, "pending_endings": 0, "operations find ok": 1,
			"operations keep ok": 1, "operations release ok": 1, "operations end ok": 1})
		way.Cut()
		for range 5 {
			_, _ = l.Find(t.Context(), s.Key, nil, false)
		}
		l.End(t.Context(), s.Tags, false)
		time.Sleep(5 * time.Second)
		l.End(t.Context(), []sessioncache.Tag{tag("x")}, false)
		expect("down", map[string]float64{"up": 0, "known": 2, "pending_endings": 3, "operations find timeout": 3,
			"operations find refused": 2, "operations end refused": 2, "operations sync timeout": 1})
		if behind := read(t, reader)["behind"]; behind < 5 || behind > 6 {
			t.Errorf("%v s behind, want some 5", behind)
		}
		way.Heal()
		time.Sleep(3 * time.Second)
		expect("up again", map[string]float64{"up": 1, "pending_endings": 0})
		if n := strings.Count(log.String(), "\n"); n != 3 || strings.Count(log.String(), "can be reached") != 2 || strings.Count(log.String(), "cannot be reached") != 1 {
			t.Errorf("%d lines:\n%s", n, log)
		}
	})(t)
}
