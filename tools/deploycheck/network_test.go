package deploycheck

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// What a NetworkPolicy of ours may say, a rule a line: to or from whom, and at which
// ports.
const (
	doors    = "from any pod of any namespace at grpc/TCP http/TCP"
	scraping = "from any pod of kubernetes.io/metadata.name=monitoring at admin/TCP"
	dns      = "to pods k8s-app in (kube-dns) of kubernetes.io/metadata.name=kube-system at 53/TCP 53/UDP"
	outside  = "to 0.0.0.0/0 but 10.0.0.0/8 100.64.0.0/10 169.254.0.0/16 172.16.0.0/12 192.168.0.0/16" +
		", ::/0 but fc00::/7 fe80::/10 at 443/TCP"
)

// TestNetwork checks every rule, whole, as it is rendered: kustomize changes
// selectors, and a rule that selects nobody looks just like one that works.
func TestNetwork(t *testing.T) {
	for folder, m := range everything(t) {
		t.Run(folder, func(t *testing.T) {
			want := []string{doors, scraping, dns, outside}
			if folder == "sandbox" {
				want = []string{doors, scraping} // it has its upstream inside
			}
			m.checkNetwork(t, want...)
		})
	}
}

func (m *manifests) checkNetwork(t *testing.T, want ...string) {
	t.Helper()
	if len(m.policies) != 1 {
		t.Fatalf("%d network policies", len(m.policies))
	}
	spec := m.policies[0].Spec
	both := []networkingv1.PolicyType{networkingv1.PolicyTypeIngress, networkingv1.PolicyTypeEgress}
	if !slices.Equal(spec.PolicyTypes, both) {
		t.Errorf("only %v is restricted", spec.PolicyTypes)
	}
	var got []string
	for _, rule := range spec.Ingress {
		got = append(got, "from "+describe(t, rule.From)+" at "+ports(rule.Ports))
	}
	for _, rule := range spec.Egress {
		got = append(got, "to "+describe(t, rule.To)+" at "+ports(rule.Ports))
	}
	if !slices.Equal(got, want) {
		t.Errorf("allowed:\n%s\nwant:\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// describe says in words whom a rule is about.
func describe(t *testing.T, peers []networkingv1.NetworkPolicyPeer) string {
	t.Helper()
	if len(peers) == 0 {
		return "everybody"
	}
	all := make([]string, 0, len(peers))
	for _, peer := range peers {
		if block := peer.IPBlock; block != nil {
			all = append(all, block.CIDR+" but "+strings.Join(block.Except, " "))
			continue
		}
		pods := "any pod"
		if s := selector(t, peer.PodSelector); s != "" {
			pods = "pods " + s
		}
		switch {
		case peer.NamespaceSelector == nil:
			all = append(all, pods+" of this namespace")
		case selector(t, peer.NamespaceSelector) == "":
			all = append(all, pods+" of any namespace")
		default:
			all = append(all, pods+" of "+selector(t, peer.NamespaceSelector))
		}
	}
	return strings.Join(all, ", ")
}

func selector(t *testing.T, s *metav1.LabelSelector) string {
	t.Helper()
	if s == nil {
		return ""
	}
	selects, err := metav1.LabelSelectorAsSelector(s)
	if err != nil {
		t.Fatal(err)
	}
	return selects.String()
}

func ports(all []networkingv1.NetworkPolicyPort) string {
	if len(all) == 0 {
		return "any port"
	}
	words := make([]string, 0, len(all))
	for _, port := range all {
		words = append(words, fmt.Sprintf("%s/%s", port.Port, *port.Protocol))
	}
	slices.Sort(words)
	return strings.Join(words, " ")
}

// TestTracing checks the component that no overlay of ours has: the variables that
// together make traces go out, and the way to the collector that they name.
func TestTracing(t *testing.T) {
	m := renderWith(t, filepath.Join("overlays", "production"), filepath.Join("components", "tracing"))
	for name, want := range map[string]string{
		"OTEL_TRACES_EXPORTER":        "otlp",
		"OTEL_EXPORTER_OTLP_ENDPOINT": "http://otel-collector.observability.svc:4318",
	} {
		if got := m.environment(name); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	m.checkNetwork(t, doors, scraping, dns, outside,
		"to pods app.kubernetes.io/name in (opentelemetry-collector) of kubernetes.io/metadata.name=observability at 4318/TCP")
}
