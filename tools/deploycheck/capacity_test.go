package deploycheck

import (
	"os"
	"regexp"
	"strconv"
	"testing"

	corev1 "k8s.io/api/core/v1"
)

const (
	kib = int64(1) << 10
	mib = int64(1) << 20
	// perConnection is what an open connection holds while nothing is under way on
	// it: with TLS, 41 KiB were measured for gRPC and 30 for REST.
	perConnection = 48 * kib
	// requestCopies are as received, as a message, and as sent on.
	requestCopies = 3
	// free is the size up to which a body is not charged to MAX_MEMORY_BYTES. Of
	// responses that are not taken, there are of these as many as calls in flight.
	free = 64 * kib
	// incomplete is how many calls may wait for the rest of their request, and what
	// each holds.
	incomplete, perIncomplete = 4096, 20 * kib
	// incoming is the part of MAX_MEMORY_BYTES that there is beside it, for requests
	// that are not whole.
	incoming = 4
	// perSession is what a session in memory holds on average (docs/SESSIONS.md).
	perSession = kib
	// largestCopies is how often the body of a success is held, at most.
	largestCopies = 5
)

// measured is a figure of docs/PERFORMANCE.md, which is made by measuring.
func measured(t *testing.T, row string) int64 {
	t.Helper()
	text, err := os.ReadFile("../../docs/PERFORMANCE.md")
	if err != nil {
		t.Fatal(err)
	}
	found := regexp.MustCompile(row).FindStringSubmatch(string(text))
	if found == nil {
		t.Fatalf("docs/PERFORMANCE.md has no row %s", row)
	}
	figure, err := strconv.ParseInt(found[1], 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	return figure
}

func (m *manifests) number(t *testing.T, name string) int64 {
	t.Helper()
	n, err := strconv.ParseInt(m.setting(t, name), 10, 64)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return n
}

// TestMemory checks that the bounds fit into the pod's memory: with the upstream
// hanging, every place for a call and for a connection taken and every request as
// large as it may be, the live memory is within GOMEMLIMIT; and there is room above
// it, within the container's limit, for the larger bodies and for all that waits for
// callers: the rest of their requests, and that they take their responses.
func TestMemory(t *testing.T) {
	perCall := kib * measured(t, `(?m)^\| REST \| (\d+) \|`)
	idle := mib * measured(t, `(?m)^\| idle memory \|.*\| (\d+) MiB \|`)
	for folder, m := range everything(t) {
		t.Run(folder, func(t *testing.T) {
			resources := m.server().Resources
			soft, hard := resources.Requests.Memory().Value(), resources.Limits.Memory().Value()
			if from := m.source("GOMEMLIMIT"); from == nil || from.Resource != "requests.memory" || from.ContainerName != m.server().Name {
				t.Fatalf("GOMEMLIMIT is %v, not the memory that is requested", from)
			}
			hanging := idle + m.number(t, "MAX_IN_FLIGHT")*(perCall+requestCopies*min(m.number(t, "MAX_REQUEST_BYTES"), free)) +
				2*m.number(t, "MAX_CONNECTIONS")*perConnection
			if m.duration(t, "SESSION_CACHE_TTL") > 0 {
				hanging += m.number(t, "SESSION_CACHE_ENTRIES") * perSession
			}
			if hanging > soft {
				t.Errorf("with the upstream hanging it may need %d MiB, but requests %d", hanging/mib, soft/mib)
			}
			bodies := m.number(t, "MAX_MEMORY_BYTES")
			if largest := largestCopies * m.number(t, "MAX_RESPONSE_BYTES"); bodies < largest {
				t.Errorf("one response of the largest size needs %d MiB of MAX_MEMORY_BYTES, which is %d", largest/mib, bodies/mib)
			}
			waiting := incomplete*perIncomplete + m.number(t, "MAX_IN_FLIGHT")*free
			if most := hanging + waiting + bodies + bodies/incoming; most > hard {
				t.Errorf("with all that may wait and the largest bodies it may need %d MiB, of at most %d", most/mib, hard/mib)
			}
			// What the runtime does not count, and where it is when the collector is late.
			if hard < soft+soft/8 {
				t.Errorf("GOMEMLIMIT is %d of %d MiB", soft/mib, hard/mib)
			}
		})
	}
}

// TestProcessors checks that the Go runtime is told how many processors to use where
// no CPU limit tells it: it would take all of the node's.
func TestProcessors(t *testing.T) {
	for folder, m := range everything(t) {
		t.Run(folder, func(t *testing.T) {
			processors, _ := strconv.ParseInt(m.environment("GOMAXPROCS"), 10, 64)
			resources := m.server().Resources
			if _, limited := resources.Limits[corev1.ResourceCPU]; limited {
				return
			}
			if processors < 1 || 1000*processors < resources.Requests.Cpu().MilliValue() {
				t.Errorf("GOMAXPROCS is %d for %s", processors, resources.Requests.Cpu())
			}
		})
	}
}

// TestScaling checks that the autoscaler adds a replica before calls are refused: at
// its CPU target, calls of the cheapest kind that take the upstream's usual time at
// most still have their places.
func TestScaling(t *testing.T) {
	const callTime = 0.75 // seconds
	micros := measured(t, `(?m)^\| GET one \| 64 \| (\d+) \|`)
	for folder, m := range everything(t) {
		for _, scaler := range m.scalers {
			cpu := m.server().Resources.Requests.Cpu().MilliValue() * 1000 // µs of CPU a second
			target := int64(*scaler.Spec.Metrics[0].Resource.Target.AverageUtilization)
			inFlight := int64(callTime * float64(cpu*target/100/micros))
			if most := m.number(t, "MAX_IN_FLIGHT"); inFlight > most {
				t.Errorf("%s: at the autoscaler's target %d calls are in flight, but %d are taken", folder, inFlight, most)
			}
		}
	}
}

// source is where the value of an environment variable comes from.
func (m *manifests) source(name string) *corev1.ResourceFieldSelector {
	for _, variable := range m.server().Env {
		if variable.Name == name && variable.ValueFrom != nil {
			return variable.ValueFrom.ResourceFieldRef
		}
	}
	return nil
}
