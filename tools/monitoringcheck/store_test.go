package monitoringcheck

import (
	"github.com/prometheus/prometheus/model/histogram"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/storage"
	"github.com/prometheus/prometheus/tsdb/chunkenc"
	"github.com/prometheus/prometheus/tsdb/chunks"
	"github.com/prometheus/prometheus/util/annotations"
)

// store keeps series in memory for Prometheus's engine. Prometheus's own store would
// bring along every cloud that it can write to.
type store struct {
	byLabels map[string]*stored
	order    []*stored
}

type stored struct {
	labels  labels.Labels
	samples []chunks.Sample
}

// add appends a sample to a series.
func (s *store) add(of labels.Labels, at int64, value float64) {
	key := of.String()
	if s.byLabels[key] == nil {
		if s.byLabels == nil {
			s.byLabels = map[string]*stored{}
		}
		s.byLabels[key] = &stored{labels: of}
		s.order = append(s.order, s.byLabels[key])
	}
	s.byLabels[key].samples = append(s.byLabels[key].samples, sample{at, value})
}

// queryable is what the engine asks.
func (s *store) queryable() storage.Queryable {
	return &storage.MockQueryable{MockQuerier: &storage.MockQuerier{SelectMockFunction: func(_ bool, _ *storage.SelectHints, matchers ...*labels.Matcher) storage.SeriesSet {
		found := &seriesSet{}
		for _, candidate := range s.order {
			if matchAll(candidate.labels, matchers) {
				found.all = append(found.all, storage.NewListSeries(candidate.labels, candidate.samples))
			}
		}
		return found
	}}}
}

func matchAll(of labels.Labels, matchers []*labels.Matcher) bool {
	for _, m := range matchers {
		if !m.Matches(of.Get(m.Name)) {
			return false
		}
	}
	return true
}

// seriesSet implements storage.SeriesSet.
type seriesSet struct {
	all  []storage.Series
	next int
}

func (s *seriesSet) Next() bool                        { s.next++; return s.next <= len(s.all) }
func (s *seriesSet) At() storage.Series                { return s.all[s.next-1] }
func (s *seriesSet) Err() error                        { return nil }
func (s *seriesSet) Warnings() annotations.Annotations { return nil }

// sample implements chunks.Sample.
type sample struct {
	at    int64
	value float64
}

func (s sample) ST() int64                     { return 0 }
func (s sample) T() int64                      { return s.at }
func (s sample) F() float64                    { return s.value }
func (s sample) H() *histogram.Histogram       { return nil }
func (s sample) FH() *histogram.FloatHistogram { return nil }
func (s sample) Type() chunkenc.ValueType      { return chunkenc.ValFloat }
func (s sample) Copy() chunks.Sample           { return s }
