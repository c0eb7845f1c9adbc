package deploycheck

import (
	"fmt"
	"net/netip"
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
	callers  = "from any pod of any namespace at grpc/TCP http/TCP"
	single   = "from any pod of any namespace at http/TCP"
	scraping = "from any pod of kubernetes.io/metadata.name=monitoring at admin/TCP"
	dns      = "to pods k8s-app in (kube-dns) of kubernetes.io/metadata.name=kube-system at 53/TCP 53/UDP"
	store    = "to pods app.kubernetes.io/name in (redis,valkey) of kubernetes.io/metadata.name=redis at 6379/TCP"
	outside  = "to 0.0.0.0/0 but 0.0.0.0/8 10.0.0.0/8 100.64.0.0/10 127.0.0.0/8 169.254.0.0/16 172.16.0.0/12" +
		" 192.0.0.0/24 192.0.2.0/24 192.88.99.0/24 192.168.0.0/16 198.18.0.0/15 198.51.100.0/24 203.0.113.0/24" +
		" 224.0.0.0/4 240.0.0.0/4" +
		", ::/0 but ::/96 64:ff9b::/96 64:ff9b:1::/48 100::/64 2001::/23 2001:db8::/32 2002::/16 3fff::/20 5f00::/16" +
		" fc00::/7 fe80::/10 fec0::/10 ff00::/8 at 443/TCP"
)

// TestNetwork checks every rule, whole, as it is rendered: kustomize changes
// selectors, and a rule that selects nobody looks just like one that works.
func TestNetwork(t *testing.T) {
	for folder, m := range everything(t) {
		t.Run(folder, func(t *testing.T) {
			want := []string{callers, scraping, dns, outside}
			if folder == "sandbox" {
				want = []string{callers, scraping} // it has its upstream inside
			}
			if strings.HasSuffix(folder, onePort) {
				want[0] = single
			}
			if strings.HasSuffix(folder, sharedCache) {
				want = append(want, store)
			}
			m.checkNetwork(t, want...)
		})
	}
}

// TestNetwork_ReachesPublicAddressesOnly checks what the exceptions amount to, by an
// address of each kind and by the neighbours of the ranges.
func TestNetwork_ReachesPublicAddressesOnly(t *testing.T) {
	m := render(t, filepath.Join(deploy, "overlays", "production"))
	blocks := m.outsideBlocks(t)
	for address, want := range map[string]bool{
		"1.0.0.0": true, "9.255.255.255": true, "11.0.0.0": true, "100.63.255.255": true, "100.128.0.0": true,
		"126.255.255.255": true, "128.0.0.0": true, "169.253.0.1": true, "172.15.0.1": true, "172.32.0.0": true,
		"192.0.1.0": true, "192.169.0.0": true, "198.17.255.255": true, "198.20.0.0": true, "223.255.255.255": true,
		"2001:200::1": true, "2003::1": true, "2606::1": true, "64:ff9a::1": true,

		"0.0.0.0": false, "10.96.0.1": false, "100.100.100.200": false, "127.0.0.1": false, "169.254.169.254": false,
		"172.31.255.255": false, "192.0.0.192": false, "192.0.2.1": false, "192.168.1.1": false, "198.19.255.255": false,
		"203.0.113.1": false, "224.0.0.1": false, "255.255.255.255": false,
		"::": false, "::1": false, "::10.0.0.1": false, "64:ff9b::a9fe:a9fe": false, "64:ff9b:1::a00:1": false,
		"2001:0:1::1": false, "2002:a9fe:a9fe::1": false, "fd00:ec2::254": false, "fe80::1": false, "fec0::1": false, "ff02::1": false,
	} {
		if got := reaches(blocks, netip.MustParseAddr(address)); got != want {
			t.Errorf("%s can be reached: %t, want %t", address, got, want)
		}
	}
}

// block is a range of addresses with its exceptions.
type block struct {
	all    netip.Prefix
	except []netip.Prefix
}

// outsideBlocks are the ranges that egress is allowed to, as strictly as an API server
// reads them: an exception must be part of its range, without bits behind the prefix.
func (m *manifests) outsideBlocks(t *testing.T) (blocks []block) {
	t.Helper()
	for _, rule := range m.policies[0].Spec.Egress {
		for _, peer := range rule.To {
			if peer.IPBlock == nil {
				continue
			}
			b := block{all: netip.MustParsePrefix(peer.IPBlock.CIDR)}
			for _, text := range peer.IPBlock.Except {
				p := netip.MustParsePrefix(text)
				if p.String() != text || p.Masked() != p || !b.all.Contains(p.Addr()) || p.Bits() <= b.all.Bits() {
					t.Errorf("%s is no exception of %s", text, b.all)
				}
				b.except = append(b.except, p)
			}
			blocks = append(blocks, b)
		}
	}
	return blocks
}

func reaches(blocks []block, address netip.Addr) bool {
	return slices.ContainsFunc(blocks, func(b block) bool {
		return b.all.Contains(address) &&
			!slices.ContainsFunc(b.except, func(p netip.Prefix) bool { return p.Contains(address) })
	})
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
	m.checkNetwork(t, callers, scraping, dns, outside,
		"to pods app.kubernetes.io/name in (opentelemetry-collector) of kubernetes.io/metadata.name=observability at 4318/TCP")
}
