package replicas_test

import (
	"testing"
	"time"

	"github.com/wingspan-grpc/session-facade/internal/replicas"
	"github.com/wingspan-grpc/session-facade/internal/replicas/replicastest"
)

func TestRates_FollowWhatReplicasWant(t *testing.T) {
	inBubble(func(t *testing.T) {
		server := replicastest.New()
		var links []*replicas.Link
		var ways []*replicastest.Replica
		demands := []*demand{{}, {}, {}}
		for _, d := range demands {
			way := server.Replica()
			o := options(way)
			o.Replicas, o.Read = 3, total
			l, _ := connect(t, o, d)
			links, ways = append(links, l), append(ways, way)
		}
		shares := func(label string, want ...float64) {
			t.Helper()
			for i, d := range demands {
				if got := d.has(); got < want[i]-0.01 || got > want[i]+0.01 {
					t.Errorf("%s: replica %d may make %v, want %v", label, i, got, want[i])
				}
			}
		}
		const least = total / 30.
		time.Sleep(2 * time.Second)
		shares("nobody wants anything", least, least, least)
		demands[0].wants(1000)
		time.Sleep(2 * time.Second)
		shares("one wants all", total-2*least, least, least)
		demands[1].wants(1000)
		links[1].Wake()
		time.Sleep(2 * time.Second)
		shares("two want all", total/2-least/2, total/2-least/2, least)
		demands[2].wants(30)
		time.Sleep(3 * time.Second)
		shares("one wants little", 85, 85, 30)
		ways[2].Cut()
		time.Sleep(5 * time.Second)
		shares("one is cut off", total/3., total/3., total/3.)
		ways[2].Heal()
		time.Sleep(5 * time.Second)
		shares("it is back", 85, 85, 30)
		links[2].Close()
		time.Sleep(3 * time.Second)
		shares("it has left, and may come back", total/2-least/2, total/2-least/2, demands[2].has())
	})(t)
}

func TestRates_ArePartedEquallyWithoutAServer(t *testing.T) {
	inBubble(func(t *testing.T) {
		way := replicastest.New().Replica()
		way.Cut()
		o := options(way)
		o.Replicas, o.Read, o.Write = 4, total, 0
		l, err := replicas.Connect(o)
		if err != nil {
			t.Fatal(err)
		}
		d := &demand{}
		l.Start(&listener{}, d)
		defer l.Close()
		if d.has() != total/4 {
			t.Errorf("%v, want a quarter", d.has())
		}
		time.Sleep(time.Minute)
		if d.has() != total/4 {
			t.Errorf("%v, want a quarter", d.has())
		}
	})(t)
}

func TestWake_AsksAtOnce(t *testing.T) {
	inBubble(func(t *testing.T) {
		o := options(replicastest.New().Replica())
		o.Read = total
		d := &demand{}
		l, _ := connect(t, o, d)
		time.Sleep(time.Second + 100*time.Millisecond)
		d.wants(100)
		for range 1000 {
			l.Wake()
		}
		time.Sleep(6 * time.Millisecond)
		if d.has() != 100 {
			t.Errorf("%v after 6 ms, want 100", d.has())
		}
	})(t)
}
