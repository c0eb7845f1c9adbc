package transport

import (
	"log/slog"
	"maps"
	"testing"

	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	"github.com/wingspan-grpc/session-facade/internal/membudget"
)

// TestPipeline_ShowsItsBounds shows what the metrics say of the bounds and of what is
// taken of them.
func TestPipeline_ShowsItsBounds(t *testing.T) {
	t.Parallel()
	reader := sdkmetric.NewManualReader()
	p, err := NewPipeline("service", Options{Logger: slog.New(slog.DiscardHandler), MaxInFlight: 3, Memory: membudget.New(50),
		Meter: sdkmetric.NewMeterProvider(sdkmetric.WithReader(reader))})
	if err != nil {
		t.Fatal(err)
	}
	protocol, err := p.NewProtocol(ProtocolREST)
	if err != nil {
		t.Fatal(err)
	}
	again, err := p.NewProtocol(ProtocolREST) // on another port
	if err != nil {
		t.Fatal(err)
	}
	protocol.Reject()
	again.Reject()
	if err := p.Memory.Lease().Grow(t.Context(), 7); err != nil {
		t.Fatal(err)
	}
	want := map[string]int64{"session_facade.calls.in_flight.limit": 3, "session_facade.calls.rejected": 2,
		"session_facade.memory.used": 7, "session_facade.memory.limit": 50}
	if got := figures(t, reader); !maps.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}

// figures are the metrics of one series each, by name.
func figures(t *testing.T, reader sdkmetric.Reader) map[string]int64 {
	t.Helper()
	var collected metricdata.ResourceMetrics
	if err := reader.Collect(t.Context(), &collected); err != nil {
		t.Fatal(err)
	}
	all := map[string]int64{}
	for _, scope := range collected.ScopeMetrics {
		for _, m := range scope.Metrics {
			switch data := m.Data.(type) {
			case metricdata.Sum[int64]:
				if len(data.DataPoints) == 1 {
					all[m.Name] = data.DataPoints[0].Value
				}
			case metricdata.Gauge[int64]:
				all[m.Name] = data.DataPoints[0].Value
			}
		}
	}
	return all
}
